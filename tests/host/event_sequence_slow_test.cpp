// The full figure of E5, which takes minutes in a build without optimisation.

#include "counting_plugin.hpp"

TEST_CASE("E5: of a million events in 21 instances every one that is missing was dropped and counted") {
    tenon::tests::hold_sequence(1'000'000, 20);
}
