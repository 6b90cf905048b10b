#ifndef TENON_WIRE_FRAMING_HPP
#define TENON_WIRE_FRAMING_HPP

// Messages in a stream of bytes: `frame_reader` finds them, `frame_writer` puts a frame around one.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/number.hpp>
#include <tenon/wire/limits.hpp>
#include <tenon/wire/violation.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

// The lines in front of a body, the header block, taken one by one. Names are compared in any case, space around a value is
// trimmed, unknown headers are ignored.
//
// Text that a plugin printed can look like a header ("INFO: started"). So a block counts as ours only once a
// line's name begins with `Content-`: from then on a fault in it is a violation. Before that the same fault
// says that these lines are no header at all, and the frame_reader treats them as pollution.

inline constexpr std::string_view content_prefix = "content-";

/// Whether `text` begins with `Content-`, or is a beginning of it itself.
constexpr bool begins_content(std::string_view text) noexcept {
    const std::size_t common = text.size() < content_prefix.size() ? text.size() : content_prefix.size();
    return common != 0 && equals_ignoring_case(text.substr(0, common), content_prefix.substr(0, common));
}

class header_block {
public:
    enum class outcome { more, complete, broken };

    void clear() noexcept {
        ours_ = false;
        has_length_ = false;
        violation_ = {};
    }

    /// A line without its line end; an empty one completes the block.
    outcome take_line(std::string_view line);

    /// Whether a line's name began with `Content-`: what is broken then is a frame, else it is pollution.
    bool ours() const noexcept { return ours_; }
    std::uint64_t length() const noexcept { return length_; }
    protocol_violation take_violation() noexcept { return std::move(violation_); }

private:
    outcome take_length(std::string_view value);
    outcome take_type(std::string_view value);
    outcome broken(violation_reason reason, std::string_view sentence, std::string_view quoted = {}) {
        violation_.reason = reason;
        violation_.message = join({sentence, quoted.empty() ? "" : ": "});
        if (!quoted.empty()) append_escaped(violation_.message, quoted);
        return outcome::broken;
    }

    bool ours_ = false;
    bool has_length_ = false;
    std::uint64_t length_ = 0;
    protocol_violation violation_;
};

inline header_block::outcome header_block::take_line(std::string_view line) {
    if (line.empty()) {
        if (has_length_) return outcome::complete;
        return broken(violation_reason::no_length, "a header block without Content-Length");
    }
    if (line.size() >= content_prefix.size() && begins_content(line)) ours_ = true;
    std::size_t colon = 0;
    while (colon < line.size() && is_token(line[colon])) ++colon;
    if (colon == 0 || colon == line.size() || line[colon] != ':')
        return broken(violation_reason::syntax, "expected 'Name: value' in a header block, got", line);
    for (const char byte : line.substr(colon))
        if (is_control(byte) && byte != '\t')
            return broken(violation_reason::syntax, "a control character in a header", line);
    const std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
    if (equals_ignoring_case(name, "content-length")) return take_length(value);
    if (equals_ignoring_case(name, "content-type")) return take_type(value);
    return outcome::more;
}

