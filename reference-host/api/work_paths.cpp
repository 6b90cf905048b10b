// What plugins do: commands, events, logs, and their own routes.

#include "paths.hpp"

#include <tenon/host.hpp>

namespace reference::paths {

namespace {

using tenon::json;
using tenon::log_record;
using tenon::result;

/// A handler for an operation that is cancelled when the client goes before it is done.
template <class Handler>
auto while_wanted(const call& asked, Handler handler) {
    const auto signal = std::make_shared<asio::cancellation_signal>();
    asked.exchange->on_gone([signal] { signal->emit(asio::cancellation_type::terminal); });
    return asio::bind_cancellation_slot(
        signal->slot(), [signal, handler = std::move(handler)](auto outcome) { handler(outcome); });
}

// --- commands ---

void list_commands(in_api& api, const call& asked) {
    struct command {
        std::string name, plugin;
        std::optional<std::string> description;
        std::optional<json> params, result;
    };
    std::map<std::string, std::vector<command>> all{{"commands", {}}};
    for (const auto* known : api.host.core()->commands().list()) {
        command one{known->name, known->plugin_name, {}, known->params, known->result};
        if (!known->description.empty()) one.description = known->description;
        all["commands"].push_back(std::move(one));
    }
    asked.answer(json_answer(tenon::to_json(all)));
}

void answer_with(const call& asked, const result<json>& outcome) {
    asked.answer(outcome ? json_answer("{\"result\":" + outcome->text() + "}") : problem(outcome.error()));
}

void run_command(in_api& api, const call& asked, std::string name, const json& args) {
    if (api.host.core()->commands().find(name) == nullptr)
        return asked.answer(problem(404, "no plugin has this command"));
    api.host.execute(std::move(name), args, {}, while_wanted(asked, [asked](const result<json>& outcome) {
                         answer_with(asked, outcome);
                     }));
}

/// Of one plugin: what another one has under this name is not meant.
bool has_command(in_api& api, std::string_view plugin, std::string_view command) {
    const auto* known = api.host.core()->commands().find(command);
    return known != nullptr && known->plugin_name == plugin;
}

struct execution {
    std::optional<std::string> id; // of the plugin, where the path does not say
    std::string method;
    std::optional<json> payload;
};

void execute(in_api& api, const call& asked) {
    const auto wanted = asked.body<execution>();
    if (!wanted) return;
    if (!has_command(api, asked.name, wanted->method))
        return asked.answer(problem(404, "this plugin has no such command"));
    run_command(api, asked, wanted->method, wanted->payload.value_or(json::of(std::map<std::string, int>())));
}

void execute_plainly(in_api& api, const call& asked) {
    const auto failed = [asked](int code, const std::string& message) {
        asked.answer(json_answer("{\"code\":" + std::to_string(code) +
                                 ",\"message\":" + tenon::to_json(message) + "}"));
    };
    const auto wanted = tenon::from_json<execution>(asked.asked().body, {.root = "body"});
    if (!wanted) return failed(tenon::codes::invalid_params, wanted.error().message);
    std::string plugin = wanted->id.value_or("");
    for (const auto& [name, known] : api.host.core()->plugins())
        if (known->actor->options().id == plugin) plugin = name;
    if (!has_command(api, plugin, wanted->method))
        return failed(tenon::codes::method_not_found, "no such plugin has such a command");
    api.host.execute(wanted->method, wanted->payload.value_or(json::of(std::map<std::string, int>())), {},
                     while_wanted(asked, [asked, failed](const result<json>& outcome) {
                         if (!outcome) return failed(outcome.error().code, outcome.error().message);
                         asked.answer(json_answer("{\"code\":0,\"data\":" + outcome->text() + "}"));
                     }));
}

// --- events ---

struct new_event {
    std::string type;
    std::optional<json> payload, metadata;
    std::optional<bool> decide;
};

void put_in(in_api& api, const call& asked) {
    const auto event = asked.body<new_event>();
    if (!event) return;
    if (!tenon::detail::is_event_type(event->type))
        return asked.answer(problem(400, "body.type: expected a name like message.incoming"));
    const json metadata = event->metadata.value_or(json());
    if (!metadata.is_null() && metadata.kind() != tenon::json_kind::object)
        return asked.answer(problem(400, "body.metadata: expected an object"));
    const json payload = event->payload.value_or(json::of(std::map<std::string, int>()));
    if (!event->decide.value_or(false)) {
        const auto told =
            api.host.core()->publish(event->type, payload.text(), metadata.is_null() ? "" : metadata.text());
        return asked.answer(json_answer("{\"told\":" + std::to_string(told) + "}"));
    }
    api.host.decide(event->type, payload, {.metadata = metadata},
                    while_wanted(asked, [asked](const tenon::decision<json>& outcome) {
                        asked.answer(json_answer(outcome.to_json()));
                    }));
}

void explain(in_api& api, const call& asked) {
    const std::string type = asked.queried("type");
    if (!tenon::detail::is_event_type(type))
        return asked.answer(problem(400, "type: expected a name like message.incoming"));
    asked.answer(json_answer(tenon::detail::join(
        {"{\"type\":", tenon::to_json(type), ",\"plugins\":", tenon::to_json(api.host.explain(type)), "}"})));
}

/// What every plugin would make of a message that nobody gets.
void test_plugins(in_api& api, const call& asked) {
    struct test {
        std::string content, from_uid;
        std::optional<std::string> to_uid;
    };
    struct made_of_it {
        std::string_view flow;
        tenon::outcome_kind outcome;
        std::optional<std::string> reason;
    };
    struct answered {
        std::string plugin_name;
        made_of_it response;
    };
    const auto wanted = asked.body<test>();
    if (!wanted) return;
    const message said{wanted->content, wanted->from_uid, wanted->to_uid.value_or(std::string(lobby))};
    api.host.decide(
        said, while_wanted(asked, [asked](const tenon::decision<message>& outcome) {
            std::vector<answered> all;
            for (const auto& one : outcome.plugins())
                all.push_back(
                    {one.plugin,
                     {one.outcome == tenon::outcome_kind::stop ? "stop" : "continue", one.outcome,
                      one.reason.empty() ? std::optional<std::string>() : std::optional(one.reason)}});
            asked.answer(json_answer("{\"status\":\"ok\"," +
                                     outcome.to_json().substr(1, outcome.to_json().size() - 2) +
                                     ",\"plugin_responses\":" + tenon::to_json(all) + "}"));
        }));
}

// --- streams ---

/// One watch of the host that ends in one stream of a client.
template <class Item>
struct feed : std::enable_shared_from_this<feed<Item>> {
    feed(tenon::watch<Item> what, http::stream where, std::string_view event,
         std::string (*writer)(const Item&))
        : from(std::move(what)), to(std::move(where)), name(event), write(writer) {}

