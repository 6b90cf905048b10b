#ifndef REFERENCE_API_PAGE_HPP
#define REFERENCE_API_PAGE_HPP

// The dashboard, page/index.html, which the build makes a part of the program.

#include <string_view>

namespace reference {

std::string_view page();

} // namespace reference

#endif
