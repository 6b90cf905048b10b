// The header that was made of oddities.hpp's catalogue: that this compiles is half of the test.

#include "oddities.hpp"

#include <oddities_offered.hpp>

#include <doctest/doctest.h>

namespace events = offered::events;
namespace services = offered::services;

TEST_CASE("structs of a generated header are the same JSON as those that they were made of") {
    const oddities::everything made{.text = "é",
                                    .truth = true,
                                    .i8 = -128,
                                    .u8 = 255,
                                    .i16 = -32768,
                                    .u32 = 4'294'967'295,
                                    .i64 = -9'223'372'036'854'775'807,
                                    .u64 = 18'446'744'073'709'551'615u,
                                    .number = 0.5,
                                    .plain = oddities::colour::green,
                                    .odd = oddities::word::other,
                                    .list = {"a"},
                                    .numbers = {1, 2},
                                    .three = {1, 2, 3},
                                    .table = {{"k", {7}}},
                                    .pair = {1, "x"},
                                    .either = 5,
                                    .any = tenon::json::of(1),
                                    .root = {.name = "r", .children = {{.name = "c", .children = {}}}},
                                    .other = oddities::tree{.name = "o", .children = {}}};
    const auto read = tenon::from_json<events::all_types>(tenon::to_json(made));
    REQUIRE_MESSAGE(read, read.error().message);
    CHECK(tenon::to_json(*read) == tenon::to_json(made));
}

TEST_CASE("a generated header names what C++ cannot name by a describe()") {
    CHECK(tenon::json_schema<events::names_with_dash_7>() == tenon::json_schema<oddities::names>());
    CHECK(std::string_view(events::names_with_dash_7_::event) == "names.with_dash.7");
    CHECK(tenon::json_schema<services::odd_method>() == tenon::json_schema<oddities::method>());
    CHECK(tenon::json_schema<services::odd_method::result>() == tenon::json_schema<oddities::method>());
    CHECK(tenon::json_schema<services::odd_tree::result>() ==
          tenon::json_schema<std::vector<oddities::tree>>());
    CHECK(tenon::json_schema<services::delete_::result>() == tenon::json_schema<oddities::colour>());
}