    void go() {
        // The stream's on_gone keeps the feed. Who waits must not: a host that ends without its loop lets him wait.
        from.next([weak = this->weak_from_this()](const result<tenon::watched<Item>>& next) {
            const auto self = weak.lock();
            if (!self) return;
            if (!next) return self->to.close();
            if (next->lost != 0) self->to.send("lost", "{\"count\":" + std::to_string(next->lost) + "}");
            if (self->to.send(self->name, self->write(*next->item))) self->go();
        });
    }

    tenon::watch<Item> from;
    http::stream to;
    std::string_view name;
    std::string (*write)(const Item&);
};

std::string write_log(const log_record& record) { return tenon::to_json(record); }
std::string write_event(const tenon::event_record& event) { return tenon::to_json(event); }
std::string write_change(const tenon::state_change& change) {
    return tenon::change_json(change, tenon::detail::wall_clock_ms());
}

/// What was kept, at most 50 lines and half of what a stream may hold back, and then what comes.
void stream_logs(in_api& api, const call& asked) {
    const std::string plugin = asked.name;
    const std::string word = asked.queried("level");
    const auto level = tenon::from_json<tenon::log_level>(tenon::to_json(word.empty() ? "debug" : word));
    if (!level) return asked.answer(problem(400, "level: expected debug, info, warn or error"));
    if (!plugin.empty() && !api.host.status(plugin))
        return asked.answer(problem(404, "there is no such plugin"));
    const auto wanted = [plugin, level = *level](const log_record& record) {
        return record.level >= level && (plugin.empty() || record.plugin == plugin);
    };
    std::vector<log_record> kept;
    for (const auto& [name, known] : api.host.core()->plugins())
        if (plugin.empty() || plugin == name)
            for (log_record& record : api.host.logs(name))
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
        std::make_shared<feed<log_record>>(api.host.watch_logs({.wants = wanted}), to, "log", &write_log);
    to.on_gone([rest] { rest->from.stop(); });
    rest->go();
}

void stream_events(in_api& api, const call& asked) {
    const std::string pattern = asked.queried("type");
    if (!pattern.empty() && !tenon::detail::is_event_pattern(pattern))
        return asked.answer(problem(400, "type: expected a type, a pattern like message.*, or *"));
    const http::stream to = asked.exchange->answer_with_events();
    const auto events = std::make_shared<feed<tenon::event_record>>(
        api.host.watch_events({.wants =
                                   [pattern](const tenon::event_record& event) {
                                       return pattern.empty() || tenon::detail::matches(pattern, event.type);
                                   }}),
        to, "event", &write_event);
    const auto changes =
        std::make_shared<feed<tenon::state_change>>(api.host.watch_changes(), to, "change", &write_change);
    to.on_gone([events, changes] {
        events->from.stop();
        changes->from.stop();
    });
    events->go();
    changes->go();
}

void run_named(in_api& api, const call& asked) {
    if (const auto args = asked.body<json>()) run_command(api, asked, asked.name, *args);
}

constexpr entry all[] = {
    {{"POST", "/api/v1/plugins/{name}/execute"}, execute},
    {{"POST", "/api/plugin/execute"}, execute_plainly},
    {{"GET", "/api/v1/commands"}, list_commands},
    {{"POST", "/api/v1/commands/{name}"}, run_named},
    {{"POST", "/api/v1/events"}, put_in},
    {{"GET", "/api/v1/events"}, stream_events},
    {{"GET", "/api/v1/events/explain"}, explain},
    {{"POST", "/api/v1/plugin/test", access::open}, test_plugins},
    {{"GET", "/api/v1/logs"}, stream_logs},
    {{"GET", "/api/v1/plugins/{name}/logs"}, stream_logs},
};

} // namespace

std::span<const entry> of_work() { return all; }

void pass_on(in_api& api, const call& asked) {
    tenon::http_exchange exchange;
    exchange.request_id = "r" + std::to_string(++api.last_request);
    exchange.method = asked.asked().method;
    exchange.path = asked.path;
    exchange.query = asked.query;
    exchange.headers = asked.asked().headers;
    exchange.body = asked.asked().body;
    if (asked.admin) exchange.auth = json::of(std::map<std::string, std::string>{{"role", "admin"}});
    api.host.request(std::move(exchange), while_wanted(asked, [asked](const result<http::response>& answer) {
                         asked.answer(answer ? sandboxed(*answer) : problem(answer.error()));
                     }));
}

} // namespace reference::paths
