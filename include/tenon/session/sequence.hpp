#ifndef TENON_SESSION_SEQUENCE_HPP
#define TENON_SESSION_SEQUENCE_HPP

// A growing array with the few verbs that a session needs. std::vector would do, but every type of it costs
// every plugin 20 ms of compile time without optimisation, and a session needs seven. Moving a T must not fail.

#include <cstddef>
#include <new>
#include <utility>

namespace tenon::detail {

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
        T* const data = data_;
        const std::size_t size = size_, capacity = capacity_;
        data_ = other.data_;
        size_ = other.size_;
        capacity_ = other.capacity_;
        other.data_ = data;
        other.size_ = size;
        other.capacity_ = capacity;
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
