#ifndef TENON_CORE_RESULT_HPP
#define TENON_CORE_RESULT_HPP

// Either a value or a fault. Everything below the author's own code that can fail returns one; nothing
// throws. A `result<void>` says only whether it worked.
//
//     tenon::result<int> parsed = tenon::from_json<int>(text);
//     if (!parsed) return parsed.error();
//     use(*parsed);
//
// Reading the value of a failed result, or the error of a good one, is a bug of the caller and stops the
// program.

#include <tenon/core/assert.hpp>
#include <tenon/core/fault.hpp>

#include <new>
#include <type_traits>
#include <utility>

namespace tenon {

template <class T>
class [[nodiscard]] result {
public:
    using value_type = T;

    result(T value) : good_(true) { ::new (&value_) T(std::move(value)); }
    /// A value that is made here and filled afterwards.
    explicit result(std::in_place_t) : good_(true) { ::new (&value_) T{}; }
    result(fault error) : good_(false) { ::new (&error_) fault(std::move(error)); }
    result(result&& other) noexcept : good_(other.good_) { take(std::move(other)); }
    result(const result& other) : good_(other.good_) {
        if (good_) ::new (&value_) T(other.value_);
        else ::new (&error_) fault(other.error_);
    }
    result& operator=(result other) noexcept {
        destroy();
        good_ = other.good_;
        take(std::move(other));
        return *this;
    }
    ~result() { destroy(); }

    explicit operator bool() const noexcept { return good_; }
    bool has_value() const noexcept { return good_; }

    T& value() & noexcept { return TENON_ASSERT(good_), value_; }
    const T& value() const& noexcept { return TENON_ASSERT(good_), value_; }
    T&& value() && noexcept { return TENON_ASSERT(good_), std::move(value_); }
    T& operator*() & noexcept { return value(); }
    const T& operator*() const& noexcept { return value(); }
    T&& operator*() && noexcept { return std::move(*this).value(); }
    T* operator->() noexcept { return &value(); }
    const T* operator->() const noexcept { return &value(); }
    T value_or(T otherwise) const& { return good_ ? value_ : std::move(otherwise); }

    const fault& error() const& noexcept { return TENON_ASSERT(!good_), error_; }
    fault&& error() && noexcept { return TENON_ASSERT(!good_), std::move(error_); }

private:
    void take(result&& other) noexcept {
        if (good_) ::new (&value_) T(std::move(other.value_));
        else ::new (&error_) fault(std::move(other.error_));
    }
    void destroy() noexcept {
        if (good_) value_.~T();
        else error_.~fault();
    }

    union {
        T value_;
        fault error_;
    };
    bool good_;
};

template <>
class [[nodiscard]] result<void> {
public:
    using value_type = void;

    result() = default;
    result(fault error) : good_(false), error_(std::move(error)) {}

    explicit operator bool() const noexcept { return good_; }
    bool has_value() const noexcept { return good_; }

    const fault& error() const& noexcept { return TENON_ASSERT(!good_), error_; }
    fault&& error() && noexcept { return TENON_ASSERT(!good_), std::move(error_); }

private:
    bool good_ = true;
    fault error_;
};

namespace detail {
template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;
} // namespace detail

} // namespace tenon

#endif
