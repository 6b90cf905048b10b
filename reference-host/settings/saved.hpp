#ifndef REFERENCE_SETTINGS_SAVED_HPP
#define REFERENCE_SETTINGS_SAVED_HPP

// What plugins want to find again (host/saveConfig): DATA/config/NAME.json each. It goes over what the file says, member
// by member; whoever wants the file's own again removes it.

#include <tenon/core/result.hpp>
#include <tenon/json/value.hpp>

#include <string>

namespace reference {

tenon::result<void> save_config(const std::string& data, const std::string& plugin,
                                const tenon::json& config);

/// `config` with what was saved over it.
tenon::result<tenon::json> with_saved_config(const std::string& data, const std::string& plugin,
                                             const tenon::json& config);

} // namespace reference

#endif
