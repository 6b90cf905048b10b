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

#include <cstdlib>
#include <new>
#include <string>
#include <utility>

// TENON_ASSERT guards against bugs of this library and of the code that uses it, never against what a peer
// sent: a peer's bytes are answered with a fault. It stays on in release builds, because the alternative to
// stopping here is reading memory that is not ours. Define it yourself to report it in another way.

#ifndef TENON_ASSERT
#define TENON_ASSERT(condition) ((condition) ? static_cast<void>(0) : std::abort())
#endif

namespace tenon {

// What went wrong, in the form in which it travels: a JSON-RPC error. A fault is data for the caller, not the end
// of anything: the connection lives on. What ends a connection is a `protocol_violation`
// (wire/framing.hpp).
//
// The message names the thing, what was expected and what came. It is written for a person and never
// carries internals (addresses, exception texts, secrets).

/// The codes that the wire reserves. Positive codes are a plugin's own business errors.
namespace codes {
inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
inline constexpr int cancelled = -32800;
inline constexpr int timeout = -32010;
inline constexpr int unavailable = -32011;
inline constexpr int circuit_open = -32012;
inline constexpr int permission_denied = -32013;
inline constexpr int too_large = -32014;
inline constexpr int reentrant_call = -32015;
inline constexpr int overloaded = -32016;
inline constexpr int version_mismatch = -32017;
inline constexpr int shutting_down = -32018;
inline constexpr int limit_exceeded = -32019;
} // namespace codes

struct fault {
    int code = codes::internal_error;
    std::string message;
    std::string data = {}; // one JSON value as text; empty means absent
};

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
// g++ 12 does not see that good_ decides which of the two there is: optimised, it takes moving a fault for moving a value
// that was never made.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
    void take(result&& other) noexcept {
        if (good_) ::new (&value_) T(std::move(other.value_));
        else ::new (&error_) fault(std::move(other.error_));
    }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
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
