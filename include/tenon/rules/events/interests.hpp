#ifndef TENON_RULES_EVENTS_INTERESTS_HPP
#define TENON_RULES_EVENTS_INTERESTS_HPP

// Which plugin gets which events. What the configuration says of a plugin stays while it comes and goes. What it declared
// in its handshake and subscribed to afterwards holds until its next handshake. While it is away it is told nothing, but
// a decision knows that it should have been asked. An event reaches a plugin if
//
// 1. the event's family is one of its capabilities ("*" is all of them), and
// 2. it listed no events at all, or one that it listed or subscribed to matches; the most particular one says
//    mode, priority and onFailure, and of two that are the same the subscription; and
// 3. the configuration does not exclude the event, and includes it where it includes anything.
//
// A plugin that has not shaken hands yet should be asked about what the configuration says must not pass without it: what it
// is required for, and what its absence stops or holds.
//
// of() and asked() are asked for every event and answer from what they found out the last time, without allocating.

#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/rules/events/event_names.hpp>
#include <tenon/rules/events/explanation.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/session/messages.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
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
    milliseconds answer_timeout = milliseconds::max(); // how long it may take to decide
    bool away = false;                                 // it should be asked, and cannot
    bool required = false;                             // nothing passes without its decision
    absence absent = absence::pass;
};

/// What the configuration says of a plugin's events, but for which ones it gets.
struct interest_terms {
    milliseconds answer_timeout = milliseconds::max();
    std::vector<std::string> required = {}; // patterns
    absence absent = absence::pass;
    std::map<std::string, absence> absent_of = {};
};

/// The plugins that an event goes to. Stays as it is for as long as it is held, whatever becomes of the table.
struct interest_list {
    struct names {
        std::string id, name;
    };
    std::vector<interest> all;
    std::vector<interest> asked; // the same with those that are away; empty where none is away
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
    /// Whether it is missed while it is away: if it was stopped on purpose, only by what must not pass without it.
    void set_expected(plugin_index plugin, bool expected);
    void remove(plugin_index plugin);

    /// The highest priority first; at equal priority those that mutate, those that validate, those that
    /// observe, each in the order of their ids. Valid until the next call of anything here.
    std::span<const interest> of(std::string_view type);
    /// The same with those that should be asked for a decision and are away.
    std::span<const interest> asked(std::string_view type);
    /// The same for a caller that may change the table while it goes through the list. Null where there are none.
    std::shared_ptr<const interest_list> hold(std::string_view type);

    /// One for every plugin, in the order of their ids.
    std::vector<explanation> explain(std::string_view type) const;

    /// Whether its handshake named one of these capabilities, or all by "*".
    bool has_one_of(plugin_index plugin, std::span<const std::string> capabilities) const noexcept;

