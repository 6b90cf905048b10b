#ifndef TENON_HTTP_ANSWER_WRITER_HPP
#define TENON_HTTP_ANSWER_WRITER_HPP

// What goes out, as bytes. Fields that could end the head and begin an answer of their own never do: such an answer
// becomes 500. What is about the connection is said by the server alone, so it is left out of what it is given.

#include <tenon/web/field.hpp>
#include <tenon/core/text.hpp>
#include <tenon/web/problem.hpp>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

namespace tenon::detail {

enum class answer_part { head, whole }; // HEAD is answered like GET, without the body
enum class after_answer { next, close };

// strftime() would say the names in the language of the program's user.
inline std::string date_of(std::time_t now) {
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

inline std::string begin_head(int status, std::time_t now) {
    return join({"HTTP/1.1 ", digits(static_cast<unsigned>(status)), " ", reason_of(status),
                 "\r\nDate: ", date_of(now), "\r\nX-Content-Type-Options: nosniff\r\n"});
}

inline bool is_said_by_server(std::string_view name) {
    return is_hop_by_hop(name) || equals_ignoring_case(name, "date") ||
           equals_ignoring_case(name, "x-content-type-options");
}

inline bool can_be_sent(const response& given) {
    // 1xx announces an answer and is none.
    return given.status >= 200 && given.status <= 599 &&
           std::all_of(given.headers.begin(), given.headers.end(), [](const response::header& one) {
               return is_token(one.name) && is_field_value(one.value);
           });
}

inline std::string write_answer(const response& given, answer_part which, after_answer then,
                                std::time_t now) {
    if (!can_be_sent(given))
        return write_answer(http::problem(500, "the program's answer cannot be sent"), which, then, now);
    const bool has_body = given.status != 204 && given.status != 304;
    std::string out = begin_head(given.status, now);
    for (const response::header& one : given.headers)
        if (!is_said_by_server(one.name)) out += join({one.name, ": ", one.value, "\r\n"});
    if (has_body) out += join({"Content-Length: ", digits(given.body.size()), "\r\n"});
    if (then == after_answer::close) out += "Connection: close\r\n";
    out += "\r\n";
    if (has_body && which == answer_part::whole) out += given.body;
    return out;
}

/// The beginning of a stream, which ends with its connection.
inline std::string write_stream_head(std::time_t now) {
    return begin_head(200, now) +
           "Content-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
}

/// Every line of the data is a field of its own, so that nothing in it is taken for one.
inline std::string write_event(std::string_view event, std::string_view data) {
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

} // namespace tenon::detail

#endif
