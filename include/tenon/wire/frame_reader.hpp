#ifndef TENON_WIRE_FRAME_READER_HPP
#define TENON_WIRE_FRAME_READER_HPP

// Finds messages in a stream of bytes: `Content-Length` frames, or lines, by its framing_rule. It owns the one input
// buffer, in which bodies stay until they are used, and reads nothing itself.
//
//     std::span<char> room = frames.input_room();
//     frames.input_received(read(0, room.data(), room.size()));
//     while ((step = frames.next(text)) != frame_step::need_more) ...
//
// Between frames, empty lines are skipped. A line that cannot be a header is pollution: somebody printed to
// stdout. It is handed out line by line, and the stream goes on at the next line that can be a header, or at
// `Content-Length:` wherever it stands. A fault inside a header block that is ours (header_block.hpp) has no
// safe place behind it and is a violation. Where lines are agreed on, a line that is no message is pollution.
//
// Memory grows with the bytes received, never with those declared, and no byte is searched twice.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/wire/buffer_upkeep.hpp>
#include <tenon/wire/header_block.hpp>
#include <tenon/wire/limits.hpp>
#include <tenon/wire/violation.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace tenon::detail {

enum class frame_step : std::uint8_t {
    need_more,
    body,          // text: one message
    skipped_text,  // text: a line of pollution, or a piece of a long one
    too_large,     // a frame beyond the limit begins; it is drained
    ignored_empty, // Content-Length: 0
    violation,     // violation() says which; nothing follows
    end,           // the input ended between frames; nothing follows
};

inline bool begins_json(char byte) noexcept { return byte == '{' || byte == '['; }

/// How messages are told apart. By the first byte: whoever speaks first on a connection decides for it.
enum class framing_rule : std::uint8_t { first_byte, headers, lines };

class frame_reader {
public:
    explicit frame_reader(std::size_t max_frame_bytes = default_max_frame_bytes,
                          framing_rule rule = framing_rule::first_byte) noexcept
        : max_frame_bytes_(max_frame_bytes) {
        use(rule);
    }

    /// Before the first byte.
    void use(framing_rule rule) noexcept {
        using enum framing_rule;
        framing_ = rule == lines ? framing::lines : rule == headers ? framing::headers : framing::undecided;
        state_ = rule == lines ? state::line : state::boundary;
        lines_agreed_ = rule == lines;
    }

    /// Room for a read(). Ends the life of every text that next() gave out.
    std::span<char> input_room(std::size_t at_least = read_bytes);
    void input_received(std::size_t count) noexcept { input_.commit(count); }
    /// The same with a copy.
    void append(std::string_view bytes);
    /// No more input will come.
    void end() noexcept { ended_ = true; }

    /// The next message or event. `text` is valid until input_room().
    frame_step next(std::string_view& text);

    /// After need_more: whether a frame has begun, so that its deadline runs.
    bool inside_frame() const noexcept;
    /// What came and was not handed out: the beginning of something.
    std::string_view waiting() const noexcept { return rest(); }
    /// Whether the peer speaks one message a line.
    bool newline_framed() const noexcept { return framing_ == framing::lines; }
    const protocol_violation& violation() const noexcept { return violation_; }
    std::uint64_t pollution_bytes() const noexcept { return pollution_bytes_; }
    std::size_t buffered_bytes() const noexcept { return input_.size() - at_; }
    std::size_t buffer_capacity() const noexcept { return input_.capacity(); }

private:
    enum class state : std::uint8_t { boundary, header, body, drain, pollution, line, line_drain, failed };
    enum class framing : std::uint8_t { undecided, headers, lines };

    // The state has changed: nothing to hand out yet.
    static constexpr frame_step look_again{0xff};

    frame_step at_boundary();
    bool take_plain_header() noexcept;
    [[gnu::cold]] frame_step in_header();
    frame_step begin_body(std::uint64_t length);
    frame_step in_body(std::string_view& text);
    [[gnu::cold]] frame_step in_drain();
    [[gnu::cold]] frame_step in_pollution(std::string_view& text);
    frame_step in_line(std::string_view& text);
    [[gnu::cold]] frame_step in_line_drain();

    [[gnu::cold]] frame_step fail(violation_reason reason, std::string message);
    [[gnu::cold]] frame_step truncated(std::string_view inside);
    void become_pollution(std::size_t certain) noexcept;
    bool is_stray_line(std::string_view line) const noexcept;
    bool within_drain(std::uint64_t bytes) const noexcept {
        return bytes == 0 || (bytes - 1) / drain_factor < max_frame_bytes_;
    }

    const char* here() const noexcept { return input_.data() + at_; }
    std::size_t left() const noexcept { return input_.size() - at_; }
    std::string_view rest() const noexcept { return {here(), left()}; }
    void consume(std::size_t count) noexcept {
        at_ += count;
        searched_ = 0;
    }

    byte_buffer input_;
    std::size_t at_ = 0;          // everything before is used up; the offsets below count from here
    std::size_t searched_ = 0;    // everything before is known not to hold what is looked for
    std::size_t line_ = 0;        // in a header block: where the current line begins
    std::size_t certain_ = 0;     // in pollution: how much of it is known to be that
    std::uint64_t remaining_ = 0; // of a body; of a frame that is drained; drained of a line
    std::size_t max_frame_bytes_;
    state state_ = state::boundary;
    framing framing_ = framing::undecided;
    bool lines_agreed_ = false; // so what is no message is text that somebody printed
    bool ended_ = false;
    buffer_upkeep upkeep_;
    header_block header_;
    std::uint64_t pollution_bytes_ = 0;
    std::string quote_; // the first bytes of pollution
    protocol_violation violation_;
};

} // namespace tenon::detail

#include <tenon/wire/frame_reader_inline.hpp>

#endif
