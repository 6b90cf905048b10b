#ifndef TENON_TESTS_HTTP_PARSED_HPP
#define TENON_TESTS_HTTP_PARSED_HPP

// Everything that the parser says about some bytes, as text: two ways of giving it the same bytes have to read alike.

#include <tenon/http/parser.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::http {

struct parsed {
    std::string said = {}; // `POST /a?b, h: v: body` for every request; `refused 400` behind the last
    std::string words = {};
    std::size_t heads = 0, requests = 0;
    int refused = 0;
    bool begun = false;
};

inline std::string in_words(const request& asked, bool last) {
    std::string words = asked.method + " " + asked.target;
    for (const field& one : asked.headers) words += ", " + one.name + ": " + one.value;
    return words + (last ? " (last): " : ": ") + asked.body + "\n";
}

inline void drain(detail::http_parser& from, parsed& into) {
    for (;;) {
        switch (from.next()) {
        case detail::http_step::need_more: into.begun = from.begun(); return;
        case detail::http_step::head: ++into.heads; break;
        case detail::http_step::whole:
            ++into.requests;
            into.said += in_words(from.asked(), from.is_last());
            break;
        case detail::http_step::refused:
            if (into.refused == 0) into.said += "refused " + std::to_string(from.why().status) + "\n";
            into.refused = from.why().status;
            into.words = from.why().words;
            into.begun = false;
            return;
        }
    }
}

/// In pieces of that size.
inline parsed parse(std::string_view bytes, std::size_t piece, const limits& bounds = {}) {
    detail::http_parser from(bounds);
    parsed into;
    while (!bytes.empty()) {
        from.append(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
        drain(from, into);
    }
    return into;
}

} // namespace tenon::http

#endif
