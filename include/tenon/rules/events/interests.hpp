#ifndef TENON_RULES_EVENTS_INTERESTS_HPP
#define TENON_RULES_EVENTS_INTERESTS_HPP

// Who gets which events. What the configuration says of a plugin stays while it comes and goes; what it
// declared in its handshake and subscribed to afterwards holds until its next handshake: while it is away it is told
// nothing, but who asks for a decision hears that it should have been asked. An event reaches a plugin if
//
// 1. the event's family is one of its capabilities ("*" is all of them), and
// 2. it listed no events at all, or one that it listed or subscribed to matches; the most particular one says
//    mode, priority and onFailure, and of two that are the same the subscription; and
// 3. the configuration does not exclude the event, and includes it where it includes anything.
//
// A plugin that has not shaken hands yet should be asked about what the configuration says it is required for.
//
// of() and asked() are asked for every event and answer from what they found out the last time, without allocating.

#include <tenon/core/time.hpp>
#include <tenon/rules/events/event_names.hpp>
#include <tenon/rules/events/explanation.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/session/messages.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tenon::detail {

/// What is kept of one plugin at most. More than these of either kind no person writes.
inline constexpr std::size_t max_declared_events = 1'024;
inline constexpr std::size_t max_subscriptions = 256;

/// One plugin that gets the events of one type. The texts are the table's.
struct interest {
    plugin_index plugin = 0;
    std::string_view id;   // the order among equals
    std::string_view name; // for people
    event_mode mode = event_mode::mutate;
    bool mode_given = false; // else it is mutate when asked and observe when told
    int priority = 0;        // of the configuration and of the plugin together
    failure_policy on_failure = failure_policy::proceed;
    milliseconds patience = milliseconds::max(); // how long it may take to decide
    bool away = false;                           // it should be asked, and cannot
    bool required = false;                       // nothing passes without its decision
    absence absent = absence::pass;
};

/// What the configuration says of a plugin's events, but for which ones it gets.
struct interest_terms {
    milliseconds patience = milliseconds::max();
    std::vector<std::string> required = {}; // patterns
    absence absent = absence::pass;
    std::map<std::string, absence> absent_of = {};
};

/// Whom an event goes to, for as long as somebody holds it, whatever becomes of the table and the plugins.
struct interest_list {
    struct names {
        std::string id, name;
    };
    std::vector<interest> all;
    std::vector<interest> asked; // the same with those that are away; empty where nobody is
    std::vector<std::shared_ptr<const names>> kept; // what the interests' texts are of
};

/// What a plugin declared and subscribed to, as far as it was taken over.
struct wanted_events {
    std::vector<std::string> families = {};
    bool whole_families = false; // it listed no events
    std::vector<event_interest> listed = {}, subscribed = {};
};

class interest_table {
public:
    interest_table() = default;
    interest_table(const interest_table&) = delete; // of() hands out views of what is here
    interest_table& operator=(const interest_table&) = delete;

    /// What the configuration says, at first and whenever it changes. An empty name is the id.
    void set_plugin(plugin_index plugin, std::string id, event_filter filter, int priority,
                    std::string name = {}, interest_terms terms = {});
    /// What its handshake says; takes the place of everything that was declared or subscribed to before. How
    /// many of its events were not taken over, because they are no patterns or too many.
    std::size_t declare(plugin_index plugin, const handshake_answer& answer);
    result<void> subscribe(plugin_index plugin, const subscribe_request& request);
    /// Whether it had subscribed to or listed exactly this.
    bool unsubscribe(plugin_index plugin, std::string_view type);
    /// Its connection is gone.
    void withdraw(plugin_index plugin);
    /// Whether it is missed while it is away: not if it was stopped on purpose.
    void set_expected(plugin_index plugin, bool expected);
    void remove(plugin_index plugin);

    /// The highest priority first; at equal priority those that mutate, those that validate, those that
    /// observe, each in the order of their ids. Valid until the next call of anything here.
    std::span<const interest> of(std::string_view type);
    /// The same with those that should be asked for a decision and are away.
    std::span<const interest> asked(std::string_view type);
    /// The same for who does something with each of them that may come back here. Null where there are none.
    std::shared_ptr<const interest_list> hold(std::string_view type);

    /// One for every plugin, in the order of their ids.
    std::vector<explanation> explain(std::string_view type) const;

    /// Whether its handshake named one of these capabilities, or all by "*".
    bool has_one_of(plugin_index plugin, std::span<const std::string> capabilities) const noexcept;

    /// Of a plugin that is there, for its status.
    wanted_events wanted_by(plugin_index plugin) const;

private:
    struct configured_plugin {
        std::shared_ptr<const interest_list::names> called;
        event_filter filter;
        int priority = 0;
        interest_terms terms = {};
        bool expected = true;
        bool present = false;
        bool declared = false;       // once, and remembered
        bool whole_families = false; // it listed no events
        std::vector<std::string> capabilities = {};
        std::vector<event_interest> events = {};
        std::vector<event_interest> subscriptions = {};
    };
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };
    struct verdict {
        exclusion why_not = exclusion::none;
        const event_interest* chosen = nullptr; // null: the whole family
        bool subscribed = false;
        bool missed = false;                  // it is away, and should be asked for a decision
        bool required = false;                // nothing passes without its decision
        const std::string* pattern = nullptr; // of the configuration
    };

    static bool is_capable(const configured_plugin& plugin, std::string_view family) noexcept;
    static verdict judge(const configured_plugin& plugin, std::string_view type) noexcept;
    static interest interest_of(plugin_index index, const configured_plugin& plugin, std::string_view type,
                                const verdict& found);
    static bool erase(std::vector<event_interest>& from, std::string_view type);
    std::shared_ptr<const interest_list> collect(std::string_view type) const;
    const std::shared_ptr<const interest_list>* look_up(std::string_view type);
    configured_plugin* find(plugin_index plugin) noexcept;

    // Types come from plugins too (host/emit), so what is remembered of them is bounded: an application that
    // has more types than this pays for looking them up anew now and then.
    static constexpr std::size_t remembered_types = 512;

    std::map<plugin_index, configured_plugin> plugins_;
    std::unordered_map<std::string, std::shared_ptr<const interest_list>, text_hash, std::equal_to<>>
        remembered_;
};

} // namespace tenon::detail

#include <tenon/rules/events/interests_inline.hpp>

#endif
