// nlohmann's header before ours; nlohmann_last_test.cpp has it behind.

#include <nlohmann/json.hpp>

#include <tenon/json/schema.hpp>
#include <tenon/json/value.hpp>

#include "nlohmann_members.hpp"

TEST_CASE("nlohmann::json included first is understood") { check_nlohmann(); }
