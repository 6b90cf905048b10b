#ifndef TENON_CORE_SYSTEM_CPUS_HPP
#define TENON_CORE_SYSTEM_CPUS_HPP

// How many others can run while this thread does.

#include <sched.h>
#include <unistd.h>

namespace tenon::detail {

/// The CPUs that this thread may run on, but for the one that it is on: 0 where there is one, or where it was pinned.
inline int other_cpus() noexcept {
#ifdef CPU_COUNT
    cpu_set_t allowed;
    // Otherwise there are more CPUs than fit.
    if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed) - 1;
#endif
    return static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)) - 1;
}

} // namespace tenon::detail

#endif
