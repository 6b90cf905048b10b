#ifndef TENON_CONFIG_PLUGIN_CONFIG_HPP
#define TENON_CONFIG_PLUGIN_CONFIG_HPP

// One plugin as it stands in a host's configuration file, and a list of them:
//
//     const auto file = tenon::json::parse(text);
//     const auto plugins = tenon::read_plugin_configs((*file)["plugins"]);
//     if (!plugins) return plugins.error(); // plugins[2].restart.jitter: expected 0 to 1, got 1.5
//
// All of plugin_options can be said, each in the file's words, and is checked as check_options() does it; besides,
// whether the plugin is enabled, and the runtime that it needs. What is not said keeps its default. Nothing is started,
// looked up or resolved here.

#include <tenon/config/config_reader.hpp>
#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/result.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>
#include <tenon/rules/check_options.hpp>
#include <tenon/rules/option_words.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/supervision/dependencies.hpp>

#include <concepts>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tenon {

/// The other side of config/config_reader.hpp, with the same verbs: what walks through the keys of an object with
/// one of them reads it, with the other writes it. An empty text or optional is left out.
class config_writer {
public:
    explicit config_writer(json_writer& out) : out_(out) { out_.begin_object(); }
    config_writer(const config_writer&) = delete;
    config_writer& operator=(const config_writer&) = delete;
    ~config_writer() { out_.end_object(); }

    void text(std::string_view key, const std::string& value, const auto&...) {
        if (!value.empty()) member(key, value);
    }
    void text_or_null(std::string_view key, const std::string& value) { text(key, value); }
    void boolean(std::string_view key, bool value) { member(key, value); }
    void number(std::string_view key, double value, const auto&...) { member(key, value); }
    template <std::integral Number>
    void count(std::string_view key, Number value, const auto&...) {
        member(key, value);
    }
    template <std::integral Number>
    void count(std::string_view key, const std::optional<Number>& value, const auto&...) {
        if (value) member(key, *value);
    }
    void wait(std::string_view key, milliseconds value, const auto&...) { member(key, value); }
    template <class Word>
    void word(std::string_view key, Word value) {
        member(key, std::string(name_of(value)));
    }
    void texts(std::string_view key, const std::vector<std::string>& value, const auto&...) {
        member(key, value);
    }
    void text_map(std::string_view key, const std::map<std::string, std::string>& value) {
        member(key, value);
    }
    void patterns(std::string_view key, const std::vector<std::string>& value) { member(key, value); }
    template <class Value, class Write>
    void each_pattern(std::string_view key, const Value& all, const std::map<std::string, Value>& of,
                      Write write) {
        if (of.empty()) return write(*this, key, all);
        object(key, [&](config_writer& in) {
            write(in, "*", all);
            for (const auto& [pattern, value] : of) write(in, pattern, value);
        });
    }
    template <class Write>
    void object(std::string_view key, Write write) {
        out_.key(key);
        config_writer inner(out_);
        write(inner);
    }
    void any_object(std::string_view key, const json& value) {
        if (!value.is_null()) member(key, value);
    }
    template <class Value, class Write>
    void optional_object(std::string_view key, const std::optional<Value>& value, Write write) {
        if (value) object(key, [&](config_writer& in) { write(in, *value); });
    }
    /// `some` is whether the object says anything.
    template <class Write>
    void boolean_or_object(std::string_view key, bool all, bool some, Write write) {
        if (some && !all) object(key, write);
        else boolean(key, all);
    }
    template <class Value, class Write>
    void list(std::string_view key, const std::vector<Value>& all, Write write) {
        objects(key, all.size(), [&](config_writer& in, std::size_t at) { write(in, all[at]); });
    }
    template <std::integral Number>
    void counts(std::string_view key, const std::vector<Number>& value, const auto&...) {
        member(key, value);
    }
    template <std::integral Number>
    void some_counts(std::string_view key, const std::vector<Number>& value, const auto&...) {
        member(key, value);
    }
    /// An array of `count` objects; `write` is called with the writer of each and its place.
    template <class Write>
    void objects(std::string_view key, std::size_t count, Write write) {
        out_.key(key);
        out_.begin_array();
        for (std::size_t at = 0; at < count; ++at) {
            config_writer inner(out_);
            write(inner, at);
        }
        out_.end_array();
    }

private:
    template <class Value>
    void member(std::string_view key, const Value& value) {
        out_.key(key);
        detail::encode(out_, value);
    }

    json_writer& out_;
};

struct plugin_config {
    plugin_options options = {};
    bool enabled = true;
    std::string runtime = {}; // a program that has to be there, as "node"; empty: none
};

