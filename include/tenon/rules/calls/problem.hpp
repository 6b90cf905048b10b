#ifndef TENON_RULES_CALLS_PROBLEM_HPP
#define TENON_RULES_CALLS_PROBLEM_HPP

// An HTTP answer that says no, as RFC 9457 has it: {type, title, status, detail}. A detail never quotes what a client
// sent beside its body: a token may stand in a URL.

#include <tenon/core/text.hpp>
#include <tenon/json/value.hpp>
#include <tenon/session/answers.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::detail {

inline std::string_view reason_of(int status) {
    constexpr std::string_view reasons =
        "200 OK;201 Created;202 Accepted;204 No Content;301 Moved Permanently;302 Found;303 See Other;304 "
        "Not Modified;"
        "307 Temporary Redirect;308 Permanent Redirect;400 Bad Request;401 Unauthorized;403 Forbidden;404 "
        "Not Found;"
        "405 Method Not Allowed;408 Request Timeout;409 Conflict;410 Gone;413 Content Too Large;414 URI Too "
        "Long;"
        "415 Unsupported Media Type;417 Expectation Failed;422 Unprocessable Content;429 Too Many Requests;"
        "431 Request Header Fields Too Large;500 Internal Server Error;501 Not Implemented;502 Bad Gateway;"
        "503 Service Unavailable;504 Gateway Timeout;505 HTTP Version Not Supported;508 Loop Detected;";
    const std::size_t at = reasons.find(join({digits(static_cast<unsigned>(status)), " "}));
    return at == reasons.npos ? "Other" : reasons.substr(at + 4, reasons.find(';', at) - at - 4);
}

inline response problem_details(int status, std::string_view detail) {
    struct words {
        std::string type, title;
        int status;
        std::string detail;
    };
    response given{.status = status, .headers = {{"Content-Type", "application/problem+json"}}};
    given.body = to_json(words{"about:blank", std::string(reason_of(status)), status, std::string(detail)});
    return given;
}

} // namespace tenon::detail

#endif
