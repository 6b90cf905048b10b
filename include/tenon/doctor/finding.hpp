#ifndef TENON_DOCTOR_FINDING_HPP
#define TENON_DOCTOR_FINDING_HPP

// What the doctor (doctor/doctor.hpp) is told of a plugin and what it says: the patient, findings, the diagnosis, and the
// report for people.
// The ids of findings stay the same from version to version, their words need not.

#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/scan.hpp>
#include <tenon/json/value.hpp>
#include <tenon/rules/logs/log_text.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
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
    case verdict::good: return "good";
    case verdict::bad: return "bad";
    case verdict::warning: return "warning";
    case verdict::skipped: break;
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

namespace tenon::detail {

// The report, for people at a terminal. What a plugin said is made safe here, where it is shown.

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

namespace tenon::detail {

// What the doctor notices on the way: faults that may show at any time, such as text on stdout, whatever is being
// examined at that moment. Each is noted under the finding that it belongs to, and then overlooked, so that one
// fault makes one bad finding and not thirty. Of many notes for one finding the first of the worst is kept.

/// The end of a check.
struct doctor_outcome {
    testing::verdict verdict = testing::verdict::good;
    std::string seen = {};
    std::string mend = {};
};

inline doctor_outcome found_good(std::string seen = {}) {
    return {testing::verdict::good, std::move(seen), {}};
}
inline doctor_outcome found_bad(std::string seen, std::string mend = {}) {
    return {testing::verdict::bad, std::move(seen), std::move(mend)};
}
inline doctor_outcome warned(std::string seen, std::string mend = {}) {
    return {testing::verdict::warning, std::move(seen), std::move(mend)};
}
inline doctor_outcome skipped(std::string why) { return {testing::verdict::skipped, std::move(why), {}}; }

/// A plugin's bytes for a report: UTF-8 as it is, everything else escaped, and cut where it is long.
inline std::string doctor_quote(std::string_view bytes, std::size_t limit = 160) {
    constexpr char hex[] = "0123456789abcdef";
    const std::string_view mark = bytes.find('"') == bytes.npos ? "\"" : "'"; // JSON is full of the first
    std::string text(mark);
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    const char* const cut = at + std::min(bytes.size(), limit);
    while (at < cut) {
        const auto value = static_cast<unsigned char>(*at);
        const std::size_t length = value < 0x80 ? 0 : utf8_sequence(at, end);
        if (length != 0) append(text, {at, length});
        else if (*at == '\n') append(text, "\\n");
        else if (*at == '\r') append(text, "\\r");
        else if (value >= 0x20 && value < 0x7f) text += *at;
        else {
            const char escaped[] = {'\\', 'x', hex[value >> 4], hex[value & 15]};
            append(text, {escaped, sizeof escaped});
        }
        at += length == 0 ? 1 : length;
    }
    return join({text, mark, at < end ? "..." : ""});
}

class doctor_notes {
public:
    /// What is answered to something that no host sends is no more than a hint. How frames are written is not: that is the
    /// same with all that is said.
    void take_for_hints(bool from_now_on) noexcept { hints_ = from_now_on; }
    void forget(std::string_view id) { entries_.erase(std::string(id)); }

    void note(std::string_view id, testing::verdict verdict, std::string seen, std::string mend = {}) {
        if (hints_ && (id == "once" || id == "ids" || id == "messages")) verdict = testing::verdict::warning;
        entry& known = entries_[std::string(id)];
        ++known.count;
        const bool worse =
            verdict == testing::verdict::bad && known.outcome.verdict == testing::verdict::warning;
        if (known.count > 1 && !worse) return;
        known.outcome = {verdict, std::move(seen), std::move(mend)};
    }

    /// Good where nothing was noted.
    doctor_outcome outcome(std::string_view id) const {
        const auto found = entries_.find(std::string(id));
        if (found == entries_.end()) return {};
        doctor_outcome told = found->second.outcome;
        if (found->second.count > 1)
            append(told.seen, join({" (and ", digits(found->second.count - 1), " times more)"}));
        return told;
    }
    bool has(std::string_view id) const { return entries_.count(std::string(id)) != 0; }

private:
    struct entry {
        std::size_t count = 0;
        doctor_outcome outcome = {};
    };
    std::map<std::string, entry> entries_;
    bool hints_ = false;
};

} // namespace tenon::detail

#endif