inline header_block::outcome header_block::take_length(std::string_view value) {
    if (has_length_) return broken(violation_reason::duplicate_length, "more than one Content-Length");
    // 19 digits cannot overflow 64 bits; what they may mean is the frame_reader's question.
    bool plain = !value.empty() && value.size() <= 19;
    length_ = 0;
    for (const char digit : value) {
        plain = plain && is_digit(digit);
        if (!plain) return broken(violation_reason::bad_length, "Content-Length is no plain number", value);
        length_ = length_ * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    if (!plain) return broken(violation_reason::bad_length, "Content-Length without a value");
    has_length_ = true;
    return outcome::more;
}

// "application/vscode-jsonrpc; charset=utf-8": the media type is the peer's business, the charset is ours.
inline header_block::outcome header_block::take_type(std::string_view value) {
    for (std::size_t at = value.find(';'); at != std::string_view::npos; at = value.find(';')) {
        value.remove_prefix(at + 1);
        const std::string_view parameter = trimmed(value.substr(0, value.find(';')));
        const std::size_t equals = parameter.find('=');
        if (equals == std::string_view::npos) continue;
        if (!equals_ignoring_case(trimmed(parameter.substr(0, equals)), "charset")) continue;
        std::string_view charset = trimmed(parameter.substr(equals + 1));
        if (charset.size() >= 2 && charset.front() == '"' && charset.back() == '"')
            charset = charset.substr(1, charset.size() - 2);
        if (!equals_ignoring_case(charset, "utf-8") && !equals_ignoring_case(charset, "utf8"))
            return broken(violation_reason::bad_charset, "expected charset utf-8, got", charset);
    }
    return outcome::more;
}

/// When a buffer that one large message made grow is given back. At once would be wrong: a peer that sends a
/// megabyte every time would pay for new memory every time.
class buffer_upkeep {
public:
    /// Empties the buffer.
    void clear(byte_buffer& buffer) noexcept {
        const std::size_t used = buffer.size();
        buffer.clear();
        if (buffer.capacity() <= kept_buffer_bytes) return;
        calm_ = used > kept_buffer_bytes ? 0 : calm_ + 1;
        if (calm_ < enough_small_uses && buffer.capacity() <= largest_kept_buffer_bytes) return;
        buffer.shrink(kept_buffer_bytes);
        calm_ = 0;
    }

private:
    // 64 small uses in a row: the large one was an exception.
    static constexpr unsigned enough_small_uses = 64;

    unsigned calm_ = 0;
};

// Finds messages in a stream of bytes: `Content-Length` frames, or lines, by its framing_rule. It owns the one input
// buffer, in which bodies stay until they are used, and reads nothing itself.
//
//     std::span<char> room = frames.input_room();
//     frames.input_received(read(0, room.data(), room.size()));
//     while ((step = frames.next(text)) != frame_step::need_more) ...
//
// Between frames, empty lines are skipped. A line that cannot be a header is pollution: text that was printed to
// stdout. It is handed out line by line, and the stream goes on at the next line that can be a header, or at
// `Content-Length:` wherever it stands. A fault inside a header block that is ours (header_block) has no
// safe place behind it and is a violation. Where lines are agreed on, a line that is no message is pollution.
//
// Memory grows with the bytes received, never with those declared, and no byte is searched twice.

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

/// How messages are told apart. By the first byte: the peer that speaks first decides for both.
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
    bool lines_agreed_ = false; // so what is no message is text that was printed
    bool ended_ = false;
    buffer_upkeep upkeep_;
    header_block header_;
    std::uint64_t pollution_bytes_ = 0;
    std::string quote_; // the first bytes of pollution
    protocol_violation violation_;
};

// ---- input, then one function for each state ------------------------------------------------------------------

inline std::span<char> frame_reader::input_room(std::size_t at_least) {
    if (at_ == input_.size()) {
        upkeep_.clear(input_);
        at_ = 0;
    } else if (at_ != 0 && input_.capacity() - input_.size() < at_least) {
        input_.drop_front(at_);
        at_ = 0;
    }
    char* room = input_.prepare(at_least);
    return {room, input_.capacity() - input_.size()};
}

inline void frame_reader::append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(input_room(bytes.size()).data(), bytes.data(), bytes.size());
    input_received(bytes.size());
}

inline frame_step frame_reader::next(std::string_view& text) {
    for (;;) {
        frame_step step = frame_step::violation;
        switch (state_) {
        case state::boundary: step = at_boundary(); break;
        case state::header: step = in_header(); break;
        case state::body: step = in_body(text); break;
        case state::drain: step = in_drain(); break;
        case state::pollution: step = in_pollution(text); break;
        case state::line: step = in_line(text); break;
        case state::line_drain: step = in_line_drain(); break;
        case state::failed: step = frame_step::violation; break;
        }
        if (step != look_again) return step;
    }
}

inline bool frame_reader::inside_frame() const noexcept {
    switch (state_) {
    case state::boundary: return begins_content(rest());
    case state::header: return header_.ours() || begins_content(rest().substr(line_));
    case state::body:
    case state::drain:
    case state::line_drain: return true;
    case state::line: return left() != 0 && (!lines_agreed_ || begins_json(*here()));
    case state::pollution:
    case state::failed: break;
    }
    return false; // a program that printed half a line may take its time
}

