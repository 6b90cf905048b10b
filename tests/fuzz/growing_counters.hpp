#ifndef TENON_TESTS_FUZZ_GROWING_COUNTERS_HPP
#define TENON_TESTS_FUZZ_GROWING_COUNTERS_HPP

// A session's counters never decrease.

#include "require.hpp"

#include <tenon/session/limits.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tenon::fuzz {

class growing_counters {
public:
    void look(const session_counters& counters) {
        numbers now;
        std::memcpy(now.data(), &counters, sizeof now);
        for (std::size_t index = 0; index != now.size(); ++index) FUZZ_REQUIRE(now[index] >= seen_[index]);
        seen_ = now;
    }

private:
    using numbers = std::array<std::uint64_t, sizeof(session_counters) / sizeof(std::uint64_t)>;
    numbers seen_ = {};
};

} // namespace tenon::fuzz

#endif
