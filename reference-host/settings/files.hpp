#ifndef REFERENCE_SETTINGS_FILES_HPP
#define REFERENCE_SETTINGS_FILES_HPP

// Small files, read whole and written whole: who reads one sees the old text or the new one, also after a crash.

#include <tenon/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace reference {

/// "~" and "~/..." below $HOME; another relative path below `folder`.
std::string full_path(std::string_view path, std::string_view folder);

tenon::result<std::string> read_file(const std::string& path, std::size_t most_bytes);

/// For its owner alone (0600). Its folder is made if it is missing (0700).
tenon::result<void> write_file(const std::string& path, std::string_view text);

} // namespace reference

#endif
