#ifndef TENON_TESTS_SANDBOX_RUN_FILTER_HPP
#define TENON_TESTS_SANDBOX_RUN_FILTER_HPP

// Runs a filter as the kernel does, with the few instructions that it may consist of, and fails a test at any other one, at
// a jump beyond the end, and at an end without an answer.

#include <tenon/sandbox/call_filter.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>

namespace tenon::tests {

struct called {
    std::uint32_t number = 0;
    std::array<std::uint64_t, 6> arguments = {};
    std::uint32_t processor = detail::filter::x86_64_calls;
};

inline std::uint32_t word_at(const called& call, std::uint32_t at) {
    REQUIRE(at % 4 == 0);
    if (at == 0) return call.number;
    if (at == 4) return call.processor;
    REQUIRE(at >= 16);
    REQUIRE(at < 64);
    const std::uint64_t argument = call.arguments[(at - 16) / 8];
    return static_cast<std::uint32_t>(at % 8 == 0 ? argument : argument >> 32);
}

inline std::uint32_t run(const detail::call_filter& filter, const called& call) {
    namespace op = detail::filter;
    std::uint32_t value = 0;
    for (std::size_t at = 0; at < filter.program.size(); ++at) {
        const detail::filter_instruction& step = filter.program[at];
        if (step.code == op::load) value = word_at(call, step.value);
        else if (step.code == op::mask) value &= step.value;
        else if (step.code == op::jump_if_equal) at += value == step.value ? step.if_true : step.if_false;
        else if (step.code == op::jump_if_greater) at += value > step.value ? step.if_true : step.if_false;
        else if (step.code == op::answer) return step.value;
        else FAIL("an instruction that is not known: " << step.code);
    }
    FAIL("no answer");
    return 0;
}

} // namespace tenon::tests

#endif
