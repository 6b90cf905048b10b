#include <tenon/json/checked.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon;
using namespace tenon::detail;

TEST_CASE("levels are arrays and objects, not what looks like them in a string") {
    for (const auto& [text, levels] :
         {std::pair("7", 0), std::pair("\"[[[\"", 0), std::pair("[]", 1), std::pair("[1,[2],{\"a\":[]}]", 3),
          std::pair(R"({"[":"\"[","b":"\\","c":{}})", 2), std::pair(R"(["\\\"[",[[]],[]])", 3)})
        CHECK(json_depth(text) == static_cast<std::size_t>(levels));
}

TEST_CASE("what a message can carry is two levels less than what can be read") {
    const auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    CHECK(check_param_depth("payload", nested(62)));
    const auto refused = check_param_depth("payload", nested(63));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == codes::invalid_params);
    CHECK(refused.error().message == "payload: expected at most 62 levels of arrays and objects, got 63");
}
