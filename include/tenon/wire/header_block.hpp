#ifndef TENON_WIRE_HEADER_BLOCK_HPP
#define TENON_WIRE_HEADER_BLOCK_HPP

// The lines in front of a body, taken one by one. Names are compared in any case, space around a value is
// trimmed, unknown headers are ignored.
//
// Text that a plugin printed can look like a header ("INFO: started"). So a block counts as ours only once a
// line's name begins with `Content-`: from then on a fault in it is a violation. Before that the same fault
// says that these lines are no header at all, and the frame_reader treats them as pollution.

#include <tenon/core/text.hpp>
#include <tenon/json/number.hpp>
#include <tenon/wire/violation.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

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
        if ((static_cast<unsigned char>(byte) < 0x20 && byte != '\t') || byte == 0x7f)
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

} // namespace tenon::detail

#endif
