#ifndef TENON_WEB_QUERY_HPP
#define TENON_WEB_QUERY_HPP

// The query of a request: "a=1&b=x+y%21" as fields, in order. What has no '=' has an empty value,
// '+' is a space here. Whatever bytes it decodes to are let through: they are data, and become valid text in JSON.

#include <tenon/web/field.hpp>
#include <tenon/web/path.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

namespace detail {

inline result<std::string> decode_query_word(std::string_view raw) {
    std::string plain;
    for (std::size_t at = 0; at != raw.size(); ++at) {
        if (raw[at] != '%') {
            plain += raw[at] == '+' ? ' ' : raw[at];
            continue;
        }
        const int decoded = percent_byte(raw.substr(at));
        if (decoded < 0) return fault{codes::invalid_params, "query: '%' is not followed by two hex digits"};
        plain += static_cast<char>(decoded);
        at += 2;
    }
    return plain;
}

} // namespace detail

/// What stands behind the '?' of a target, as it is there.
inline std::string_view query_of(std::string_view target) noexcept {
    const std::size_t mark = target.find('?');
    return mark == target.npos ? std::string_view() : target.substr(mark + 1);
}

/// What stands behind the '?', or a fault that is the client's (400).
inline result<std::vector<http::field>> decode_query(std::string_view raw) {
    std::vector<http::field> all;
    while (!raw.empty()) {
        const std::string_view one = raw.substr(0, raw.find('&'));
        raw.remove_prefix(std::min(one.size() + 1, raw.size()));
        if (one.empty()) continue;
        const std::size_t equals = std::min(one.find('='), one.size());
        auto name = detail::decode_query_word(one.substr(0, equals));
        auto value = detail::decode_query_word(one.substr(std::min(equals + 1, one.size())));
        if (!name || !value) return name ? value.error() : name.error();
        all.push_back({std::move(*name), std::move(*value)});
    }
    return all;
}

/// The first value of that name; empty where there is none.
inline std::string_view find_in_query(const std::vector<http::field>& query, std::string_view name) {
    for (const auto& one : query)
        if (one.name == name) return one.value;
    return {};
}

} // namespace tenon

#endif
