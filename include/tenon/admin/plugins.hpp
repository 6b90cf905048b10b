#ifndef TENON_ADMIN_PLUGINS_HPP
#define TENON_ADMIN_PLUGINS_HPP

// What plugins are, starting and stopping them, and their configuration.

#include <tenon/admin/state.hpp>
#include <tenon/host/config/hidden_secrets.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::detail::admin {

/// What kind of plugin it is, by what it declared: it may be several.
inline std::vector<std::string> types_of(const plugin_status& plugin) {
    using mode = event_mode;
    bool decides = false, observes = false;
    for (const auto& one : plugin.subscriptions) (one.mode == mode::observe ? observes : decides) = true;
    std::vector<std::string> types;
    if (decides) types.emplace_back("filter");
    if (observes) types.emplace_back("notifier");
    if (!plugin.routes.empty()) types.emplace_back("handler");
    if (!plugin.commands.empty()) types.emplace_back("provider");
    return types;
}

inline std::string shown(const admin_state& admin, const plugin_status& plugin) {
    std::string text = to_json(plugin);
    text.pop_back();
    return join({text, ",\"types\":", to_json(types_of(plugin)),
                 ",\"enabled\":", admin.enabled(plugin.name) ? "true}" : "false}"});
}

inline void list(admin_state& admin, const http::call& asked) {
    const std::string state = asked.queried("status"), type = asked.queried("type");
    std::string all;
    for (const plugin_status& plugin : admin.host.status().plugins) {
        const auto types = types_of(plugin);
        if (!state.empty() && state != name_of(plugin.state)) continue;
        if (!type.empty() && std::find(types.begin(), types.end(), type) == types.end()) continue;
        all += (all.empty() ? "" : ",") + shown(admin, plugin);
    }
    asked.answer(http::json_answer("{\"plugins\":[" + all + "]}"));
}

inline void show_status(admin_state& admin, const http::call& asked) {
    asked.answer(http::json_answer(to_json(admin.host.status())));
}

inline void show(admin_state& admin, const http::call& asked) {
    if (known(admin, asked)) asked.answer(http::json_answer(shown(admin, *admin.host.status(asked.name))));
}

/// `change` begins it, and is given what is to be called when it is done.
template <class Change>
void live(admin_state& admin, const http::call& asked, Change change) {
    if (!known(admin, asked)) return;
    change(asked.name, [asked, weak = admin.weak_from_this()](const result<void>& done) {
        const auto self = weak.lock();
        if (!self) asked.answer(http::problem(503, "the host is ending"));
        else if (!done) asked.answer(http::problem(done.error()));
        else show(*self, asked);
    });
    // It waits for others, which may take for ever; whoever asked need not.
    const auto now = admin.host.status(asked.name);
    if (now && now->state == plugin_state::blocked) asked.answer(http::json_answer(shown(admin, *now), 202));
}

enum class verb { start, stop, restart };

template <verb Verb>
void change(admin_state& admin, const http::call& asked) {
    live(admin, asked, [&](const std::string& name, auto done) {
        if constexpr (Verb == verb::start) admin.host.start(name, std::move(done));
        if constexpr (Verb == verb::stop) admin.host.stop(name, std::move(done));
        if constexpr (Verb == verb::restart) admin.host.restart(name, std::move(done));
    });
}

template <bool On>
void enable(admin_state& admin, const http::call& asked) {
    if (!admin.settings.enable) return asked.answer(http::problem(501, "this host cannot do that"));
    live(admin, asked,
         [&](const std::string& name, auto done) { admin.settings.enable(name, On, std::move(done)); });
}

// --- configuration ---

inline void show_config(admin_state& admin, const http::call& asked) {
    if (!known(admin, asked)) return;
    const auto secrets =
        admin.settings.secrets ? admin.settings.secrets(asked.name) : std::vector<std::string>();
    const json config = admin.host.config(asked.name);
    asked.answer(http::json_answer(
        join({"{\"config\":", config.is_null() ? "{}" : hide_secrets(config.view(), secrets).text(), "}"})));
}

inline void change_config(admin_state& admin, const http::call& asked) {
    if (!known(admin, asked)) return;
    const auto given = asked.body<json>();
    if (!given) return;
    if (given->kind() != json_kind::object)
        return asked.answer(http::problem(400, "body: expected an object"));
    const auto whole = restore_secrets(given->view(), admin.host.config(asked.name).view());
    if (!whole) return asked.answer(http::problem(whole.error()));
    live(admin, asked, [&](const std::string& name, auto done) {
        admin.host.configure(name, *whole,
                             [weak = admin.weak_from_this(), name, config = *whole,
                              done = std::move(done)](const result<void>& taken) {
                                 const auto self = weak.lock();
                                 done(taken && self && self->settings.keep_config
                                          ? self->settings.keep_config(name, config)
                                          : taken);
                             });
    });
}

inline constexpr entry plugin_entries[] = {
    {"GET", "/api/v1/plugins", list},
    {"GET", "/api/v1/plugins/metrics", show_status},
    {"GET", "/api/v1/plugins/{name}", show},
    {"POST", "/api/v1/plugins/{name}/start", change<verb::start>, body::optional},
    {"POST", "/api/v1/plugins/{name}/stop", change<verb::stop>, body::optional},
    {"POST", "/api/v1/plugins/{name}/restart", change<verb::restart>, body::optional},
    {"POST", "/api/v1/plugins/{name}/enable", enable<true>, body::optional},
    {"POST", "/api/v1/plugins/{name}/disable", enable<false>, body::optional},
    {"GET", "/api/v1/plugins/{name}/config", show_config},
    {"PUT", "/api/v1/plugins/{name}/config", change_config},
};

} // namespace tenon::detail::admin

#endif
