#ifndef TENON_PACKAGES_FORMAT_MANIFEST_VALUES_HPP
#define TENON_PACKAGES_FORMAT_MANIFEST_VALUES_HPP

// The values that a manifest is made of, read from JSON that was checked as a whole. What a value may not be is a
// finding at its path, and the others are read on: an author sees all that is wrong at once.

#include <tenon/core/text.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/json/same_value.hpp>
#include <tenon/json/value.hpp>
#include <tenon/packages/format/manifest_finding.hpp>
#include <tenon/packages/format/package_files.hpp>
#include <tenon/packages/format/package_path.hpp>
#include <tenon/packages/format/package_version.hpp>
#include <tenon/packages/format/version_range.hpp>
#include <tenon/session/names.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// What it is in words: "expected a text, got a number" reads better than JSON's bare names.
constexpr std::string_view words_of(json_kind kind) noexcept {
    switch (kind) {
    case json_kind::null: return "null";
    case json_kind::boolean: return "true or false";
    case json_kind::number: return "a number";
    case json_kind::string: return "a text";
    case json_kind::array: return "a list";
    case json_kind::object: return "an object";
    case json_kind::none: break;
    }
    return "nothing";
}

inline constexpr std::string_view no_shared_library =
    "plugins are processes, and a shared library is none: build a program that speaks the protocol";

constexpr bool is_shared_library(std::string_view path) noexcept {
    for (const std::string_view ending : {".so", ".dll", ".dylib"})
        if (path.size() > ending.size() &&
            equals_ignoring_case(path.substr(path.size() - ending.size()), ending))
            return true;
    return path.find(".so.") != std::string_view::npos;
}

