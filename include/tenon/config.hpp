#ifndef TENON_CONFIG_HPP
#define TENON_CONFIG_HPP

// A host's plugins in a configuration file: `#include <tenon/config.hpp>`, which includes the host. What reads a file
// and starts nothing takes the headers of host/config/ but apply.hpp, and needs neither Asio nor Boost then. A tour is
// in docs/embedding.md.

#include <tenon/host/config/apply.hpp>
#include <tenon/host/config/changes.hpp>
#include <tenon/host/config/config_reader.hpp>
#include <tenon/host/config/config_text.hpp>
#include <tenon/host/config/config_warnings.hpp>
#include <tenon/host/config/hidden_secrets.hpp>
#include <tenon/host/config/mistakes.hpp>
#include <tenon/host/config/plugin_config.hpp>
#include <tenon/host/config/saved_config.hpp>
#include <tenon/host/config/trusted.hpp>
#include <tenon/host/config/variables.hpp>

#endif
