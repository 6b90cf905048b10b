// Plugins as a whole: what they are, starting and stopping them, their configuration, the host's metrics and probes.

#include "paths.hpp"

#include <tenon/host.hpp>
#include <tenon/host/config/hidden_secrets.hpp>
#include <tenon/host/metrics_text.hpp>

namespace reference::paths {

namespace {

using tenon::json;
using tenon::plugin_state;
using tenon::plugin_status;
using tenon::result;

/// What kind of plugin it is, by what it declared: it may be several.
std::vector<std::string> types_of(const plugin_status& plugin) {
    using mode = tenon::detail::event_mode;
    bool decides = false, observes = false;
    for (const auto& one : plugin.subscriptions) (one.mode == mode::observe ? observes : decides) = true;
    std::vector<std::string> types;
    if (decides) types.emplace_back("filter");
    if (observes) types.emplace_back("notifier");
    if (!plugin.routes.empty()) types.emplace_back("handler");
    if (!plugin.commands.empty()) types.emplace_back("provider");
    return types;
}

std::string shown(const in_api& api, const plugin_status& plugin) {
    std::string text = tenon::to_json(plugin);
    text.pop_back();
    return tenon::detail::join({text, ",\"types\":", tenon::to_json(types_of(plugin)),
                                ",\"enabled\":", api.enabled(plugin.name) ? "true}" : "false}"});
}

void list(in_api& api, const call& asked) {
    const std::string state = asked.queried("status"), type = asked.queried("type");
    std::string all;
    for (const plugin_status& plugin : api.host.status().plugins) {
        const auto types = types_of(plugin);
        if (!state.empty() && state != name_of(plugin.state)) continue;
        if (!type.empty() && std::find(types.begin(), types.end(), type) == types.end()) continue;
        all += (all.empty() ? "" : ",") + shown(api, plugin);
    }
    asked.answer(json_answer("{\"plugins\":[" + all + "]}"));
}

/// The plugin that the path names; nothing where there is none, which the client hears then.
std::optional<plugin_status> named(const in_api& api, const call& asked) {
    auto plugin = api.host.status(asked.name);
    if (!plugin) asked.answer(problem(404, "there is no such plugin"));
    return plugin;
}

void show_with(int status, const in_api& api, const call& asked) {
    if (const auto plugin = named(api, asked)) asked.answer(json_answer(shown(api, *plugin), status));
}

void show(in_api& api, const call& asked) { show_with(200, api, asked); }

/// `change` begins it, and is given what is to be called when it is done.
template <class Change>
void live(in_api& api, const call& asked, Change change) {
    if (!named(api, asked)) return;
    change(asked.name, [asked, weak = api.weak_from_this()](const result<void>& done) {
        const auto self = weak.lock();
        if (!self) asked.answer(problem(503, "the host is ending"));
        else if (!done) asked.answer(problem(done.error()));
        else show_with(200, *self, asked);
    });
    // It waits for others, which may take for ever; whoever asked need not.
    const auto now = api.host.status(asked.name);
    if (now && now->state == plugin_state::blocked) show_with(202, api, asked);
}

enum class verb { start, stop, restart };

template <verb Verb>
void change(in_api& api, const call& asked) {
    live(api, asked, [&](const std::string& name, auto done) {
        if constexpr (Verb == verb::start) api.host.start(name, std::move(done));
        if constexpr (Verb == verb::stop) api.host.stop(name, std::move(done));
        if constexpr (Verb == verb::restart) api.host.restart(name, std::move(done));
    });
}

template <bool On>
void enable(in_api& api, const call& asked) {
    if (!api.settings.enable) return asked.answer(problem(501, "this host cannot do that"));
    live(api, asked,
         [&](const std::string& name, auto done) { api.settings.enable(name, On, std::move(done)); });
}

// --- configuration ---

void show_config(in_api& api, const call& asked) {
    if (!named(api, asked)) return;
    const auto secrets = api.settings.secrets ? api.settings.secrets(asked.name) : std::vector<std::string>();
    const json config = api.host.config(asked.name);
    asked.answer(json_answer(tenon::detail::join(
        {"{\"config\":", config.is_null() ? "{}" : tenon::hide_secrets(config.view(), secrets).text(),
         "}"})));
}

void change_config(in_api& api, const call& asked) {
    if (!named(api, asked)) return;
    const auto given = asked.body<json>();
    if (!given) return;
    if (given->kind() != tenon::json_kind::object)
        return asked.answer(problem(400, "body: expected an object"));
    const auto whole = tenon::restore_secrets(given->view(), api.host.config(asked.name).view());
    if (!whole) return asked.answer(problem(whole.error()));
    live(api, asked, [&](const std::string& name, auto done) {
        api.host.configure(name, *whole,
                           [weak = api.weak_from_this(), name, config = *whole,
                            done = std::move(done)](const result<void>& taken) {
                               const auto self = weak.lock();
                               done(taken && self && self->settings.keep_config
                                        ? self->settings.keep_config(name, config)
                                        : taken);
                           });
    });
}

// --- in the style {code, data} ---

struct listed {
    std::string id, name, version, type, status;
    int process_id = 0;
    bool is_exited = false;

