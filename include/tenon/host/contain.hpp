#ifndef TENON_HOST_CONTAIN_HPP
#define TENON_HOST_CONTAIN_HPP

// Calls of what the application gave us, from the midst of our own work. What they throw must not go through that:
// it leaves the executor's run() a moment later, as from any handler, and the host goes on when run() is called again.

#include <tenon/host/home.hpp>

#include <exception>
#include <functional>
#include <utility>

namespace tenon::detail {

template <class Call>
void contain(const executor& where, Call&& call) {
#if defined(__cpp_exceptions)
    try {
        std::forward<Call>(call)();
    } catch (...) {
        rethrow_on(where, std::current_exception());
    }
#else
    static_cast<void>(where);
    std::forward<Call>(call)();
#endif
}

/// What the application wants to be told of. A copy is called: it may put another in its place, or destroy the host.
template <class Told, class... Argument>
void tell_application(const executor& where, const std::function<Told>& told, const Argument&... arguments) {
    if (!told) return;
    contain(where, [copy = told, &arguments...] { copy(arguments...); });
}

} // namespace tenon::detail

#endif
