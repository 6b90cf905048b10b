#ifndef TENON_CONFIG_HPP
#define TENON_CONFIG_HPP

// The configuration file of a program that embeds plugins: `#include <tenon/config.hpp>`. Needs neither Asio nor Boost;
// what brings a host to it is in <tenon/host.hpp>. A tour is in docs/embedding.md.

#include <tenon/host/config/changes.hpp>
#include <tenon/host/config/plugin_config.hpp>
#include <tenon/host/config/trusted.hpp>
#include <tenon/host/config/variables.hpp>

#endif
