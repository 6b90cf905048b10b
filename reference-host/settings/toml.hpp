#ifndef REFERENCE_SETTINGS_TOML_HPP
#define REFERENCE_SETTINGS_TOML_HPP

// TOML as the JSON that means the same: a plugin.toml is read by what reads plugin.json. Dates and times are texts;
// numbers that JSON does not have are null.

#include <tenon/core/result.hpp>

#include <string>
#include <string_view>

namespace reference {

/// At most 256 KiB, as any manifest; at most as deep as JSON may be here.
tenon::result<std::string> json_of_toml(std::string_view text);

} // namespace reference

#endif
