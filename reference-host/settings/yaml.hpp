#ifndef REFERENCE_SETTINGS_YAML_HPP
#define REFERENCE_SETTINGS_YAML_HPP

// YAML as the JSON that means the same, so that everything behind it is written once. Of YAML 1.2's core schema: plain
// null, true, numbers; `yes`, `on` and dates are texts. Aliases are written out, as deep and as much as JSON may be here.

#include <tenon/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace reference {

tenon::result<std::string> json_of_yaml(const std::string& text, std::size_t most_bytes);

} // namespace reference

#endif
