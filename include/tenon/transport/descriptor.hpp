#ifndef TENON_TRANSPORT_DESCRIPTOR_HPP
#define TENON_TRANSPORT_DESCRIPTOR_HPP

// The owner of one file descriptor: closed when its owner ends. It knows nothing about what it is.

#include <tenon/transport/system_streams.hpp>

#include <utility>

namespace tenon::detail {

class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int owned) noexcept : number_(owned) {}
    descriptor(descriptor&& other) noexcept : number_(other.release()) {}
    descriptor& operator=(descriptor&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    ~descriptor() { reset(); }

    /// The number, or -1 for none.
    int get() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }
    int release() noexcept { return std::exchange(number_, -1); }
    void reset(int owned = -1) noexcept {
        if (number_ >= 0) close_descriptor(number_);
        number_ = owned;
    }

private:
    int number_ = -1;
};

} // namespace tenon::detail

#endif
