#ifndef TENON_PLUGIN_REQUESTS_HPP
#define TENON_PLUGIN_REQUESTS_HPP

// What the host's requests carry, as the engine reads it before a handler's type is known: members by name, or by
// position where they come as an array, as slices of the input. One plain loop for all of them, because structs
// and their decoders would cost every plugin more compile time than its own messages do.

#include <tenon/core/version.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/json/reader.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::detail {

/// One member that is looked for; `value` is its JSON text, empty where it is absent or null.
struct field {
    std::string_view name;
    std::size_t position; // in the tables of docs/protocol.md
    std::string_view value = {};
};

/// Which of `fields` has this name, or their end.
inline field* field_named(std::string_view name, field* fields, std::size_t count) noexcept {
    field* const end = fields + count;
    while (fields != end && !same_text(fields->name, name)) ++fields;
    return fields;
}

inline bool read_positions(json_reader& in, field* fields, std::size_t count) {
    if (!in.enter_array()) return false;
    for (std::size_t position = 0; in.next_element(); ++position) {
        std::string_view value;
        if (!in.read_slice(value)) return in.in_element(position);
        for (std::size_t index = 0; index < count; ++index)
            if (fields[index].position == position && value != "null") fields[index].value = value;
    }
    return in.finish();
}

/// Everything that a name may be, and words for what is wrong.
[[gnu::cold]] inline bool read_unusual_fields(json_reader& in, field* fields, std::size_t count) {
    if (in.peek() == json_kind::array) return read_positions(in, fields, count);
    if (!in.enter_object()) return false;
    std::string_view name;
    while (in.next_member(name)) {
        field* const wanted = field_named(name, fields, count);
        std::string_view value;
        if (!in.read_slice(value)) return in.in_member(name);
        if (wanted == fields + count || same_text(value, "null")) continue;
        if (!wanted->value.empty()) return in.refuse("duplicate member"), in.in_member(wanted->name);
        wanted->value = value;
    }
    return in.finish();
}

/// Of `text`, which is known to be JSON, as all of its message is. False, and nothing is known: it is no object, a name
/// is escaped, or comes twice.
inline bool find_fields(std::string_view text, field* fields, std::size_t count) noexcept {
    if (text.empty() || text.front() != '{') return false;
    checked_members members(text);
    for (std::string_view name, value; members.next(name, value);) {
        field* const wanted = field_named(name, fields, count);
        if (wanted == fields + count) {
            if (name.find('\\') != name.npos) return false;
            continue;
        }
        if (same_text(value, "null")) continue;
        if (!wanted->value.empty()) return false;
        wanted->value = value;
    }
    return true;
}

/// False, with a fault in `in`, which has not read anything of `text` yet.
inline bool read_fields(json_reader& in, std::string_view text, field* fields, std::size_t count) {
    if (find_fields(text, fields, count)) return true;
    for (std::size_t index = 0; index < count; ++index) fields[index].value = {};
    return read_unusual_fields(in, fields, count);
}

/// The string that `value` is, unescaped into `scratch` where it has to be; empty if it is no string. `value` is
/// a field's, so it is known to be JSON.
inline std::string_view text_of(std::string_view value, std::string& scratch) {
    if (value.empty() || value.front() != '"') return {};
    if (value.find('\\') == value.npos) return value.substr(1, value.size() - 2);
    json_reader in(value);
    std::string_view text;
    return in.read_text(text, scratch) ? text : std::string_view();
}

/// The integer that `value` is, or -1 where it is none.
inline std::int64_t integer_of(std::string_view value) {
    const char* const end = value.data() + value.size();
    std::int64_t number;
    if (!value.empty() && read_short_integer(value.data(), end, number) == end) return number;
    json_reader in(value);
    return in.peek() == json_kind::number && in.read_int64(number) ? number : -1;
}

/// Whether the list of versions names ours. Hosts that name none speak the first.
inline bool offers_our_version(std::string_view versions) {
    if (versions.empty()) return protocol_version == 1;
    json_reader in(versions);
    if (!in.enter_array()) return false;
    std::int64_t version;
    while (in.next_element() && in.read_int64(version))
        if (version == protocol_version) return true;
    return false;
}

} // namespace tenon::detail

#endif
