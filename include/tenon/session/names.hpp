#ifndef TENON_SESSION_NAMES_HPP
#define TENON_SESSION_NAMES_HPP

// The names of the protocol: its methods, and which names plugins, events and commands may have.

#include <tenon/core/text.hpp>
#include <tenon/json/scan.hpp>

#include <cstddef>
#include <string_view>

namespace tenon::detail {

// The methods of docs/protocol.md.
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

// Which names plugins, events and commands may have. Hosts refuse others as they come; a plugin of the SDK with others does
// not compile.

/// Longer than any name that a person makes up, short enough to be kept for every type that ever came.
inline constexpr std::size_t longest_event_type = 128;
inline constexpr std::size_t longest_command = 128;
inline constexpr std::size_t longest_plugin_name = 64;

/// A plugin's name stands in paths, file names and labels, so it is made of what is harmless in all of them.
constexpr bool is_plugin_name(std::string_view name) noexcept {
    for (std::size_t at = 0; at < name.size(); ++at) {
        const char byte = name[at];
        const bool first_too =
            (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
        if (!first_too && (at == 0 || (byte != '-' && byte != '_' && byte != '.'))) return false;
    }
    return !name.empty() && name.size() <= longest_plugin_name;
}
inline constexpr std::string_view a_plugin_name =
    "1 to 64 letters, digits, '-', '_' and '.', with a letter or digit in front";

/// Whether events may be of this type: 1 to 128 bytes that can be seen, no blank, no star, no empty word.
constexpr bool is_event_type(std::string_view type) noexcept {
    if (type.empty() || type.size() > longest_event_type) return false;
    char before = '.';
    bool is_ascii = true;
    for (const char byte : type) {
        if (is_control(byte) || byte == ' ' || byte == '*' || (byte == '.' && before == '.')) return false;
        is_ascii = is_ascii && static_cast<unsigned char>(byte) < 0x80;
        before = byte;
    }
    return before != '.' && (is_ascii || is_seen(type));
}

/// Whether this is a type, "*", or a type with ".*" behind it.
constexpr bool is_event_pattern(std::string_view pattern) noexcept {
    if (pattern == "*") return true;
    if (pattern.size() > 2 && pattern.substr(pattern.size() - 2) == ".*") pattern.remove_suffix(2);
    return is_event_type(pattern);
}

/// 1 to 128 bytes that can be seen.
constexpr bool is_command_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= longest_command && is_seen(name);
}

} // namespace tenon::detail

#endif
