#ifndef REFERENCE_TEMPLATES_TEMPLATES_HPP
#define REFERENCE_TEMPLATES_TEMPLATES_HPP

// What `tenon-host new` writes: a whole plugin in each language, as it lies in the folder of that language beside this
// file, and as_source.py makes it part of the program. The plugin is called `seedling` there, so each of them is a
// plugin already; its new name is put where that word stands. Below 60 KB, but for the single header beside the one in
// C++: with it the folder may be taken anywhere.

#include <span>
#include <string_view>

namespace reference {

inline constexpr std::string_view template_name = "seedling";

struct template_file {
    std::string_view language, path, text;
    bool executable;
};

/// Sorted by language and path.
std::span<const template_file> template_files();

} // namespace reference

#endif
