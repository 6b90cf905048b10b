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

#include <tenon/json/decode.hpp>
#include <tenon/json/value.hpp>
#include <tenon/plugin/handler.hpp>
#include <tenon/session/route_pattern.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace tenon {

/// The HTTP request behind a route, as the host hands it over. It is not the host's own type, `http::request`
/// (web/request.hpp): the parts are left as the JSON that came, so that a plugin decodes what its message names, and no more.
struct http_request {
    std::string method;
    std::string path;
    json params;
    json query;
    json headers; // each value a string, or an array of strings where it was repeated
    std::string body;
};

namespace detail {

// The address, because a message may have a member of that name, which says nothing of the struct.
template <class M> concept event_message = requires { std::string_view(*&M::event); };
template <class M> concept command_message = requires { std::string_view(*&M::command); };
template <class M> concept route_message = requires { std::string_view(*&M::route); };

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

// From an invocation to the message that a handler takes. Parameters of commands and events are one JSON value:
// an object by member name, or an array by position. A route's members come from three places, the first that
// has one wins: the path's parameters, the query, the JSON object in the body. Path and query are text, which
// is read as the member's type wants it: `?limit=20&tag=a&tag=b`. A body may be anything (a picture, a form) as
// long as no member that must be there is missing: its handler has it in context::request().

// --- routes ---

/// Reads `text`, which stood in a path or query, as a value of the member's type.
template <class T>
bool decode_text(std::string_view text, T& value) {
    constexpr shape form = shape_of<T>;
    if constexpr (std::is_same_v<T, std::string>) {
        value = text;
        return true;
    } else if constexpr (form == shape::optional) {
        return decode_text(text, value.emplace());
    } else if constexpr (form == shape::enumeration) {
        return find_enum(text, value);
    } else if constexpr (form == shape::sequence) {
        typename T::value_type element{};
        if (!decode_text(text, element)) return false;
        if constexpr (vector_like<T>) value.push_back(std::move(element));
        else value.insert(std::move(element));
        return true;
    } else {
        json_reader in(text);
        return decode(in, value) && in.finish();
    }
}

/// The texts of a parameter: a string, or an array of strings where it was repeated.
template <class T>
result<void> decode_parameter(json_view given, std::string_view place, std::string_view name, T& value) {
    const auto refuse = [&](std::string_view why) {
        std::string message(place);
        return fault{codes::invalid_params, message.append(name).append(": ").append(why)};
    };
    std::string scratch;
    if (given.kind() == json_kind::array) {
        if constexpr (shape_of<T> == shape::optional) {
            return decode_parameter(given, place, name, value.emplace());
        } else if constexpr (shape_of<T> == shape::sequence) {
            json_reader in(given.text());
            in.enter_array();
            for (std::string_view text; in.next_element();)
                if (!in.read_text(text, scratch) || !decode_text(text, value))
                    return refuse("not of the type expected");
            return {};
        } else {
            return refuse("given more than once");
        }
    }
    const std::string_view text = given.kind() == json_kind::string ? given.as_text(scratch) : given.text();
    if (!decode_text(text, value)) return refuse("not of the type expected");
    return {};
}

/// The body of a request, read as JSON once a member is looked for in it.
class json_body {
public:
    explicit json_body(std::string_view text) : text_(text) {}
    json_view member(std::string_view name) {
        if (!std::exchange(read_, true) && !text_.empty()) value_ = json::parse(text_);
        return value_ ? (*value_)[name] : json_view();
    }
    /// Why there is no such member.
    fault missing(std::string_view name) const {
        return {codes::invalid_params,
                value_ ? join({name, ": missing"}) : join({"body: ", value_.error().message})};
    }

private:
    std::string_view text_;
    bool read_ = false;
    result<json> value_ = json();
};

template <class T>
result<void> bind_member(const http_request& request, json_body& body, std::string_view name,
                         bool may_be_missing, T& value) {
    if (const json_view given = request.params[name]; !given.is_null())
        return decode_parameter(given, "", name, value);
    if (const json_view given = request.query[name]; !given.is_null())
        return decode_parameter(given, "query.", name, value);
    if (const json_view given = body.member(name); !given.is_null()) {
        json_reader in(given.text(), {"body"});
        if (decode(in, value)) return {};
        in.in_member(name);
        return in.error();
    }
    if (may_be_missing || may_be_absent<T>) return {};
    return body.missing(name);
}

template <class M>
result<void> bind_route(const http_request& request, M& message) {
    if constexpr (member_count<M> == 0) return {};
    else {
        json_body body(request.body);
        return visit_members(message, [&](auto&... members) {
            result<void> outcome;
            std::size_t index = 0;
            const auto bind = [&](auto& member) {
                const bool may_miss = allows_missing<M> || member_marks<M>[index] == member_mark::omit_empty;
                const std::string_view name = member_names<M>[index++];
                if (outcome) outcome = bind_member(request, body, name, may_miss, member);
            };
            (bind(members), ...);
            return outcome;
        });
    }
}

/// Fills the message of an invocation.
template <class M>
result<void> bind_message(const invocation& call, M& message) {
    if constexpr (route_message<M>) {
        return bind_route(*call.http, message);
    } else {
        json_reader in(call.params, call.origin);
        if (!decode_message(in, message) || !in.finish()) return in.error();
        return {};
    }
}

} // namespace detail
} // namespace tenon

#endif
