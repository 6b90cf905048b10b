#ifndef TENON_WEB_FIELD_HPP
#define TENON_WEB_FIELD_HPP

// A name and its value, as a header or a query has many: what a header's value may be (RFC 9110 section 5), and which
// headers are between two neighbours and go no further. What a plugin answers could otherwise end the header and begin
// a response of its own. What a name may be is core/text.hpp's `is_token`.

#include <tenon/core/text.hpp>
#include <tenon/web/response.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace tenon::http {

using field = response::header;

} // namespace tenon::http

namespace tenon::detail {

/// Neither CR, LF and NUL nor any other control character but the tab.
inline bool is_field_value(std::string_view value) noexcept {
    for (const char letter : value)
        if (is_control(letter) && letter != '\t') return false;
    return true;
}

/// Fields about one connection or about how a body travels on it.
inline bool is_hop_by_hop(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 11> names = {"connection",
                                                        "content-length",
                                                        "keep-alive",
                                                        "proxy-authenticate",
                                                        "proxy-authorization",
                                                        "proxy-connection",
                                                        "te",
                                                        "trailer",
                                                        "transfer-encoding",
                                                        "upgrade",
                                                        "http2-settings"};
    for (const std::string_view one : names)
        if (equals_ignoring_case(one, name)) return true;
    return false;
}

/// Whether `list`, the value of a Connection field, names the field too.
inline bool names_field(std::string_view list, std::string_view name) noexcept {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        if (equals_ignoring_case(trimmed(list.substr(0, comma)), name)) return true;
        list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
    }
    return false;
}

} // namespace tenon::detail

#endif
