#ifndef TENON_SESSION_SHARED_BYTES_HPP
#define TENON_SESSION_SHARED_BYTES_HPP

// One encoded payload in the output queues of many sessions: a broadcast is encoded once. Copying counts
// references; the last one frees the bytes. Sessions that share a payload may live on different threads, so
// the count is atomic, through the compilers' builtins because <atomic> costs every plugin compile time.

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <new>
#include <string_view>

namespace tenon::detail {

class shared_bytes {
public:
    shared_bytes() = default;
    explicit shared_bytes(std::string_view text) : shared_bytes({text}) {}
    /// The pieces one behind the other, so that a large one is copied once.
    explicit shared_bytes(std::initializer_list<std::string_view> pieces) {
        std::size_t size = 0;
        for (const std::string_view piece : pieces) size += piece.size();
        void* memory = ::operator new(sizeof(block) + size);
        block_ = ::new (memory) block{1, size};
        char* to = static_cast<char*>(memory) + sizeof(block);
        for (const std::string_view piece : pieces) {
            if (!piece.empty()) std::memcpy(to, piece.data(), piece.size());
            to += piece.size();
        }
    }
    shared_bytes(const shared_bytes& other) noexcept : block_(other.block_) {
        if (block_ != nullptr) __atomic_fetch_add(&block_->references, 1, __ATOMIC_RELAXED);
    }
    shared_bytes(shared_bytes&& other) noexcept : block_(other.block_) { other.block_ = nullptr; }
    shared_bytes& operator=(shared_bytes other) noexcept {
        block* const mine = block_;
        block_ = other.block_;
        other.block_ = mine;
        return *this;
    }
    ~shared_bytes() {
        if (block_ != nullptr && __atomic_fetch_sub(&block_->references, 1, __ATOMIC_ACQ_REL) == 1)
            ::operator delete(block_);
    }

    std::string_view view() const noexcept {
        if (block_ == nullptr) return {};
        return {reinterpret_cast<const char*>(block_) + sizeof(block), block_->size};
    }

private:
    struct block {
        std::size_t references;
        std::size_t size; // the bytes stand behind
    };

    block* block_ = nullptr;
};

} // namespace tenon::detail

#endif
