#ifndef TENON_JSON_BASE64_HPP
#define TENON_JSON_BASE64_HPP

// Base64 as RFC 4648 section 4 has it, with padding, for HTTP bodies that are no text. Decoding is strict:
// nothing but the alphabet, no missing padding, no stray bits.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::detail {

inline constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t group = 0;
        for (std::size_t index = 0; index < 3; ++index)
            group =
                group << 8 | (at + index < bytes.size() ? static_cast<unsigned char>(bytes[at + index]) : 0u);
        for (std::size_t index = 0; index < 4; ++index)
            text += at + index <= bytes.size() ? base64_alphabet[group >> (18 - 6 * index) & 63] : '=';
    }
    return text;
}

inline std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::size_t digit = 0;
        if (at < text.size() - padding) {
            digit = base64_alphabet.find(text[at]);
            if (digit == std::string_view::npos) return std::nullopt;
        }
        group = group << 6 | static_cast<std::uint32_t>(digit);
        if (at % 4 != 3) continue;
        for (int shift = 16; shift >= 0; shift -= 8) bytes += static_cast<char>(group >> shift & 255);
        group = 0;
    }
    for (std::size_t extra = 0; extra < padding; ++extra) {
        if (bytes.back() != '\0') return std::nullopt; // bits behind the end
        bytes.pop_back();
    }
    return bytes;
}

} // namespace tenon::detail

#endif
