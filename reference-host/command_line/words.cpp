// Numbers, times and states for people.

#include "command_line/words.hpp"

#include <tenon/core/text.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace reference {

namespace {

/// Two digits that count below 10, whole numbers above.
std::string number_words(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 0.095 ? "%.2f" : value < 9.95 ? "%.1f" : "%.0f", value);
    return text;
}

} // namespace

std::string count_words(std::uint64_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string duration_words(double ms) {
    if (!(ms > 0)) return "0 ms";
    if (ms < 999.5) return number_words(ms) + " ms";
    if (ms < 59'500) return number_words(ms / 1'000) + " s";
    struct units {
        std::int64_t seconds, part;
        const char *name, *part_name;
    };
    constexpr std::array<units, 3> all = {
        {{86'400, 3'600, " d", " h"}, {3'600, 60, " h", " min"}, {60, 1, " min", " s"}}};
    const auto seconds = std::llround(ms / 1'000);
    for (const units& one : all)
        if (seconds >= one.seconds) {
            const auto part = seconds % one.seconds / one.part;
            return std::to_string(seconds / one.seconds) + one.name +
                   (part == 0 ? "" : " " + std::to_string(part) + one.part_name);
        }
    return "1 min";
}

std::string bytes_words(std::uint64_t bytes) {
    constexpr std::array<const char*, 4> units = {" KiB", " MiB", " GiB", " TiB"};
    if (bytes < 1'024) return count_words(bytes, "byte");
    auto value = static_cast<double>(bytes) / 1'024;
    std::size_t unit = 0;
    for (; value >= 1'023.5 && unit + 1 < units.size(); ++unit) value /= 1'024;
    return number_words(value) + units[unit];
}

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
    return all;
}

std::string clock_words(std::int64_t unix_ms) {
    const auto seconds = static_cast<std::time_t>(unix_ms / 1'000);
    std::tm parts{};
    char text[16] = "";
    if (::localtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof text, "%H:%M:%S", &parts);
    return text;
}

bool is_yes(std::string_view typed) {
    using namespace tenon::detail;
    return equals_ignoring_case(trimmed(typed), "yes") || equals_ignoring_case(trimmed(typed), "y");
}

look look_of(tenon::plugin_state state) {
    using enum tenon::plugin_state;
    if (state == ready) return look::good;
    if (state == failed) return look::bad;
    return state == backoff || state == blocked ? look::warning : look::plain;
}

look look_of(tenon::plugin_health health) {
    using enum tenon::plugin_health;
    if (health == critical) return look::bad;
    return health == warning ? look::warning : look::plain;
}

} // namespace reference
