#ifndef TENON_JSON_DECODE_HPP
#define TENON_JSON_DECODE_HPP

// From bytes straight into a C++ value. The rules, by shape (json/describe.hpp):
//
// - object: unknown members are skipped, a member given twice is refused, a missing one is refused unless it
//   is a std::optional or omit_empty, or the struct says `static constexpr bool allow_missing = true`.
// - integers are exact and checked against the range of their type; a fraction is refused, even `1.0`.
// - an enum travels as its name; a duration as its count in its own unit; null is an empty optional.
// - a variant takes its first alternative that can read the value.
// - arrays, tuples and pairs need exactly their number of elements.
//
// Memory grows with what was received: a container whose elements are much larger than their JSON stops at
// a multiple of the text's length.

#include <tenon/json/reader.hpp>
#include <tenon/json/reflect.hpp>
#include <tenon/json/describe.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace tenon::detail {

// ---- integers, numbers and enums -----------------------------------------------------------------------------

/// Reads a value at `at` and returns the position behind it, null where it refused (json/reader.hpp, steps).
template <class T>
const char* decode_at(json_reader& in, const char* at, T& value);

/// Says what is wrong with the type of elements before their container is instantiated for reading, whose own
/// words would come first.
template <class T>
constexpr bool can_be_read() {
    static_assert(shape_of<T> != shape::unknown,
                  "tenon: this type cannot be described: it is neither a plain aggregate nor a known "
                  "container, and it has no describe() and no tenon::json_codec");
    static_assert(std::is_default_constructible_v<T>,
                  "tenon: a type that is read needs a default constructor");
    return true;
}

/// The same with the reader's own position, for callers outside of decode_at().
template <class T>
bool decode(json_reader& in, T& value) {
    return in.arrive(detail::decode_at(in, in.position(), value));
}

template <class T>
const char* decode_integer(json_reader& in, const char* at, T& value) {
    using limits = std::numeric_limits<T>;
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    Wide wide = 0; // g++ -O2 warns otherwise
    const char* end = nullptr;
    if constexpr (std::is_signed_v<T>) end = in.int64_at(at, wide);
    else end = in.uint64_at(at, wide);
    if (end == nullptr) return nullptr;
    if (wide < limits::min() || wide > limits::max())
        return in.refuse_at("integer out of range", in.behind_space(at), end);
    value = static_cast<T>(wide);
    return end;
}

template <class T>
const char* decode_number(json_reader& in, const char* at, T& value) {
    double wide = 0;
    const char* end = in.double_at(at, wide);
    if (end == nullptr) return nullptr;
    if constexpr (std::is_same_v<T, float>) {
        // Not by way of the double: rounded twice, 7.038531e-26 becomes the float beside the one it names.
        const char* start = in.behind_space(at);
        const std::string_view text(start, static_cast<std::size_t>(end - start));
        return number_from_text(text, value) ? end : in.refuse_at("number out of range", start, end);
    } else {
        value = static_cast<T>(wide);
        return end;
    }
}

/// `expected one of "red", "green"`, written once for all enums.
inline const char* refuse_name(json_reader& in, const char* start, const char* end, std::string_view names) {
    std::string sentence = "expected one of ";
    return in.refuse_at(sentence.append(names), start, end);
}

template <class T>
std::string list_enum_names() {
    std::string list;
    for (const auto& known : enum_names<T>) {
        if (!list.empty()) list += ", ";
        list.append(1, '"').append(known.name).append(1, '"');
    }
    return list;
}

template <class T>
bool find_enum(std::string_view name, T& value) {
    for (const auto& known : enum_names<T>)
        if (known.name == name) return value = known.value, true;
    return false;
}

template <class T>
const char* decode_enum(json_reader& in, const char* at, T& value) {
    std::string scratch;
    std::string_view name;
    const char* end = in.text_at(at, name, scratch);
    if (end == nullptr || find_enum(name, value)) return end;
    return refuse_name(in, in.behind_space(at), end, list_enum_names<T>());
}

// ---- containers ----------------------------------------------------------------------------------------------
// Every element is counted before it is stored; room is made for those that are likely still to come.

// --- arrays ---

/// Where to go on behind an element, given where it ended; null if it was refused.
inline json_reader::place behind_element(json_reader& in, const char* end, std::size_t index) {
    if (end == nullptr) return in.in_element(index), json_reader::place{nullptr, false};
    return in.after_element(end);
}