    static constexpr auto describe() {
        using self = listed;
        using tenon::member;
        return tenon::members(member("id", &self::id), member("name", &self::name),
                              member("version", &self::version), member("type", &self::type),
                              member("status", &self::status), member("processId", &self::process_id),
                              member("isExited", &self::is_exited));
    }
};

std::string_view plain_state(plugin_state state) {
    using enum plugin_state;
    if (state == ready) return "ready";
    if (state == starting || state == handshaking) return "running";
    return state == failed || state == backoff ? "error" : "stopped";
}

void list_plainly(in_api& api, const call& asked) {
    std::map<std::string, std::vector<listed>> all{{"registered", {}}, {"unregistered", {}}};
    for (const plugin_status& plugin : api.host.status().plugins) {
        const auto types = types_of(plugin);
        all[api.enabled(plugin.name) ? "registered" : "unregistered"].push_back(
            {plugin.id, plugin.name, plugin.version, types.empty() ? "" : types[0],
             std::string(plain_state(plugin.state)), plugin.pid.value_or(0), !plugin.pid.has_value()});
    }
    asked.answer(json_answer("{\"code\":0,\"data\":" + tenon::to_json(all) + "}"));
}

// --- probes ---

void show_readiness(in_api& api, const call& asked) {
    std::vector<std::string> missing;
    for (const plugin_status& plugin : api.host.status().plugins)
        if (api.enabled(plugin.name) && plugin.state != plugin_state::ready) missing.push_back(plugin.name);
    asked.answer(
        missing.empty()
            ? json_answer(R"({"status":"ok"})")
            : json_answer("{\"status\":\"not ready\",\"plugins\":" + tenon::to_json(missing) + "}", 503));
}

void show_metrics(in_api& api, const call& asked) {
    asked.answer({.headers = {{"Content-Type", std::string(tenon::metrics_content_type)}},
                  .body = tenon::metrics_text(api.host.status())});
}

void show_status(in_api& api, const call& asked) {
    asked.answer(json_answer(tenon::to_json(api.host.status())));
}

constexpr entry all[] = {
    {{"GET", "/api/v1/plugins"}, list},
    {{"GET", "/api/v1/plugins/metrics"}, show_status},
    {{"GET", "/api/v1/plugins/{name}"}, show},
    {{"POST", "/api/v1/plugins/{name}/start"}, change<verb::start>, true},
    {{"POST", "/api/v1/plugins/{name}/stop"}, change<verb::stop>, true},
    {{"POST", "/api/v1/plugins/{name}/restart"}, change<verb::restart>, true},
    {{"POST", "/api/v1/plugins/{name}/enable"}, enable<true>, true},
    {{"POST", "/api/v1/plugins/{name}/disable"}, enable<false>, true},
    {{"GET", "/api/v1/plugins/{name}/config"}, show_config},
    {{"PUT", "/api/v1/plugins/{name}/config"}, change_config},
    {{"GET", "/api/plugin/list"}, list_plainly},
    {{"GET", "/metrics"}, show_metrics},
    {{"GET", "/readyz", access::open}, show_readiness},
};

} // namespace

std::span<const entry> of_plugins() { return all; }

} // namespace reference::paths
