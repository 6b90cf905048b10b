// Status line, fields, body; events.

#include "answer.hpp"

#include <tenon/core/text.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace reference::http {

namespace {

using tenon::detail::digits;
using tenon::detail::join;

std::string_view reason_of(int status) {
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

// strftime() would say the names in the language of the program's user.
std::string date_of(std::time_t now) {
    constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char text[96];
    const int size = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900,
                                   utc.tm_hour, utc.tm_min, utc.tm_sec);
    return {text, static_cast<std::size_t>(size)};
}

std::string begin_head(int status, std::time_t now) {
    return join({"HTTP/1.1 ", digits(static_cast<unsigned>(status)), " ", reason_of(status),
                 "\r\nDate: ", date_of(now), "\r\nX-Content-Type-Options: nosniff\r\n"});
}

bool is_ours(std::string_view name) {
    return tenon::detail::is_hop_by_hop(name) || tenon::detail::same_field_name(name, "date") ||
           tenon::detail::same_field_name(name, "x-content-type-options");
}

bool can_be_sent(const response& given) {
    // 1xx announces an answer and is none.
    return given.status >= 200 && given.status <= 599 &&
           std::all_of(given.headers.begin(), given.headers.end(), [](const response::header& one) {
               return tenon::detail::is_field_name(one.name) && tenon::detail::is_field_value(one.value);
           });
}

} // namespace

response problem(int status, std::string_view detail) {
    struct words {
        std::string type, title;
        int status;
        std::string detail;
    };
    response given{.status = status, .headers = {{"Content-Type", "application/problem+json"}}};
    given.body =
        tenon::to_json(words{"about:blank", std::string(reason_of(status)), status, std::string(detail)});
    if (status == 405) given.headers.push_back({"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"});
    return given;
}

std::string write_answer(const response& given, part which, after_it then, std::time_t now) {
    if (!can_be_sent(given)) return write_answer(problem(500, "the answer is none"), which, then, now);
    const bool has_body = given.status != 204 && given.status != 304;
    std::string out = begin_head(given.status, now);
    for (const response::header& one : given.headers)
        if (!is_ours(one.name)) out += join({one.name, ": ", one.value, "\r\n"});
    if (has_body) out += join({"Content-Length: ", digits(given.body.size()), "\r\n"});
    if (then == after_it::close) out += "Connection: close\r\n";
    out += "\r\n";
    if (has_body && which == part::whole) out += given.body;
    return out;
}

std::string write_stream_head(std::time_t now) {
    return begin_head(200, now) +
           "Content-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
}

std::string write_event(std::string_view event, std::string_view data) {
    std::string out;
    if (!event.empty() && event.find_first_of("\r\n") == event.npos) out = join({"event: ", event, "\n"});
    for (bool more = true; more;) {
        const std::size_t end = std::min(data.find_first_of("\r\n"), data.size());
        out += join({"data: ", data.substr(0, end), "\n"});
        more = end != data.size();
        data.remove_prefix(std::min(data.size(), end + (data.substr(end).starts_with("\r\n") ? 2 : 1)));
    }
    return out += "\n";
}

} // namespace reference::http
