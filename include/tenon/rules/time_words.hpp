#ifndef TENON_RULES_TIME_WORDS_HPP
#define TENON_RULES_TIME_WORDS_HPP

// Time as text. Spans for people are in one unit: "2 minutes ago". What a program reads is in milliseconds everywhere.

#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::detail {

/// "1 second", "2 minutes", "36 hours": the largest unit of which there are two, but for what is short anyway.
inline std::string time_words(milliseconds span) {
    struct unit {
        std::int64_t ms;
        std::string_view name;
    };
    constexpr unit units[] = {
        {86'400'000, " day"}, {3'600'000, " hour"}, {60'000, " minute"}, {1'000, " second"}};
    const std::int64_t ms = span.count() < 0 ? 0 : span.count();
    for (const unit& one : units) {
        const std::int64_t count = ms / one.ms;
        if (count >= 2 || (count == 1 && one.ms == 1'000))
            return join({digits(static_cast<std::uint64_t>(count)), one.name, count == 1 ? "" : "s"});
    }
    return "less than a second";
}

inline std::string time_ago(milliseconds span) {
    return span < milliseconds(1'000) ? "just now" : join({time_words(span), " ago"});
}

inline void append_padded(std::string& to, std::uint64_t number, std::size_t width) {
    const digits text(number);
    const std::string_view plain = text;
    if (plain.size() < width) to.append(width - plain.size(), '0');
    append(to, plain);
}

/// "2025-06-01T12:00:00.000Z". Years beyond 0 to 9999, which the form cannot say, become the nearest.
inline std::string format_timestamp(std::chrono::system_clock::time_point at) {
    using namespace std::chrono;
    constexpr sys_days first = year(0) / January / 1;
    constexpr sys_days end = year(10'000) / January / 1;
    auto moment = floor<std::chrono::milliseconds>(at);
    if (moment < first) moment = first;
    if (moment >= end) moment = end - std::chrono::milliseconds(1);
    const sys_days day = floor<days>(moment);
    const year_month_day date(day);
    const hh_mm_ss<std::chrono::milliseconds> clock(moment - day);
    std::string text;
    text.reserve(24);
    const auto part = [&](auto number, std::size_t width, char behind) {
        append_padded(text, static_cast<std::uint64_t>(number), width);
        text.push_back(behind);
    };
    part(static_cast<int>(date.year()), 4, '-');
    part(static_cast<unsigned>(date.month()), 2, '-');
    part(static_cast<unsigned>(date.day()), 2, 'T');
    part(clock.hours().count(), 2, ':');
    part(clock.minutes().count(), 2, ':');
    part(clock.seconds().count(), 2, '.');
    part(clock.subseconds().count(), 3, 'Z');
    return text;
}

} // namespace tenon::detail

#endif
