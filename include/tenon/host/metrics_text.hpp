#ifndef TENON_HOST_METRICS_TEXT_HPP
#define TENON_HOST_METRICS_TEXT_HPP

// The status of a host in the text format that Prometheus reads:
//
//     answer(200, tenon::metrics_content_type, tenon::metrics_text(host.status()));
//
// Times are in seconds there. What is counted begins anew only when the host does, but for a plugin's CPU time, which
// begins with each of its processes. States, health and breakers are one series per word, of which one is 1. Latency is
// a histogram of fixed bounds, so that those of several plugins and hosts can be added up. What a plugin says of itself
// (its version, its own metrics) is only ever a label's value or a number.

#include <tenon/core/compiled.hpp>
#include <tenon/host/metrics_writer.hpp>

#include <string>

namespace tenon {

struct host_status;

/// Of host::status().
TENON_COMPILED_ONCE std::string metrics_text(const host_status& status);

} // namespace tenon

#ifndef TENON_COMPILED
#include <tenon/host/metrics_text.ipp>
#endif

#endif
