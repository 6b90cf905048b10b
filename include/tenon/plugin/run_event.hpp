#ifndef TENON_PLUGIN_RUN_EVENT_HPP
#define TENON_PLUGIN_RUN_EVENT_HPP

// `plugin/onEvent`: the handler by the event's type, its payload as the message. Not compiled for plugins
// without events.

#include <tenon/plugin/encode_answer.hpp>
#include <tenon/plugin/run_command.hpp>

namespace tenon::detail {

/// The most particular handler of an event: of its own name, then of `message.*`, then of `*`.
inline const handler* find_event(const plugin_hooks& hooks, std::string_view type) {
    const handler* best = nullptr;
    for (std::size_t index = 0; index < hooks.handler_count; ++index) {
        const handler& candidate = hooks.handlers[index];
        if (candidate.kind != message_kind::event) continue;
        if (same_text(candidate.name, type)) return &candidate;
        if (candidate.name.back() != '*') continue;
        const std::string_view family = candidate.name.substr(0, candidate.name.size() - 1);
        const bool better = best == nullptr || best->name.size() < candidate.name.size();
        if (better && type.substr(0, family.size()) == family) best = &candidate;
    }
    return best;
}

inline void run_event(engine& runs_in, invocation& call) {
    field fields[] = {{"eventId", 0}, {"eventType", 1}, {"payload", 2}, {"deadlineMs", 5}};
    const auto& [id, type, payload, deadline_ms] = fields;
    json_reader in(call.params, call.origin);
    if (!read_fields(in, call.params, fields, 4)) return runs_in.refuse(call, in.error());
    std::string scratch;
    call.name = text_of(type.value, scratch);
    if (call.name.empty()) return runs_in.refuse(call, no_text("eventType"));
    call.event_id = id.value;
    const std::int64_t left = integer_of(deadline_ms.value);
    if (left >= 0) call.deadline = after(call.received, milliseconds(left));
    narrow(call, "params.payload", payload.value);
    if (const handler* target = find_event(runs_in.hooks(), call.name)) return runs_in.run(*target, call);
    if (!call.wants_answer()) return;
    engine::outgoing answer(runs_in);
    json_writer out = answer.reply(call.request);
    write_answer(out, proceed());
    answer.finish_reply();
}

} // namespace tenon::detail

#endif