inline frame_step frame_reader::fail(violation_reason reason, std::string message) {
    state_ = state::failed;
    violation_ = {reason, std::move(message)};
    return frame_step::violation;
}

inline frame_step frame_reader::truncated(std::string_view inside) {
    return fail(violation_reason::truncated, join({"the input ended inside a ", inside}));
}

// The header of nearly every frame there is, without looking at its lines: exactly ours, and of a size that
// fits. Anything else is left to the states.
inline bool frame_reader::take_plain_header() noexcept {
    constexpr std::string_view name = "Content-Length: ", end = "\r\n\r\n";
    constexpr std::size_t longest = name.size() + 9 + end.size();
    const char* const start = here();
    if (left() < name.size() || std::memcmp(start, name.data(), name.size()) != 0) return false;
    const std::size_t limit = left() < longest ? left() : longest;
    std::size_t at = name.size();
    std::size_t length = 0;
    for (; at != limit && is_digit(start[at]); ++at)
        length = length * 10 + static_cast<std::size_t>(start[at] - '0');
    if (limit - at < end.size() || std::memcmp(start + at, end.data(), end.size()) != 0) return false;
    if (length == 0 || length > max_frame_bytes_) return false;
    consume(at + end.size());
    remaining_ = length;
    state_ = state::body;
    return true;
}

inline frame_step frame_reader::at_boundary() {
    const bool undecided = framing_ == framing::undecided;
    while (left() != 0 &&
           (*here() == '\n' || *here() == '\r' || (undecided && (*here() == ' ' || *here() == '\t'))))
        consume(1);
    if (left() == 0) return ended_ ? frame_step::end : frame_step::need_more;
    if (undecided) {
        framing_ = begins_json(*here()) ? framing::lines : framing::headers;
        if (newline_framed()) {
            state_ = state::line;
            return look_again;
        }
    }
    if (take_plain_header()) return look_again;

    const std::string_view text = rest();
    bool header = begins_content(text);
    if (header && text.size() < content_prefix.size())
        return ended_ ? truncated("header block") : frame_step::need_more;
    if (!header) {
        while (searched_ != text.size() && searched_ != max_header_bytes && is_token(text[searched_]))
            ++searched_;
        // A word as long as a header block may be is no header's name.
        const bool endless = searched_ == max_header_bytes;
        if (searched_ == text.size() && !endless && !ended_) return frame_step::need_more;
        header = searched_ != 0 && !endless && searched_ != text.size() && text[searched_] == ':';
    }
    if (!header) {
        become_pollution(0);
        return look_again;
    }
    header_.clear();
    line_ = searched_ = 0;
    state_ = state::header;
    return look_again;
}

inline frame_step frame_reader::in_header() {
    for (;;) {
        const std::string_view text = rest().substr(0, max_header_bytes);
        const std::size_t line_end = text.find('\n', searched_);
        if (line_end == std::string_view::npos) {
            searched_ = text.size();
            const bool full = text.size() == max_header_bytes;
            if (!full && !ended_) return frame_step::need_more;
            // What came behind a full block does not count, so that it does not matter in which pieces it came.
            if (header_.ours() || begins_content(text.substr(line_)))
                return full ? fail(violation_reason::header_too_large, join({"a header block beyond 8 KiB"}))
                            : truncated("header block");
            become_pollution(text.size());
            return look_again;
        }
        std::string_view line = text.substr(line_, line_end - line_);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        switch (header_.take_line(line)) {
        case header_block::outcome::more: line_ = searched_ = line_end + 1; break;
        case header_block::outcome::complete: consume(line_end + 1); return begin_body(header_.length());
        case header_block::outcome::broken:
            if (header_.ours()) {
                state_ = state::failed;
                violation_ = header_.take_violation();
                return frame_step::violation;
            }
            // Up to the line that cannot be a header, which may be the first itself.
            become_pollution(line_ != 0 ? line_ : line_end + 1);
            return look_again;
        }
    }
}

