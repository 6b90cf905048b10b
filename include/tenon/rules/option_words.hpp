#ifndef TENON_RULES_OPTION_WORDS_HPP
#define TENON_RULES_OPTION_WORDS_HPP

// The words for what is wrong with an option.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/rules/mistakes.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/json/reader.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

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

class option_check {
public:
    void refuse(std::string_view path, std::string_view words) { found_.add(path, words); }
    void text(std::string_view path, std::string_view value, bool good, std::string_view expected) {
        if (!good) refuse(path, join({"expected ", expected, ", got \"", quotable(value), "\""}));
    }
    void no_nul(std::string_view path, std::string_view value) {
        if (value.find('\0') != value.npos) refuse(path, "holds a NUL character");
    }
    void no_nul(std::string_view list, std::size_t at, std::string_view value) {
        if (value.find('\0') != value.npos) refuse(item_path(list, at), "holds a NUL character");
    }
    template <std::integral Number>
    void at_least(std::string_view path, Number value, int least) {
        if (value < static_cast<Number>(least))
            refuse(path, join({"expected at least ", signed_digits(least), ", got ", signed_digits(value)}));
    }
    void not_negative(std::string_view path, milliseconds wait) { span(path, wait, 0); }
    void positive(std::string_view path, milliseconds wait) { span(path, wait, 1); }
    /// An enum that was made from a number.
    void known(std::string_view path, unsigned value, unsigned count) {
        if (value >= count) refuse(path, join({"there is no such choice: ", signed_digits(value)}));
    }

    /// The first complaint.
    result<void> finish() const {
        if (found_.none()) return {};
        return fault{codes::invalid_params, found_.sentences().front()};
    }
    const mistakes& all() const noexcept { return found_; }

private:
    void span(std::string_view path, milliseconds wait, int least) {
        if (wait.count() < least)
            refuse(path, join({"expected at least ", signed_digits(least), " ms, got ",
                               signed_digits(wait.count())}));
        else if (wait > longest_wait)
            refuse(path, join({"expected at most a year, got ", signed_digits(wait.count()), " ms"}));
    }

    mistakes found_;
};

} // namespace tenon::detail

#endif