/// "128Mi" as 134217728, "1.5" as 1500 thousandths: Kubernetes' quantities, in thousandths; false where it is none.
constexpr bool read_quantity(std::string_view text, std::uint64_t& thousandths) noexcept {
    const std::size_t end = text.find_first_not_of("0123456789.");
    std::string_view number = text.substr(0, end),
                     unit = end == std::string_view::npos ? "" : text.substr(end);
    constexpr struct {
        std::string_view name;
        std::uint64_t thousandths;
    } units[] = {{"", 1'000},
                 {"m", 1},
                 {"k", 1'000'000},
                 {"M", 1'000'000'000},
                 {"G", 1'000'000'000'000},
                 {"Ki", 1'000ull << 10},
                 {"Mi", 1'000ull << 20},
                 {"Gi", 1'000ull << 30}};
    for (const auto& [name, size] : units) {
        if (name != unit) continue;
        std::uint64_t whole = 0, part = 0, parts = 1;
        const std::size_t point = number.find('.');
        if (!read_number(number.substr(0, point), whole)) return false;
        if (point != std::string_view::npos) {
            const std::string_view behind = number.substr(point + 1);
            if (behind.empty() || behind.size() > 3 || !is_number(behind)) return false;
            for (const char digit : behind) {
                part = part * 10 + static_cast<std::uint64_t>(digit - '0');
                parts *= 10;
            }
        }
        if (whole > std::numeric_limits<std::uint64_t>::max() / size / 2) return false;
        thousandths = whole * size + part * size / parts;
        return true;
    }
    return false;
}

/// "My Plugin" as "my-plugin": what a name may be, nearest to what it is; empty where nothing of it may stay.
inline std::string plain_plugin_name(std::string_view name) {
    std::string plain;
    for (const char letter : name) {
        const char small = lower(letter);
        const bool stays =
            (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9') || small == '_' || small == '.';
        const char next = stays ? small : '-';
        const bool parts = next == '-' || next == '_' || next == '.';
        if (parts && (plain.empty() || plain.back() == '-' || plain.back() == '_' || plain.back() == '.'))
            continue;
        plain.push_back(next);
        if (plain.size() == longest_plugin_name) break;
    }
    while (!plain.empty() && (plain.back() == '-' || plain.back() == '_' || plain.back() == '.'))
        plain.pop_back();
    return plain;
}
inline std::string local_id(std::string_view name) {
    const std::string plain = plain_plugin_name(name);
    return plain.empty() ? plain : join({"local.", plain});
}

/// What is wrong with an id of a manifest. In one there has to be a dot: a word alone is nobody's.
constexpr std::string_view flaw_of_own_id(std::string_view id) noexcept {
    if (const auto flaw = flaw_of_package_id(id); !flaw.empty()) return flaw;
    return id.find('.') == std::string_view::npos ? "expected a dot, as in dev.example.moderator"
                                                  : std::string_view();
}

class manifest_values {
public:
    using text = std::string_view;

    finding_list found;

    // --- plain values ---

    bool is(json_kind wanted, text path, text value) {
        const json_kind kind = kind_of(value.front());
        if (kind == wanted) return true;
        found.error(path, join({"expected ", words_of(wanted), ", got ", words_of(kind)}));
        return false;
    }
    /// Any text without NUL, which no argument and no name can have.
    bool any_text(text path, text value, std::string& into) {
        if (!is(json_kind::string, path, value)) return false;
        std::string scratch;
        const text plain = plain_text(value, scratch);
        if (plain.find('\0') != text::npos) return refuse(path, "expected a text without NUL");
        into.assign(plain);
        return true;
    }
    /// One line, as it is shown in a list.
    bool line(text path, text value, std::string& into) {
        std::string read;
        if (!any_text(path, value, read)) return false;
        if (read.size() > 1'024)
            return refuse(path, join({"expected at most 1024 bytes, got ", digits(read.size())}));
        for (const char letter : read)
            if (is_control(letter)) return refuse(path, "expected one line without control characters");
        into = std::move(read);
        return true;
    }
    bool boolean(text path, text value, bool& into) {
        if (!is(json_kind::boolean, path, value)) return false;
        into = value == "true";
        return true;
    }
    bool integer(text path, text value, int least, int most, int& into) {
        json_reader in(value);
        std::int64_t read = 0;
        if (!is(json_kind::number, path, value)) return false;
        const bool whole = in.read_int64(read);
        if (!whole || read < least || read > most)
            return refuse(path, join({"expected a whole number from ", signed_text(least), " to ",
                                      signed_text(most), ", got ", beginning_of(value, 40)}));
        into = static_cast<int>(read);
        return true;
    }
    bool object(text path, text value, json& into) {
        if (!is(json_kind::object, path, value)) return false;
        if (auto read = json::parse(value)) into = std::move(*read);
        return true;
    }

    // --- lists and objects ---

    template <class Visit>
    void each_element(text path, text value, Visit visit) {
        if (!is(json_kind::array, path, value)) return;
        checked_elements elements(value);
        std::size_t at = 0;
        for (text inner; elements.next(inner); ++at) visit(join({path, "[", digits(at), "]"}), inner);
    }
    /// Each member once; the name without escapes.
    template <class Visit>
    void each_member(text path, text value, Visit visit) {
        if (!is(json_kind::object, path, value)) return;
        std::map<std::string, bool, std::less<>> seen;
        checked_members members(value);
        std::string scratch;
        for (text name, inner; members.next(name, inner);) {
            const std::string plain(plain_text({name.data() - 1, name.size() + 2}, scratch));
            const std::string at =
                path.empty() ? plain : join({path, ".", beginning_of(plain, longest_event_type)});
            if (!seen.try_emplace(plain, true).second)
                found.error(at, "it is there twice", "systems differ in which of the two counts");
            else visit(at, text(plain), inner);
        }
    }
    void texts(text path, text value, std::vector<std::string>& into) {
        into.clear();
        each_element(path, value, [&](text at, text inner) {
            if (std::string read; any_text(at, inner, read)) into.push_back(std::move(read));
        });
    }

    // --- what packages are made of ---

    bool version(text path, text value, package_version& into) {
        std::string read;
        if (!line(path, value, read)) return false;
        auto version = read_version(read);
        if (!version) {
            const text bare = read.starts_with('v') ? text(read).substr(1) : text(read);
            std::string meant(bare);
            for (int zeros = 0; zeros < 2 && !read_version(meant); ++zeros) meant += ".0";
            return refuse(path, std::move(version).error().message,
                          read_version(meant) ? join({"write \"", meant, "\""}) : std::string());
        }
        into = std::move(*version);
        return true;
    }
    /// `text` as a range; `path` is where it stands.
    bool range(text path, text written, version_range& into) {
        auto range = read_range(written);
        if (!range) return refuse(path, std::move(range).error().message);
        if (range->is_exact() && !written.starts_with('='))
            found.warn(path, join({"\"", written, "\" means this version and no other"}),
                       join({"for all that are compatible with it, write \"^", written, "\""}));
        into = std::move(*range);
        return true;
    }
    bool range_value(text path, text value, version_range& into) {
        std::string written;
        return line(path, value, written) && range(path, written, into);
    }
    /// A file in the package.
    bool path_value(text path, text value, std::string& into) {
        std::string written;
        if (!line(path, value, written)) return false;
        text plain = written;
        if (plain.starts_with("./")) plain.remove_prefix(2);
        if (const text flaw = flaw_of_path(plain); !flaw.empty())
            return refuse(path, join({"\"", beginning_of(written, longest_package_path), "\": ", flaw}),
                          "expected a file in the package, as in bin/moderator");
        into.assign(plain);
        return true;
    }
    /// What people may follow. Of other addresses a page could make a link that runs a script.
    void link(text path, text value, std::string& into) {
        std::string written;
        if (!line(path, value, written)) return;
        if (written.starts_with("https://") || written.starts_with("http://")) into = std::move(written);
        else found.warn(path, "it is left out", "expected an address that begins with https:// or http://");
    }

    bool refuse(text path, std::string why, std::string hint = {}) {
        found.error(path, std::move(why), std::move(hint));
        return false;
    }

private:
    static std::string signed_text(int number) {
        return number < 0 ? join({"-", digits(static_cast<std::uint64_t>(-std::int64_t{number}))})
                          : join({digits(static_cast<std::uint64_t>(number))});
    }
};

} // namespace tenon::detail

#endif
