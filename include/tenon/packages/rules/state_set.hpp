#ifndef TENON_PACKAGES_RULES_STATE_SET_HPP
#define TENON_PACKAGES_RULES_STATE_SET_HPP

// What may become of a package while a set of packages is chosen, as bits: bit 0 says that it may be absent, bit 1 that
// its oldest version may be chosen, and so on. Up to 63 versions need no allocation.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tenon::detail {

class state_set {
public:
    state_set() = default;
    /// Of so many states, none of them in it, or all.
    explicit state_set(std::size_t states, bool all = false)
        : first_(all ? low_bits(states) : 0), more_(states > 64 ? (states - 1) / 64 : 0, all ? ~word{0} : 0) {
        if (all && !more_.empty()) more_.back() = low_bits(states - 64 * more_.size());
    }

    void add(std::size_t state) noexcept { word_of(state) |= word{1} << (state % 64); }
    void remove(std::size_t state) noexcept { word_of(state) &= ~(word{1} << (state % 64)); }
    bool has(std::size_t state) const noexcept {
        const word bits = state < 64 ? first_ : more_[state / 64 - 1];
        return (bits >> (state % 64) & 1) != 0;
    }

    bool empty() const noexcept {
        word any = first_;
        for (const word bits : more_) any |= bits;
        return any == 0;
    }
    std::size_t count() const noexcept {
        int all = std::popcount(first_);
        for (const word bits : more_) all += std::popcount(bits);
        return static_cast<std::size_t>(all);
    }
    /// The highest state in it. There is one.
    std::size_t highest() const noexcept {
        for (std::size_t at = more_.size(); at-- > 0;)
            if (more_[at] != 0) return 64 * (at + 1) + high_bit(more_[at]);
        return high_bit(first_);
    }

    bool meets(const state_set& other) const noexcept {
        word both = first_ & other.first_;
        for (std::size_t at = 0; at < more_.size(); ++at) both |= more_[at] & other.more_[at];
        return both != 0;
    }
    bool is_within(const state_set& other) const noexcept {
        word outside = first_ & ~other.first_;
        for (std::size_t at = 0; at < more_.size(); ++at) outside |= more_[at] & ~other.more_[at];
        return outside == 0;
    }

    state_set& operator&=(const state_set& other) noexcept {
        first_ &= other.first_;
        for (std::size_t at = 0; at < more_.size(); ++at) more_[at] &= other.more_[at];
        return *this;
    }
    state_set& operator|=(const state_set& other) noexcept {
        first_ |= other.first_;
        for (std::size_t at = 0; at < more_.size(); ++at) more_[at] |= other.more_[at];
        return *this;
    }
    state_set& operator-=(const state_set& other) noexcept {
        first_ &= ~other.first_;
        for (std::size_t at = 0; at < more_.size(); ++at) more_[at] &= ~other.more_[at];
        return *this;
    }
    friend bool operator==(const state_set&, const state_set&) = default;

private:
    using word = std::uint64_t;

    static word low_bits(std::size_t count) noexcept {
        return count >= 64 ? ~word{0} : (word{1} << count) - 1;
    }
    static std::size_t high_bit(word bits) noexcept {
        return static_cast<std::size_t>(63 - std::countl_zero(bits));
    }
    word& word_of(std::size_t state) noexcept { return state < 64 ? first_ : more_[state / 64 - 1]; }

    word first_ = 0;
    std::vector<word> more_;
};

} // namespace tenon::detail

#endif
