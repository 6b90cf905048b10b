// nlohmann's header behind ours; nlohmann_first_test.cpp has it before.

#include <tenon/json/schema.hpp>
#include <tenon/json/value.hpp>

#include <nlohmann/json.hpp>

#include "nlohmann_members.hpp"

TEST_CASE("nlohmann::json included last is understood") { check_nlohmann(); }
