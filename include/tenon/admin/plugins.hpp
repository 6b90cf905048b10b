#ifndef TENON_ADMIN_PLUGINS_HPP
#define TENON_ADMIN_PLUGINS_HPP

// What plugins are, starting and stopping them, and their configuration.

#include <tenon/admin/state.hpp>
#include <tenon/config/changes.hpp>
#include <tenon/config/hidden_secrets.hpp>
#include <tenon/host/clocks.hpp>
#include <tenon/rules/time_words.hpp>

#include <algorithm>
#include <cstdint>
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

inline std::string config_trouble(const admin_state& admin, std::string_view plugin) {
    return admin.settings.config_trouble ? admin.settings.config_trouble(plugin) : std::string();
}

inline std::string shown(const admin_state& admin, plugin_status plugin,
                         const std::optional<known_beside>& beside) {
    if (std::string trouble = config_trouble(admin, plugin.name); !trouble.empty())
        plugin.warnings.push_back(std::move(trouble));
    if (plugin.version.empty() && beside) plugin.version = beside->version;
    std::string text = to_json(plugin);
    text.pop_back();
    return join({text, ",\"types\":", to_json(types_of(plugin)), ",\"enabled\":",
                 admin.enabled(plugin.name) ? "true" : "false", beside ? beside->more : "", "}"});
}
inline std::string shown(const admin_state& admin, plugin_status plugin) {
    const auto beside = admin.beside(plugin.name, beside_extent::whole);
    return shown(admin, std::move(plugin), beside);
}

/// 0 does not run, 1 is ready, 2 has failed.
inline int status_number(plugin_state state) {
    return state == plugin_state::ready ? 1 : state == plugin_state::failed ? 2 : 0;
}

/// Whether a list that asks for these has it. A type is what it declared, or what its manifest says.
inline bool is_asked_for(const http::call& asked, const plugin_status& plugin,
                         const std::optional<known_beside>& beside) {
    const std::string state = asked.queried("status"), tag = asked.queried("tag");
    std::string type = asked.queried("type");
    if (type.empty()) type = asked.queried("pluginType");
    const int number = beside ? beside->status : status_number(plugin.state);
    if (!state.empty() && state != name_of(plugin.state) && state != std::to_string(number)) return false;
    const auto types = types_of(plugin);
    if (!type.empty() && (!beside || beside->type != type) &&
        std::find(types.begin(), types.end(), type) == types.end())
        return false;
    return tag.empty() ||
           (beside && std::find(beside->tags.begin(), beside->tags.end(), tag) != beside->tags.end());
}

inline void list(admin_state& admin, const http::call& asked) {
    const std::string status = asked.queried("status");
    if (!status.empty() && status != "0" && status != "1" && status != "2" &&
        !from_json<plugin_state>(to_json(status)))
        return asked.answer(http::problem(400, "status: expected 0, 1, 2, or a state, as ready or failed"));
    std::string all;
    for (plugin_status& plugin : plugins_for(admin, asked)) {
        const auto beside = admin.beside(plugin.name);
        if (is_asked_for(asked, plugin, beside))
            all += (all.empty() ? "" : ",") + shown(admin, std::move(plugin), beside);
    }
    asked.answer(http::json_answer("{\"plugins\":[" + all + "]}"));
}

inline void show_status(admin_state& admin, const http::call& asked) {
    asked.answer(http::json_answer(to_json(status_for(admin, asked))));
}

