#ifndef REFERENCE_COMMAND_LINE_OUTCOMES_HPP
#define REFERENCE_COMMAND_LINE_OUTCOMES_HPP

// What plugins made of one event, a line each.

#include "command_line/screen.hpp"
#include "command_line/words.hpp"

#include <tenon/rules/decision.hpp>
#include <tenon/json/value.hpp>

#include <vector>

namespace reference {

inline look look_of(tenon::outcome_kind outcome) {
    using enum tenon::outcome_kind;
    if (outcome == proceed || outcome == modified) return look::good;
    return outcome == stop || outcome == failed || outcome == timed_out ? look::bad : look::warning;
}

inline void print_outcomes(const std::vector<tenon::plugin_outcome>& plugins) {
    std::vector<row> rows;
    for (const tenon::plugin_outcome& one : plugins)
        rows.push_back({"  " + one.plugin,
                        {tenon::json::of(one.outcome).as<std::string>().value_or(""), look_of(one.outcome)},
                        duration_words(one.ms),
                        one.reason});
    print_table(rows);
}

} // namespace reference

#endif
