#ifndef TENON_WIRE_FRAME_WRITER_HPP
#define TENON_WIRE_FRAME_WRITER_HPP

// Puts a frame around what is encoded straight behind it, in the same buffer. The header's size is guessed
// from the last frame's number of digits; where that is wrong the body moves by a few bytes.
//
//     frames.begin(buffer);
//     encode(buffer, message);
//     frames.finish(buffer);        // or rollback(buffer)

#include <tenon/core/byte_buffer.hpp>
#include <tenon/json/number.hpp>

#include <cstddef>
#include <cstring>
#include <string_view>

namespace tenon::detail {

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
