#ifndef TENON_DOCTOR_FINDING_HPP
#define TENON_DOCTOR_FINDING_HPP

// What the doctor (doctor/doctor.hpp) is told of a plugin and what it says: the patient, findings, the diagnosis.
// The ids of findings stay the same from version to version, their words need not.

#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::testing {

/// Bad is what goes wrong with what a host sends. A warning is a hint: what a host can live with, or what comes of things
/// that no host sends.
enum class verdict { good, bad, warning, skipped };

struct finding {
    std::string id;    // "unknown-request"
    std::string title; // "an unknown request is answered -32601"
    testing::verdict verdict = testing::verdict::good;
    std::string seen = {}; // what the plugin did
    std::string mend = {}; // what to do about it; empty where nothing is to be done

    bool operator==(const finding&) const = default;
};

/// A program and what it is examined with. Of this process's environment it gets PATH, HOME, LANG and TMPDIR; and
/// TENON_DOCTOR, by which the doctor knows again whom it started.
struct patient {
    std::vector<std::string> command;
    std::string directory = {};                           // where it runs; here, unless said
    std::vector<std::string> environment = {};            // "NAME=value"
    json config = json::of(std::map<std::string, int>{}); // of the handshake
    std::map<std::string, json> payloads = {};            // of events, by type: else a guess
    std::vector<std::string> leave_out = {};              // ids of findings
    milliseconds handshake_time{5'000};
    milliseconds answer_time{5'000};       // of every request
    milliseconds exit_time{3'000};         // from `exit` to the end of the process
    milliseconds end_of_input_time{2'000}; // from the end of its stdin to the end of the process
};

struct diagnosis {
    std::string name = {}, version = {}; // what the plugin calls itself; empty where it never came to that
    std::vector<finding> findings = {};

    std::size_t count(verdict wanted) const noexcept {
        return static_cast<std::size_t>(std::count_if(
            findings.begin(), findings.end(), [&](const finding& one) { return one.verdict == wanted; }));
    }
    bool healthy() const noexcept { return count(verdict::bad) == 0; }
    /// Null where there is none of this id.
    const finding* find(std::string_view id) const noexcept {
        const auto found =
            std::find_if(findings.begin(), findings.end(), [&](const finding& one) { return one.id == id; });
        return found == findings.end() ? nullptr : &*found;
    }
};

inline std::string_view name_of(verdict given) noexcept {
    switch (given) {
    case verdict::good:
        return "good";
    case verdict::bad:
        return "bad";
    case verdict::warning:
        return "warning";
    case verdict::skipped:
        break;
    }
    return "skipped";
}

/// A text with words of the plugin in it, as it may stand on a terminal: nothing in it acts.
inline std::string shown(std::string_view text) {
    std::string safe;
    if (!detail::append_safe(safe, text, std::size_t{64} << 10)) safe += "...";
    return safe;
}

/// What is bad or to be thought about, for the message of a test that failed. Empty where all is good.
inline std::string to_text(const diagnosis& made) {
    std::string text;
    for (const finding& one : made.findings) {
        if (one.verdict == verdict::good || one.verdict == verdict::skipped) continue;
        detail::append(text, detail::join({name_of(one.verdict), " ", one.id, ": ", one.title, "\n"}));
        for (const std::string_view line : {std::string_view(one.seen), std::string_view(one.mend)})
            if (!line.empty()) detail::append(text, detail::join({"    ", shown(line), "\n"}));
    }
    return text;
}

} // namespace tenon::testing

#endif
