#ifndef TENON_RULES_TIME_WORDS_HPP
#define TENON_RULES_TIME_WORDS_HPP

// Spans of time for people, in one unit: "2 minutes ago". What a program reads is in milliseconds everywhere.

#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>

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

} // namespace tenon::detail

#endif
