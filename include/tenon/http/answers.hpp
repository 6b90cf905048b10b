#ifndef TENON_HTTP_ANSWERS_HPP
#define TENON_HTTP_ANSWERS_HPP

// Answers that are JSON, and faults as RFC 9457 has them: {type, title, status, detail, code}.

#include <tenon/core/result.hpp>
#include <tenon/rules/calls/http_exchange.hpp>
#include <tenon/rules/calls/problem.hpp>

#include <string>
#include <string_view>

namespace tenon::http {

inline response json_answer(std::string text, int status = 200) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
            .body = std::move(text)};
}

inline response problem(int status, std::string_view detail) {
    response given = tenon::detail::problem_details(status, detail);
    if (status == 405) given.headers.push_back({"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"});
    return given;
}

/// Of the host or of a plugin, with the status that docs/protocol.md has for its code.
inline response problem(const fault& why) {
    response given = problem(http_status_of(why.code), why.message);
    given.body.insert(given.body.size() - 1, ",\"code\":" + std::to_string(why.code));
    return given;
}

} // namespace tenon::http

#endif
