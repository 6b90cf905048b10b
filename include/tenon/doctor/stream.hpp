#ifndef TENON_DOCTOR_STREAM_HPP
#define TENON_DOCTOR_STREAM_HPP

// Reads a plugin's stdout with the eyes of its strictest reader and the patience of the kindest: whatever is not
// exactly `Content-Length: N`, CR LF, CR LF and N bytes of JSON is noted, and the message found all the same if there
// is any way to find it. A wrong length is told from a wrong body by where the JSON ends.

#include <tenon/json/reader.hpp>
#include <tenon/json/scan.hpp>
#include <tenon/doctor/finding.hpp>
#include <tenon/wire/framing.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::detail {

class doctor_stream {
public:
    explicit doctor_stream(doctor_notes& notes) : notes_(notes) {}

    void take(std::string& bytes) {
        append(buffer_, bytes);
        bytes.clear();
    }
    /// The next body. `settled` says that nothing more is to come for now: what is not whole stays so.
    std::optional<std::string> next(bool settled);
    /// Whether bytes wait that may become a frame, or be found to be none.
    bool waits() const noexcept { return !buffer_.empty(); }
    /// Whether a message came without a header, perhaps between other lines.
    bool headless() const noexcept { return headless_ || message_in_text_; }
    /// The plugin is gone: what is left is a frame without its end.
    void finish();

private:
    enum class step { body, more, again };

    step find_header(bool settled, std::string& body);
    step read_header();
    step read_body(bool settled, std::string& body);
    void judge_line(std::string_view line);
    void drop(std::size_t count) { buffer_.erase(0, count); }
    void bad_framing(std::string seen, std::string mend) {
        notes_.note("framing", testing::verdict::bad, std::move(seen), std::move(mend));
    }
    void stray(std::string_view text);
    std::optional<std::size_t> headless_size() const;

    doctor_notes& notes_;
    std::string buffer_;
    bool in_body_ = false;
    std::optional<std::uint64_t> length_;
    std::size_t lengths_ = 0;
    bool any_frame_ = false, lost_ = false, headless_ = false, message_in_text_ = false;
};

/// How many bytes the object or array takes that the text begins with; none where there is no whole one.
inline std::optional<std::size_t> first_value_size(std::string_view text) {
    json_reader in(text);
    std::string_view slice;
    if (!in.read_slice(slice) || (slice.front() != '{' && slice.front() != '[')) return {};
    return static_cast<std::size_t>(slice.data() - text.data()) + slice.size();
}

inline std::size_t count_characters(std::string_view text) noexcept {
    std::size_t count = 0;
    for (const char byte : text) count += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
    return count;
}

inline std::optional<std::string> doctor_stream::next(bool settled) {
    for (;;) {
        std::string body;
        const step done = in_body_ ? read_body(settled, body) : find_header(settled, body);
        if (done == step::body) return body;
        if (done == step::more) return {};
    }
}

inline void doctor_stream::stray(std::string_view text) {
    if (lost_) return; // behind a broken header: said already
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (!line.empty() && line.front() == '{' && line.find("\"jsonrpc\"") != line.npos)
            message_in_text_ = true;
    }
    const bool blank = text.find_first_not_of("\r\n \t") == text.npos;
    if (blank && any_frame_)
        return bad_framing(
            join({doctor_quote(text), " between two frames: it looks like a line end behind the body"}),
            "Write the bytes of the body and nothing behind them: no println, no \"\\n\".");
    notes_.note("stdout", testing::verdict::bad,
                join({"text on stdout that is no frame: ", doctor_quote(text)}),
                "Print to stderr. So that no library can do otherwise: give the protocol a private copy of "
                "descriptor 1 "
                "(dup) and point 1 at 2 (dup2) before anything else runs.");
}

// A message of newline framing, in which there are no headers; not what a library logs as JSON.
inline std::optional<std::size_t> doctor_stream::headless_size() const {
    if (buffer_.front() != '{' && buffer_.front() != '[') return {};
    const auto size = first_value_size(buffer_);
    const bool message =
        size && std::string_view(buffer_).substr(0, *size).find("\"jsonrpc\"") != std::string::npos;
    return message ? size : std::nullopt;
}

// Stops in front of a header, which begins with `Content-`, or after another one in front of that.
inline doctor_stream::step doctor_stream::find_header(bool settled, std::string& body) {
    if (headless_) drop(std::min(buffer_.find_first_not_of("\r\n"), buffer_.size()));
    if (buffer_.empty()) return step::more;
    if (const auto size = headless_size()) {
        body = buffer_.substr(0, *size);
        bad_framing(
            join({"a message without a header: ", doctor_quote(body)}),
            "Write Content-Length: N, CR LF, CR LF in front of every message, and nothing behind it.");
        drop(*size);
        headless_ = true;
        return step::body;
    }
    std::size_t at = 0;
    while (at < buffer_.size() &&
           !begins_content(std::string_view(buffer_).substr(at, content_prefix.size())))
        ++at;
    if (at == 0) return read_header();
    if (at == buffer_.size() && !settled) return step::more;
    std::string_view before = std::string_view(buffer_).substr(0, at);
    if (at == buffer_.size() || buffer_.size() - at >= content_prefix.size()) {
        // `Name: value` CR LF directly in front is a header that is not needed, else it is text.
        const std::size_t colon = before.find(':');
        bool header = before.ends_with("\r\n") && before.find('\n') == before.size() - 1 && colon != 0 &&
                      colon != before.npos && at != buffer_.size();
        for (std::size_t index = 0; header && index < colon; ++index) header = is_token(before[index]);
        if (header) judge_line(before.substr(0, before.size() - 2));
        else stray(before);
        drop(at);
        return step::again;
    }
    if (!settled) return step::more;
    stray(before); // and what is behind it may yet become a header
    drop(at);
    return step::more;
}

