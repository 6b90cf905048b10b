#ifndef TENON_RULES_CALLS_DECLARED_LISTS_HPP
#define TENON_RULES_CALLS_DECLARED_LISTS_HPP

// How much of a handshake is taken. A plugin may declare whatever fits into a frame, 200,000 commands for example, and
// what is made of each of them (a refusal, a line of the log, a row of a page) costs far more than its bytes. So an answer
// that is too long is refused before it is read, every list is cut to what a plugin can have a use for, and all that is
// left out of one is told in one line.

#include <tenon/core/text.hpp>
#include <tenon/rules/calls/commands.hpp>
#include <tenon/rules/calls/routes.hpp>
#include <tenon/rules/events/interests.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/session/handshake.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

/// Of the answer to a handshake: 256 commands and 256 routes with 8 KiB of schema each. To read it takes some 40 ms.
inline constexpr std::size_t max_handshake_bytes = std::size_t{4} << 20;
/// Families of events: a host has some dozen.
inline constexpr std::size_t max_capabilities = 256;
/// The protocol names none yet.
inline constexpr std::size_t max_features = 64;
/// Of a capability or a feature, and of a plugin's version: one line on a page.
inline constexpr std::size_t longest_word = 128;
/// Refusals of one kind that are told one by one: a person mends these first, and sees then what else there is.
inline constexpr std::size_t told_refusals = 10;
/// Of each list, in a status: what a person looks through. What is behind it is counted.
inline constexpr std::size_t shown_of_list = 100;

/// What a host says about what it did not take over.
class refusals {
public:
    /// `one` has a name; of what is refused for a reason of its own only the first are told.
    void add(std::string_view text) {
        if (++here_ <= told_refusals) all_.push_back(shortened(text));
    }
    /// Nothing more of this kind comes.
    void close(std::string_view kind) {
        if (here_ > told_refusals)
            all_.push_back(join({digits(here_ - told_refusals), " more of its ", kind, " were refused"}));
        here_ = 0;
    }
    void cut(std::string_view kind, std::size_t count, std::size_t most) {
        all_.push_back(join({"it declares ", digits(count), " ", kind, ": what is behind the first ",
                             digits(most), " was left out"}));
    }
    std::vector<std::string> take() { return std::move(all_); }

private:
    std::vector<std::string> all_;
    std::size_t here_ = 0;
};

template <class Entry>
void cut_list(std::optional<std::vector<Entry>>& list, std::string_view kind, std::size_t most,
              refusals& told) {
    if (!list || list->size() <= most) return;
    told.cut(kind, list->size(), most);
    list->resize(most);
    list->shrink_to_fit();
}

inline void drop_long_words(std::optional<std::vector<std::string>>& list, std::string_view kind,
                            refusals& told) {
    if (!list) return;
    const auto dropped =
        std::erase_if(*list, [](const std::string& word) { return word.size() > longest_word; });
    if (dropped != 0) told.add(join({digits(dropped), " of its ", kind, " have more than 128 bytes"}));
    told.close(kind);
}

/// What is taken of an answer, before anybody looks at what it says.
inline void cut_lists(handshake_answer& answer, refusals& told) {
    cut_list(answer.capabilities, "capabilities", max_capabilities, told);
    drop_long_words(answer.capabilities, "capabilities", told);
    cut_list(answer.features, "features", max_features, told);
    drop_long_words(answer.features, "features", told);
    cut_list(answer.events, "events", max_declared_events, told);
    cut_list(answer.commands, "commands", max_commands, told);
    cut_list(answer.routes, "routes", max_routes, told);
    if (answer.version.size() > longest_word) {
        told.add("its version has more than 128 bytes");
        told.close("versions");
        answer.version.resize(beginning_of(answer.version, longest_word).size());
    }
}

} // namespace tenon::detail

#endif