template <class T>
json_reader::place decode_element(json_reader& in, json_reader::place next, T& element, std::size_t index) {
    if (next.more) return behind_element(in, detail::decode_at(in, next.at, element), index);
    if (next.at != nullptr) in.refuse_at("too few elements", next.at, next.at);
    return {nullptr, false};
}

inline const char* expect_no_element(json_reader& in, json_reader::place next) {
    return next.more ? in.refuse_at("too many elements", next.at, next.at) : next.at;
}

inline bool no_more_elements(json_reader& in) {
    return in.next_element() ? in.refuse("too many elements") : !in.failed();
}

template <class T>
const char* decode_tuple(json_reader& in, const char* at, T& value) {
    using std::get; // and that of std::tuple, whose header is the author's to include
    json_reader::place next = in.open_array(at);
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        ((next = decode_element(in, next, get<Index>(value), Index)), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<T>>());
    return expect_no_element(in, next);
}

template <class T>
const char* decode_array(json_reader& in, const char* at, T& value) {
    json_reader::place next = in.open_array(at);
    for (std::size_t index = 0; index < value.size(); ++index)
        next = decode_element(in, next, value[index], index);
    return expect_no_element(in, next);
}

template <class T>
const char* decode_sequence(json_reader& in, const char* at, T& value) {
    using Element = typename T::value_type;
    static_assert(can_be_read<Element>());
    value.clear();
    json_reader::place next = in.open_array(at);
    for (std::size_t index = 0; next.more; ++index) {
        const char* end = nullptr;
        if constexpr (requires { value.reserve(value.capacity()); }) {
            if (index == value.capacity())
                value.reserve(in.expected_count(index, sizeof(Element), at, next.at));
        }
        if (in.afford(sizeof(Element), next.at)) {
            if constexpr (vector_like<T> && !std::is_same_v<Element, bool>) {
                end = detail::decode_at(in, next.at, value.emplace_back());
            } else {
                Element element{};
                end = detail::decode_at(in, next.at, element);
                if constexpr (vector_like<T>) value.push_back(element);
                else value.insert(std::move(element));
            }
        }
        next = behind_element(in, end, index);
    }
    return next.at;
}

// --- maps ---

/// Where to go on behind a member, given where its value ended; null if it was refused.
inline json_reader::place behind_member(json_reader& in, const char* end, std::string_view name) {
    if (end == nullptr) return in.in_member(name), json_reader::place{nullptr, false};
    return in.after_member(end);
}

template <class Key>
const char* decode_key(json_reader& in, const char* at, std::string_view text, Key& key) {
    if constexpr (std::is_same_v<Key, std::string>) {
        key = text;
        return at;
    } else if constexpr (std::is_enum_v<Key>) {
        return find_enum(text, key) ? at : refuse_name(in, at, at, list_enum_names<Key>());
    } else {
        json_reader digits(text);
        const bool spaced =
            text.empty() || text.front() <= ' ' || text.back() <= ' '; // a reader would skip it
        return !spaced && detail::decode(digits, key) && digits.finish()
                   ? at
                   : in.refuse_at("expected a number as the member's name", at, at);
    }
}

template <class T>
const char* decode_map(json_reader& in, const char* at, T& value) {
    using key_type = typename T::key_type;
    static_assert(is_map_key<key_type>, "tenon: a map's key must be a std::string, an integer or an enum");
    static_assert(can_be_read<typename T::mapped_type>());
    value.clear();
    json_reader::place next = in.open_object(at);
    while (next.more) {
        std::string_view name;
        at = in.name_at(next.at, name);
        if (at == nullptr) return nullptr;
        key_type key{};
        if (!in.afford(sizeof(typename T::value_type), at) || decode_key(in, at, name, key) == nullptr)
            return in.in_member(name), nullptr;
        const auto [place, added] = value.try_emplace(std::move(key));
        if (!added) return in.refuse_at("duplicate member", at, at), in.in_member(name), nullptr;
        // The name is gone once the value is read; the map still has it, or it is a short one.
        if constexpr (std::is_same_v<key_type, std::string>) {
            next = behind_member(in, detail::decode_at(in, at, place->second), place->first);
        } else {
            const std::string spelled(name);
            next = behind_member(in, detail::decode_at(in, at, place->second), spelled);
        }
    }
    return next.at;
}

// ---- structs -------------------------------------------------------------------------------------------------
// Members are expected in the order of the struct; as soon as one is not, the rest are looked up by name.

