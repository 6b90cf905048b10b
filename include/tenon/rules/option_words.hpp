#ifndef TENON_RULES_OPTION_WORDS_HPP
#define TENON_RULES_OPTION_WORDS_HPP

// The words for what is wrong with an option.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>
#include <tenon/rules/events/event_names.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/rules/mistakes.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tenon::detail {

/// Longer waits are mistakes, and a year from now can be said on every clock.
inline constexpr milliseconds longest_wait{std::int64_t{365} * 24 * 3'600 * 1'000};

template <std::integral Number>
std::string signed_digits(Number value) {
    if constexpr (std::is_signed_v<Number>) {
        if (value < 0) return join({"-", digits(0 - static_cast<std::uint64_t>(value))});
    }
    return join({digits(static_cast<std::uint64_t>(value))});
}

/// A value as it may stand in a sentence: without what acts on terminals, and short.
inline std::string quotable(std::string_view text) {
    std::string safe;
    if (!append_safe(safe, text, longest_name)) safe += "...";
    return safe;
}

/// "events.include[2]".
inline std::string item_path(std::string_view list, std::size_t at) {
    return join({list, "[", digits(at), "]"});
}

/// What a key's value may be. A reader and a writer leave that to option_check.
struct at_least {
    std::int64_t least;
};
struct between {
    std::int64_t least, most;
};
struct text_rule {
    bool (*good)(std::string_view text);
    std::string_view expected;
};
inline constexpr text_rule event_pattern{is_event_pattern, an_event_pattern};

/// Says what is wrong with options. It has the verbs of config_reader, so that it can be led along a form.
class option_check {
public:
    void refuse(std::string_view key, std::string_view words) { found_.add(join({inside_, key}), words); }
    void text(std::string_view key, std::string_view value, bool good, std::string_view expected) {
        if (!good) refuse(key, join({"expected ", expected, ", got \"", quotable(value), "\""}));
    }
    void no_nul(std::string_view key, std::string_view value) {
        if (value.find('\0') != value.npos) refuse(key, "holds a NUL character");
    }

    void boolean(std::string_view, bool) {}
    void text_or_null(std::string_view, const std::string&) {}
    void text_map(std::string_view, const std::map<std::string, std::string>&) {}
    void any_object(std::string_view, const json&) {}
    void texts(std::string_view, const std::vector<std::string>&) {}
    void texts(std::string_view key, const std::vector<std::string>& all, const text_rule& rule) {
        for (std::size_t at = 0; at < all.size(); ++at)
            text(item_path(key, at), all[at], rule.good(all[at]), rule.expected);
    }
    void patterns(std::string_view key, const std::vector<std::string>& all) {
        texts(key, all, event_pattern);
    }
    void count(std::string_view, const auto&) {}
    template <std::integral Number>
    void count(std::string_view key, Number value, at_least bound) {
        if (std::cmp_less(value, bound.least))
            refuse(key,
                   join({"expected at least ", signed_digits(bound.least), ", got ", signed_digits(value)}));
    }
    template <std::integral Number>
    void count(std::string_view key, const std::optional<Number>& value, at_least bound) {
        if (value) count(key, *value, bound);
    }
    void count(std::string_view key, int value, between bound) {
        if (value < bound.least || value > bound.most) refuse_outside(key, signed_digits(value), bound);
    }
    void number(std::string_view key, double value, between bound) {
        if (!(value >= static_cast<double>(bound.least) && value <= static_cast<double>(bound.most)))
            refuse_outside(key, to_json(value), bound);
    }
    void wait(std::string_view key, milliseconds value, at_least bound = {0}) {
        const std::string got = signed_digits(value.count());
        if (value.count() < bound.least)
            refuse(key, join({"expected at least ", signed_digits(bound.least), " ms, got ", got}));
        else if (value > longest_wait) refuse(key, join({"expected at most a year, got ", got, " ms"}));
    }
    /// An enum that was made from a number.
    template <class Word>
    void word(std::string_view key, Word value) {
        if (tenon::name_of(value).empty())
            refuse(key, join({"there is no such choice: ", signed_digits(static_cast<unsigned>(value))}));
    }
    template <class Value, class Check>
    void each_pattern(std::string_view key, const Value& all, const std::map<std::string, Value>& of,
                      Check check) {
        check(*this, key, all);
        for (const auto& [pattern, value] : of) {
            text(key, pattern, is_event_pattern(pattern), an_event_pattern);
            check(*this, join({key, ".", quotable(pattern)}), value);
        }
    }
    template <class Check>
    void object(std::string_view key, Check check) {
        const std::string outside = std::exchange(inside_, join({inside_, key, "."}));
        check(*this);
        inside_ = outside;
    }

    /// The first complaint.
    result<void> finish() const {
        if (found_.none()) return {};
        return fault{codes::invalid_params, found_.sentences().front()};
    }
    const mistakes& all() const noexcept { return found_; }

private:
    void refuse_outside(std::string_view key, std::string_view got, between bound) {
        refuse(key, join({"expected ", signed_digits(bound.least), " to ", signed_digits(bound.most),
                          ", got ", got}));
    }

    mistakes found_;
    std::string inside_; // "restart."
};

} // namespace tenon::detail

#endif