    /// Of a plugin that is there, for its status.
    wanted_events wanted_by(plugin_index plugin) const;
    /// The same: what the configuration says must not pass without it, and it decides about none of that. For people.
    std::vector<std::string> undecided(plugin_index plugin) const;

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
    static absence absence_of(const configured_plugin& plugin, std::string_view type) noexcept {
        return most_particular(plugin.terms.absent_of, type, plugin.terms.absent);
    }
    static verdict judge(const configured_plugin& plugin, std::string_view type) noexcept;
    static interest interest_of(plugin_index index, const configured_plugin& plugin, std::string_view type,
                                const verdict& found);
    static std::string why_undecided(const configured_plugin& plugin, const std::string& pattern);
    static std::string terms_for(const configured_plugin& plugin, std::string_view type,
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

inline interest_table::configured_plugin* interest_table::find(plugin_index plugin) noexcept {
    const auto known = plugins_.find(plugin);
    return known == plugins_.end() ? nullptr : &known->second;
}

inline void interest_table::set_plugin(plugin_index plugin, std::string id, event_filter filter, int priority,
                                       std::string name, interest_terms terms) {
    remembered_.clear();
    configured_plugin& entry = plugins_[plugin];
    if (name.empty()) name = id;
    entry.called =
        std::make_shared<interest_list::names>(interest_list::names{std::move(id), std::move(name)});
    entry.filter = std::move(filter);
    entry.priority = priority;
    entry.terms = std::move(terms);
}

inline std::size_t interest_table::declare(plugin_index plugin, const handshake_answer& answer) {
    configured_plugin* entry = find(plugin);
    if (entry == nullptr) return 0;
    remembered_.clear();
    entry->declared = entry->present = true;
    entry->whole_families = !answer.events;
    entry->capabilities.clear();
    entry->events.clear();
    entry->subscriptions.clear();
    std::size_t refused = 0;
    if (answer.capabilities)
        for (const std::string& family : *answer.capabilities) {
            if (entry->capabilities.size() < max_declared_events && family.size() <= longest_event_type)
                entry->capabilities.push_back(family);
            else ++refused;
        }
    if (answer.events)
        for (const event_interest& event : *answer.events) {
            if (entry->events.size() < max_declared_events && is_event_pattern(event.type))
                entry->events.push_back(event);
            else ++refused;
        }
    return refused;
}

inline result<void> interest_table::subscribe(plugin_index plugin, const subscribe_request& request) {
    configured_plugin* entry = find(plugin);
    if (entry == nullptr || !entry->present) return fault{codes::unavailable, "the plugin is not connected"};
    if (!is_event_pattern(request.type))
        return fault{codes::invalid_params,
                     "params.type: expected a type, \"FAMILY.*\" or \"*\" of at most 128 bytes"};
    const std::string_view family = event_family(request.type);
    // Refused rather than kept in vain: a subscription that brings nothing is the hardest mistake to find.
    if (family != "*" && !is_capable(*entry, family))
        return fault{codes::invalid_params,
                     join({"params.type: \"", family, "\" is not among the capabilities of the handshake"})};
    const event_interest wanted{request.type, request.mode, request.priority, {}};
    for (event_interest& known : entry->subscriptions)
        if (known.type == request.type) {
            known = wanted;
            remembered_.clear();
            return {};
        }
    if (entry->subscriptions.size() >= max_subscriptions)
        return fault{codes::limit_exceeded,
                     join({"more than ", digits(max_subscriptions), " subscriptions of one plugin"})};
    entry->subscriptions.push_back(wanted);
    remembered_.clear();
    return {};
}

inline bool interest_table::erase(std::vector<event_interest>& from, std::string_view type) {
    return std::erase_if(from, [&](const event_interest& one) { return one.type == type; }) != 0;
}

inline bool interest_table::unsubscribe(plugin_index plugin, std::string_view type) {
    configured_plugin* entry = find(plugin);
    if (entry == nullptr) return false;
    const bool subscribed = erase(entry->subscriptions, type);
    const bool listed = erase(entry->events, type);
    if (subscribed || listed) remembered_.clear();
    return subscribed || listed;
}

inline void interest_table::withdraw(plugin_index plugin) {
    configured_plugin* entry = find(plugin);
    if (entry == nullptr) return;
    remembered_.clear();
    entry->present = false;
}

inline void interest_table::set_expected(plugin_index plugin, bool expected) {
    configured_plugin* entry = find(plugin);
    if (entry == nullptr || entry->expected == expected) return;
    remembered_.clear();
    entry->expected = expected;
}

inline void interest_table::remove(plugin_index plugin) {
    remembered_.clear();
    plugins_.erase(plugin);
}

inline bool interest_table::is_capable(const configured_plugin& plugin, std::string_view family) noexcept {
    return std::any_of(plugin.capabilities.begin(), plugin.capabilities.end(),
                       [&](const std::string& one) { return one == family || one == "*"; });
}

inline interest_table::verdict interest_table::judge(const configured_plugin& plugin,
                                                     std::string_view type) noexcept {
    verdict found;
    found.required = first_match(plugin.terms.required, type) != nullptr;
    const bool must_not_pass = found.required || absence_of(plugin, type) != absence::pass;
    if (!plugin.declared && !must_not_pass) return {exclusion::not_declared};
    if (plugin.declared && !is_capable(plugin, event_family(type))) return {exclusion::capability};
    std::size_t best = 0;
    const auto look_at = [&](const std::vector<event_interest>& entries, bool subscribed) {
        for (const event_interest& entry : entries) {
            const std::size_t here = particularity(entry.type, type);
            if (here <= best) continue;
            best = here;
            found.chosen = &entry;
            found.subscribed = subscribed;
        }
    };
    look_at(plugin.subscriptions, true); // first, so that they win over what is equal to them
    look_at(plugin.events, false);
    if (found.chosen == nullptr && plugin.declared && !plugin.whole_families)
        return {exclusion::subscription};
    const bool only_told = found.chosen != nullptr && found.chosen->mode == event_mode::observe;
    found.required = found.required && !only_told;
    found.pattern = first_match(plugin.filter.exclude, type);
    if (found.pattern != nullptr) found.why_not = exclusion::excluded;
    else if (!passes(plugin.filter, type)) found.why_not = exclusion::not_included;
    else if (!plugin.present) {
        found.why_not = plugin.declared ? exclusion::state : exclusion::not_declared;
        found.missed = !only_told && (plugin.expected || must_not_pass);
    }
    return found;
}

inline interest interest_table::interest_of(plugin_index index, const configured_plugin& plugin,
                                            std::string_view type, const verdict& found) {
    interest made{.plugin = index,
                  .id = plugin.called->id,
                  .name = plugin.called->name,
                  .answer_timeout = plugin.terms.answer_timeout,
                  .away = found.missed,
                  .required = found.required};
    made.absent = absence_of(plugin, type);
    std::int64_t priority = plugin.priority; // the sum of two ints, one of them a stranger's
    if (found.chosen != nullptr) {
        made.mode_given = found.chosen->mode.has_value();
        made.mode = found.chosen->mode.value_or(event_mode::mutate);
        made.on_failure = found.chosen->on_failure.value_or(failure_policy::proceed);
        priority += found.chosen->priority.value_or(0);
    }
    made.priority = static_cast<int>(
        std::clamp<std::int64_t>(priority, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
    return made;
}

inline std::shared_ptr<const interest_list> interest_table::collect(std::string_view type) const {
    interest_list wanted;
    std::vector<interest>& asked = wanted.asked;
    for (const auto& [index, plugin] : plugins_) {
        const verdict found = judge(plugin, type);
        if (found.why_not != exclusion::none && !found.missed) continue;
        asked.push_back(interest_of(index, plugin, type, found));
        wanted.kept.push_back(plugin.called);
    }
    if (asked.empty()) return nullptr;
    const auto later_mode = [](event_mode mode) {
        return mode == event_mode::mutate ? 0 : mode == event_mode::validate ? 1 : 2;
    };
    std::sort(asked.begin(), asked.end(), [&](const interest& one, const interest& other) {
        if (one.priority != other.priority) return one.priority > other.priority;
        return std::tuple(later_mode(one.mode), one.id, one.plugin) <
               std::tuple(later_mode(other.mode), other.id, other.plugin);
    });
    const auto is_away = [](const interest& one) { return one.away; };
    if (std::none_of(asked.begin(), asked.end(), is_away)) wanted.all.swap(asked);
    else std::remove_copy_if(asked.begin(), asked.end(), std::back_inserter(wanted.all), is_away);
    return std::make_shared<interest_list>(std::move(wanted));
}

inline const std::shared_ptr<const interest_list>* interest_table::look_up(std::string_view type) {
    const auto known = remembered_.find(type);
    if (known != remembered_.end()) return &known->second;
    if (!is_event_type(type)) return nullptr;
    if (remembered_.size() >= remembered_types) remembered_.clear();
    return &remembered_.emplace(type, collect(type)).first->second;
}

inline std::span<const interest> interest_table::of(std::string_view type) {
    const auto* const found = look_up(type);
    if (found == nullptr || *found == nullptr) return {};
    return (*found)->all;
}

inline std::span<const interest> interest_table::asked(std::string_view type) {
    const auto* const found = look_up(type);
    if (found == nullptr || *found == nullptr) return {};
    return (*found)->asked.empty() ? (*found)->all : (*found)->asked;
}

inline std::shared_ptr<const interest_list> interest_table::hold(std::string_view type) {
    const auto* const found = look_up(type);
    return found == nullptr || *found == nullptr || (*found)->all.empty() ? nullptr : *found;
}

inline std::vector<explanation> interest_table::explain(std::string_view type) const {
    std::vector<explanation> all;
    std::vector<std::pair<std::string_view, plugin_index>> order;
    order.reserve(plugins_.size());
    for (const auto& [index, plugin] : plugins_) order.emplace_back(plugin.called->id, index);
    std::sort(order.begin(), order.end());
    all.reserve(order.size());
    for (const auto& [id, index] : order) {
        const configured_plugin& plugin = plugins_.find(index)->second;
        const bool can_be = is_event_type(type);
        const verdict found = can_be ? judge(plugin, type) : verdict{exclusion::subscription};
        explanation made{.plugin = index, .name = plugin.called->name, .why_not = found.why_not, .words = {}};
        switch (found.why_not) {
        case exclusion::none:
            if (found.chosen == nullptr)
                made.words = join({"gets all of the family \"", event_family(type), "\""});
            else
                made.words = join({found.subscribed ? "subscribed to \"" : "lists \"",
                                   std::string_view(found.chosen->type), "\""});
            break;
        case exclusion::not_declared: made.words = "has not said what it wants: no handshake yet"; break;
        case exclusion::capability:
            made.words = join({"its handshake does not name the capability \"", event_family(type), "\""});
            break;
        case exclusion::subscription:
            made.words = can_be ? "none of the events that it lists or subscribed to matches"
                                : "no event can be of this type";
            break;
        case exclusion::excluded:
            made.words = join({"the configuration excludes \"", std::string_view(*found.pattern), "\""});
            break;
        case exclusion::not_included: made.words = "nothing that the configuration includes matches"; break;
        case exclusion::state: // the host says which
            made.words = "is not there";
            break;
        case exclusion::permission:
        case exclusion::breaker: break;
        }
        const interest as = interest_of(index, plugin, type, found);
        made.mode = as.mode;
        made.mode_given = as.mode_given;
        made.priority = as.priority;
        made.on_failure = as.on_failure;
        made.missed = found.missed;
        made.required = found.required;
        made.absent = as.absent;
        if (plugin.present && can_be) append(made.words, terms_for(plugin, type, found));
        all.push_back(std::move(made));
    }
    return all;
}

inline bool interest_table::has_one_of(plugin_index plugin,
                                       std::span<const std::string> capabilities) const noexcept {
    const auto known = plugins_.find(plugin);
    return known != plugins_.end() &&
           std::any_of(capabilities.begin(), capabilities.end(),
                       [&](const std::string& one) { return is_capable(known->second, one); });
}

inline wanted_events interest_table::wanted_by(plugin_index plugin) const {
    const auto known = plugins_.find(plugin);
    if (known == plugins_.end() || !known->second.present) return {};
    const configured_plugin& of = known->second;
    return {of.capabilities, of.whole_families, of.events, of.subscriptions};
}

/// What the configuration says besides of an event that it decides about, or does not.
inline std::string interest_table::terms_for(const configured_plugin& plugin, std::string_view type,
                                             const verdict& found) {
    const bool decides = found.why_not == exclusion::none &&
                         (found.chosen == nullptr || found.chosen->mode != event_mode::observe);
    const absence absent = absence_of(plugin, type);
    const bool required = first_match(plugin.terms.required, type) != nullptr;
    if (!decides && (required || absent != absence::pass))
        return "; the configuration lets none pass without it, and it does not decide about them";
    std::string words;
    if (required) words = "; required";
    if (decides && absent != absence::pass)
        append(words,
               absent == absence::stop ? "; stopped while it is not there" : "; held while it is not there");
    return words;
}

/// Empty where it decides about some events of the pattern.
inline std::string interest_table::why_undecided(const configured_plugin& plugin,
                                                 const std::string& pattern) {
    std::vector<std::string> within = {pattern}; // what of the pattern may be told apart
    for (const std::string& family : plugin.capabilities)
        within.push_back(family == "*" ? family : family + ".*");
    for (const auto* const listed : {&plugin.events, &plugin.subscriptions})
        for (const event_interest& one : *listed) within.push_back(one.type);
    within.insert(within.end(), plugin.filter.include.begin(), plugin.filter.include.end());
    bool observes = false;
    for (const std::string& type : within) {
        if (!matches(pattern, type)) continue;
        const verdict found = judge(plugin, type);
        if (found.why_not != exclusion::none) continue;
        if (found.chosen == nullptr || found.chosen->mode != event_mode::observe) return {};
        observes = true;
    }
    if (observes) return "it only observes them";
    if (std::string kept = kept_from_plugin(plugin.filter, pattern); !kept.empty()) return kept;
    const std::string_view family = event_family(pattern);
    if (family == "*" || is_capable(plugin, family)) return "it lists none of them";
    return join({"its handshake does not name the capability \"", family, "\""});
}

inline std::vector<std::string> interest_table::undecided(plugin_index index) const {
    std::vector<std::string> found;
    const auto known = plugins_.find(index);
    if (known == plugins_.end() || !known->second.present) return found;
    const configured_plugin& plugin = known->second;
    const auto look_at = [&](std::string_view key, const std::string& pattern) {
        if (const std::string why = why_undecided(plugin, pattern); !why.empty())
            found.push_back(
                join({key, ": it decides about no event of \"", pattern, "\", and they pass: ", why}));
    };
    for (const std::string& pattern : plugin.terms.required) look_at("required", pattern);
    for (const auto& [pattern, absent] : plugin.terms.absent_of)
        if (absent != absence::pass) look_at("absent", pattern);
    if (plugin.terms.absent != absence::pass) look_at("absent", "*");
    return found;
}

} // namespace tenon::detail

#endif
