#ifndef TENON_RULES_CALLS_CALL_INDEX_HPP
#define TENON_RULES_CALLS_CALL_INDEX_HPP

// From the id of a call on the wire to the place where its caller is kept. Ids are sequential, so an id's low bits
// are its home: neighbours do not collide, and nothing is allocated once there was room for the most calls that were
// in flight at once.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tenon::detail {

class call_index {
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    void insert(std::int64_t call, std::uint32_t place) {
        // Half empty, so that a search that finds nothing is short.
        if ((size_ + 1) * 2 > cells_.size()) grow();
        put({call, place});
        ++size_;
    }

    std::uint32_t find(std::int64_t call) const noexcept {
        const std::size_t at = cell_of(call);
        return at == cells_.size() ? none : cells_[at].place;
    }

    void remove(std::int64_t call) noexcept {
        std::size_t gap = cell_of(call);
        if (gap == cells_.size()) return;
        const std::size_t mask = cells_.size() - 1;
        // Close the gap: whoever stepped aside because of this call moves up.
        for (std::size_t at = (gap + 1) & mask; cells_[at].call != 0; at = (at + 1) & mask) {
            const std::size_t home = home_of(cells_[at].call);
            if (((at - home) & mask) < ((at - gap) & mask)) continue; // its home lies behind the gap
            cells_[gap] = cells_[at];
            gap = at;
        }
        cells_[gap] = {};
        --size_;
    }

    std::size_t size() const noexcept { return size_; }

private:
    struct cell {
        std::int64_t call = 0; // 0: free
        std::uint32_t place = none;
    };

    std::size_t home_of(std::int64_t call) const noexcept {
        return static_cast<std::size_t>(call) & (cells_.size() - 1);
    }
    std::size_t cell_of(std::int64_t call) const noexcept {
        if (size_ == 0 || call <= 0) return cells_.size();
        std::size_t at = home_of(call);
        while (cells_[at].call != call) {
            if (cells_[at].call == 0) return cells_.size();
            at = (at + 1) & (cells_.size() - 1);
        }
        return at;
    }
    void put(cell added) noexcept {
        std::size_t at = home_of(added.call);
        while (cells_[at].call != 0) at = (at + 1) & (cells_.size() - 1);
        cells_[at] = added;
    }
    void grow() {
        std::vector<cell> old(cells_.empty() ? 16 : cells_.size() * 2);
        old.swap(cells_);
        for (const cell& one : old)
            if (one.call != 0) put(one);
    }

    std::vector<cell> cells_; // a power of two
    std::size_t size_ = 0;
};

} // namespace tenon::detail

#endif
