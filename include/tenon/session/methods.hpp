#ifndef TENON_SESSION_METHODS_HPP
#define TENON_SESSION_METHODS_HPP

// The methods of docs/protocol.md by name, and of those that a host answers the permission that a plugin needs. A host and
// the host of a test go by the same table.

#include <string_view>

namespace tenon::detail {

namespace methods {
// host to plugin
inline constexpr std::string_view handshake = "plugin/handshake";
inline constexpr std::string_view on_event = "plugin/onEvent";
inline constexpr std::string_view handle_request = "plugin/handleRequest";
inline constexpr std::string_view execute = "plugin/execute";
inline constexpr std::string_view health = "plugin/health";
inline constexpr std::string_view configure = "plugin/configure";
inline constexpr std::string_view shutdown = "plugin/shutdown";
inline constexpr std::string_view exit = "exit";
// plugin to host
inline constexpr std::string_view attach = "plugin/attach";
inline constexpr std::string_view acknowledge = "plugin/ackEvent";
inline constexpr std::string_view log = "host/log";
inline constexpr std::string_view emit = "host/emit";
inline constexpr std::string_view subscribe = "host/subscribe";
inline constexpr std::string_view unsubscribe = "host/unsubscribe";
inline constexpr std::string_view register_command = "host/registerCommand";
inline constexpr std::string_view unregister_command = "host/unregisterCommand";
inline constexpr std::string_view host_execute = "host/execute";
inline constexpr std::string_view get_config = "host/getConfig";
inline constexpr std::string_view set_config = "host/setConfig";
inline constexpr std::string_view save_config = "host/saveConfig";
inline constexpr std::string_view describe = "host/describe";
} // namespace methods

/// What a host answers by itself. The empty permission has everybody.
struct host_method {
    std::string_view name, permission;
};
inline constexpr host_method host_methods[] = {
    {methods::log, ""},
    {methods::acknowledge, ""},
    {methods::describe, ""},
    {methods::emit, "events:emit"},
    {methods::subscribe, "events:subscribe"},
    {methods::unsubscribe, "events:subscribe"},
    {methods::register_command, "commands:register"},
    {methods::unregister_command, "commands:register"},
    {methods::host_execute, "commands:execute"},
    {methods::get_config, "config:read"},
    {methods::set_config, "config:write"},
    {methods::save_config, "config:write"},
};

/// Null for a method of the application's.
constexpr const host_method* host_method_named(std::string_view name) noexcept {
    for (const host_method& one : host_methods)
        if (one.name == name) return &one;
    return nullptr;
}

} // namespace tenon::detail

#endif
