#ifndef TENON_SESSION_OUTBOX_HPP
#define TENON_SESSION_OUTBOX_HPP

// Frames on their way out, in order. Small ones are encoded one behind the other into one buffer, so that many
// messages leave in one write(); a large payload that several sessions share is a piece of its own.
//
// There are two sides: one is filled while the other is written, and they change places when the latter is
// empty. So what transmit() gave out stays where it is, whatever is queued meanwhile.

#include <tenon/core/result.hpp>
#include <tenon/core/byte_buffer.hpp>
#include <tenon/session/shared_bytes.hpp>
#include <tenon/wire/framing.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace tenon::detail {

/// Below 4 KiB copying a payload is cheaper than writing it as a piece of its own.
inline constexpr std::size_t smallest_shared_piece = 4096;

/// More pieces are not handed out at once: far below any system's IOV_MAX, and no write() takes more.
inline constexpr std::size_t max_pieces = 64;

class outbox {
public:
    void use_newlines() noexcept { frames_.use_newlines(); }

    /// Opens a frame and gives the buffer to encode its body into. One at a time.
    byte_buffer& begin() {
        TENON_ASSERT(!open_);
        open_ = true;
        before_ = filling_.bytes.size();
        frames_.begin(filling_.bytes);
        return filling_.bytes;
    }
    std::size_t body_size() const noexcept { return frames_.body_size(filling_.bytes); }
    void finish() {
        frames_.finish(filling_.bytes);
        close(0);
    }
    /// Closes the frame with `payload` and `last` behind what was encoded.
    void finish(const shared_bytes& payload, char last);
    void rollback() {
        frames_.rollback(filling_.bytes);
        open_ = false;
    }

    /// Bytes that are no frame.
    void put(std::string_view bytes) {
        TENON_ASSERT(!open_);
        filling_.bytes.append(bytes);
        queued_ += bytes.size();
    }

    /// Valid until sent(), which must follow before the next call means anything new.
    std::span<const std::string_view> transmit();
    void sent(std::size_t count);

    std::size_t queued_bytes() const noexcept { return queued_; }

private:
    struct shared_piece {
        std::size_t position; // in the side's bytes
        shared_bytes payload;
    };
    struct side {
        byte_buffer bytes = {};
        sequence<shared_piece> shared = {};
        buffer_upkeep upkeep = {};

        void swap(side& other) noexcept {
            const buffer_upkeep mine = upkeep;
            upkeep = other.upkeep;
            other.upkeep = mine;
            bytes.swap(other.bytes);
            shared.swap(other.shared);
        }
    };

    void close(std::size_t shared) noexcept {
        TENON_ASSERT(open_);
        open_ = false;
        queued_ += filling_.bytes.size() - before_ + shared;
    }
    bool written() const noexcept {
        return at_byte_ == writing_.bytes.size() && at_shared_ == writing_.shared.size();
    }
    std::size_t next_cut() const noexcept {
        return at_shared_ == writing_.shared.size() ? writing_.bytes.size()
                                                    : writing_.shared[at_shared_].position;
    }

    frame_writer frames_;
    side filling_, writing_;
    std::size_t queued_ = 0;
    std::size_t before_ = 0; // where the open frame begins
    bool open_ = false;
    // How far writing_ has been written: its bytes, its shared pieces, and into the current one of those.
    std::size_t at_byte_ = 0, at_shared_ = 0, inside_shared_ = 0;
    sequence<std::string_view> pieces_;
};

inline void outbox::finish(const shared_bytes& payload, char last) {
    const std::string_view text = payload.view();
    if (text.size() < smallest_shared_piece || frames_.newline_framed()) {
        filling_.bytes.append(text);
        filling_.bytes.append(last);
        return finish();
    }
    frames_.finish(filling_.bytes, text.size() + 1);
    filling_.shared.push_back({filling_.bytes.size(), payload});
    filling_.bytes.append(last);
    close(text.size());
}

inline std::span<const std::string_view> outbox::transmit() {
    if (written()) {
        if (open_ || filling_.bytes.empty()) return {};
        writing_.swap(filling_);
    }
    pieces_.clear();
    std::size_t byte = at_byte_, inside = inside_shared_;
    for (std::size_t shared = at_shared_; pieces_.size() + 1 < max_pieces; ++shared, inside = 0) {
        const bool more = shared != writing_.shared.size();
        const std::size_t cut = more ? writing_.shared[shared].position : writing_.bytes.size();
        if (cut != byte) pieces_.push_back(writing_.bytes.view().substr(byte, cut - byte));
        if (!more) break;
        pieces_.push_back(writing_.shared[shared].payload.view().substr(inside));
        byte = cut;
    }
    return {pieces_.begin(), pieces_.size()};
}

inline void outbox::sent(std::size_t count) {
    TENON_ASSERT(count <= queued_);
    queued_ -= count;
    while (count != 0) {
        const std::size_t bytes = next_cut() - at_byte_;
        if (count < bytes || (count == bytes && at_shared_ == writing_.shared.size())) {
            at_byte_ += count;
            break;
        }
        at_byte_ += bytes;
        count -= bytes;
        TENON_ASSERT(at_shared_ != writing_.shared.size());
        const std::size_t left = writing_.shared[at_shared_].payload.view().size() - inside_shared_;
        if (count < left) {
            inside_shared_ += count;
            break;
        }
        count -= left;
        writing_.shared[at_shared_++].payload = {};
        inside_shared_ = 0;
    }
    if (!written()) return;
    writing_.upkeep.clear(writing_.bytes);
    writing_.shared.clear();
    at_byte_ = at_shared_ = 0;
    // One message at a time always finds the same side then, still warm.
    if (!open_ && filling_.bytes.empty()) std::swap(writing_, filling_);
}

} // namespace tenon::detail

#endif
