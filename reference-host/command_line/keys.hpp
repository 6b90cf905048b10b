#ifndef REFERENCE_COMMAND_LINE_KEYS_HPP
#define REFERENCE_COMMAND_LINE_KEYS_HPP

// Keys that somebody names on the command line.

#include <tenon/core/result.hpp>
#include <tenon/packages/format/package_signature.hpp>

#include <string>

namespace reference {

tenon::result<tenon::secret_key> secret_key_in(const std::string& path);
/// What was typed is a file, or the key itself.
tenon::result<tenon::public_key> public_key_said(const std::string& file_or_key);

} // namespace reference

#endif
