#ifndef TENON_ADMIN_COMMANDS_HPP
#define TENON_ADMIN_COMMANDS_HPP

// Listing commands, and running one, with its progress where the client takes events.

#include <tenon/admin/state.hpp>
#include <tenon/rules/calls/commands.hpp>
#include <tenon/host/clocks.hpp>
#include <tenon/transport/alarm.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail::admin {

inline void list_commands(admin_state& admin, const http::call& asked) {
    struct command {
        std::string name, plugin;
        std::optional<std::string> description;
        std::optional<json> params, result;
    };
    std::map<std::string, std::vector<command>> all{{"commands", {}}};
    for (const auto* known : admin.host.commands()) {
        if (!reaches(admin, asked, known->plugin_name)) continue;
        command one{known->name, known->plugin_name, {}, known->params, known->result};
        if (!known->description.empty()) one.description = known->description;
        all["commands"].push_back(std::move(one));
    }
    asked.answer(http::json_answer(to_json(all)));
}

/// Of all plugins that are in the scope of who asks, or of one.
inline std::vector<std::string_view> command_names(admin_state& admin, const http::call& asked,
                                                   std::string_view plugin) {
    std::vector<std::string_view> names;
    for (const auto* one : admin.host.commands())
        if (plugin.empty() ? reaches(admin, asked, one->plugin_name) : plugin == one->plugin_name)
            names.push_back(one->name);
    return names;
}

/// Of all plugins that are in the scope of who asks, or of one. A command comes and goes with its plugin: where that is known,
/// it is named.
inline std::string no_such_command(admin_state& admin, const http::call& asked, std::string_view command,
                                   std::string_view plugin = {}) {
    std::string_view owner = plugin.empty() ? admin.host.former_owner_of(command) : plugin;
    if (plugin.empty() && !reaches(admin, asked, owner)) owner = {};
    const auto now = admin.host.core()->moment_of(owner);
    const std::string of = plugin.empty() ? std::string() : join({"of the plugin ", plugin, ": "});
    if (!now || now->state == plugin_state::ready)
        return join({of, no_such("command", command, command_names(admin, asked, plugin))});
    const std::string whose = plugin.empty() ? join({" now: ", owner, " has it, and "}) : ": ";
    return join({of, there_is_no("command", command), whose, it_is(now->state, now->reason)});
}

inline void answer_with(const http::call& asked, const result<json>& outcome) {
    asked.answer(outcome ? http::json_answer("{\"result\":" + outcome->text() + "}")
                         : http::problem(outcome.error()));
}

/// One command of a client that takes events: "progress" as the plugin reports it, and then "result" or "problem".
class followed_command : public std::enable_shared_from_this<followed_command> {
public:
    followed_command(executor where, http::stream to)
        : to_(std::move(to)), alarm_(std::move(where), [this](time_point now) { say(now); }) {}

    void run(host_base& by, std::string name, const json& args) {
        call_options options;
        options.progress = [weak = weak_from_this()](json_view value) {
            if (const auto self = weak.lock()) self->hear(value);
        };
        by.execute(std::move(name), args, std::move(options),
                   http::while_wanted(to_, [self = shared_from_this()](const result<json>& outcome) {
                       if (outcome) self->to_.close("result", join({"{\"result\":", outcome->text(), "}"}));
                       else self->to_.close("problem", http::problem(outcome.error()).body);
                   }));
    }

private:
    // Ten times a second is what somebody can see, however often a plugin reports. What came last is told in any case.
    static constexpr milliseconds pause{100};
    // A report is a few numbers and words. What is longer could cut the client off, which lets it wait.
    static constexpr std::size_t longest_report = std::size_t{64} << 10;

    void hear(json_view value) {
        if (value.text().size() > longest_report) return;
        latest_ = value.text();
        if (alarm_.armed() == never) say(steady_now());
    }
    void say(time_point now) {
        if (latest_.empty()) return;
        to_.send("progress", std::exchange(latest_, {}));
        alarm_.set(now + pause);
    }

    http::stream to_;
    alarm alarm_;
    std::string latest_; // not told yet
};

inline void run_command(admin_state& admin, const http::call& asked, std::string name, json args) {
    const known_command* const command = admin.host.find_command(name);
    // For who is for some plugins there are no others' commands.
    if (command == nullptr || !reaches(admin, asked, command->plugin_name))
        return asked.answer(http::problem(404, no_such_command(admin, asked, name)));
    args = with_named_text(std::move(args), *command);
    if (auto good = check_param_depth("arguments", args.text()); !good)
        return asked.answer(http::problem(good.error()));
    if (asked.asked().header("accept") == "text/event-stream") {
        const http::stream to = asked.exchange->answer_with_events();
        if (!to.open()) return;
        return std::make_shared<followed_command>(admin.host.get_executor(), to)
            ->run(admin.host, std::move(name), args);
    }
    admin.host.execute(
        std::move(name), args, {},
        http::while_wanted(asked, [asked](const result<json>& outcome) { answer_with(asked, outcome); }));
}

/// Of one plugin: what another one has under this name is not meant.
inline bool has_command(admin_state& admin, std::string_view plugin, std::string_view command) {
    const auto* known = admin.host.find_command(command);
    return known != nullptr && known->plugin_name == plugin;
}

struct execution {
    std::optional<std::string> id; // of the plugin, where the path does not say
    std::string method;
    std::optional<json> payload;
};

inline void execute(admin_state& admin, const http::call& asked) {
    if (!known(admin, asked)) return;
    const auto wanted = asked.body<execution>();
    if (!wanted) return;
    if (!has_command(admin, asked.name, wanted->method))
        return asked.answer(http::problem(404, no_such_command(admin, asked, wanted->method, asked.name)));
    run_command(admin, asked, wanted->method, wanted->payload.value_or(no_members()));
}

inline void run_named(admin_state& admin, const http::call& asked) {
    if (const auto args = asked.body<json>()) run_command(admin, asked, asked.name, *args);
}

inline constexpr entry command_entries[] = {
    {"GET", "/api/v1/commands", "plugins:read", list_commands, body::needed, http::scoping::by_function},
    {"POST", "/api/v1/commands/{name}", "plugins:operate", run_named, body::needed,
     http::scoping::by_function},
    {"POST", "/api/v1/plugins/{name}/execute", "plugins:operate", execute},
};

} // namespace tenon::detail::admin

#endif
