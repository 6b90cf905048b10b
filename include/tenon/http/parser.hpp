#ifndef TENON_HTTP_PARSER_HPP
#define TENON_HTTP_PARSER_HPP

// HTTP/1.x requests out of bytes, however those are split; it reads no socket and no clock.
//
// It is as strict as RFC 9112 lets it be, because what two programs on one way read differently hides a second
// request: lines end with CRLF alone, fields are never folded, and a body's length is said once, in one way. What
// is refused stays refused: nothing behind it is read. All is bounded before it is kept: a line by what is left of
// the head's bytes, which chunk extensions and trailers (read, checked and dropped) use up as well, and a body by
// what it declares.

#include <tenon/core/text.hpp>
#include <tenon/web/field.hpp>
#include <tenon/web/path.hpp>
#include <tenon/http/limits.hpp>
#include <tenon/web/request.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

enum class http_step {
    need_more,
    head,    // once for each request: asked() is there but for its body and its query
    whole,   // take asked(): the next step belongs to the next request
    refused, // why() says it; nothing else comes
};

struct http_refusal {
    int status = 0;
    std::string words = {};
};

class http_parser {
public:
    explicit http_parser(const http::limits& bounds) : bounds_(bounds), left_of_head_(bounds.head) {}

    void append(std::string_view bytes);
    http_step next();
    /// Nothing more is read, and nothing kept.
    void give_up() noexcept;

    /// Its path is decoded, here and nowhere else; its query stands in its target.
    http::request& asked() noexcept { return asked_; }
    /// HTTP/1.0, or Connection: close: the connection ends with the answer.
    bool is_last() const noexcept { return last_; }
    const http_refusal& why() const noexcept { return why_; }
    /// Some of a request has come, and not all of it.
    bool begun() const noexcept { return place_ != place::start || waiting() != 0; }
    /// After head and before whole: it has one.
    bool in_body() const noexcept { return place_ > place::fields && place_ < place::done; }
    /// After head: the body has at most so many bytes, instead of the limits' own. False: it says that it has more, which
    /// is refused. `told`: what a refusal says instead; 0: that.
    bool bound_body(std::uint64_t most, std::uint64_t told = 0);
    /// What has come of the body and was not taken yet, for who does not want to keep all of it.
    std::string take_body();
    /// How long it says that the body is; nothing where it comes in chunks. After head.
    std::optional<std::uint64_t> body_length() const noexcept;
    /// Bytes that are kept of what has come.
    std::size_t held() const noexcept { return buffer_.size() + asked_.body.size(); }
    /// The client waits for a word before it sends the body.
    bool expects_continue() const noexcept { return expects_continue_ && in_body(); }
    /// Bytes that nobody has looked at.
    std::size_t waiting() const noexcept { return buffer_.size() - at_; }

private:
    enum class place { start, fields, body, chunk_size, chunk, trailers, done, over };

    bool has_line(std::size_t room, int too_long);
    bool has_body();
    // What is wrong is refused, which is false.
    bool read_request_line();
    bool read_field();
    bool judge_head();
    bool judge_target(std::string_view host);
    bool read_chunk_size();
    bool is_too_large() const noexcept {
        return left_of_body_ > most_of_body_ - (taken_of_body_ + asked_.body.size());
    }
    bool refuse(int status, std::string_view words);
    bool refuse_large_body();

    http::limits bounds_;
    place place_ = place::start;
    http::request asked_;
    http_refusal why_;
    std::string buffer_;
    std::string_view line_;    // of the buffer
    std::size_t at_ = 0;       // of the buffer: what stands before it was read
    std::size_t searched_ = 0; // from there: no line ends in it
    std::size_t left_of_head_;
    std::uint64_t most_of_body_ = 0, told_of_body_ = 0, taken_of_body_ = 0;
    std::uint64_t left_of_body_ = 0; // or of a chunk
    bool old_ = false;               // HTTP/1.0
    bool last_ = false;
    bool blank_ = false; // an empty line came before the request
    bool expects_continue_ = false;
};

// ---- the steps of a request: its line, its fields, what they say together, its body ---------------------------

inline constexpr std::size_t longest_http_method = 32;
inline constexpr std::size_t most_chunk_digits = 16; // of a chunk's size: 64 bits

// A name, an address, a port: nothing that could be read as more than one of them.
inline bool is_host_field(std::string_view host) {
    for (const char letter : host)
        if (!is_token(letter) && letter != ':' && letter != '[' && letter != ']') return false;
    return !host.empty() && host.find_first_of("!#$&'*+^`|~%") == host.npos;
}

