#ifndef TENON_PLUGIN_MESSAGE_HPP
#define TENON_PLUGIN_MESSAGE_HPP

// What a struct that is received says of itself, beside its members:
//
//     static constexpr auto event = "message.incoming";   // or "message.*", or "*"
//     static constexpr auto command = "greet";
//     static constexpr auto route = "GET /rooms/{name}";
//
// and, where it matters: `description`; for events `priority` and `stop_on_failure`; for routes `auth`; for
// commands that answer later `using result = ...`.

#include <tenon/plugin/handler.hpp>
#include <tenon/session/route_pattern.hpp>

#include <string_view>
#include <type_traits>

namespace tenon::detail {

// The address, because a message may have a member of that name, which says nothing of the struct.
template <class M>
concept event_message = requires {
    std::string_view(*&M::event);
};
template <class M>
concept command_message = requires {
    std::string_view(*&M::command);
};
template <class M>
concept route_message = requires {
    std::string_view(*&M::route);
};

template <class M>
constexpr message_kind kind_of_message() {
    if constexpr (event_message<M>) return message_kind::event;
    else if constexpr (command_message<M>) return message_kind::command;
    else return message_kind::route;
}

/// The event's type, the command's name, the route's path.
template <class M>
constexpr std::string_view name_of_message() {
    if constexpr (event_message<M>) return M::event;
    else if constexpr (command_message<M>) return M::command;
    else return route_path(M::route);
}

template <class M>
constexpr std::string_view method_of_message() {
    if constexpr (route_message<M>) return route_method(M::route);
    else return {};
}

} // namespace tenon::detail

#endif
