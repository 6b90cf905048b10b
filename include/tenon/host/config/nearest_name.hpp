#ifndef TENON_HOST_CONFIG_NEAREST_NAME_HPP
#define TENON_HOST_CONFIG_NEAREST_NAME_HPP

// Which of the known names somebody may have meant: "jiter" is jitter, "max_retries" is maxRetries. Letters that are
// left out, put in, changed or swapped count one each; case, '-' and '_' count nothing. A third of a name may be wrong,
// beyond that a guess would be no help.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

inline std::string plain_letters(std::string_view name) {
    std::string plain;
    for (const char byte : name)
        if (byte >= 'A' && byte <= 'Z') plain.push_back(static_cast<char>(byte - 'A' + 'a'));
        else if (byte != '-' && byte != '_') plain.push_back(byte);
    return plain;
}

inline std::size_t distance_of(std::string_view one, std::string_view other) {
    // Three rows of the table of distances between beginnings: the last but one is for swapped letters.
    const std::size_t width = other.size() + 1;
    std::vector<std::size_t> before(width), last(width), row(width);
    for (std::size_t at = 0; at < width; ++at) last[at] = at;
    for (std::size_t from = 1; from <= one.size(); ++from) {
        row[0] = from;
        for (std::size_t to = 1; to < width; ++to) {
            const bool same = one[from - 1] == other[to - 1];
            row[to] = std::min({last[to] + 1, row[to - 1] + 1, last[to - 1] + (same ? 0 : 1)});
            if (from > 1 && to > 1 && one[from - 1] == other[to - 2] && one[from - 2] == other[to - 1])
                row[to] = std::min(row[to], before[to - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[width - 1];
}

/// One of `known`, or nothing.
inline std::string_view nearest_name(std::string_view given, const std::vector<std::string_view>& known) {
    constexpr std::size_t longest = 64;
    if (given.size() > longest) return {};
    const std::string wanted = plain_letters(given);
    std::string_view nearest;
    std::size_t least = std::max<std::size_t>(wanted.size() / 3, 1) + 1;
    for (const std::string_view name : known)
        if (const std::size_t distance = distance_of(wanted, plain_letters(name)); distance < least) {
            least = distance;
            nearest = name;
        }
    return nearest;
}

} // namespace tenon::detail

#endif
