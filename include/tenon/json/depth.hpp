#ifndef TENON_JSON_DEPTH_HPP
#define TENON_JSON_DEPTH_HPP

// How deep a JSON text is nested, for who puts it into another one: what may be read alone may be too deep within a
// message.

#include <tenon/core/fault.hpp>
#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/reader.hpp>

#include <cstddef>
#include <string_view>

namespace tenon::detail {

/// Of what stands in the params of a message: the message and its params are levels themselves.
inline constexpr unsigned max_param_depth = max_json_depth - 2;

/// Levels of arrays and objects in a text that was checked; 0 for a number.
inline std::size_t json_depth(std::string_view text) noexcept {
    std::size_t level = 0, deepest = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char byte = text[at];
        if (byte == '"')
            for (++at; at < text.size() && text[at] != '"'; ++at) at += text[at] == '\\';
        else if (byte == '{' || byte == '[') deepest = ++level > deepest ? level : deepest;
        else if (byte == '}' || byte == ']') --level;
    }
    return deepest;
}

/// Whether a plugin can be sent that. `name` is where it stands: "payload".
inline result<void> check_param_depth(std::string_view name, std::string_view text) {
    const std::size_t levels = json_depth(text);
    if (levels <= max_param_depth) return {};
    return fault{codes::invalid_params, join({name, ": expected at most ", digits(max_param_depth),
                                              " levels of arrays and objects, got ", digits(levels)})};
}

} // namespace tenon::detail

#endif
