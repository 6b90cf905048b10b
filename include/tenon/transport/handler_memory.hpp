#ifndef TENON_TRANSPORT_HANDLER_MEMORY_HPP
#define TENON_TRANSPORT_HANDLER_MEMORY_HPP

// Memory for one asynchronous operation at a time, within whoever starts it: waiting for a descriptor again and
// again allocates nothing. What is larger, or a second one at the same time, comes from the heap.
//
// The handler must keep the owner of the memory alive, as Asio gives the memory back through the handler.

#include <cstddef>
#include <new>
#include <utility>

namespace tenon::detail {

class handler_memory {
public:
    handler_memory() = default;
    handler_memory(const handler_memory&) = delete;
    handler_memory& operator=(const handler_memory&) = delete;

    void* allocate(std::size_t size) {
        if (used_ || size > sizeof room_) return ::operator new(size);
        used_ = true;
        return room_;
    }
    void deallocate(void* memory) noexcept {
        if (memory == room_) used_ = false;
        else ::operator delete(memory);
    }

private:
    // An operation of Asio with a small handler takes some 150 bytes.
    alignas(std::max_align_t) unsigned char room_[384];
    bool used_ = false;
};

template <class T>
class handler_allocator {
public:
    using value_type = T;

    explicit handler_allocator(handler_memory& memory) noexcept : memory_(&memory) {}
    template <class Other>
    handler_allocator(const handler_allocator<Other>& other) noexcept : memory_(other.memory_) {}

    T* allocate(std::size_t count) { return static_cast<T*>(memory_->allocate(count * sizeof(T))); }
    void deallocate(T* memory, std::size_t) noexcept { memory_->deallocate(memory); }

    template <class Other>
    bool operator==(const handler_allocator<Other>& other) const noexcept {
        return memory_ == other.memory_;
    }

private:
    template <class>
    friend class handler_allocator;

    handler_memory* memory_;
};

/// A completion handler whose operation lives in `memory`.
template <class Function>
class placed_handler {
public:
    using allocator_type = handler_allocator<std::byte>;

    placed_handler(handler_memory& memory, Function function)
        : memory_(&memory), function_(std::move(function)) {}
    allocator_type get_allocator() const noexcept { return allocator_type(*memory_); }
    template <class... Arguments>
    void operator()(Arguments&&... arguments) {
        function_(std::forward<Arguments>(arguments)...);
    }

private:
    handler_memory* memory_;
    Function function_;
};

} // namespace tenon::detail

#endif
