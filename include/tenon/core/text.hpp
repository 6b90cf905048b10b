#ifndef TENON_CORE_TEXT_HPP
#define TENON_CORE_TEXT_HPP

// Sentences from parts. Everything below the author's own code that makes text makes it here: with C++20 each
// verb of std::string that is used is compiled anew in every plugin, and costs it some 5 ms.
//
// And ASCII letters, in any case, as header fields and loggers use them. No locale has a say. And patterns of ids.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tenon::detail {

inline void append(std::string& to, std::string_view text) { to.append(text.data(), text.size()); }

inline std::string join(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) append(text, part);
    return text;
}

/// At most so many bytes, and no half of a character at the end: a peer's text that is repeated is cut, and stays UTF-8.
constexpr std::string_view beginning_of(std::string_view text, std::size_t most) noexcept {
    if (text.size() <= most) return text;
    while (most > 0 && (text[most] & 0xC0) == 0x80) --most;
    return text.substr(0, most);
}

/// A number as text, for the duration of an expression.
class digits {
public:
    explicit digits(std::uint64_t number) noexcept {
        do {
            text_[--begin_] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
    }
    operator std::string_view() const noexcept { return {text_ + begin_, sizeof text_ - begin_}; }

private:
    char text_[20];
    std::size_t begin_ = sizeof text_;
};

constexpr bool is_control(char letter) noexcept {
    return static_cast<unsigned char>(letter) < ' ' || letter == 0x7F;
}

constexpr char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

inline std::string lower_case(std::string_view text) {
    std::string lowered(text);
    for (char& letter : lowered) letter = lower(letter);
    return lowered;
}

constexpr bool equals_ignoring_case(std::string_view one, std::string_view other) noexcept {
    if (one.size() != other.size()) return false;
    for (std::size_t at = 0; at < one.size(); ++at)
        if (one[at] != other[at] && lower(one[at]) != lower(other[at])) return false;
    return true;
}

/// Whether "dev.example.*" covers "dev.example.chat". The dot belongs to what must be equal: it does not cover
/// "dev.examples.chat", nor "dev.example" itself. "*" covers every id.
constexpr bool covers_id(std::string_view pattern, std::string_view id) noexcept {
    if (pattern == "*" || pattern == id) return true;
    return pattern.ends_with(".*") && id.size() >= pattern.size() &&
           id.starts_with(pattern.substr(0, pattern.size() - 1));
}
template <class Patterns>
bool any_covers_id(const Patterns& patterns, std::string_view id) noexcept {
    for (const std::string_view pattern : patterns)
        if (covers_id(pattern, id)) return true;
    return false;
}

/// Two small letters for each of some bytes, such as an array of unsigned char.
template <class Bytes>
std::string hex_of(const Bytes& bytes) {
    std::string hex;
    for (const unsigned char byte : bytes) {
        hex.push_back("0123456789abcdef"[byte >> 4]);
        hex.push_back("0123456789abcdef"[byte & 15u]);
    }
    return hex;
}

/// Without the spaces and tabs at both ends.
constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// What may stand in a header's name (RFC 9110, "token").
constexpr bool is_token(char letter) noexcept {
    if ((letter >= '0' && letter <= '9') || (lower(letter) >= 'a' && lower(letter) <= 'z')) return true;
    for (const char other : std::string_view("!#$%&'*+-.^_`|~"))
        if (letter == other) return true;
    return false;
}
constexpr bool is_token(std::string_view name) noexcept {
    for (const char letter : name)
        if (!is_token(letter)) return false;
    return !name.empty();
}

} // namespace tenon::detail

#endif
