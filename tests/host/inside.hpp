#ifndef TENON_TESTS_HOST_INSIDE_HPP
#define TENON_TESTS_HOST_INSIDE_HPP

// What no embedder sees of a host: its plugins' actors and its socket.

#include <tenon/host.hpp>
#include <tenon/host/host_core.hpp>

namespace tenon { // where a call looks for it without a name before it

inline detail::host_core& inside(const host_base& of) { return static_cast<detail::host_core&>(*of.core()); }

} // namespace tenon

#endif
