#ifndef TENON_JSON_CLOSED_OBJECT_HPP
#define TENON_JSON_CLOSED_OBJECT_HPP

// For what people write: a member that its struct does not have is refused, with the name that may have been meant.
// Between host and plugin such members are skipped, as the newer of the two may know more.

#include <tenon/core/nearest_name.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/reader.hpp>

#include <cstddef>
#include <string_view>

namespace tenon::detail {

/// For json_reader::ask_about_unknown().
inline bool refuse_unknown_member(json_reader& in, std::string_view name, const std::string_view* known,
                                  std::size_t count) {
    in.refuse(join({"unknown member", or_meant(name, {known, count})}));
    return in.in_member(name);
}

} // namespace tenon::detail

#endif
