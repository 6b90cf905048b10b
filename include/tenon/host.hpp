#ifndef TENON_HOST_HPP
#define TENON_HOST_HPP

// The side of the program that embeds plugins: `#include <tenon/host.hpp>`. Needs Asio (standalone) and Boost.
// A tour is in docs/embedding.md.

#include <tenon/host/metrics_text.hpp>
#include <tenon/joint/host.hpp>
#include <tenon/process/system_surroundings.hpp>

#endif
