#ifndef TENON_RULES_SUPERVISION_RANDOM_SOURCE_HPP
#define TENON_RULES_SUPERVISION_RANDOM_SOURCE_HPP

// Numbers that spread things in time: the same ones for the same seed, so that a test can be repeated. Seeds that
// follow each other (one per plugin) give unrelated numbers, because every bit of the state is mixed into every
// bit of a number (a counter in steps of an odd constant, then multiply and shift). Not for tokens: whoever sees
// two numbers knows the rest.

#include <cstdint>

namespace tenon::detail {

class random_source {
public:
    explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15U; // 2^64 over the golden ratio: every state comes once
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31);
    }
    /// From 0 up to but not 1, all multiples of 2^-53 alike.
    double share() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

private:
    std::uint64_t state_;
};

} // namespace tenon::detail

#endif
