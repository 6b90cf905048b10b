#ifndef TENON_RULES_CATALOGUE_HPP
#define TENON_RULES_CATALOGUE_HPP

// What a host offers to plugins: the events that it publishes or has decided, and the methods that it answers, each with
// its schemas. It is made from the host's types, so that it cannot say anything else than the host does. As JSON it is
// the answer to host/describe:
//
//     {"events":[{"type":"room.joined","description":"...","schema":{...},"decide":false}],
//      "services":[{"method":"users/kick","params":{...},"result":{"type":"null"},"permission":"users:kick"}]}
//
// A struct describes itself in a `static constexpr auto description = "..."`: an event, or the params of a service.

#include <tenon/json/schema.hpp>
#include <tenon/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tenon {

struct offered_event {
    std::string type = {};
    std::optional<std::string> description = {};
    json schema = {};    // JSON Schema of the payload
    bool decide = false; // plugins are asked what becomes of it; else they are told
};

struct offered_service {
    std::string method = {};
    std::optional<std::string> description = {};
    json params = {}, result = {}; // JSON Schemas
    std::string permission = {};   // empty: it needs none
};

struct host_catalogue {
    std::vector<offered_event> events = {};     // by type
    std::vector<offered_service> services = {}; // by method, those of every host among them
};

namespace detail {

/// What a struct says of itself, or nothing. A member of that name is no description, hence the address.
template <class T>
constexpr std::string_view own_description() {
    if constexpr (requires { std::string_view(*&T::description); }) return T::description;
    else return {};
}

/// The schema of what is answered, which may be nothing.
template <class T>
std::string answer_schema() {
    if constexpr (std::is_void_v<T>) return R"({"type":"null"})";
    else return json_schema<T>();
}

inline json schema_value(std::string (*schema)()) { return json::parse(schema()).value_or(json()); }

inline std::optional<std::string> text_or_none(std::string_view text) {
    return text.empty() ? std::optional<std::string>() : std::optional<std::string>(text);
}

/// An event as its struct has it. The texts live as long as the program.
struct event_offer {
    std::string_view type = {}, description = {};
    std::string (*schema)() = nullptr;
    bool decide = false;
};

template <class Event>
event_offer make_event_offer(bool decide) {
    return {Event::event, own_description<Event>(), &json_schema<Event>, decide};
}

} // namespace detail

} // namespace tenon

#endif
