#ifndef TENON_ADMIN_EVENTS_HPP
#define TENON_ADMIN_EVENTS_HPP

// Putting events in, and asking who would get them.

#include <tenon/admin/state.hpp>
#include <tenon/rules/events/event_names.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tenon::detail::admin {

struct new_event {
    std::string type;
    std::optional<json> payload, metadata;
    std::optional<bool> decide;
};

inline void put_in(admin_state& admin, const http::call& asked) {
    const auto event = asked.body<new_event>();
    if (!event) return;
    if (!is_event_type(event->type))
        return asked.answer(http::problem(400, "body.type: expected a name like message.incoming"));
    const json metadata = event->metadata.value_or(json());
    if (!metadata.is_null() && metadata.kind() != json_kind::object)
        return asked.answer(http::problem(400, "body.metadata: expected an object"));
    const json payload = event->payload.value_or(no_members());
    for (const auto& [name, value] :
         {std::pair("body.payload", &payload), std::pair("body.metadata", &metadata)})
        if (auto good = check_param_depth(name, value->text()); !good)
            return asked.answer(http::problem(good.error()));
    if (!event->decide.value_or(false)) {
        const auto told = admin.host.publish(event->type, payload, metadata);
        return asked.answer(http::json_answer("{\"told\":" + std::to_string(told) + "}"));
    }
    admin.host.decide(event->type, payload, {.metadata = metadata},
                      http::while_wanted(asked, [asked](const decision<json>& outcome) {
                          asked.answer(http::json_answer(outcome.to_json()));
                      }));
}

inline void explain(admin_state& admin, const http::call& asked) {
    const std::string type = asked.queried("type");
    if (!is_event_type(type))
        return asked.answer(http::problem(400, "type: expected a name like message.incoming"));
    asked.answer(http::json_answer(
        join({"{\"type\":", to_json(type), ",\"plugins\":", to_json(admin.host.explain(type)), "}"})));
}

inline constexpr entry event_entries[] = {
    {"POST", "/api/v1/events", put_in},
    {"GET", "/api/v1/events/explain", explain},
};

} // namespace tenon::detail::admin

#endif