inline void http_parser::append(std::string_view bytes) {
    if (place_ == place::over) return;
    // Moving what is left only when it is the smaller part keeps the cost of a byte constant.
    if (at_ >= buffer_.size() - at_) buffer_.erase(0, std::exchange(at_, 0));
    buffer_.append(bytes);
}

inline http_step http_parser::next() {
    const auto stuck = [this] { return place_ == place::over ? http_step::refused : http_step::need_more; };
    for (;;) {
        switch (place_) {
        case place::start:
            // No more than a request line with the longest target: what is longer has a longer one.
            if (!has_line(std::min(bounds_.target + longest_http_method + 16, left_of_head_), 414))
                return stuck();
            // One empty line before a request is forgiven: some clients end a body with it.
            if (!line_.empty() || std::exchange(blank_, true)) read_request_line();
            break;
        case place::fields:
            if (!has_line(left_of_head_, 431)) return stuck();
            if (!line_.empty()) read_field();
            else if (judge_head(); place_ != place::over) return http_step::head;
            break;
        case place::body:
            if (is_too_large() && !refuse_large_body()) return stuck();
            if (!has_body()) return stuck();
            place_ = place::done;
            break;
        case place::chunk_size:
            if (!has_line(most_chunk_digits + 2 + left_of_head_, 431)) return stuck();
            read_chunk_size();
            break;
        case place::chunk:
            if (!has_body() || !has_line(2, 400)) return stuck();
            place_ = place::chunk_size;
            break;
        case place::trailers:
            if (!has_line(left_of_head_, 431)) return stuck();
            if (line_.empty()) place_ = place::done;
            else read_field();
            break;
        case place::done:
            place_ = place::start;
            left_of_head_ = bounds_.head;
            blank_ = false;
            return http_step::whole;
        case place::over: return http_step::refused;
        }
    }
}

/// The next line, without its CRLF. False: it has not come whole, or is refused.
inline bool http_parser::has_line(std::size_t room, int too_long) {
    const std::size_t end = buffer_.find('\n', at_ + searched_);
    const std::size_t size = (end == buffer_.npos ? buffer_.size() : end + 1) - at_;
    if (size > room) return refuse(too_long, "a line, or all of them together, or a chunk is too long");
    searched_ = end == buffer_.npos ? size : 0;
    if (end == buffer_.npos) return false;
    line_ = std::string_view(buffer_).substr(at_, size);
    at_ += size;
    if (size < 2 || line_.find('\r') != size - 2)
        return refuse(400, "lines end with CR LF; neither comes alone");
    line_.remove_suffix(2);
    if (place_ != place::chunk_size && place_ != place::chunk) left_of_head_ -= size;
    return true;
}

inline bool http_parser::read_request_line() {
    const std::size_t first = line_.find(' '), last = line_.rfind(' ');
    if (first == line_.npos || first == last || !is_token(line_.substr(0, first)))
        return refuse(400, "expected METHOD TARGET HTTP/1.1");
    const std::string_view method = line_.substr(0, first), version = line_.substr(last + 1);
    const auto digit = [](char letter) { return letter >= '0' && letter <= '9'; };
    if (version.size() != 8 || !version.starts_with("HTTP/") || !digit(version[5]) || version[6] != '.' ||
        !digit(version[7]))
        return refuse(400, "expected METHOD TARGET HTTP/1.1");
    old_ = version == "HTTP/1.0";
    if (!old_ && version != "HTTP/1.1") return refuse(505, "HTTP/1.1 is spoken here");
    if (method == "CONNECT" || method == "TRACE") return refuse(405, "CONNECT and TRACE are not served here");
    if (method.size() > longest_http_method) return refuse(501, "there is no such method");
    asked_ = http::request{};
    asked_.method = method;
    asked_.target = line_.substr(first + 1, last - first - 1);
    last_ = old_;
    if (asked_.target.size() > bounds_.target) return refuse(414, "the target is too long");
    for (const char letter : asked_.target)
        if (letter < '!' || letter > '~' || letter == '#') return refuse(400, "the target is no URL");
    place_ = place::fields;
    return true;
}

inline bool http_parser::read_field() {
    const std::size_t colon = line_.find(':');
    if (colon == line_.npos || !is_token(line_.substr(0, colon)))
        return refuse(400, "a field is NAME: VALUE, on one line, without a space before the colon");
    if (!is_field_value(line_.substr(colon + 1))) return refuse(400, "a field has control characters");
    if (place_ == place::trailers) return true;
    if (asked_.headers.size() == bounds_.headers) return refuse(431, "too many fields");
    asked_.headers.push_back(
        {std::string(line_.substr(0, colon)), std::string(trimmed(line_.substr(colon + 1)))});
    return true;
}

// --- what they say together ---

