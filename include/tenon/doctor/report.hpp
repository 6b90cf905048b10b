#ifndef TENON_DOCTOR_REPORT_HPP
#define TENON_DOCTOR_REPORT_HPP

// What a doctor found (doctor/doctor.hpp), for people at a terminal. What a plugin said is made safe here, where it is
// shown, whoever quoted it.

#include <tenon/core/text.hpp>
#include <tenon/doctor/finding.hpp>

#include <string>
#include <string_view>

namespace tenon::detail {

inline std::string coloured(bool wanted, std::string_view code, std::string_view text) {
    return wanted ? join({"\x1b[", code, "m", text, "\x1b[0m"}) : std::string(text);
}

} // namespace tenon::detail

namespace tenon::testing {

/// Its lines: one, or what was seen and what to mend below it.
inline std::string told(const finding& one, bool colour = false) {
    const auto in = [&](std::string_view code, std::string_view text) {
        return detail::coloured(colour, code, text);
    };
    std::string line;
    switch (one.verdict) {
    case verdict::good:
        line = in("32", "  good  ") + one.title + (one.seen.empty() ? "" : in("2", ": " + shown(one.seen)));
        break;
    case verdict::skipped:
        line = in("2", "  --    " + one.title + ": not examined, " + shown(one.seen));
        break;
    case verdict::warning:
    case verdict::bad:
        line = one.verdict == verdict::bad ? in("1;31", "  BAD   ") : in("33", "  hint  ");
        line += one.title + in("2", " [" + one.id + "]") + "\n          seen: " + shown(one.seen);
        if (!one.mend.empty()) line += "\n          mend: " + shown(one.mend);
        break;
    }
    return line + "\n";
}

/// "words 1.0.0: 40 good, 0 bad, 1 hint, 3 not examined", and whether it works.
inline std::string summary(const diagnosis& made, bool colour = false) {
    const std::string who = made.name.empty() ? "the plugin" : shown(made.name + " " + made.version);
    const std::size_t bad = made.count(verdict::bad), odd = made.count(verdict::warning);
    const std::string text = who + ": " + std::to_string(made.count(verdict::good)) + " good, " +
                             std::to_string(bad) + " bad, " + std::to_string(odd) +
                             (odd == 1 ? " hint, " : " hints, ") +
                             std::to_string(made.count(verdict::skipped)) + " not examined";
    const std::string works =
        "works with hosts that keep the contract: " + std::string(bad == 0 ? "yes" : "no");
    return detail::coloured(colour, bad == 0 ? "32" : "1;31", text + "\n" + works) + "\n";
}

} // namespace tenon::testing

#endif
