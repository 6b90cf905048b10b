#ifndef TENON_DOCTOR_NOTES_HPP
#define TENON_DOCTOR_NOTES_HPP

// What the doctor notices on the way: faults that may show at any time, such as text on stdout, whatever is being
// examined at that moment. Each is noted under the finding that it belongs to, and then overlooked, so that one
// fault makes one bad finding and not thirty. Of many notes for one finding the first of the worst is kept.

#include <tenon/core/text.hpp>
#include <tenon/json/scan.hpp>
#include <tenon/doctor/finding.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

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
