#ifndef REFERENCE_COMMAND_LINE_CATALOGUE_HPP
#define REFERENCE_COMMAND_LINE_CATALOGUE_HPP

// What plugins can hear and ask here. It is made from this program's own types, so no host has to run.

#include <tenon/rules/catalogue.hpp>

namespace reference {

tenon::host_catalogue catalogue_here();

} // namespace reference

#endif