inline bool http_parser::judge_head() {
    enum { host, length, coding, expect };
    // What decides something here or at a guard means one thing only.
    constexpr std::array<std::string_view, 7> once = {
        "Host", "Content-Length", "Transfer-Encoding", "Expect", "Origin", "Authorization", "Content-Type"};
    std::array<const std::string*, once.size()> found{};
    for (const http::field& one : asked_.headers) {
        for (std::size_t index = 0; index != once.size(); ++index) {
            if (!equals_ignoring_case(one.name, once[index])) continue;
            if (found[index] != nullptr) return refuse(400, join({once[index], " comes twice"}));
            found[index] = &one.value;
        }
        if (equals_ignoring_case(one.name, "connection") && names_field(one.value, "close")) last_ = true;
    }
    if (found[host] == nullptr || !is_host_field(*found[host]))
        return refuse(400, "Host: expected one, with its port");
    if (!judge_target(*found[host])) return false;

    place_ = place::done;
    most_of_body_ = told_of_body_ = bounds_.body;
    taken_of_body_ = left_of_body_ = 0;
    if (found[coding] != nullptr) {
        if (found[length] != nullptr) return refuse(400, "a body's length is said once");
        if (old_ || !equals_ignoring_case(*found[coding], "chunked"))
            return refuse(400, "Transfer-Encoding: expected chunked, and HTTP/1.1");
        place_ = place::chunk_size;
    } else if (found[length] != nullptr) {
        const std::string& digits = *found[length];
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), left_of_body_);
        if (digits.size() > 19 || error != std::errc() || end != digits.data() + digits.size())
            return refuse(400, "Content-Length: expected a number");
        if (left_of_body_ != 0) place_ = place::body;
    }
    if (found[expect] != nullptr && !equals_ignoring_case(*found[expect], "100-continue"))
        return refuse(417, "Expect: only 100-continue can be expected");
    expects_continue_ = !old_ && found[expect] != nullptr;
    return true;
}

/// Proxies' clients name the host in the target as well: it has to be the same, and is dropped.
inline bool http_parser::judge_target(std::string_view host) {
    std::string& target = asked_.target;
    constexpr std::string_view scheme = "http://";
    if (equals_ignoring_case(std::string_view(target).substr(0, scheme.size()), scheme)) {
        target.erase(0, scheme.size());
        const std::size_t end = std::min(target.find_first_of("/?"), target.size());
        if (!equals_ignoring_case(std::string_view(target).substr(0, end), host))
            return refuse(400, "the target names another host than Host");
        target.erase(0, end);
        if (target.empty() || target.front() == '?') target.insert(target.begin(), '/');
    }
    auto decoded = decode_path(std::string_view(target).substr(0, target.find('?')));
    if (!decoded) return refuse(400, decoded.error().message);
    asked_.path = std::move(*decoded);
    return true;
}

// --- the body ---

inline bool http_parser::bound_body(std::uint64_t most, std::uint64_t told) {
    most_of_body_ = most;
    told_of_body_ = told == 0 ? most : told;
    return !is_too_large() || refuse_large_body();
}

inline std::string http_parser::take_body() {
    taken_of_body_ += asked_.body.size();
    return std::exchange(asked_.body, {});
}

inline std::optional<std::uint64_t> http_parser::body_length() const noexcept {
    return place_ == place::chunk_size ? std::optional<std::uint64_t>() : left_of_body_;
}

inline bool http_parser::has_body() {
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(left_of_body_, waiting()));
    asked_.body.append(buffer_, at_, now);
    at_ += now;
    left_of_body_ -= now;
    return left_of_body_ == 0;
}

inline bool http_parser::read_chunk_size() {
    const auto [end, error] = std::from_chars(line_.data(), line_.data() + line_.size(), left_of_body_, 16);
    const auto digits = static_cast<std::size_t>(end - line_.data());
    line_.remove_prefix(digits);
    if (error != std::errc() || digits > most_chunk_digits || (!line_.empty() && line_[0] != ';') ||
        !is_field_value(line_))
        return refuse(400, "a chunk begins with its size");
    left_of_head_ -= std::min(left_of_head_, line_.size());
    if (is_too_large()) return refuse_large_body();
    place_ = left_of_body_ == 0 ? place::trailers : place::chunk;
    return true;
}

inline void http_parser::give_up() noexcept {
    place_ = place::over;
    buffer_ = {};
    asked_.body = {};
    at_ = 0;
}

inline bool http_parser::refuse(int status, std::string_view words) {
    why_ = {status, std::string(words)};
    give_up();
    return false;
}

inline bool http_parser::refuse_large_body() {
    return refuse(413, join({"the body is too large: expected at most ", digits(told_of_body_), " bytes"}));
}

} // namespace tenon::detail

#endif
