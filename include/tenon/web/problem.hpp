#ifndef TENON_WEB_PROBLEM_HPP
#define TENON_WEB_PROBLEM_HPP

// Answers that are JSON, and those that say no, as RFC 9457 has them: {type, title, status, detail, code}. A detail
// never quotes what a client sent beside its body: a token may stand in a URL.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/value.hpp>
#include <tenon/web/response.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

inline std::string_view reason_of(int status) {
    constexpr std::string_view reasons =
        "200 OK;201 Created;202 Accepted;204 No Content;301 Moved Permanently;302 Found;303 See Other;304 "
        "Not Modified;"
        "307 Temporary Redirect;308 Permanent Redirect;400 Bad Request;401 Unauthorized;403 Forbidden;404 "
        "Not Found;"
        "405 Method Not Allowed;408 Request Timeout;409 Conflict;410 Gone;413 Content Too Large;414 URI Too "
        "Long;"
        "415 Unsupported Media Type;417 Expectation Failed;422 Unprocessable Content;424 Failed "
        "Dependency;429 Too Many Requests;"
        "431 Request Header Fields Too Large;500 Internal Server Error;501 Not Implemented;502 Bad Gateway;"
        "503 Service Unavailable;504 Gateway Timeout;505 HTTP Version Not Supported;507 Insufficient "
        "Storage;508 Loop Detected;";
    const std::size_t at = reasons.find(join({digits(static_cast<unsigned>(status)), " "}));
    return at == reasons.npos ? "Other" : reasons.substr(at + 4, reasons.find(';', at) - at - 4);
}

} // namespace tenon::detail

namespace tenon {

/// The HTTP status for a fault of a call, as docs/protocol.md has it.
inline int http_status_of(int code) noexcept {
    switch (code) {
    case codes::invalid_params: return 400;
    case codes::permission_denied: return 403;
    case codes::too_large: return 413;
    case codes::reentrant_call: return 508;
    case codes::timeout: return 504;
    case codes::unavailable:
    case codes::circuit_open:
    case codes::overloaded:
    case codes::shutting_down:
    case codes::limit_exceeded:
    case codes::cancelled: return 503;
    default: return code > 0 ? 422 : 502;
    }
}

namespace http {

inline response json_answer(std::string text, int status = 200) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
            .body = std::move(text)};
}

inline response problem(int status, std::string_view detail) {
    struct words {
        std::string type, title;
        int status;
        std::string detail;
    };
    response given{.status = status, .headers = {{"Content-Type", "application/problem+json"}}};
    given.body =
        to_json(words{"about:blank", std::string(detail::reason_of(status)), status, std::string(detail)});
    if (status == 405) given.headers.push_back({"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"});
    return given;
}

/// The same with a word that programs go by.
inline response problem(int status, std::string_view detail, std::string_view code) {
    response given = problem(status, detail);
    given.body.insert(given.body.size() - 1, tenon::detail::join({",\"code\":\"", code, "\""}));
    return given;
}

/// Of the host or of a plugin, with the status that docs/protocol.md has for its code.
inline response problem(const fault& why) {
    response given = problem(http_status_of(why.code), why.message);
    given.body.insert(given.body.size() - 1, ",\"code\":" + std::to_string(why.code));
    return given;
}

/// 405: the path is there, and takes these methods.
inline response not_this_method(const std::vector<std::string_view>& allowed) {
    std::string list;
    for (const std::string_view one : allowed) list.append(list.empty() ? "" : ", ").append(one);
    response given = problem(405, "not this method");
    given.headers.back() = {"Allow", std::move(list)};
    return given;
}

} // namespace http

} // namespace tenon

#endif
