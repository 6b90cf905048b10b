#ifndef TENON_RULES_CALLS_KNOWN_COMMAND_HPP
#define TENON_RULES_CALLS_KNOWN_COMMAND_HPP

#include <tenon/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace tenon {

/// A command as its plugin declared it (rules/calls/commands.hpp).
struct known_command {
    std::uint32_t plugin = 0; // its number within the host
    std::string plugin_name = {};
    std::string name = {}, description = {};
    std::optional<json> params = {}, result = {}; // JSON Schema
    bool at_run_time = false;                     // registered after the handshake
};

} // namespace tenon

#endif
