#ifndef TENON_JSON_WRITER_HPP
#define TENON_JSON_WRITER_HPP

// Writes JSON at the end of a byte_buffer. Commas come by themselves: a value or key that follows another one
// is separated from it. What it writes is always valid UTF-8: bytes of a string that are none are replaced by
// U+FFFD, because one bad byte in an author's string must not cost the message.
//
//     json_writer out(buffer);
//     out.begin_object();
//     out.key("name");
//     out.string("tenon");
//     out.end_object();              // {"name":"tenon"}
//
// It does not check that calls are balanced; the typed encoder (json/encode.hpp) does that by construction.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/json/number.hpp>
#include <tenon/json/scan.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tenon {

class json_writer {
public:
    explicit json_writer(byte_buffer& out) noexcept : out_(out), begin_(out.size()) {}

    byte_buffer& buffer() noexcept { return out_; }

    void null() { raw("null"); }
    void boolean(bool value) { raw(value ? std::string_view("true") : std::string_view("false")); }
    void integer(std::int64_t value) {
        separate();
        out_.commit(detail::write_signed(out_.prepare(21), value));
    }
    void unsigned_integer(std::uint64_t value) {
        separate();
        out_.commit(detail::write_unsigned(out_.prepare(20), value));
    }
    template <class Number> // float or double: the shortest text differs
    void number(Number value) {
        separate();
        out_.commit(detail::write_number(out_.prepare(detail::number_room), value));
    }
    void string(std::string_view text) {
        separate();
        quote(text);
    }
    /// One JSON value that is text already.
    void raw(std::string_view json) {
        separate();
        out_.append(json);
    }

    void begin_object() { open('{'); }
    void end_object() { out_.append('}'); }
    void begin_array() { open('['); }
    void end_array() { out_.append(']'); }

    void key(std::string_view name) {
        separate();
        quote(name);
        out_.append(':');
    }

    // --- for the typed encoder ---

    /// Appends `Size` bytes of `,"name":` text whose length the compiler knows; the comma is left out behind
    /// an opening brace.
    template <std::size_t Size>
    void member_literal(const std::array<char, Size>& text) {
        char* to = out_.prepare(Size);
        const std::size_t skip = to[-1] == '{' ? 1 : 0;
        std::memcpy(to, text.data() + skip,
                    Size - 1); // one byte too many or too few is mended by the next line
        to[Size - 1 - skip] = ':';
        out_.commit(Size - skip);
    }

private:
    // A comma is due behind anything but the start of the text, an opening bracket and a colon.
    void separate() {
        if (out_.size() == begin_) return;
        const char last = out_.data()[out_.size() - 1];
        if (last != '{' && last != '[' && last != ':') out_.append(',');
    }
    void open(char bracket) {
        separate();
        out_.append(bracket);
    }
    void quote(std::string_view text);
    char* quote_rest(const char* at, const char* end, char* start, char* to);
    // Writes what stands for a byte that may not stand for itself; returns the end of it, at most six bytes on.
    static char* escape(char byte, char* to) noexcept;

    byte_buffer& out_;
    std::size_t begin_;
};

// What is all plain, as names and most values are, is copied in words and checked meanwhile.
inline void json_writer::quote(std::string_view text) {
    constexpr std::size_t step = detail::scan_step;
    const char* at = text.data();
    const char* const end = at + text.size();
    char* const start = out_.prepare(text.size() + 2 + step);
    char* to = start;
    *to++ = '"';
    if (text.size() < 16) {
        if (detail::copy_few_plain(to, at, text.size())) to += text.size();
        else to = quote_rest(at, end, start, to);
    } else {
        for (; static_cast<std::size_t>(end - at) >= 4 * step && detail::four_plain_steps(at);
             at += 4 * step) {
            std::memcpy(to, at, 4 * step);
            to += 4 * step;
        }
        for (; static_cast<std::size_t>(end - at) >= step && detail::unplain_bytes(at) == 0; at += step) {
            std::memcpy(to, at, step);
            to += step;
        }
        const auto left = static_cast<std::size_t>(end - at);
        if (left < step && detail::unplain_bytes(end - step) == 0) {
            // Everything before is plain: the last step once more, from its end.
            std::memcpy(to + left - step, end - step, step);
            to += left;
        } else {
            to = quote_rest(at, end, start, to);
        }
    }
    *to++ = '"';
    out_.commit(static_cast<std::size_t>(to - (out_.data() + out_.size())));
}

// Anything: returns the end of what it wrote, from `to` on, of which everything before the last escape is committed.
inline char* json_writer::quote_rest(const char* at, const char* end, char* start, char* to) {
    while (at != end) {
        const auto left = static_cast<std::size_t>(end - at);
        if (left >= detail::scan_step) {
            // Copies the whole step before it knows how much of it was plain: the room behind is ours.
            std::memcpy(to, at, detail::scan_step);
            const detail::byte_set unplain = detail::unplain_bytes(at);
            const std::size_t plain = unplain == 0 ? detail::scan_step : detail::first_of(unplain);
            to += plain;
            at += plain;
            if (unplain == 0) continue;
        } else if (detail::is_plain(*at)) {
            *to++ = *at++;
            continue;
        }
        if (static_cast<unsigned char>(*at) >= 0x80) {
            const std::size_t length = detail::utf8_sequence(at, end);
            if (length != 0) {
                std::memcpy(to, at, length);
                to += length;
                at += length;
                continue;
            }
        }
        // An escape takes more room than the byte it stands for: ask for it here, where it is rare.
        out_.commit(static_cast<std::size_t>(to - start));
        start = to = out_.prepare(6 + static_cast<std::size_t>(end - at) + 2 + detail::scan_step);
        to = escape(*at++, to);
    }
    return to;
}

inline char* json_writer::escape(char byte, char* to) noexcept {
    char letter = 0;
    switch (byte) {
    case '"': letter = '"'; break;
    case '\\': letter = '\\'; break;
    case '\n': letter = 'n'; break;
    case '\r': letter = 'r'; break;
    case '\t': letter = 't'; break;
    case '\b': letter = 'b'; break;
    case '\f': letter = 'f'; break;
    default: break;
    }
    if (letter != 0) {
        to[0] = '\\';
        to[1] = letter;
        return to + 2;
    }
    if (static_cast<unsigned char>(byte) >= 0x80) {
        std::memcpy(to, "\xEF\xBF\xBD", 3);
        return to + 3;
    }
    constexpr char hex[] = "0123456789abcdef";
    std::memcpy(to, "\\u00", 4);
    to[4] = hex[(static_cast<unsigned char>(byte) >> 4) & 15];
    to[5] = hex[static_cast<unsigned char>(byte) & 15];
    return to + 6;
}

} // namespace tenon

#endif
