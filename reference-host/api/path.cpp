// Paths and queries of the API: see path.hpp.

#include "path.hpp"

namespace reference {

using tenon::detail::hex_value;
using tenon::detail::next_segment;

std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
    std::vector<std::string> taken;
    if (pattern.empty() || path.empty() || path[0] != '/') return {};
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    for (;;) {
        if (pattern == "*") return taken;
        const bool last = pattern.find('/') == pattern.npos;
        if (last != (path.find('/') == path.npos)) return {};
        const std::string_view wanted = next_segment(pattern), given = next_segment(path);
        const bool any = wanted.size() > 2 && wanted.front() == '{';
        if (any ? given.empty() : wanted != given) return {};
        if (any) taken.emplace_back(given);
        if (last) return taken;
    }
}

static tenon::result<std::string> decode(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at != text.size(); ++at) {
        if (text[at] == '%') {
            const int high = text.size() - at > 2 ? hex_value(text[at + 1]) : -1;
            const int low = text.size() - at > 2 ? hex_value(text[at + 2]) : -1;
            if (high < 0 || low < 0)
                return tenon::fault{tenon::codes::invalid_params,
                                    "query: '%' is not followed by two hex digits"};
            plain += static_cast<char>(high * 16 + low);
            at += 2;
        } else {
            plain += text[at] == '+' ? ' ' : text[at];
        }
    }
    return plain;
}

tenon::result<std::vector<http::field>> decode_query(std::string_view query) {
    std::vector<http::field> all;
    while (!query.empty()) {
        const std::string_view one = query.substr(0, query.find('&'));
        query.remove_prefix(one.size() == query.size() ? one.size() : one.size() + 1);
        if (one.empty()) continue;
        const std::size_t equals = std::min(one.find('='), one.size());
        auto name = decode(one.substr(0, equals));
        auto value = decode(one.substr(std::min(equals + 1, one.size())));
        if (!name || !value) return name ? value.error() : name.error();
        all.push_back({std::move(*name), std::move(*value)});
    }
    return all;
}

std::string find(const std::vector<http::field>& query, std::string_view name) {
    for (const http::field& one : query)
        if (one.name == name) return one.value;
    return {};
}

} // namespace reference
