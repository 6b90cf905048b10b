#ifndef TENON_CONFIG_HPP
#define TENON_CONFIG_HPP

// A host's plugins in a configuration file: `#include <tenon/config.hpp>`, which includes the host. What reads a file
// and starts nothing takes the headers of config/ but apply.hpp, and needs neither Asio nor Boost then. A tour is
// in docs/embedding.md.

#include <tenon/config/apply.hpp>
#include <tenon/config/changes.hpp>
#include <tenon/config/config_reader.hpp>
#include <tenon/config/config_warnings.hpp>
#include <tenon/config/hidden_secrets.hpp>
#include <tenon/config/plugin_config.hpp>
#include <tenon/config/saved_config.hpp>
#include <tenon/config/system_trusted.hpp>
#include <tenon/config/variables.hpp>
#include <tenon/host.hpp>
#include <tenon/rules/option_words.hpp>

#endif
