#ifndef TENON_JSON_SAME_VALUE_HPP
#define TENON_JSON_SAME_VALUE_HPP

// Whether two JSON texts that a reader has accepted are the same value: how strings and numbers are spelled, the order of
// members and the space between them do not matter. Takes time in proportion to both texts, whatever stands in them, so
// it may be asked about texts of strangers: objects are compared by hashes that do not depend on their order. Of two that
// somebody made to collide it says that they are the same.

#include <tenon/json/checked.hpp>
#include <tenon/json/decimal.hpp>
#include <tenon/json/reader.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::detail {

/// What the string `written`, with its quotes, says; unescaped into `scratch` where it has to be.
inline std::string_view plain_text(std::string_view written, std::string& scratch) {
    if (written.find('\\') == written.npos) return written.substr(1, written.size() - 2);
    json_reader in(written);
    std::string_view text;
    return in.read_text(text, scratch) ? text : std::string_view();
}

constexpr std::uint64_t mixed(std::uint64_t value) noexcept { // as splitmix64 ends
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

inline std::uint64_t text_hash(std::string_view text) noexcept {
    std::uint64_t hash = 0xCBF29CE484222325u;
    for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3u;
    return hash;
}

/// The same for values that are the same.
inline std::uint64_t value_hash(std::string_view value) {
    const json_kind kind = kind_of(value.front());
    std::uint64_t hash = 0;
    std::string scratch;
    if (kind == json_kind::object) {
        checked_members members(value);
        for (std::string_view name, inner; members.next(name, inner);)
            hash += mixed(text_hash(plain_text({name.data() - 1, name.size() + 2}, scratch)) +
                          3 * value_hash(inner));
    } else if (kind == json_kind::array) {
        checked_elements elements(value);
        for (std::string_view inner; elements.next(inner);) hash = mixed(hash + value_hash(inner));
    } else if (kind == json_kind::number) {
        hash = decimal(value).hash();
    } else {
        hash = text_hash(kind == json_kind::string ? plain_text(value, scratch) : value);
    }
    return mixed(hash + static_cast<std::uint64_t>(kind));
}

inline bool same_value(std::string_view one, std::string_view other) {
    const json_kind kind = kind_of(one.front());
    if (kind != kind_of(other.front())) return false;
    if (kind == json_kind::number) return decimal(one) == decimal(other);
    if (kind == json_kind::string) {
        std::string scratch, other_scratch;
        return plain_text(one, scratch) == plain_text(other, other_scratch);
    }
    return one == other || value_hash(one) == value_hash(other);
}

} // namespace tenon::detail

#endif
