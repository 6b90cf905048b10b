#ifndef TENON_PLUGIN_SYSTEM_HPP
#define TENON_PLUGIN_SYSTEM_HPP

// Chooses what is particular to the operating system: the standard streams, sockets, locks and threads. Both
// files define the same names in tenon::detail:
//
//     mutex, lock, condition, worker_thread, thread_identity, this_thread()
//     standard_streams (a stream), connect_socket(), stdin_is_terminal(), write_error(), environment(),
//     poll_budget_from_host(), leave_now()

#include <tenon/core/poll_budget.hpp>

#if defined(__wasi__)
#include <tenon/plugin/system_wasi.hpp>
#else
#include <tenon/plugin/system_posix.hpp>
#endif

#endif
