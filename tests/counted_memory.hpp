#ifndef TENON_TESTS_COUNTED_MEMORY_HPP
#define TENON_TESTS_COUNTED_MEMORY_HPP

// What a program's operator new gives out, for tests that start no threads. One file of a program may include this,
// because it replaces operator new. Clang's TSan brings one of its own, so there nothing is counted, and tests that
// expect something else than nothing are skipped.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace tenon::tests {

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TENON_TESTS_MEMORY_IS_NOT_COUNTED
#endif
#endif

struct counted_memory {
    std::atomic<std::size_t> allocations{0}, largest{0}, held{0}, most_held{0};
};
inline counted_memory memory;

/// What has changed since this was made.
class memory_since {
public:
    memory_since() noexcept {
        memory.largest = 0;
        memory.most_held = memory.held.load();
    }
    std::size_t allocations() const noexcept { return memory.allocations - allocations_; }
    std::size_t largest() const noexcept { return memory.largest; }
    std::size_t most_held() const noexcept { return memory.most_held - held_; }
    std::size_t still_held() const noexcept { return memory.held - held_; }

private:
    std::size_t allocations_ = memory.allocations, held_ = memory.held;
};

#if defined(TENON_TESTS_MEMORY_IS_NOT_COUNTED)
inline constexpr bool memory_is_counted = false;
#else
inline constexpr bool memory_is_counted = true;

/// The size stands in front of what is given out, so that it is known when it comes back.
inline void* give_out(std::size_t size, std::size_t alignment) {
    const std::size_t front = std::max(alignment, alignof(std::max_align_t));
    auto* const begin =
        static_cast<char*>(std::aligned_alloc(front, (front + size + front - 1) / front * front));
    if (begin == nullptr) throw std::bad_alloc();
    *reinterpret_cast<std::size_t*>(begin + front - sizeof(std::size_t)) = size;
    ++memory.allocations;
    memory.largest = std::max(memory.largest.load(), size);
    memory.most_held = std::max(memory.most_held.load(), memory.held += size);
    return begin + front;
}
inline void take_back(void* given, std::size_t alignment) noexcept {
    if (given == nullptr) return;
    auto* const at = static_cast<char*>(given);
    memory.held -= *reinterpret_cast<std::size_t*>(at - sizeof(std::size_t));
    std::free(at - std::max(alignment, alignof(std::max_align_t)));
}
#endif

} // namespace tenon::tests

#if !defined(TENON_TESTS_MEMORY_IS_NOT_COUNTED)
// Not inlined, as g++ would then complain of free() for what it takes to be from another new.
[[gnu::noinline]] void* operator new(std::size_t size) { return tenon::tests::give_out(size, 1); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
    return tenon::tests::give_out(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* given) noexcept { tenon::tests::take_back(given, 1); }
[[gnu::noinline]] void operator delete(void* given, std::size_t) noexcept {
    tenon::tests::take_back(given, 1);
}
[[gnu::noinline]] void operator delete(void* given, std::align_val_t alignment) noexcept {
    tenon::tests::take_back(given, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* given, std::size_t, std::align_val_t alignment) noexcept {
    tenon::tests::take_back(given, static_cast<std::size_t>(alignment));
}
#endif

#endif
