#ifndef REFERENCE_PAGE_PAGE_HPP
#define REFERENCE_PAGE_PAGE_HPP

// The dashboard, which the build joins of the files that index.html names, and makes a part of the program.

#include <tenon/http/router.hpp>

#include <string_view>

namespace reference {

std::string_view page();

void show_page(const tenon::http::call& asked);

} // namespace reference

#endif