namespace detail {

inline void read_command(config_reader& in, std::vector<std::string>& command) {
    std::string program;
    std::vector<std::string> arguments;
    in.text_or_null("command", program);
    in.texts("args", arguments);
    if (in.has("command")) command.push_back(std::move(program));
    else if (!arguments.empty()) in.refuse("args", "there is no command that they could belong to");
    for (std::string& argument : arguments) command.push_back(std::move(argument));
}

/// `stop` is the whole policy, `shutdownTimeoutMs` how long the usual one waits after it has asked.
inline void read_stop(config_reader& in, stop_policy& stop) {
    const bool given = in.has("stop");
    milliseconds asked = stop.front().wait;
    in.wait("shutdownTimeoutMs", asked);
    if (!given) stop.front().wait = asked;
    else if (in.has("shutdownTimeoutMs"))
        in.refuse("shutdownTimeoutMs", "the steps of `stop` say it already");
    if (given) stop.clear();
    in.objects("stop", [&](config_reader& step, std::size_t) {
        stop.push_back({stop_action::ask, milliseconds(0)});
        if (!step.has("action")) step.refuse_missing("action");
        step.word("action", stop.back().action);
        step.wait("waitMs", stop.back().wait);
    });
}

/// Nothing where something is wrong with it, which is added to `wrong`.
inline std::optional<plugin_config> read_plugin_config(json_view view, std::string_view path,
                                                       mistakes& wrong) {
    config_reader in(view, std::string(path));
    plugin_config config;
    if (!in.has("name")) in.refuse_missing("name");
    in.text("name", config.options.name);
    in.text_or_null("id", config.options.id);
    read_command(in, config.options.command);
    read_stop(in, config.options.stop);
    in.boolean("enabled", config.enabled);
    in.text_or_null("runtime", config.runtime);
    visit_keys(in, config.options);
    mistakes own = in.take_mistakes();
    const option_check checked = look_at_options(config.options, plugin_origin::process);
    for (const std::string& words : checked.all().sentences()) {
        if (view.kind() != json_kind::object) break; // that says it all
        const std::string said = in.path_of(words);
        if (!in.blames(std::string_view(said).substr(0, said.find(": ")))) own.add_new(said);
    }
    wrong.add(own);
    if (!own.none()) return {};
    return config;
}

/// Of a list those that are good, each at its place.
inline std::vector<std::optional<plugin_config>> read_plugin_configs(json_view list, std::string_view path,
                                                                     mistakes& wrong) {
    std::vector<std::optional<plugin_config>> configs;
    if (list.is_null()) return configs;
    const auto items = list.as<std::vector<json_view>>();
    if (!items) {
        wrong.add(path, join({"expected array, got ", name_of(list.kind())}));
        return configs;
    }
    configs.reserve(items->size());
    std::unordered_map<std::string, std::size_t> places;
    dependencies needs; // a host would refuse the plugin that closes a circle
    for (const json_view item : *items) {
        const std::size_t at = configs.size();
        auto& read = configs.emplace_back(read_plugin_config(item, item_path(path, at), wrong));
        if (!read) continue;
        const auto [known, is_new] = places.emplace(read->options.name, at);
        if (!is_new) {
            wrong.add(
                join({item_path(path, at), ".name"}),
                join({"\"", known->first, "\" is the name of ", item_path(path, known->second), " already"}));
            read.reset();
        } else if (const auto good = needs.set(known->first, read->options.needs); !good) {
            wrong.add(join({item_path(path, at), ".needs"}), good.error().message);
            read.reset();
        }
    }
    return configs;
}

} // namespace detail

/// `path` is where it stands in its file, as "plugins[2]".
inline result<plugin_config> read_plugin_config(json_view view, std::string_view path = {}) {
    mistakes wrong;
    auto read = detail::read_plugin_config(view, path, wrong);
    if (!read) return wrong.finish().error();
    return std::move(*read);
}

/// A list of them: an array, or null for an empty one. Names are given once. All that is wrong is said, a line each.
inline result<std::vector<plugin_config>> read_plugin_configs(json_view list,
                                                              std::string_view path = "plugins") {
    mistakes wrong;
    auto read = detail::read_plugin_configs(list, path, wrong);
    if (!wrong.none()) return wrong.finish().error();
    std::vector<plugin_config> configs;
    configs.reserve(read.size());
    for (auto& one : read) configs.push_back(std::move(*one));
    return configs;
}

/// What read_plugin_config() reads as the same, with everything said.
inline std::string write_plugin_config(plugin_config config) {
    byte_buffer buffer;
    json_writer json(buffer);
    {
        config_writer out(json);
        out.text("name", config.options.name);
        out.text("id", config.options.id);
        std::vector<std::string>& command = config.options.command;
        if (!command.empty()) {
            out.text("command", command.front());
            out.texts("args", {command.begin() + 1, command.end()});
        }
        const stop_policy& stop = config.options.stop;
        out.objects("stop", stop.size(), [&](config_writer& step, std::size_t at) {
            step.word("action", stop[at].action);
            step.wait("waitMs", stop[at].wait);
        });
        out.boolean("enabled", config.enabled);
        out.text("runtime", config.runtime);
        detail::visit_keys(out, config.options);
    }
    return std::string(buffer.view());
}

} // namespace tenon

#endif
