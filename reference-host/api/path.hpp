#ifndef REFERENCE_API_PATH_HPP
#define REFERENCE_API_PATH_HPP

// Paths and queries of the API. A pattern is made of segments: literal ones, `{name}`, which takes any one, and at
// the end `*`, which takes the rest, however long.

#include <http/request.hpp>

#include <tenon/core/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

/// What the `{name}` segments took, in order, or nothing where the path is another one. The path is decoded.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path);

/// "a=1&b=%20" decoded, in order. A '%' without two hex digits is the client's mistake.
tenon::result<std::vector<http::field>> decode_query(std::string_view query);
/// The first of that name; empty where there is none.
std::string find(const std::vector<http::field>& query, std::string_view name);

} // namespace reference

#endif
