#ifndef TENON_TESTS_FUZZ_TRACE_HPP
#define TENON_TESTS_FUZZ_TRACE_HPP

// What happens, on stderr, for who looks at a finding: build with -DTENON_FUZZ_TRACE.

#include <cstdio>
#include <string_view>

namespace tenon::fuzz {

#ifdef TENON_FUZZ_TRACE
inline constexpr bool tracing = true;
#else
inline constexpr bool tracing = false;
#endif
inline void trace(const char* what, std::string_view text = "") {
    if (tracing) std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(text.size()), text.data());
}

} // namespace tenon::fuzz

#endif