inline frame_step frame_reader::begin_body(std::uint64_t length) {
    remaining_ = length;
    state_ = length == 0 ? state::boundary : state::body;
    if (length == 0) return frame_step::ignored_empty;
    if (length <= max_frame_bytes_) return look_again;
    state_ = state::drain;
    if (within_drain(length)) return frame_step::too_large;
    return fail(
        violation_reason::bad_length,
        join({"Content-Length ", digits(length), " is far beyond the limit of ", digits(max_frame_bytes_)}));
}

inline frame_step frame_reader::in_body(std::string_view& text) {
    if (left() < remaining_) return ended_ ? truncated("body") : frame_step::need_more;
    text = {here(), static_cast<std::size_t>(remaining_)};
    consume(text.size());
    state_ = state::boundary;
    return frame_step::body;
}

inline frame_step frame_reader::in_drain() {
    const std::size_t taken = left() < remaining_ ? left() : static_cast<std::size_t>(remaining_);
    consume(taken);
    remaining_ -= taken;
    if (remaining_ != 0) return ended_ ? truncated("body") : frame_step::need_more;
    state_ = state::boundary;
    return look_again;
}

/// A message says that it is one.
inline bool frame_reader::is_stray_line(std::string_view line) const noexcept {
    return lines_agreed_ &&
           (line.empty() || !begins_json(line.front()) || line.find("\"jsonrpc\"") == line.npos);
}

inline void frame_reader::become_pollution(std::size_t certain) noexcept {
    state_ = state::pollution;
    certain_ = certain;
    searched_ = 0;
}

// Looks for the end of the line, or for a header that stands behind text without a line end. A piece is cut
// only where the bytes that decide it are all there, so how the input was split does not show.
inline frame_step frame_reader::in_pollution(std::string_view& text) {
    constexpr std::string_view name = "content-length";
    const std::string_view all = rest().substr(0, max_pollution_line + name.size());
    std::size_t cut = std::string_view::npos, used = 0;
    bool resume = false;
    for (; searched_ != all.size(); ++searched_) {
        if (all[searched_] == '\n') {
            if (searched_ >= max_pollution_line) break;
            cut = searched_;
            used = cut + 1;
            resume = certain_ <= used;
            break;
        }
        if (all[searched_] != ':' || searched_ < name.size() || newline_framed()) continue;
        if (!equals_ignoring_case(all.substr(searched_ - name.size(), name.size()), name)) continue;
        cut = used = searched_ - name.size();
        resume = true;
        break;
    }
    if (cut == std::string_view::npos) {
        const bool decided = searched_ != all.size() || all.size() == max_pollution_line + name.size();
        if (!decided && !ended_) return frame_step::need_more;
        cut = used = all.size() < max_pollution_line ? all.size() : max_pollution_line;
        resume = used == left() && ended_;
    }
    text = all.substr(0, cut);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    pollution_bytes_ += used;
    if (quote_.size() < quoted_pollution_bytes)
        detail::append(quote_, all.substr(0, used).substr(0, quoted_pollution_bytes - quote_.size()));
    consume(used);
    certain_ = certain_ > used ? certain_ - used : 0;
    if (pollution_bytes_ > max_pollution_bytes) {
        std::string message = join({"stdout is reserved for the protocol, but it holds other text: "});
        append_escaped(message, quote_, quoted_pollution_bytes);
        return fail(violation_reason::polluted, std::move(message));
    }
    if (resume) state_ = newline_framed() ? state::line : state::boundary;
    if (text.empty()) return look_again;
    return frame_step::skipped_text;
}