template <class T, std::size_t... Index, class... Member>
constexpr std::uint64_t required_bits(std::index_sequence<Index...>, type_list<Member...>) {
    if constexpr (allows_missing<T>) return 0;
    else
        return ((may_be_absent<Member> || member_marks<T>[Index] == member_mark::omit_empty
                     ? 0u
                     : std::uint64_t{1} << Index) |
                ... | 0u);
}

inline const char* refuse_missing(json_reader& in, const char* start, const char* end,
                                  const std::string_view* names, std::uint64_t missing) {
    in.refuse_at("missing", in.behind_space(start), end);
    return in.in_member(names[__builtin_ctzll(missing)]), nullptr;
}

/// The index of `name`, or `count`.
inline std::size_t find_name(std::string_view name, const std::string_view* names, std::size_t count) {
    std::size_t index = 0;
    while (index != count && names[index] != name) ++index;
    return index;
}

template <class T, std::size_t... Index, class... Member>
const char* decode_members(json_reader& in, const char* at, std::index_sequence<Index...> indices,
                           Member&... members) {
    static_assert(sizeof...(Index) <= 64,
                  "tenon: a struct of more than 64 members needs a tenon::json_codec");
    constexpr const auto& names = member_names<T>;
    std::uint64_t seen = 0;
    json_reader::place next = in.open_object(at);
    while (next.more) {
        // Peers write members in the order of the struct, as we do: see whether each comes next, at the price of
        // one comparison of known length. Members in another order are found in as many turns as they have
        // runs in ours, which is quicker than a search for each of their names.
        const std::uint64_t before = seen;
        ((next.more && in.is_label_at(next.at, member_label<T, Index>) &&
          ((seen >> Index & 1) != 0 ||
           (seen |= std::uint64_t{1} << Index,
            next =
                behind_member(in, detail::decode_at(in, next.at + member_label<T, Index>.size() - 1, members),
                              names[Index]),
            true))),
         ...);
        if (!next.more) break;
        if (seen != before) continue;
        // A name that we do not know, or know in another spelling, or have read before.
        std::string_view name;
        const char* value = in.name_at(next.at, name);
        if (value == nullptr) return nullptr;
        const std::size_t found = find_name(name, names.data(), names.size());
        if (found == names.size()) {
            if constexpr (allows_unknown<T>) value = in.skip_at(value);
            else value = in.skip_unknown_at(value, name, names.data(), names.size());
            if (value == nullptr) return nullptr;
            next = in.after_member(value);
            continue;
        }
        if ((seen >> found & 1) != 0) in.refuse_at("duplicate member", value, value), value = nullptr;
        seen |= std::uint64_t{1} << found;
        if (value != nullptr)
            static_cast<void>(
                ((found == Index && (value = detail::decode_at(in, value, members), true)) || ...));
        next = behind_member(in, value, names[found]);
    }
    constexpr std::uint64_t required = required_bits<T>(indices, type_list<Member...>());
    if ((seen & required) != required && next.at != nullptr)
        return refuse_missing(in, at, next.at, names.data(), required & ~seen);
    return next.at;
}

template <class T>
const char* decode_object(json_reader& in, const char* at, T& value) {
    if constexpr (member_count<T> == 0) {
        in.arrive(at);
        return in.depart(in.enter_object() && in.skip_members());
    } else {
        return detail::visit_members(value, [&](auto&... members) {
            return decode_members<T>(in, at, std::make_index_sequence<sizeof...(members)>(), members...);
        });
    }
}

// ---- the others, and which is which --------------------------------------------------------------------------

template <class T>
const char* decode_optional(json_reader& in, const char* at, T& value) {
    static_assert(can_be_read<typename T::value_type>());
    if (!in.null_next(at)) return detail::decode_at(in, at, value.emplace());
    value.reset();
    return in.null_at(at);
}

template <class T, std::size_t Index = 0>
const char* decode_variant(json_reader& in, T& value, json_reader::mark start) {
    static_assert(can_be_read<std::variant_alternative_t<Index, T>>());
    auto& alternative = value.template emplace<Index>();
    const char* end = detail::decode_at(in, start.at, alternative);
    if (end != nullptr) return end;
    if (!in.retry_from(start)) return nullptr;
    if constexpr (Index + 1 < std::variant_size_v<T>) return decode_variant<T, Index + 1>(in, value, start);
    else return in.refuse_at("expected one of several types, got none of them", start.at, start.at);
}

