#ifndef TENON_TESTING_MEMORY_HOST_ANSWERS_HPP
#define TENON_TESTING_MEMORY_HOST_ANSWERS_HPP

// The half of memory_host that listens to the plugin: answers its calls, keeps what it said. Who may ask what is
// docs/protocol.md, section 5.

#include <tenon/testing/memory_host.hpp>

#include <algorithm>

namespace tenon::testing {

/// Nothing happens by itself here, so an answer that did not come comes from a thread, or never.
inline fault memory_host::explained(fault why) const {
    if (why.code != codes::timeout) return why;
    why.message +=
        options_.patience.count() == 0
            ? "; where a thread of the plugin's own answers, the host_options' .patience has to say for "
              "how long to wait for it"
            : "; the host_options' .patience of " + std::to_string(options_.patience.count()) +
                  " ms was over";
    return why;
}

inline void memory_host::take_event(const detail::session_event& event) {
    using detail::event_kind;
    const auto state = open_.find(event.call.value);
    switch (event.kind) {
    case event_kind::notification:
        if (event.method == "host/log") log(event.params);
        return;
    case event_kind::response:
        if (state == open_.end()) return;
        state->second->done = true;
        if (event.failed) state->second->answer = explained(event.error);
        else state->second->answer = std::string(event.value);
        open_.erase(state);
        return;
    case event_kind::progress:
        if (state != open_.end())
            state->second->progress.push_back(json::parse(event.value).value_or(json()));
        return;
    case event_kind::polluted:
        complaints_.push_back("stray text: " + std::string(event.text));
        return;
    case event_kind::bad_body:
        complaints_.push_back("bad message: " + event.error.message);
        return;
    case event_kind::peer_error:
        complaints_.push_back("the plugin refused: " + event.error.message);
        return;
    case event_kind::closed:
        if (event.reason != violation_reason::none)
            complaints_.push_back("broken: " + std::string(event.text));
        return;
    case event_kind::none:
    case event_kind::handshake:
    case event_kind::request:
    case event_kind::cancelled:
        return;
    }
}

inline void memory_host::log(std::string_view params) {
    auto read = from_json<detail::log_notice>(params, {.root = "host/log"});
    if (!read) return complaints_.push_back(read.error().message);
    log_level level = log_level::info;
    if (!detail::find_enum(read->level, level))
        complaints_.push_back("a log line of level '" + read->level + "'");
    logs_.push_back({level, read->message, read->fields ? json(*read->fields) : json()});
}

inline scripted_answer memory_host::answer(std::string_view method, std::string_view params) {
    asked_.push_back({std::string(method), json::parse(params.empty() ? "null" : params).value_or(json())});
    if (auto why = denied(method)) return {.outcome = std::move(*why)};
    if (std::find(silent_.begin(), silent_.end(), method) != silent_.end()) return {.never = true};
    if (const auto found = provided_.find(method); found != provided_.end())
        return {.outcome = found->second(params)};
    if (options_.script.empty()) return answer_of_host(method, params);
    auto scripted = script_.answer(method, params);
    if (!script_.surprises().empty() && script_.surprises().size() > complaints_.size())
        complaints_.push_back(script_.surprises().back());
    return scripted;
}

/// The methods of the wire, as far as a host without other plugins can have them.
inline scripted_answer memory_host::answer_of_host(std::string_view method, std::string_view params) {
    if (params.empty()) params = "{}";
    const auto with = [&]<class Params>(type<Params>, auto act) -> scripted_answer {
        auto read = from_json<Params>(params, {.root = "params"});
        if (!read) return {.outcome = fault{codes::invalid_params, read.error().message}};
        return {.outcome = act(*read)};
    };
    using text = result<std::string>;
    if (method == "plugin/ackEvent")
        return with(type<detail::acknowledged_event>(), [&](const auto& event) -> text {
            acknowledged_.push_back(event.event_id);
            return std::string("null");
        });
    if (method == "host/emit")
        return with(type<detail::emitted_event>(), [&](const auto& event) -> text {
            emitted_.push_back({.type = event.event_type,
                                .payload = json(event.payload),
                                .to = event.to.value_or(std::string()),
                                .capabilities = event.capabilities.value_or(std::vector<std::string>())});
            return std::string(R"({"delivered":1})");
        });
    if (method == "host/execute")
        return with(type<detail::command_request>(), [&](const auto& wanted) -> text {
            const auto command = commands_.find(wanted.command);
            if (command == commands_.end())
                return fault{codes::method_not_found, "no plugin has this command"};
            return command->second(wanted.args ? wanted.args->text() : "{}");
        });
    if (method == "host/getConfig")
        return with(type<detail::config_key>(), [&](const auto& wanted) -> text {
            return std::string(wanted.key ? config_[*wanted.key].text() : config_.text());
        });
    if (method == "host/setConfig")
        return with(type<detail::config_entry>(), [&](const auto& entry) -> text {
            auto members = config_.as<std::map<std::string, json>>().value_or({});
            members[entry.key] = json(entry.value);
            config_ = json::of(members);
            return std::string("null");
        });
    if (method == "host/describe") return {.outcome = std::string(R"({"events":[],"services":[]})")};
    if (method == "host/saveConfig" || method == "host/subscribe" || method == "host/unsubscribe" ||
        method == "host/registerCommand" || method == "host/unregisterCommand")
        return {};
    return {.outcome =
                fault{codes::method_not_found, "the test does not provide '" + std::string(method) + "'"}};
}

inline std::optional<fault> memory_host::denied(std::string_view method) const {
    if (method == "plugin/ackEvent") return std::nullopt;
    if (!options_.reverse_rpc)
        return fault{codes::permission_denied, "this host answers no requests of plugins"};
    if (started_ && !started_->reverse_rpc.value_or(false))
        return fault{codes::permission_denied, "the plugin did not say reverseRpc in its handshake"};
    constexpr std::string_view needed[][2] = {{"host/emit", "events:emit"},
                                              {"host/subscribe", "events:subscribe"},
                                              {"host/unsubscribe", "events:subscribe"},
                                              {"host/registerCommand", "commands:register"},
                                              {"host/unregisterCommand", "commands:register"},
                                              {"host/execute", "commands:execute"},
                                              {"host/getConfig", "config:read"},
                                              {"host/setConfig", "config:write"},
                                              {"host/saveConfig", "config:write"}};
    if (!options_.permissions || method == "host/describe") return std::nullopt;
    std::string permission;
    for (const auto& [name, grant] : needed)
        if (name == method) permission = grant;
    if (permission.empty()) { // of the application: users/kick needs users:kick
        permission = method;
        std::replace(permission.begin(), permission.end(), '/', ':');
    }
    const auto& granted = *options_.permissions;
    if (std::find(granted.begin(), granted.end(), permission) != granted.end()) return std::nullopt;
    return fault{codes::permission_denied, permission + " is not granted"};
}

} // namespace tenon::testing

#endif
