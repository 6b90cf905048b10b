#include <tenon/rules/logs/log_level.hpp>

#include <doctest/doctest.h>

#include <string_view>

using namespace tenon;
using namespace tenon::detail;

namespace {

struct row {
    std::string_view line;
    log_level level;
    std::string_view rest;
};

} // namespace

TEST_CASE("a prefix sets the level and is taken off") {
    const row rows[] = {
        {"[WARN] disk", log_level::warn, "disk"},
        {"[warning] disk", log_level::warn, "disk"},
        {"[ERROR]: disk", log_level::error, "disk"},
        {"[ INFO ] disk", log_level::info, "disk"},
        {"[debug]disk", log_level::debug, "disk"},
        {"  [Error] disk", log_level::error, "disk"},
        {"WARN: disk", log_level::warn, "disk"},
        {"WARN disk", log_level::warn, "disk"},
        {"ERROR   disk", log_level::error, "disk"},
        {"WARNING:root:disk", log_level::warn, "root:disk"},
        {"error: disk", log_level::error, "disk"},
        {"Fatal: disk", log_level::error, "disk"},
        {"TRACE disk", log_level::debug, "disk"},
        {"NOTICE: disk", log_level::info, "disk"},
        {"<0>disk", log_level::error, "disk"},
        {"<3>disk", log_level::error, "disk"},
        {"<4>disk", log_level::warn, "disk"},
        {"<6> disk", log_level::info, "disk"},
        {"<7>disk", log_level::debug, "disk"},
        {"<28>disk", log_level::warn, "disk"}, // facility 3, severity 4
        {"<191>disk", log_level::debug, "disk"},
        {"\x1b[33mWARN\x1b[0m disk", log_level::warn, "disk"},
        {"\x1b[1;31m[ERROR]\x1b[0m disk", log_level::error, "disk"},
        {"[\x1b[31mERROR\x1b[0m] disk", log_level::error, "disk"},
        {"[WARN]", log_level::warn, "[WARN]"}, // nothing would be left
    };
    for (const row& one : rows) {
        CAPTURE(one.line);
        std::string_view rest = one.line;
        CHECK(take_level(rest) == one.level);
        CHECK(rest == one.rest);
    }
}

TEST_CASE("a line that only looks as if it had a prefix stays as it is") {
    for (const std::string_view line : {"",
                                        "disk full",
                                        "warn",
                                        "Warning signs",
                                        "error opening file",
                                        "info:8080",
                                        "INFORMATIVE: x",
                                        "[WARN disk",
                                        "[WARNED] disk",
                                        "[42] disk",
                                        "<192>disk",
                                        "<>disk",
                                        "<1234>disk",
                                        "<4",
                                        "<x>disk",
                                        "[]",
                                        "[",
                                        "<",
                                        "\x1b[",
                                        "\x1b[33",
                                        "ERRORS: 3",
                                        "warn\xC3\xBC: x"}) {
        CAPTURE(line);
        std::string_view rest = line;
        CHECK_FALSE(take_level(rest));
        CHECK(rest == line);
    }
}

TEST_CASE("every word that loggers use has its level, in any case") {
    CHECK(level_named("DeBuG") == log_level::debug);
    CHECK(level_named("information") == log_level::info);
    CHECK(level_named("WARN") == log_level::warn);
    CHECK(level_named("critical") == log_level::error);
    CHECK_FALSE(level_named(""));
    CHECK_FALSE(level_named("warns"));
    CHECK(level_numbered(10) == log_level::debug);
    CHECK(level_numbered(30) == log_level::info);
    CHECK(level_numbered(40) == log_level::warn);
    CHECK(level_numbered(60) == log_level::error);
}