template <class T>
const char* decode_codec(json_reader& in, const char* at, T& value) {
    in.arrive(at);
    // A codec may just say no. Where the reader has refused already, its words stay.
    return in.depart(json_codec<T>::read(in, value) ||
                     in.refuse("refused by the codec of its type", in.behind_space(at)));
}

template <class T>
const char* decode_foreign(json_reader& in, const char* at, T& value) {
    std::string_view text;
    const char* end = in.slice_at(at, text);
    if (end == nullptr) return nullptr;
    value = T::parse(text, nullptr, false);
    return value.is_discarded() ? in.refuse_at("refused by the JSON library of its type", text.data(), end)
                                : end;
}

template <class T>
const char* decode_at(json_reader& in, const char* at, T& value) {
    constexpr shape form = shape_of<T>;
    static_assert(can_be_read<T>());
    if constexpr (form == shape::codec) return decode_codec(in, at, value);
    else if constexpr (form == shape::any) return in.arrive(at), in.depart(value.read(in));
    else if constexpr (form == shape::foreign) return decode_foreign(in, at, value);
    else if constexpr (form == shape::null) return in.null_at(at);
    else if constexpr (form == shape::boolean) return in.bool_at(at, value);
    else if constexpr (std::is_same_v<T, std::int64_t>) return in.int64_at(at, value);
    else if constexpr (std::is_same_v<T, std::uint64_t>) return in.uint64_at(at, value);
    else if constexpr (std::is_same_v<T, double>) return in.double_at(at, value);
    else if constexpr (form == shape::integer) return decode_integer(in, at, value);
    else if constexpr (form == shape::number) return decode_number(in, at, value);
    else if constexpr (form == shape::enumeration) return decode_enum(in, at, value);
    else if constexpr (form == shape::text) {
        static_assert(std::is_same_v<T, std::string>,
                      "tenon: text is read into a std::string, which owns it");
        return in.string_at(at, value);
    } else if constexpr (form == shape::optional) return decode_optional(in, at, value);
    else if constexpr (form == shape::duration) {
        typename T::rep count{};
        const char* end = detail::decode_at(in, at, count);
        if (end != nullptr) value = T(count);
        return end;
    } else if constexpr (form == shape::variant) return in.arrive(at), decode_variant(in, value, in.here());
    else if constexpr (form == shape::tuple) return decode_tuple(in, at, value);
    else if constexpr (form == shape::array) return decode_array(in, at, value);
    else if constexpr (form == shape::map) return decode_map(in, at, value);
    else if constexpr (form == shape::sequence) return decode_sequence(in, at, value);
    else if constexpr (form == shape::object) return decode_object(in, at, value);
    else return nullptr;
}

} // namespace tenon::detail

namespace tenon {

/// Reads a whole JSON text. A fault names the path and the byte: `files[2].path: expected string, got number
/// at byte 71`.
template <class T>
result<T> from_json(std::string_view text, json_origin origin = {}) {
    // Read where it will stay: to move a small struct costs as much as to read it.
    result<T> parsed(std::in_place);
    json_reader in(text, origin);
    if (!detail::decode(in, *parsed) || !in.finish()) parsed = in.error();
    return parsed;
}

} // namespace tenon

namespace tenon::detail {

// Parameters as JSON-RPC has them: an object by the names of its members, or an array by their positions. A list that
// is shorter than the members leaves out what may be absent; one that is longer is refused.

/// Reads members by position.
template <class M>
bool decode_positions(json_reader& in, M& message) {
    if (!in.enter_array()) return false;
    return visit_members(message, [&](auto&... members) {
        std::size_t index = 0;
        std::uint32_t seen = 0;
        bool more = true, good = true;
        const auto take = [&](auto& member) {
            more = more && good && in.next_element();
            if (!more || !good) return;
            good = decode(in, member) || in.in_element(index);
            seen |= std::uint32_t{1} << index++;
        };
        (take(members), ...);
        if (!good || in.failed()) return false;
        if (more && !no_more_elements(in)) return false;
        constexpr std::uint32_t required =
            required_bits<M>(std::make_index_sequence<sizeof...(members)>(),
                             type_list<std::remove_reference_t<decltype(members)>...>());
        return (seen & required) == required || in.refuse("too few elements");
    });
}

template <class M>
bool decode_message(json_reader& in, M& message) {
    if constexpr (shape_of<M> == shape::object) {
        if (in.peek() == json_kind::array) {
            if constexpr (member_count<M> == 0) return in.enter_array() && no_more_elements(in);
            else return decode_positions(in, message);
        }
    }
    return decode(in, message);
}

} // namespace tenon::detail

#endif
