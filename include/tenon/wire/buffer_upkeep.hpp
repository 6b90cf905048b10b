#ifndef TENON_WIRE_BUFFER_UPKEEP_HPP
#define TENON_WIRE_BUFFER_UPKEEP_HPP

// When a buffer that one large message made grow is given back. At once would be wrong: a peer that sends a
// megabyte every time would pay for new memory every time.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/wire/limits.hpp>

#include <cstddef>

namespace tenon::detail {

class buffer_upkeep {
public:
    /// Empties the buffer.
    void clear(byte_buffer& buffer) noexcept {
        const std::size_t used = buffer.size();
        buffer.clear();
        if (buffer.capacity() <= kept_buffer_bytes) return;
        calm_ = used > kept_buffer_bytes ? 0 : calm_ + 1;
        if (calm_ < patience && buffer.capacity() <= largest_kept_buffer_bytes) return;
        buffer.shrink(kept_buffer_bytes);
        calm_ = 0;
    }

private:
    // 64 small uses in a row: the large one was an exception.
    static constexpr unsigned patience = 64;

    unsigned calm_ = 0;
};

} // namespace tenon::detail

#endif
