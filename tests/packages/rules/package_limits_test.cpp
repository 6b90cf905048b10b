#include <tenon/packages/rules/package_limits.hpp>

#include "installed_fixture.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace tenon;

TEST_CASE("a manifest lowers the limits of the host, and raises none") {
    const auto limits = [](std::string_view more, const resource_limits& of_host) {
        return limits_of(tests::manifest_of("a.chat", "1.0.0", more), of_host);
    };
    const std::string_view asks =
        R"("resources":{"limits":{"openFiles":64,"cpuSeconds":10,"coreBytes":5,"later":{"a":1}}})";
    resource_limits made = limits(asks, {});
    CHECK(made.open_files == 64u);
    CHECK(made.cpu_seconds == 10u);
    CHECK_FALSE(made.address_space_bytes);
    CHECK(made.core_bytes == 0);

    resource_limits host;
    host.open_files = 32;
    host.cpu_seconds = 60;
    host.address_space_bytes = 1'000;
    host.core_bytes = 9;
    made = limits(asks, host);
    CHECK(made.open_files == 32u);
    CHECK(made.cpu_seconds == 10u);
    CHECK(made.address_space_bytes == 1'000u);
    CHECK(made.core_bytes == 5);

    made = limits("", host);
    CHECK(made.open_files == 32u);
    CHECK(made.core_bytes == 9);
}
