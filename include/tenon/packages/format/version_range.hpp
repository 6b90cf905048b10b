#ifndef TENON_PACKAGES_FORMAT_VERSION_RANGE_HPP
#define TENON_PACKAGES_FORMAT_VERSION_RANGE_HPP

// Which versions of a package will do: npm's ranges, strictly spelt.
//
//     1.2.3           this one (build metadata does not count)
//     >=1.2 <2        both: comparators that stand together, by blanks or commas
//     ^1.2.3  ~1.2.3  up to what may break: below 2.0.0, and below 1.3.0; ^0.2.3 is below 0.3.0, ^0.0.3 below 0.0.4
//     1.2.x  1.2  1   the rest is open
//     1.2 - 1.4       from one to the other, with both
//     <1 || >=3       either
//     *  or nothing   any
//
// A pre-release is met only where a comparator of the same group names a pre-release of the same three numbers:
// ^1.2.3-beta.1 takes 1.2.3-beta.2, but not 1.3.0-beta.1. Who follows a channel of pre-releases asks for them with
// `pre_releases::all`, and then order alone decides.

#include <tenon/packages/format/package_version.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// What a manifest says in one string is short. With these limits a range costs at most some thousand comparisons.
inline constexpr std::size_t longest_range = 1'024;

enum class pre_releases { named, all };

class version_range {
public:
    /// Any version.
    version_range() : groups_(1) {}

    bool contains(const package_version& version, pre_releases which = pre_releases::named) const noexcept;
    /// One version and no other, as a lock file would name it.
    bool is_exact() const noexcept {
        return groups_.size() == 1 && groups_[0].size() == 1 && groups_[0][0].compare == relation::equal;
    }
    /// As it was written.
    const std::string& text() const noexcept { return text_; }

    friend result<version_range> read_range(std::string_view text);

private:
    enum class relation { less, at_most, equal, at_least, greater };
    struct comparator {
        relation compare;
        package_version version;
        /// The bound is where the open part of "1.2" begins: with all pre-releases it begins with those of 1.2.0.
        bool opened = false;

        bool holds(const package_version& candidate, pre_releases which) const noexcept;
    };
    using group = std::vector<comparator>; // all of them hold

    struct partial;
    static std::optional<partial> read_partial(std::string_view text);
    static std::string_view read_group(std::string_view text, group& into);
    static void add_hyphen(const partial& from, const partial& to, group& into);
    static void add_comparator(std::string_view sign, const partial& bound, group& into);
    static void add_nothing(group& into);

    std::vector<group> groups_; // one of them does
    std::string text_ = "*";
};

/// The fault quotes the range and says which part of it is none.
result<version_range> read_range(std::string_view text);

// ---- what a range is made of ----------------------------------------------------------------------------------

/// "1.2.3-beta", "1.2.x", "1", "*": how many of the three numbers are there.
struct version_range::partial {
    package_version version;
    int numbers = 0;

    /// The first version after all that this stands for.
    package_version next() const {
        if (numbers == 1) return below(version.major + 1, 0, 0);
        if (numbers == 2) return below(version.major, version.minor + 1, 0);
        return below(version.major, version.minor, version.patch + 1);
    }
    /// With its pre-releases: "-0" is the first of all.
    static package_version below(std::uint64_t major, std::uint64_t minor, std::uint64_t patch) {
        return {major, minor, patch, "0", {}};
    }
};

inline std::optional<version_range::partial> version_range::read_partial(std::string_view text) {
    partial read;
    if (text.find_first_of("-+") != std::string_view::npos) {
        auto whole = read_version(text);
        if (!whole) return std::nullopt;
        read.version = std::move(*whole);
        read.numbers = 3;
        return read;
    }
    std::uint64_t* const places[] = {&read.version.major, &read.version.minor, &read.version.patch};
    bool open = false;
    for (int place = 0;; ++place) {
        if (place == 3) return std::nullopt;
        const bool last = text.find('.') == std::string_view::npos;
        const std::string_view part = detail::take_part(text, '.');
        const bool any = part == "x" || part == "X" || part == "*";
        if (!any && (open || !detail::read_number(part, *places[place])))
            return std::nullopt; // 1.x.3 is nothing
        open = open || any;
        if (!open) ++read.numbers;
        if (last) return read;
    }
}

/// Below the first of all versions there is none.
inline void version_range::add_nothing(group& into) {
    into.push_back({relation::less, partial::below(0, 0, 0)});
}

inline void version_range::add_hyphen(const partial& from, const partial& to, group& into) {
    if (from.numbers > 0) into.push_back({relation::at_least, from.version, from.numbers < 3});
    if (to.numbers == 3) into.push_back({relation::at_most, to.version});
    else if (to.numbers > 0) into.push_back({relation::less, to.next()});
}

