#ifndef TENON_HTTP_PARSER_HPP
#define TENON_HTTP_PARSER_HPP

// HTTP/1.x requests out of bytes, however those are split; it reads no socket and no clock.
//
// It is as strict as RFC 9112 lets it be, because what two programs on one way read differently hides a second
// request: lines end with CRLF alone, fields are never folded, and a body's length is said once, in one way. What
// is refused stays refused: nothing behind it is read. All is bounded before it is kept: a line by what is left of
// the head's bytes, which chunk extensions and trailers (read, checked and dropped) use up as well, and a body by
// what it declares.

#include <tenon/http/request.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::detail {

enum class http_step {
    need_more,
    head,    // once for each request: asked() is there but for its body
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

    http::request& asked() noexcept { return asked_; }
    const http_refusal& why() const noexcept { return why_; }
    /// Some of a request has come, and not all of it.
    bool begun() const noexcept { return place_ != place::start || waiting() != 0; }
    /// After head and before whole: it has one.
    bool in_body() const noexcept { return place_ > place::fields && place_ < place::done; }
    /// After head: the body has at most so many bytes, too. False: it says that it has more, which is refused.
    bool bound_body(std::size_t most);
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
    bool refuse(int status, std::string_view words);

    http::limits bounds_;
    place place_ = place::start;
    http::request asked_;
    http_refusal why_;
    std::string buffer_;
    std::string_view line_;    // of the buffer
    std::size_t at_ = 0;       // of the buffer: what stands before it was read
    std::size_t searched_ = 0; // from there: no line ends in it
    std::size_t left_of_head_;
    std::size_t most_of_body_ = 0;
    std::uint64_t left_of_body_ = 0; // or of a chunk
    bool old_ = false;               // HTTP/1.0
    bool blank_ = false;             // an empty line came before the request
    bool expects_continue_ = false;
};

} // namespace tenon::detail

#include <tenon/http/parser_inline.hpp>

#endif
