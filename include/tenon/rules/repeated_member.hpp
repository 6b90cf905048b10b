#ifndef TENON_RULES_REPEATED_MEMBER_HPP
#define TENON_RULES_REPEATED_MEMBER_HPP

// Whether an object has a member twice. A typed reader refuses that by itself; text that is passed on as it came has to
// be asked, because one reader would take the first of them and another one the last.

#include <tenon/core/text.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/json/reader.hpp>
#include <tenon/json/same_value.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

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
