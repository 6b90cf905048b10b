#ifndef TENON_CORE_SYSTEM_CPUS_HPP
#define TENON_CORE_SYSTEM_CPUS_HPP

// Whether somebody else can run while this thread does.

#include <sched.h>
#include <unistd.h>

namespace tenon::detail {

/// False where this thread may run on one CPU only, because there is one or because it was pinned.
inline bool has_several_cpus() noexcept {
#ifdef CPU_COUNT
    cpu_set_t allowed;
    // It fails where there are more CPUs than fit.
    return ::sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) > 1;
#else
    return ::sysconf(_SC_NPROCESSORS_ONLN) > 1;
#endif
}

} // namespace tenon::detail

#endif