/// For people: what of the file does not hold, and since when.
inline std::string configuration_words(const configuration_status& of, std::int64_t now) {
    const std::string when = time_ago(milliseconds(now - of.unix_ms));
    const std::string_view file = of.file.empty() ? "the configuration" : std::string_view(of.file);
    if (of.good) return join({file, " is good, and was read ", when});
    std::string words =
        join({file, of.partly ? " was read " : " was looked at ", when,
              of.partly ? ", and not all of it holds" : " and cannot be used: what held before still does"});
    for (const std::string& one : of.mistakes) append(words, join({words.size() > 4'096 ? "" : "\n", one}));
    return words;
}

/// What a token may, for who has it: a page offers nothing that would be refused.
struct asking_token {
    std::string name;
    std::vector<std::string> permissions, scope;
};

/// How the host is, in short.
inline void show_host(admin_state& admin, const http::call& asked) {
    struct missing {
        std::string name, state, reason;
    };
    constexpr std::size_t most_shown = 100;
    std::vector<missing> not_ready;
    for (const std::string& name : admin.host.plugins()) {
        if (not_ready.size() == most_shown) break;
        const auto now = admin.host.core()->moment_of(name);
        if (now->state == plugin_state::ready || !admin.enabled(name)) continue;
        if (!reaches(admin, asked, name)) continue;
        not_ready.push_back({name, std::string(name_of(now->state)), std::string(now->reason)});
    }
    host_status status = admin.host.summary();
    leave_out_others(status, admin, asked);
    std::string text = to_json(status);
    text.resize(text.rfind(",\"plugins\":"));
    append(text, join({",\"notReady\":", to_json(not_ready)}));
    if (status.configuration)
        append(text, join({",\"configurationWords\":",
                           to_json(configuration_words(*status.configuration, status.unix_ms))}));
    if (const http::principal* const who = asked.who.get())
        append(text, join({",\"token\":", to_json(asking_token{who->name, who->permissions, who->scope})}));
    asked.answer(http::json_answer(text + "}"));
}

inline void show(admin_state& admin, const http::call& asked) {
    if (!admin.host.knows(asked.name))
        for (const plugin_status& one : admin.at_rest())
            if (one.name == asked.name) return asked.answer(http::json_answer(shown(admin, one)));
    if (known(admin, asked)) asked.answer(http::json_answer(shown(admin, *admin.host.status(asked.name))));
}

/// For an audit.
inline std::string state_of(const admin_state& admin, std::string_view plugin) {
    const auto now = admin.host.core()->moment_of(plugin);
    return join({"{\"enabled\":", admin.enabled(plugin) ? "true" : "false", ",\"state\":\"",
                 now ? name_of(now->state) : std::string_view(), "\"}"});
}

/// `change` begins it, and is given what is to be called when it is done.
template <class Change>
void live(admin_state& admin, const http::call& asked, Change change) {
    if (!known(admin, asked)) return;
    change(asked.name, [asked, weak = admin.weak_from_this(),
                        before = state_of(admin, asked.name)](const result<void>& done) {
        const auto self = weak.lock();
        if (self && done) asked.exchange->changed(before, state_of(*self, asked.name));
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

/// Where a configuration is not the file's own: who set it, and what the file says.
inline std::string beside_file(const admin_state& admin, std::string_view plugin, const json& config,
                               const std::vector<std::string>& secrets) {
    const auto in_file =
        admin.settings.config_in_file ? admin.settings.config_in_file(plugin) : std::optional<json>();
    const auto set =
        admin.settings.config_set_here ? admin.settings.config_set_here(plugin) : std::optional<config_set>();
    std::string trouble = config_trouble(admin, plugin);
    if (!in_file || (!set && trouble.empty() && same_config(*in_file, config))) return {};
    if (trouble.empty()) trouble = "not what the file says, and not kept: it holds until the host ends";
    std::string about = join({"{\"words\":", to_json(trouble), "}"});
    if (set) {
        const std::int64_t ago = std::max<std::int64_t>(0, wall_clock_ms() - set->unix_ms);
        const bool by_plugin = set->by == "plugin";
        about =
            join({"{\"by\":", to_json(set->by), ",\"time\":", signed_digits(set->unix_ms),
                  ",\"agoMs\":", signed_digits(ago), ",\"words\":",
                  to_json(join({"set here ", by_plugin ? "by the plugin itself, " : "",
                                set->unix_ms == 0 ? "nobody wrote down when" : time_ago(milliseconds(ago))})),
                  "}"});
    }
    return join({",\"set\":", about,
                 ",\"file\":", in_file->is_null() ? "{}" : hide_secrets(in_file->view(), secrets).text()});
}

inline void show_config(admin_state& admin, const http::call& asked) {
    if (!known(admin, asked)) return;
    const auto secrets =
        admin.settings.secrets ? admin.settings.secrets(asked.name) : std::vector<std::string>();
    const json config = admin.host.config(asked.name);
    asked.answer(http::json_answer(
        join({"{\"config\":", config.is_null() ? "{}" : hide_secrets(config.view(), secrets).text(),
              beside_file(admin, asked.name, config, secrets), "}"})));
}

/// Of a configuration that holds, where it could not be written down: taking it back could go wrong as well.
inline result<void> unless_kept(std::string_view consequence, const result<void>& kept) {
    if (kept) return kept;
    return fault{kept.error().code, join({consequence, ": ", kept.error().message})};
}

inline void change_config(admin_state& admin, const http::call& asked) {
    if (!known(admin, asked)) return;
    const auto given = asked.body<json>();
    if (!given) return;
    if (given->kind() != json_kind::object)
        return asked.answer(
            http::problem(400, join({"body: expected an object, got ", name_of(given->kind())})));
    const auto whole = restore_secrets(given->view(), admin.host.config(asked.name).view());
    if (!whole) return asked.answer(http::problem(whole.error()));
    if (const auto good = check_param_depth("config", whole->text()); !good)
        return asked.answer(http::problem(good.error()));
    live(admin, asked, [&](const std::string& name, auto done) {
        admin.host.configure(name, *whole,
                             [asked, weak = admin.weak_from_this(), name, config = *whole,
                              done = std::move(done)](const result<void>& taken) {
                                 // It could be read, and it is the plugin that does not take it.
                                 if (!taken && taken.error().code == codes::invalid_params)
                                     return asked.answer(http::problem(422, taken.error().message));
                                 const auto self = weak.lock();
                                 if (!taken || !self || !self->settings.keep_config) return done(taken);
                                 done(unless_kept("the new configuration holds until the host ends, but is "
                                                  "not kept",
                                                  self->settings.keep_config(name, config)));
                             });
    });
}

/// Back to what the file says.
inline void reset_config(admin_state& admin, const http::call& asked) {
    if (!known(admin, asked)) return;
    if (!admin.settings.config_in_file || !admin.settings.forget_config)
        return asked.answer(http::problem(501, "this host cannot do that"));
    auto own = admin.settings.config_in_file(asked.name);
    if (!own) return asked.answer(http::problem(404, "the file says nothing of this plugin"));
    live(admin, asked, [&](const std::string& name, auto done) {
        admin.host.configure(
            name, *own,
            [weak = admin.weak_from_this(), name, done = std::move(done)](const result<void>& taken) {
                const auto self = weak.lock();
                if (!taken || !self) return done(taken);
                done(unless_kept("the file's own configuration holds until the host ends, but what was set "
                                 "before is kept",
                                 self->settings.forget_config(name)));
            });
    });
}

/// Until the file says another one, or the plugin is another process's.
inline void change_level(admin_state& admin, const http::call& asked) {
    struct wanted {
        log_level level;
    };
    if (!known(admin, asked)) return;
    const auto given = asked.body<wanted>();
    if (!given) return;
    if (auto good = admin.host.set_log_level(asked.name, given->level); !good)
        return asked.answer(http::problem(good.error()));
    show(admin, asked);
}

inline constexpr entry plugin_entries[] = {
    {"GET", "/api/v1/plugins", "plugins:read", list, body::needed, http::scoping::by_function},
    {"GET", "/api/v1/status", "plugins:read", show_host, body::needed, http::scoping::by_function},
    {"GET", "/api/v1/plugins/metrics", "metrics:read", show_status, body::needed, http::scoping::by_function},
    {"GET", "/api/v1/plugins/{name}", "plugins:read", show},
    {"POST", "/api/v1/plugins/{name}/start", "plugins:operate", change<verb::start>, body::optional},
    {"POST", "/api/v1/plugins/{name}/stop", "plugins:operate", change<verb::stop>, body::optional},
    {"POST", "/api/v1/plugins/{name}/restart", "plugins:operate", change<verb::restart>, body::optional},
    {"POST", "/api/v1/plugins/{name}/enable", "plugins:operate", enable<true>, body::optional},
    {"POST", "/api/v1/plugins/{name}/disable", "plugins:operate", enable<false>, body::optional},
    {"PUT", "/api/v1/plugins/{name}/logs/level", "plugins:configure", change_level},
    {"GET", "/api/v1/plugins/{name}/config", "plugins:configure", show_config},
    {"PUT", "/api/v1/plugins/{name}/config", "plugins:configure", change_config},
    {"DELETE", "/api/v1/plugins/{name}/config", "plugins:configure", reset_config, body::optional},
};

} // namespace tenon::detail::admin

#endif
