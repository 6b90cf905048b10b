#ifndef TENON_JSON_DECODE_OBJECT_HPP
#define TENON_JSON_DECODE_OBJECT_HPP

// The structs of json/decode.hpp. Members are expected in the order of the struct; as soon as one is not, the
// rest are looked up by name.

#include <tenon/json/decode_container.hpp>

#include <cstdint>

namespace tenon::detail {

template <class T, std::size_t... Index, class... Member>
constexpr std::uint64_t required_bits(std::index_sequence<Index...>, type_list<Member...>) {
    if constexpr (allows_missing<T>) return 0;
    else return ((may_be_absent<Member> ? 0u : std::uint64_t{1} << Index) | ... | 0u);
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

} // namespace tenon::detail

#endif