inline void version_range::add_comparator(std::string_view sign, const partial& bound, group& into) {
    const bool whole = bound.numbers == 3;
    const package_version& version = bound.version;
    if (bound.numbers == 0) { // any, but nothing is above or below all
        if (sign == "<" || sign == ">") add_nothing(into);
    } else if (sign == "^" || sign == "~") {
        partial kept = bound; // what must stay as it is
        if (sign == "~") kept.numbers = bound.numbers == 1 ? 1 : 2;
        else if (version.major > 0 || bound.numbers == 1) kept.numbers = 1;
        else if (version.minor > 0 || bound.numbers == 2) kept.numbers = 2;
        into.push_back({relation::at_least, version, !whole});
        into.push_back({relation::less, kept.next()});
    } else if (sign == ">") {
        if (whole) into.push_back({relation::greater, version});
        else {
            package_version first = bound.next();
            first.pre.clear();
            into.push_back({relation::at_least, std::move(first), true});
        }
    } else if (sign == "<=") {
        if (whole) into.push_back({relation::at_most, version});
        else into.push_back({relation::less, bound.next()});
    } else if (sign == "<") {
        if (whole) into.push_back({relation::less, version});
        else into.push_back({relation::less, partial::below(version.major, version.minor, version.patch)});
    } else if (sign == ">=") {
        into.push_back({relation::at_least, version, !whole});
    } else if (whole) {
        into.push_back({relation::equal, version});
    } else {
        into.push_back({relation::at_least, version, true});
        into.push_back({relation::less, bound.next()});
    }
}

/// The part that cannot be read, or nothing.
inline std::string_view version_range::read_group(std::string_view text, group& into) {
    constexpr std::string_view gaps = " \t,";
    const auto skip = [&](std::string_view& rest, std::string_view what) {
        // Also at its end `rest` points into the text: what is quoted in a fault is measured from there.
        rest.remove_prefix(std::min(rest.find_first_not_of(what), rest.size()));
    };
    const auto word = [&](std::string_view& rest) {
        const std::string_view taken = rest.substr(0, rest.find_first_of(gaps));
        rest.remove_prefix(taken.size());
        return taken;
    };
    std::string_view rest = text;
    if (const std::size_t hyphen = rest.find(" - "); hyphen != std::string_view::npos) {
        std::string_view from = rest.substr(0, hyphen), to = rest.substr(hyphen + 3);
        skip(from, gaps), skip(to, gaps);
        const std::string_view left = word(from), right = word(to);
        skip(from, gaps), skip(to, gaps);
        const auto lower = read_partial(left), upper = read_partial(right);
        if (!lower || !upper || !from.empty() || !to.empty()) return text;
        add_hyphen(*lower, *upper, into);
        return {};
    }
    for (skip(rest, gaps); !rest.empty(); skip(rest, gaps)) {
        const char* const begin = rest.data();
        const std::string_view sign = rest.substr(0, rest.find_first_not_of("<>=^~"));
        rest.remove_prefix(sign.size());
        skip(rest, " \t"); // "> 1.2" is ">1.2"
        const std::string_view named = word(rest);
        constexpr std::string_view known[] = {"", "<", "<=", "=", ">=", ">", "^", "~"};
        const auto bound = read_partial(named);
        if (!bound || std::find(std::begin(known), std::end(known), sign) == std::end(known))
            return {begin, static_cast<std::size_t>(named.data() + named.size() - begin)};
        add_comparator(sign, *bound, into);
    }
    return {};
}

inline result<version_range> read_range(std::string_view text) {
    using namespace detail;
    const auto refused = [&](std::string_view why) {
        return fault{codes::invalid_params,
                     join({"range \"", beginning_of(text, longest_version), "\": ", why})};
    };
    if (text.size() > longest_range)
        return refused(
            join({"expected at most ", digits(longest_range), " letters, got ", digits(text.size())}));
    version_range range;
    range.groups_.clear();
    range.text_ = text;
    std::string_view rest = text;
    for (bool more = true; more;) {
        const std::size_t bar = rest.find("||");
        more = bar != std::string_view::npos;
        version_range::group read;
        const std::string_view group = rest.substr(0, bar);
        if (const std::string_view wrong = version_range::read_group(group, read); !wrong.empty()) {
            const std::string_view why = has_too_large_number(wrong) ? too_large_number : "";
            return refused(join({"\"", beginning_of(wrong, longest_version), "\" is no range of versions",
                                 why.empty() ? "" : ": ", why}));
        }
        range.groups_.push_back(std::move(read));
        if (more) rest = rest.substr(bar + 2);
    }
    return range;
}

inline bool version_range::comparator::holds(const package_version& candidate,
                                             pre_releases which) const noexcept {
    const std::weak_ordering order = candidate <=> version;
    switch (compare) {
    case relation::less: return order < 0;
    case relation::at_most: return order <= 0;
    case relation::equal: return order == 0;
    case relation::greater: return order > 0;
    case relation::at_least:
        return order >= 0 || (which == pre_releases::all && opened && candidate.same_numbers(version));
    }
    return false;
}

inline bool version_range::contains(const package_version& version, pre_releases which) const noexcept {
    for (const group& all : groups_) {
        bool met = true, named = version.pre.empty() || which == pre_releases::all;
        for (const comparator& one : all) {
            met = met && one.holds(version, which);
            named = named || (!one.version.pre.empty() && one.version.same_numbers(version));
        }
        if (met && named) return true;
    }
    return false;
}

} // namespace tenon

#endif
