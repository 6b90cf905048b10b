#ifndef TENON_JSON_POSITIONS_HPP
#define TENON_JSON_POSITIONS_HPP

// Parameters as JSON-RPC has them: an object by the names of its members, or an array by their positions. A list that
// is shorter than the members leaves out what may be absent; one that is longer is refused.

#include <tenon/json/decode.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace tenon::detail {

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
