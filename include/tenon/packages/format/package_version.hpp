#ifndef TENON_PACKAGES_FORMAT_PACKAGE_VERSION_HPP
#define TENON_PACKAGES_FORMAT_PACKAGE_VERSION_HPP

// The version of a package: semver 2.0.0, and nothing else. "v1.2.3", "1.2" and "01.2.3" are refused, because two
// systems that read them differently would install different things.
//
// Order is the standard's precedence: build metadata does not count in it, so 1.0.0+a and 1.0.0+b are equal in order.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon {

/// Longer than this no version is.
inline constexpr std::size_t longest_version = 128;

struct package_version {
    std::uint64_t major = 0, minor = 0, patch = 0;
    std::string pre;   // "beta.2", or empty: released
    std::string build; // "20261130", or empty

    std::string text() const;
    bool same_numbers(const package_version& other) const noexcept {
        return major == other.major && minor == other.minor && patch == other.patch;
    }
    /// Of precedence: build metadata does not count.
    friend std::weak_ordering operator<=>(const package_version& one, const package_version& other) noexcept;
    friend bool operator==(const package_version& one, const package_version& other) noexcept {
        return (one <=> other) == 0;
    }
};

/// The fault quotes the text and says what is wrong with it.
result<package_version> read_version(std::string_view text);

namespace detail {

constexpr bool is_number(std::string_view text) noexcept {
    for (const char letter : text)
        if (letter < '0' || letter > '9') return false;
    return !text.empty();
}

constexpr bool is_identifier(std::string_view text) noexcept {
    for (const char letter : text)
        if (!(letter >= '0' && letter <= '9') && !(letter >= 'a' && letter <= 'z') &&
            !(letter >= 'A' && letter <= 'Z') && letter != '-')
            return false;
    return !text.empty();
}

/// The part of a list up to the separator, which goes with it.
constexpr std::string_view take_part(std::string_view& rest, char separator) noexcept {
    const std::size_t end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return part;
}

/// What is wrong with "beta.2", or nothing. Of build metadata numbers may begin with a zero.
constexpr std::string_view flaw_of_identifiers(std::string_view text, bool zeros_may_lead) noexcept {
    while (true) {
        const bool more = text.find('.') != std::string_view::npos;
        const std::string_view part = take_part(text, '.');
        if (part.empty()) return "an identifier is empty";
        if (!is_identifier(part)) return "an identifier has other letters than 0-9, A-Z, a-z and -";
        if (!zeros_may_lead && part.size() > 1 && part[0] == '0' && is_number(part))
            return "a number begins with 0";
        if (!more) return {};
    }
}

/// A number of more digits may be beyond 2^63, and other tools cannot hold that either.
inline constexpr std::size_t most_digits = 18;
inline constexpr std::string_view too_large_number =
    "a number is too large: expected at most 999999999999999999";

/// False where it is no number, begins with a zero, or is too large.
constexpr bool read_number(std::string_view text, std::uint64_t& number) noexcept {
    if (!is_number(text) || text.size() > most_digits || (text.size() > 1 && text[0] == '0')) return false;
    number = 0;
    for (const char digit : text) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    return true;
}

/// Whether that is why a text cannot be read. Zeros in front do not make a number larger.
constexpr bool has_too_large_number(std::string_view text) noexcept {
    std::size_t digits = 0;
    for (const char letter : text) {
        const bool counts = letter >= (digits == 0 ? '1' : '0') && letter <= '9';
        digits = counts ? digits + 1 : 0;
        if (digits > most_digits) return true;
    }
    return false;
}

inline std::weak_ordering order_of_identifiers(std::string_view one, std::string_view other) noexcept {
    const bool first = is_number(one), second = is_number(other);
    if (first != second) return first ? std::weak_ordering::less : std::weak_ordering::greater;
    // Numbers have no zero in front, so the longer one is the larger one, however long they are.
    if (first && one.size() != other.size()) return one.size() <=> other.size();
    return one <=> other;
}

inline std::weak_ordering order_of_pre(std::string_view one, std::string_view other) noexcept {
    if (one.empty() || other.empty()) return one.empty() <=> other.empty(); // released is after all of them
    while (!one.empty() && !other.empty()) {
        const auto order = order_of_identifiers(take_part(one, '.'), take_part(other, '.'));
        if (order != 0) return order;
    }
    return !one.empty() <=> !other.empty();
}

} // namespace detail

inline std::weak_ordering operator<=>(const package_version& one, const package_version& other) noexcept {
    if (const auto order = one.major <=> other.major; order != 0) return order;
    if (const auto order = one.minor <=> other.minor; order != 0) return order;
    if (const auto order = one.patch <=> other.patch; order != 0) return order;
    return detail::order_of_pre(one.pre, other.pre);
}

inline std::string package_version::text() const {
    using detail::digits;
    return detail::join({digits(major), ".", digits(minor), ".", digits(patch), pre.empty() ? "" : "-", pre,
                         build.empty() ? "" : "+", build});
}

inline result<package_version> read_version(std::string_view text) {
    using namespace detail;
    const auto refused = [&](std::string_view why) {
        return fault{codes::invalid_params,
                     join({"version \"", beginning_of(text, longest_version), "\": ", why})};
    };
    if (text.size() > longest_version)
        return refused(
            join({"expected at most ", digits(longest_version), " letters, got ", digits(text.size())}));
    package_version version;
    std::string_view rest = text;
    if (const std::size_t plus = rest.find('+'); plus != std::string_view::npos) {
        version.build = rest.substr(plus + 1);
        rest = rest.substr(0, plus);
        if (const auto flaw = flaw_of_identifiers(version.build, true); !flaw.empty())
            return refused(join({"after +, ", flaw}));
    }
    if (const std::size_t minus = rest.find('-'); minus != std::string_view::npos) {
        version.pre = rest.substr(minus + 1);
        rest = rest.substr(0, minus);
        if (const auto flaw = flaw_of_identifiers(version.pre, false); !flaw.empty())
            return refused(join({"after -, ", flaw}));
    }
    const bool three = std::count(rest.begin(), rest.end(), '.') == 2, too_large = has_too_large_number(rest);
    if (!three || !read_number(take_part(rest, '.'), version.major) ||
        !read_number(take_part(rest, '.'), version.minor) || !read_number(rest, version.patch))
        return refused(three && too_large ? too_large_number
                                          : "expected three numbers as in 1.2.3, without zeros in front");
    return version;
}

} // namespace tenon

#endif
