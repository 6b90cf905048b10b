#ifndef TENON_PACKAGES_FORMAT_PACKAGE_PATH_HPP
#define TENON_PACKAGES_FORMAT_PACKAGE_PATH_HPP

// Names of files in a package. A name means the same file on every system or is refused: it cannot leave its folder,
// cannot be written in two ways, and two names cannot be one file where the case of letters does not count.

#include <tenon/core/text.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace tenon::detail {

inline constexpr std::size_t longest_package_path = 255, deepest_package_path = 16;

/// Letters, digits and what is harmless to a shell's user, a URL's and Windows'. Everything else has a second reading.
constexpr bool is_path_letter(char letter) noexcept {
    if ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
        (letter >= '0' && letter <= '9'))
        return true;
    constexpr std::string_view others = "._-+@ ()[],=~";
    return others.find(letter) != std::string_view::npos;
}

/// Windows takes them for devices, with any ending.
constexpr bool is_device(std::string_view part) noexcept {
    part = part.substr(0, part.find('.'));
    for (const std::string_view name : {"con", "prn", "aux", "nul"})
        if (equals_ignoring_case(part, name)) return true;
    return part.size() == 4 && part[3] >= '1' && part[3] <= '9' &&
           (equals_ignoring_case(part.substr(0, 3), "com") || equals_ignoring_case(part.substr(0, 3), "lpt"));
}

/// What is wrong with a path, or nothing.
constexpr std::string_view flaw_of_path(std::string_view path) noexcept {
    if (path.empty()) return "it has no name";
    if (path.size() > longest_package_path) return "its name is longer than 255 letters";
    if (path.front() == '/') return "its name begins with /";
    for (std::size_t depth = 1;; ++depth) {
        if (depth > deepest_package_path) return "it is more than 16 folders deep";
        const std::size_t end = path.find('/');
        const std::string_view part = path.substr(0, end);
        if (part.empty()) return "its name has an empty part";
        if (part == "." || part == "..") return "its name leads elsewhere";
        for (const char letter : part)
            if (!is_path_letter(letter))
                return "its name has other letters than 0-9, A-Z, a-z and ._-+@ ()[],=~";
        // Windows drops both.
        if (part.back() == '.' || part.back() == ' ' || part.front() == ' ')
            return "a part of its name begins or ends with a blank or ends with a dot";
        if (is_device(part)) return "a part of its name is a device of Windows";
        if (end == std::string_view::npos) return {};
        path.remove_prefix(end + 1);
    }
}

/// The paths of one package, each a file of its own. None is taken that is another's folder.
class path_set {
public:
    /// What is wrong with it beside the others, or nothing: then it is one of them.
    std::string_view add(std::string_view path) {
        std::string folded = lower_case(path);
        for (std::size_t slash = folded.find('/'); slash != std::string::npos;
             slash = folded.find('/', slash + 1)) {
            const auto [place, made] =
                kinds_.try_emplace(folded.substr(0, slash), folder{std::string(path.substr(0, slash))});
            if (place->second.path.empty()) return "one of its folders is a file";
            if (place->second.path != path.substr(0, slash))
                return "one of its folders differs from another by the case of letters only";
        }
        const auto [place, made] = kinds_.try_emplace(std::move(folded), folder{});
        if (made) return {};
        return place->second.path.empty() ? "it is there twice" : "it is a folder, too";
    }

private:
    struct folder {
        std::string path; // or empty: a file
    };
    std::map<std::string, folder, std::less<>> kinds_;
};

} // namespace tenon::detail

#endif
