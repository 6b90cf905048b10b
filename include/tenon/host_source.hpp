#ifndef TENON_HOST_SOURCE_HPP
#define TENON_HOST_SOURCE_HPP

// The inside of the host's side, for programs that compile it once instead of in each of their files. TENON_COMPILED is
// defined for all of these, and exactly one includes this header:
//
//     // plugins.cpp
//     #include <tenon/host_source.hpp>
//
// The library `tenon-host` is that file, compiled.

#ifndef TENON_COMPILED
#error "tenon: define TENON_COMPILED for every file of the program, not only where this is included"
#endif

#include <tenon/admin/admin.ipp>
#include <tenon/host/completion.ipp>
#include <tenon/host/home.ipp>
#include <tenon/host/host_base.ipp>
#include <tenon/host/metrics_text.ipp>
#include <tenon/http/client.ipp>
#include <tenon/http/server.ipp>
#include <tenon/joint/async_call.ipp>
#include <tenon/joint/host.ipp>
#include <tenon/rules/decision.ipp>
#include <tenon/rules/state.ipp>

#endif
