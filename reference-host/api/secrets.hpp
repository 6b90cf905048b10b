#ifndef REFERENCE_API_SECRETS_HPP
#define REFERENCE_API_SECRETS_HPP

// Configurations as people may see them: "***" stands for what looks secret by its key (token, secret, password,
// key) or holds a text that is one. What comes back with "***" in it keeps what was there.

#include <tenon/core/result.hpp>
#include <tenon/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace reference {

bool looks_secret(std::string_view key);

std::string hide_secrets(tenon::json_view config, const std::vector<std::string>& secrets);
/// A fault where "***" stands for nothing.
tenon::result<tenon::json> restore_secrets(tenon::json_view changed, tenon::json_view before);

} // namespace reference

#endif
