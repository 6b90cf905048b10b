#ifndef TENON_RULES_OPTION_WORDS_HPP
#define TENON_RULES_OPTION_WORDS_HPP

// What is wrong with options that a person wrote, and the words for it.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/json/reader.hpp>
#include <tenon/json/same_value.hpp>
#include <tenon/json/value.hpp>
#include <tenon/rules/events/event_names.hpp>
#include <tenon/rules/logs/log_text.hpp>

#include <algorithm>
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

namespace tenon {

/// What is wrong with something that a person wrote: a sentence for each mistake, in the order in which they were found.
///
///     wrong.add("plugins[2].priority", "expected number, got string");
///     return wrong.finish();   // a fault: one line for each
///
/// The first 20 are kept and the rest is counted: when those are mended, the others are told. A sentence about a part of
/// what another sentence is about (`stop` and `stop[1].action`) is left out: it may only follow from that.
class mistakes {
public:
    static constexpr std::size_t most = 20;

    bool none() const noexcept { return count_ == 0; }
    const std::vector<std::string>& sentences() const noexcept { return sentences_; }
    std::size_t count() const noexcept { return count_; }

    void add(std::string sentence) {
        if (++count_ <= most) sentences_.push_back(std::move(sentence));
    }
    void add(std::string_view path, std::string_view words) {
        add(path.empty() ? std::string(words) : detail::join({path, ": ", words}));
    }
    /// A sentence that begins with its path, unless another one has been said about that.
    void add_new(const std::string& sentence) {
        if (!knows(std::string_view(sentence).substr(0, sentence.find(": ")))) add(sentence);
    }
    bool knows(std::string_view path) const noexcept {
        for (const std::string& one : sentences_) {
            const std::string_view other = std::string_view(one).substr(0, one.find(": "));
            if (belongs(path, other) || belongs(other, path)) return true;
        }
        return false;
    }
    void add(const mistakes& others) {
        for (const std::string& one : others.sentences_) add(one);
        count_ += others.count_ - others.sentences_.size();
    }

    /// One a line, and how many there are besides.
    std::string text() const {
        std::string lines;
        for (const std::string& one : sentences_)
            detail::append(lines, detail::join({lines.empty() ? "" : "\n", one}));
        if (count_ > most)
            detail::append(lines, detail::join({"\nand ", detail::digits(count_ - most), " more"}));
        return lines;
    }
    static std::vector<std::string> lines_of(std::string_view text) {
        std::vector<std::string> lines;
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            lines.emplace_back(text.substr(0, end));
            text.remove_prefix(end == text.npos ? text.size() : end + 1);
        }
        return lines;
    }
    result<void> finish() const {
        if (none()) return {};
        return fault{codes::invalid_params, text()};
    }

private:
    static bool belongs(std::string_view part, std::string_view whole) noexcept {
        if (!part.starts_with(whole)) return false;
        return part.size() == whole.size() || part[whole.size()] == '.' || part[whole.size()] == '[';
    }

    std::vector<std::string> sentences_;
    std::size_t count_ = 0;
};

} // namespace tenon

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
    void text(std::string_view key, std::string_view value, const text_rule& rule) {
        text(key, value, rule.good(value), rule.expected);
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
    template <class Value, class Check>
    void optional_object(std::string_view key, const std::optional<Value>& value, Check check) {
        if (value) object(key, [&](option_check& in) { check(in, *value); });
    }
    template <class Check>
    void boolean_or_object(std::string_view key, bool, bool, Check check) {
        object(key, check);
    }
    template <class Value, class Check>
    void list(std::string_view key, const std::vector<Value>& all, Check check) {
        for (std::size_t at = 0; at < all.size(); ++at)
            object(item_path(key, at), [&](option_check& in) { check(in, all[at]); });
    }
    template <std::integral Number>
    void counts(std::string_view key, const std::vector<Number>& all, at_least bound) {
        for (std::size_t at = 0; at < all.size(); ++at) count(item_path(key, at), all[at], bound);
    }
    template <std::integral Number>
    void some_counts(std::string_view key, const std::vector<Number>& all, std::string_view, at_least bound) {
        counts(key, all, bound);
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

// Whether an object has a member twice. A typed reader refuses that by itself; text that is passed on as it came has to
// be asked, because one reader would take the first of them and another one the last.

/// Where: "a.b[2].c"; empty if there is none. The text was checked. Each level of it is walked once more.
inline std::string repeated_member(std::string_view text) {
    const json_kind kind = text.empty() ? json_kind::null : kind_of(text.front());
    if (kind == json_kind::object) {
        std::vector<std::string> names;
        std::string scratch;
        checked_members members(text);
        for (std::string_view name, value; members.next(name, value);) {
            std::string key(plain_text({name.data() - 1, name.size() + 2}, scratch));
            if (const std::string inner = repeated_member(value); !inner.empty())
                return join({key, inner.front() == '[' ? "" : ".", inner});
            names.push_back(std::move(key));
        }
        std::sort(names.begin(), names.end());
        const auto twice = std::adjacent_find(names.begin(), names.end());
        if (twice != names.end()) return *twice;
    } else if (kind == json_kind::array) {
        std::uint64_t index = 0;
        checked_elements elements(text);
        for (std::string_view value; elements.next(value); ++index)
            if (const std::string inner = repeated_member(value); !inner.empty())
                return join({"[", digits(index), inner.front() == '[' ? "]" : "].", inner});
    }
    return {};
}

} // namespace tenon::detail

#endif
