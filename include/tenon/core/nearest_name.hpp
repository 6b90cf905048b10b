#ifndef TENON_CORE_NEAREST_NAME_HPP
#define TENON_CORE_NEAREST_NAME_HPP

// Which of the known names was probably meant: "jiter" is jitter, "max_retries" is maxRetries. Letters that are
// left out, put in, changed or swapped count one each; case, '-' and '_' count nothing. A third of a name may be wrong,
// beyond that a guess would be no help.

#include <tenon/core/text.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tenon::detail {

/// Longer names are not compared: a guess costs the product of two lengths.
inline constexpr std::size_t longest_guess = 64;

/// A name as it is compared.
class plain_name {
public:
    /// Of at most longest_guess bytes.
    explicit plain_name(std::string_view name) noexcept {
        for (const char byte : name)
            if (byte != '-' && byte != '_')
                letters_[size_++] = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
    }
    operator std::string_view() const noexcept { return {letters_, size_}; }

private:
    char letters_[longest_guess];
    std::size_t size_ = 0;
};

/// Of two texts of at most longest_guess bytes.
inline std::size_t distance_of(std::string_view one, std::string_view other) noexcept {
    // Three rows of the table of distances between beginnings: the last but one is for swapped letters.
    std::size_t rows[3][longest_guess + 1];
    std::size_t *before = rows[0], *last = rows[1], *row = rows[2];
    const auto least = [](std::size_t a, std::size_t b) { return a < b ? a : b; };
    for (std::size_t at = 0; at <= other.size(); ++at) last[at] = at;
    for (std::size_t from = 1; from <= one.size(); ++from) {
        row[0] = from;
        for (std::size_t to = 1; to <= other.size(); ++to) {
            const bool same = one[from - 1] == other[to - 1];
            row[to] = least(least(last[to], row[to - 1]) + 1, last[to - 1] + (same ? 0 : 1));
            if (from > 1 && to > 1 && one[from - 1] == other[to - 2] && one[from - 2] == other[to - 1])
                row[to] = least(row[to], before[to - 2] + 1);
        }
        std::size_t* const oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[other.size()];
}

/// One of `known`, or nothing.
inline std::string_view nearest_name(std::string_view given, std::span<const std::string_view> known) {
    if (given.size() > longest_guess) return {};
    const plain_name plain(given);
    const std::string_view wanted = plain;
    std::string_view nearest;
    const std::size_t may_be_wrong = wanted.size() / 3;
    std::size_t least = (may_be_wrong > 1 ? may_be_wrong : 1) + 1;
    for (const std::string_view name : known) {
        if (name.size() > longest_guess) continue;
        const std::size_t distance = distance_of(wanted, plain_name(name));
        if (distance >= least) continue;
        least = distance;
        nearest = name;
    }
    return nearest;
}

/// What may stand behind "unknown member": `; did you mean "jitter"?`, or nothing.
inline std::string or_meant(std::string_view given, std::span<const std::string_view> known) {
    const std::string_view meant = nearest_name(given, known);
    return meant.empty() ? join({}) : join({"; did you mean \"", meant, "\"?"});
}

} // namespace tenon::detail

#endif
