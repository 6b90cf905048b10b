#include <tenon/process/system_process.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon::detail;

namespace {

std::string stat_of(std::string_view name, std::string_view rss = "300") {
    return "77 (" + std::string(name) +
           ") S 1 77 77 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 3 0 12345 8000000 " + std::string(rss) +
           " 18446744073709551615 1 1 0\n";
}

} // namespace

TEST_CASE("memory, processor time and threads are read from where proc(5) says they are") {
    const auto usage = read_usage(stat_of("plugin"), {.page_bytes = 4'096, .ticks_per_second = 100});
    REQUIRE(usage);
    CHECK(usage->resident_bytes == 300 * 4'096);
    CHECK(usage->cpu.count() == 2'000);
    CHECK(usage->threads == 3);
    CHECK(usage->descriptors == -1);
}

TEST_CASE("a program's name cannot shift the numbers") {
    const auto usage = read_usage(stat_of(") R 1 (9 9 9 9"), {});
    REQUIRE(usage);
    CHECK(usage->threads == 3);
}

TEST_CASE("what is cut off or no number is nothing") {
    const std::string whole = stat_of("plugin");
    for (std::size_t length = 0; length < whole.find(" 300 ") + 1; ++length)
        CHECK(!read_usage(std::string_view(whole).substr(0, length), {}));
    CHECK(!read_usage(stat_of("plugin", "many"), {}));
    CHECK(!read_usage(whole, {.ticks_per_second = 0}));
}
