#ifndef TENON_ADMIN_STREAMS_HPP
#define TENON_ADMIN_STREAMS_HPP

// Logs, events and changes as server-sent events.

#include <tenon/host/clocks.hpp>
#include <tenon/rules/events/event_names.hpp>
#include <tenon/admin/state.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail::admin {

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

inline constexpr entry stream_entries[] = {
    {"GET", "/api/v1/events", stream_events},
    {"GET", "/api/v1/logs", stream_logs},
    {"GET", "/api/v1/plugins/{name}/logs", stream_logs},
};

} // namespace tenon::detail::admin

#endif
