#ifndef TENON_CORE_BYTE_BUFFER_HPP
#define TENON_CORE_BYTE_BUFFER_HPP

// A growing run of bytes for input and output. Unlike std::string it hands out room without clearing it
// first, so that a read() or an encoder writes straight into it.
//
//     char* room = buffer.prepare(100);   // at least 100 bytes, valid until the next call
//     buffer.commit(fill(room));          // how many of them were used
//
// Capacity doubles and is kept by clear(), so a buffer in steady use allocates nothing.

#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>

namespace tenon {

class byte_buffer {
public:
    byte_buffer() = default;
    byte_buffer(byte_buffer&& other) noexcept { swap(other); }
    byte_buffer& operator=(byte_buffer&& other) noexcept {
        swap(other);
        return *this;
    }
    ~byte_buffer() { ::operator delete(data_); }

    void swap(byte_buffer& other) noexcept {
        char* const data = data_;
        const std::size_t size = size_, capacity = capacity_;
        data_ = other.data_;
        size_ = other.size_;
        capacity_ = other.capacity_;
        other.data_ = data;
        other.size_ = size;
        other.capacity_ = capacity;
    }

    char* data() noexcept { return data_; }
    const char* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    std::size_t capacity() const noexcept { return capacity_; }
    bool empty() const noexcept { return size_ == 0; }
    std::string_view view() const noexcept { return {data_, size_}; }

    char* prepare(std::size_t room) {
        if (capacity_ - size_ < room) grow(room);
        return data_ + size_;
    }
    void commit(std::size_t used) noexcept { size_ += used; }

    void append(std::string_view text) {
        if (text.empty()) return; // an empty view may hold a null pointer, which memcpy must not see
        std::memcpy(prepare(text.size()), text.data(), text.size());
        commit(text.size());
    }
    /// The same for a text whose length the compiler knows: a few moves instead of a call.
    template <std::size_t Size>
    void append_literal(const char (&text)[Size]) {
        std::memcpy(prepare(Size - 1), text, Size - 1);
        commit(Size - 1);
    }
    void append(char byte) {
        *prepare(1) = byte;
        commit(1);
    }

    /// Forgets everything behind the first `size` bytes.
    void truncate(std::size_t size) noexcept { size_ = size; }
    void clear() noexcept { size_ = 0; }

    /// Removes the first `count` bytes and moves the rest to the front.
    void drop_front(std::size_t count) noexcept {
        if (count == 0) return;
        size_ -= count;
        if (size_ != 0) std::memmove(data_, data_ + count, size_);
    }

    /// Gives the memory back when more than `keep` bytes are held for nothing.
    void shrink(std::size_t keep) noexcept {
        if (size_ != 0 || capacity_ <= keep) return;
        ::operator delete(data_);
        data_ = nullptr;
        capacity_ = 0;
    }

private:
    // Most messages fit, a session that never speaks costs nothing, and up to here the C library hands out memory
    // from lists of its own, several times faster.
    static constexpr std::size_t first_capacity = 1024;

    // Apart, so that the rest of prepare() is small enough to become part of who calls it.
    [[gnu::cold, gnu::noinline]] void grow(std::size_t room) {
        std::size_t wanted = capacity_ < first_capacity ? first_capacity : capacity_ * 2;
        if (wanted < size_ + room) wanted = size_ + room;
        auto* larger = static_cast<char*>(::operator new(wanted));
        if (size_ != 0) std::memcpy(larger, data_, size_);
        ::operator delete(data_);
        data_ = larger;
        capacity_ = wanted;
    }

    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

} // namespace tenon

#endif
