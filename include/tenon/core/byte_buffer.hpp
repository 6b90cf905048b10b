#ifndef TENON_CORE_BYTE_BUFFER_HPP
#define TENON_CORE_BYTE_BUFFER_HPP

// Memory that grows: an array (`sequence`, below) and a run of bytes for input and output. Unlike std::string the bytes'
// room is handed out without clearing it first, so that a read() or an encoder writes straight into it.
//
//     char* room = buffer.prepare(100);   // at least 100 bytes, valid until the next call
//     buffer.commit(fill(room));          // how many of them were used
//
// Capacity doubles and is kept by clear(), so a buffer in steady use allocates nothing.

#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

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
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
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

    // Apart, so that the rest of prepare() is small enough to be inlined.
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

namespace tenon::detail {

/// A growing array with the few verbs that a session needs. std::vector would do, but every type of it costs
/// every plugin 20 ms of compile time without optimisation, and a session needs seven. Moving a T must not fail.
template <class T>
class sequence {
public:
    sequence() = default;
    sequence(sequence&& other) noexcept { swap(other); }
    sequence& operator=(sequence&& other) noexcept {
        swap(other);
        return *this;
    }
    ~sequence() {
        clear();
        ::operator delete(data_);
    }

    T* begin() noexcept { return data_; }
    T* end() noexcept { return data_ + size_; }
    const T* begin() const noexcept { return data_; }
    const T* end() const noexcept { return data_ + size_; }
    std::size_t size() const noexcept { return size_; }
    T& operator[](std::size_t index) noexcept { return data_[index]; }
    const T& operator[](std::size_t index) const noexcept { return data_[index]; }

    void push_back(T value) {
        if (size_ == capacity_) grow(capacity_ == 0 ? 8 : 2 * capacity_);
        ::new (static_cast<void*>(data_ + size_)) T(std::move(value));
        ++size_;
    }
    /// Appends values made of nothing until there are `size`.
    void extend(std::size_t size) {
        if (size > capacity_) grow(size);
        while (size_ < size) ::new (static_cast<void*>(data_ + size_++)) T();
    }
    void clear() noexcept {
        while (size_ != 0) data_[--size_].~T();
    }
    void swap(sequence& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

private:
    void grow(std::size_t capacity) {
        auto* larger = static_cast<T*>(::operator new(capacity * sizeof(T)));
        for (std::size_t index = 0; index != size_; ++index) {
            ::new (static_cast<void*>(larger + index)) T(std::move(data_[index]));
            data_[index].~T();
        }
        ::operator delete(data_);
        data_ = larger;
        capacity_ = capacity;
    }

    T* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

} // namespace tenon::detail

#endif
