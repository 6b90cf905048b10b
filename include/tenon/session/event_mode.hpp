#ifndef TENON_SESSION_EVENT_MODE_HPP
#define TENON_SESSION_EVENT_MODE_HPP

// How a plugin wants an event, as its handshake says it.

#include <tenon/json/describe.hpp>

namespace tenon::detail {

enum class event_mode { observe, validate, mutate };
enum class failure_policy { proceed, stop };
constexpr auto describe(type<failure_policy>) {
    return enumerators(enumerator("continue", failure_policy::proceed),
                       enumerator("stop", failure_policy::stop));
}

} // namespace tenon::detail

#endif
