#ifndef TENON_ADMIN_EVENTS_HPP
#define TENON_ADMIN_EVENTS_HPP

// Putting events in, asking who would get them; and events, changes and logs as they come, as server-sent events.

#include <tenon/admin/state.hpp>
#include <tenon/host/clocks.hpp>
#include <tenon/rules/events/event_names.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
    auto all = admin.host.explain(type);
    if (!asked.reaches_all())
        std::erase_if(all, [&](const explanation& one) { return !asked.reaches(admin.id_of(one.name)); });
    asked.answer(http::json_answer(join({"{\"type\":", to_json(type), ",\"plugins\":", to_json(all), "}"})));
}

// ---- streams ---------------------------------------------------------------------------------------------------

/// One watch of the host that ends in one stream of a client.
template <class Item>
struct feed : std::enable_shared_from_this<feed<Item>> {
    feed(watch<Item> what, http::stream where, std::string_view event, std::string (*writer)(const Item&))
        : from(std::move(what)), to(std::move(where)), name(event), write(writer) {}

    void go() {
        from.next([self = this->shared_from_this()](const result<watched<Item>>& next) {
            if (!next) return self->to.close();
            if (next->lost != 0) self->to.send("lost", "{\"count\":" + std::to_string(next->lost) + "}");
            if (self->to.send(self->name, self->write(*next->item))) self->go();
        });
    }

    watch<Item> from;
    http::stream to;
    std::string_view name;
    std::string (*write)(const Item&);
};

inline std::string write_log(const log_record& record) { return to_json(record); }
inline std::string write_event(const event_record& event) { return to_json(event); }
inline std::string write_change(const state_change& change) { return change_json(change, wall_clock_ms()); }

/// What was kept, at most 50 lines and half of what a stream may hold back, and then what comes.
inline void stream_logs(admin_state& admin, const http::call& asked) {
    const std::string plugin = asked.name;
    const std::string word = asked.queried("level");
    const auto level = from_json<log_level>(to_json(word.empty() ? "debug" : word));
    if (!level) return asked.answer(http::problem(400, "level: expected debug, info, warn or error"));
    if (!plugin.empty() && !known(admin, asked)) return;
    const auto wanted = [plugin, level = *level](const log_record& record) {
        return record.level >= level && (plugin.empty() || record.plugin == plugin);
    };
    std::vector<log_record> kept;
    if (plugin.empty())
        for (log_record& record : admin.host.logs())
            if (wanted(record)) kept.push_back(std::move(record));
    for (const std::string& name : admin.host.plugins())
        if (plugin.empty() || plugin == name)
            for (log_record& record : admin.host.logs(name))
                if (wanted(record)) kept.push_back(std::move(record));
    std::stable_sort(kept.begin(), kept.end(),
                     [](const log_record& a, const log_record& b) { return a.unix_ms < b.unix_ms; });
    std::vector<std::string> lines;
    for (std::size_t bytes = 0; !kept.empty() && lines.size() != 50; kept.pop_back()) {
        lines.push_back(write_log(kept.back()));
        if ((bytes += lines.back().size()) > std::size_t{512} << 10) break;
    }
    const http::stream to = asked.exchange->answer_with_events();
    for (; !lines.empty(); lines.pop_back()) to.send("log", lines.back());
    const auto rest =
        std::make_shared<feed<log_record>>(admin.host.watch_logs({.wants = wanted}), to, "log", &write_log);
    to.on_gone([rest] { rest->from.stop(); });
    rest->go();
}

inline void stream_events(admin_state& admin, const http::call& asked) {
    const std::string pattern = asked.queried("type");
    if (!pattern.empty() && !is_event_pattern(pattern))
        return asked.answer(http::problem(400, "type: expected a type, a pattern like message.*, or *"));
    const http::stream to = asked.exchange->answer_with_events();
    const auto events = std::make_shared<feed<event_record>>(
        admin.host.watch_events({.wants =
                                     [pattern](const event_record& event) {
                                         return pattern.empty() || matches(pattern, event.type);
                                     }}),
        to, "event", &write_event);
    const auto changes =
        std::make_shared<feed<state_change>>(admin.host.watch_changes(), to, "change", &write_change);
    to.on_gone([events, changes] {
        events->from.stop();
        changes->from.stop();
    });
    events->go();
    changes->go();
}

inline constexpr entry event_entries[] = {
    {"POST", "/api/v1/events", "plugins:operate", put_in},
    {"GET", "/api/v1/events/explain", "plugins:read", explain, body::needed, http::scoping::by_function},
    {"GET", "/api/v1/events", "logs:read", stream_events},
    {"GET", "/api/v1/logs", "logs:read", stream_logs},
    {"GET", "/api/v1/plugins/{name}/logs", "logs:read", stream_logs},
};

} // namespace tenon::detail::admin

#endif
