#ifndef TENON_SESSION_METHODS_HPP
#define TENON_SESSION_METHODS_HPP

// The methods of docs/protocol.md by name.

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

} // namespace tenon::detail

#endif
