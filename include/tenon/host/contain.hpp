#ifndef TENON_HOST_CONTAIN_HPP
#define TENON_HOST_CONTAIN_HPP

// Calls of what the application gave us, from the midst of our own work. What they throw must not go through that:
// it leaves the executor's run() a moment later, as from any handler, and the host goes on when run() is called again.

#include <tenon/host/home.hpp>

#include <exception>
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

} // namespace tenon::detail

#endif
