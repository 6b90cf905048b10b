#ifndef TENON_ADMIN_PLAIN_HPP
#define TENON_ADMIN_PLAIN_HPP

// Lists and commands in the style {"code", "data"}, where every answer has the status 200.

#include <tenon/admin/commands.hpp>
#include <tenon/admin/plugins.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail::admin {

struct listed {
    std::string id, name, version, type, status;
    int process_id = 0;
    bool is_exited = false;

    static constexpr auto describe() { return camel_case(); }
};

inline std::string_view plain_state(plugin_state state) {
    using enum plugin_state;
    if (state == ready) return "ready";
    if (state == starting || state == handshaking) return "running";
    return state == failed || state == backoff ? "error" : "stopped";
}

inline void list_plainly(admin_state& admin, const http::call& asked) {
    std::vector<listed> registered;
    std::vector<std::string> unregistered;
    for (const plugin_status& plugin : plugins_for(admin, asked)) {
        const auto types = types_of(plugin);
        listed row{plugin.id,
                   plugin.name,
                   plugin.version,
                   types.empty() ? "" : types[0],
                   std::string(plain_state(plugin.state)),
                   plugin.pid.value_or(0),
                   !plugin.pid.has_value()};
        // One that never came up has said nothing: its manifest has.
        if (row.version.empty() || row.type.empty())
            if (const auto beside = admin.beside(plugin.name)) {
                if (row.version.empty()) row.version = beside->version;
                if (row.type.empty()) row.type = beside->type;
            }
        if (admin.enabled(plugin.name)) registered.push_back(row);
        else unregistered.push_back(to_json(row));
    }
    auto answer = [asked, registered = to_json(registered),
                   unregistered = std::move(unregistered)](const std::vector<listed_beside>& more) mutable {
        for (const listed_beside& one : more)
            if (asked.reaches(one.id)) unregistered.push_back(one.row);
        std::string rows;
        for (const std::string& row : unregistered) append(rows, join({rows.empty() ? "" : ",", row}));
        asked.answer(http::json_answer(
            join({"{\"code\":0,\"data\":{\"registered\":", registered, ",\"unregistered\":[", rows, "]}}"})));
    };
    if (admin.settings.unregistered) admin.settings.unregistered(std::move(answer));
    else answer({});
}

/// Whether that is the plugin's name, or its id.
inline bool goes_by(admin_state& admin, std::string_view plugin, std::string_view name_or_id) {
    if (plugin == name_or_id) return true;
    const auto known = admin.host.status(plugin);
    return known && known->id == name_or_id;
}

inline std::string no_command_of(admin_state& admin, const http::call& asked, std::string_view name_or_id,
                                 std::string_view command) {
    for (const std::string& name : admin.host.plugins())
        if (goes_by(admin, name, name_or_id)) return no_such_command(admin, asked, command, name);
    return no_such_plugin(admin, asked, name_or_id);
}

inline void execute_plainly(admin_state& admin, const http::call& asked) {
    const auto failed = [asked](int code, const std::string& message) {
        asked.answer(http::json_answer("{\"code\":" + std::to_string(code) +
                                       ",\"message\":" + to_json(message) + "}"));
    };
    const auto wanted = asked.read_body<execution>();
    if (!wanted) return failed(codes::invalid_params, wanted.error().message);
    const std::string id = wanted->id.value_or("");
    if (!in_scope(admin, asked, admin.name_of(id))) return;
    const known_command* command = admin.host.find_command(wanted->method);
    if (command == nullptr || !goes_by(admin, command->plugin_name, id))
        return failed(codes::method_not_found, no_command_of(admin, asked, id, wanted->method));
    if (!in_scope(admin, asked, command->plugin_name)) return;
    const json args = with_named_text(wanted->payload.value_or(no_members()), *command);
    if (auto good = check_param_depth("body.payload", args.text()); !good)
        return failed(good.error().code, good.error().message);
    admin.host.execute(wanted->method, args, {},
                       http::while_wanted(asked, [asked, failed](const result<json>& outcome) {
                           if (!outcome) return failed(outcome.error().code, outcome.error().message);
                           asked.answer(http::json_answer("{\"code\":0,\"data\":" + outcome->text() + "}"));
                       }));
}

inline constexpr entry plain_entries[] = {
    {"GET", "/api/plugin/list", "plugins:read", list_plainly, body::needed, http::scoping::by_function},
    {"POST", "/api/plugin/execute", "plugins:operate", execute_plainly, body::needed,
     http::scoping::by_function},
};

} // namespace tenon::detail::admin

#endif
