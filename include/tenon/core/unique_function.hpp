#ifndef TENON_CORE_UNIQUE_FUNCTION_HPP
#define TENON_CORE_UNIQUE_FUNCTION_HPP

// A callable that is moved, never copied, so that it may own what it needs to finish one operation: C++23's
// std::move_only_function, which the compilers we support do not have. Up to 96 bytes that move without
// throwing stay inside, enough for an operation of Asio's with a callback of a few captures; only what is larger is
// allocated.

#include <tenon/core/result.hpp>

#include <concepts>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace tenon::detail {

template <class Signature>
class unique_function;

template <class Result, class... Arguments>
class unique_function<Result(Arguments...)> {
public:
    static constexpr std::size_t room = 96;

    unique_function() = default;
    unique_function(std::nullptr_t) noexcept {}
    template <class Callable>
        requires(!std::same_as<std::remove_cvref_t<Callable>, unique_function> &&
                 std::is_invocable_r_v<Result, std::decay_t<Callable>&, Arguments...>)
    unique_function(Callable&& callable) {
        using kept = std::decay_t<Callable>;
        if constexpr (stays_inside<kept>) ::new (place()) kept(std::forward<Callable>(callable));
        else ::new (place()) kept*(new kept(std::forward<Callable>(callable)));
        verbs_ = &verbs_of<kept>;
    }
    unique_function(unique_function&& other) noexcept { take(other); }
    unique_function& operator=(unique_function&& other) noexcept {
        if (this == &other) return *this;
        reset();
        take(other);
        return *this;
    }
    ~unique_function() { reset(); }

    explicit operator bool() const noexcept { return verbs_ != nullptr; }

    Result operator()(Arguments... arguments) {
        TENON_ASSERT(verbs_ != nullptr);
        return verbs_->call(place(), std::forward<Arguments>(arguments)...);
    }

    void reset() noexcept {
        // What dies here may look at this function again.
        if (const verbs* had = std::exchange(verbs_, nullptr)) had->destroy(place());
    }

private:
    struct verbs {
        Result (*call)(void* place, Arguments&&... arguments);
        void (*move)(void* from, void* to) noexcept; // leaves nothing behind
        void (*destroy)(void* place) noexcept;
    };

    template <class Kept>
    static constexpr bool stays_inside =
        sizeof(Kept) <= room &&
        alignof(Kept) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<Kept>;

    template <class Kept>
    static Kept& kept_at(void* place) noexcept {
        if constexpr (stays_inside<Kept>) return *std::launder(static_cast<Kept*>(place));
        else return **std::launder(static_cast<Kept**>(place));
    }
    template <class Kept>
    static Result call(void* place, Arguments&&... arguments) {
        if constexpr (std::is_void_v<Result>) kept_at<Kept>(place)(std::forward<Arguments>(arguments)...);
        else return kept_at<Kept>(place)(std::forward<Arguments>(arguments)...);
    }
    template <class Kept>
    static void move(void* from, void* to) noexcept {
        if constexpr (stays_inside<Kept>) {
            ::new (to) Kept(std::move(kept_at<Kept>(from)));
            kept_at<Kept>(from).~Kept();
        } else {
            ::new (to) Kept*(&kept_at<Kept>(from));
        }
    }
    template <class Kept>
    static void destroy(void* place) noexcept {
        if constexpr (stays_inside<Kept>) kept_at<Kept>(place).~Kept();
        else delete &kept_at<Kept>(place);
    }
    template <class Kept>
    static constexpr verbs verbs_of = {&call<Kept>, &move<Kept>, &destroy<Kept>};

    void* place() noexcept { return bytes_; }
    void take(unique_function& other) noexcept {
        if (other.verbs_ == nullptr) return;
        other.verbs_->move(other.place(), place());
        verbs_ = std::exchange(other.verbs_, nullptr);
    }

    alignas(std::max_align_t) std::byte bytes_[room];
    const verbs* verbs_ = nullptr;
};

} // namespace tenon::detail

#endif