inline frame_step frame_reader::in_line(std::string_view& text) {
    if (searched_ == 0)
        while (left() != 0 && (*here() == '\n' || *here() == '\r' || *here() == ' ' || *here() == '\t'))
            consume(1);
    if (left() == 0) return ended_ ? frame_step::end : frame_step::need_more;
    const std::string_view all = rest();
    if (lines_agreed_ && !begins_json(all.front())) {
        become_pollution(0);
        return look_again;
    }
    const std::size_t line_end = all.find('\n', searched_);
    const bool whole = line_end != std::string_view::npos;
    if ((whole || ended_) && is_stray_line(all.substr(0, line_end))) {
        become_pollution(0);
        return look_again;
    }
    searched_ = whole ? line_end : all.size();
    text = all.substr(0, searched_);
    if (whole && text.back() == '\r') text.remove_suffix(1);
    // A last '\r' may still turn out to belong to the line's end.
    if (text.size() > max_frame_bytes_ + (whole ? 0 : 1)) {
        remaining_ = 0;
        state_ = state::line_drain;
        searched_ = 0;
        return frame_step::too_large;
    }
    if (!whole) return ended_ ? truncated("line") : frame_step::need_more;
    consume(line_end + 1);
    return frame_step::body;
}

inline frame_step frame_reader::in_line_drain() {
    const std::size_t line_end = rest().find('\n');
    const bool whole = line_end != std::string_view::npos;
    const std::size_t taken = whole ? line_end + 1 : left();
    consume(taken);
    remaining_ += taken;
    if (!within_drain(remaining_))
        return fail(violation_reason::too_large, join({"a line far beyond the limit"}));
    if (!whole) return ended_ ? truncated("line") : frame_step::need_more;
    state_ = state::line;
    return look_again;
}

// Puts a frame around what is encoded straight behind it, in the same buffer. The header's size is guessed
// from the last frame's number of digits; where that is wrong the body moves by a few bytes.
//
//     frames.begin(buffer);
//     encode(buffer, message);
//     frames.finish(buffer);        // or rollback(buffer)

inline constexpr std::string_view length_name = "Content-Length: ";
inline constexpr std::string_view header_end = "\r\n\r\n";

inline void append_frame_header(byte_buffer& buffer, std::size_t body_size) {
    buffer.append(length_name);
    buffer.commit(write_unsigned(buffer.prepare(20), body_size));
    buffer.append(header_end);
}

class frame_writer {
public:
    /// One message a line instead. The bodies of lines lose their line ends, which JSON holds only between values.
    void use_newlines() noexcept { newline_framed_ = true; }
    bool newline_framed() const noexcept { return newline_framed_; }

    void begin(byte_buffer& buffer) {
        start_ = buffer.size();
        if (newline_framed_) return;
        buffer.prepare(header_bytes(most_digits));
        buffer.commit(header_bytes(digits_));
    }
    std::size_t body_start() const noexcept {
        return newline_framed_ ? start_ : start_ + header_bytes(digits_);
    }
    std::size_t body_size(const byte_buffer& buffer) const noexcept { return buffer.size() - body_start(); }

    /// `following` bytes of the body are not in the buffer; the caller sends them, and for a line its end, behind.
    void finish(byte_buffer& buffer, std::size_t following = 0);
    void rollback(byte_buffer& buffer) const noexcept { buffer.truncate(start_); }

private:
    static constexpr std::size_t most_digits = 20;
    static constexpr std::size_t header_bytes(std::size_t digits) noexcept {
        return length_name.size() + digits + header_end.size();
    }

    std::size_t start_ = 0;
    std::size_t digits_ = 3;
    bool newline_framed_ = false;
};

inline void frame_writer::finish(byte_buffer& buffer, std::size_t following) {
    const std::size_t body = body_start(), size = body_size(buffer);
    if (newline_framed_) {
        for (std::size_t at = body; at != buffer.size(); ++at)
            if (buffer.data()[at] == '\n' || buffer.data()[at] == '\r') buffer.data()[at] = ' ';
        if (following == 0) buffer.append('\n');
        return;
    }
    char digits[most_digits];
    const std::size_t count = write_unsigned(digits, size + following);
    if (count != digits_) {
        const std::size_t moved = start_ + header_bytes(count);
        buffer.prepare(most_digits);
        std::memmove(buffer.data() + moved, buffer.data() + body, size);
        buffer.truncate(moved + size);
        digits_ = count;
    }
    char* header = buffer.data() + start_;
    std::memcpy(header, length_name.data(), length_name.size());
    std::memcpy(header + length_name.size(), digits, count);
    std::memcpy(header + length_name.size() + count, header_end.data(), header_end.size());
}

} // namespace tenon::detail

#endif
