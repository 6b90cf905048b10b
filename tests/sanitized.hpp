#ifndef TENON_TESTS_SANITIZED_HPP
#define TENON_TESTS_SANITIZED_HPP

namespace tenon::tests {

/// With a sanitizer everything takes several times as long, and memory is not what it is.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

} // namespace tenon::tests

#endif