inline void doctor_stream::judge_line(std::string_view line) {
    constexpr std::string_view name = "Content-Length";
    if (!equals_ignoring_case(line.substr(0, name.size()), "content-length")) {
        notes_.note("framing", testing::verdict::warning, join({"another header: ", doctor_quote(line)}),
                    "Write Content-Length alone: some readers want it first, and no reader uses the others.");
        return;
    }
    ++lengths_;
    std::string_view value = line.substr(name.size());
    const bool exact =
        line.starts_with(name) && value.starts_with(": ") && value.size() > 2 && value[2] != '0';
    value.remove_prefix(std::min(value.find_first_not_of(": \t"), value.size()));
    std::uint64_t number = 0;
    std::size_t count = 0;
    for (; count < value.size() && is_digit(value[count]) && count < 19; ++count)
        number = number * 10 + static_cast<std::uint64_t>(value[count] - '0');
    if (count == 0 || value.substr(count).find_first_not_of(" \t") != value.npos) {
        bad_framing(join({"a length that is no number: ", doctor_quote(line)}),
                    "Write the number of bytes in decimal digits.");
        return;
    }
    length_ = number;
    if (!exact || count != value.size())
        bad_framing(
            join({"a header in another spelling: ", doctor_quote(line)}),
            "Write \"Content-Length: N\" in exactly these letters, with one blank and no leading zeros.");
}

inline doctor_stream::step doctor_stream::read_header() {
    const std::string_view text = buffer_;
    std::size_t at = 0;
    for (;;) {
        const std::size_t end = text.find('\n', at);
        if (end == text.npos) return step::more;
        const bool carriage = end > at && text[end - 1] == '\r';
        if (end == at + carriage) {
            at = end + 1;
            break;
        }
        at = end + 1;
    }
    length_.reset();
    lengths_ = 0;
    for (std::size_t begin = 0; begin < at;) {
        const std::size_t end = text.find('\n', begin);
        const bool carriage = end > begin && text[end - 1] == '\r';
        const std::string_view line = text.substr(begin, end - begin - carriage);
        if (!carriage)
            bad_framing(join({"a header line that ends in a bare line feed: ", doctor_quote(line)}),
                        "End each line of the header with CR LF (\"\\r\\n\").");
        if (!line.empty()) judge_line(line);
        begin = end + 1;
    }
    lost_ = !length_;
    if (lengths_ > 1) bad_framing("two Content-Length headers for one body", "Write one.");
    else if (lengths_ == 0)
        bad_framing(join({"a header without Content-Length: ", doctor_quote(text.substr(0, at))}),
                    "Write Content-Length: N in front of every body.");
    drop(at);
    if (lost_) return step::again;
    in_body_ = any_frame_ = true;
    return step::again;
}

inline doctor_stream::step doctor_stream::read_body(bool settled, std::string& body) {
    const std::uint64_t said = *length_;
    const std::string_view text = buffer_;
    if (text.size() >= said) {
        json_reader in(text.substr(0, said));
        if (in.skip_value() && in.finish()) {
            body = text.substr(0, said);
            drop(body.size());
            in_body_ = false;
            return step::body;
        }
    }
    if (!settled)
        return step::more; // the rest may be on its way, or just about to show that the length is wrong
    if (const auto size = first_value_size(text); size && *size != said) {
        body = text.substr(0, *size);
        const bool characters = count_characters(body) == said;
        notes_.note(
            "length", testing::verdict::bad,
            join({"Content-Length: ", digits(said), " in front of a body of ", digits(*size), " bytes",
                  characters ? ", which has that many characters: " : ": ", doctor_quote(body)}),
            "Encode the body as UTF-8 first, then count its bytes.");
        drop(body.size());
        in_body_ = false;
        return step::body;
    }
    if (text.size() < said) return step::more;
    json_reader in(text.substr(0, said));
    const std::string why = in.skip_value() && in.finish() ? std::string() : in.error().message;
    notes_.note("messages", testing::verdict::bad,
                join({"a body that is no JSON (", why, "): ", doctor_quote(text.substr(0, said))}),
                "Let a JSON library write the messages, and write strings as UTF-8.");
    drop(said);
    in_body_ = false;
    return step::again;
}

inline void doctor_stream::finish() {
    if (in_body_)
        notes_.note("length", testing::verdict::bad,
                    join({"Content-Length: ", digits(*length_), ", and after ", digits(buffer_.size()),
                          " bytes the output ended"}),
                    "Write every frame whole, also when the plugin ends, and count bytes.");
    else if (!buffer_.empty()) stray(buffer_);
    buffer_.clear();
    in_body_ = false;
}

} // namespace tenon::detail

#endif
