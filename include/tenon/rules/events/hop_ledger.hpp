#ifndef TENON_RULES_EVENTS_HOP_LEDGER_HPP
#define TENON_RULES_EVENTS_HOP_LEDGER_HPP

// How far an event that a plugin emits is from one that came from outside. A plugin that answers an event by
// emitting it again would otherwise keep the host busy for ever, alone or with others.
//
// A plugin names what it emits something in answer to: the id of an event as `cause` in the metadata. What it names
// counts only if the host has given it that event, and then the new event is one hop farther than that one. As a
// plugin could name the same event for ever, or emit ten for each, all that is emitted in one chain is counted too.
//
// Where it names none, what the host did decides. An emission is taken for the answer to an event that the plugin is
// being asked about, or had or was told within the last moment: to the one nearest to its origin that has had no such
// answer yet, or else to the farthest. So one event for each event is no loop, however fast they come; a loop is, as
// each of its rounds has only the former one's event to answer; and who emits several for each gets no farther with
// them than the farthest that it has heard of. What cannot be known is decided against the plugin: one that emits by
// its own clock and hears itself pays for it, and beyond the limit is refused until it has been quiet for the moment.
// A loop that is slower than that is not noticed where no causes are named; it does little harm.
//
// Only plugins that may call the host are kept account of: others emit nothing. In steady state nothing is allocated.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/rules/events/event_message.hpp>
#include <tenon/rules/events/interests.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tenon::detail {

/// So many events back a plugin can name a cause.
inline constexpr std::size_t max_known_causes = 1'024;
/// With eight hops and two events for each it would be 510; more than this is an avalanche.
inline constexpr std::uint32_t max_chain_events = 1'024;
/// Whose events are counted at the same time. The oldest chain is forgotten first.
inline constexpr std::size_t max_known_chains = 4'096;

class hop_ledger {
public:
    explicit hop_ledger(int max_hops, milliseconds memory = milliseconds{500})
        : max_hops_(max_hops), memory_(memory) {}

    /// The plugin may emit from now on.
    void follow(plugin_index plugin) {
        if (plugin >= plugins_.size()) plugins_.resize(plugin + std::size_t{1});
        plugins_[plugin].followed = true;
    }
    /// Its connection is gone: what it was asked about will not be answered.
    void forget(plugin_index plugin) {
        if (plugin < plugins_.size()) plugins_[plugin] = {};
    }

    /// The plugin is asked about an event: until answered(), which comes once for each.
    void asked(plugin_index plugin, const event_place& event, time_point now) {
        note(plugin, event, now, true);
    }
    void told(plugin_index plugin, const event_place& event, time_point now) {
        note(plugin, event, now, false);
    }
    void answered(plugin_index plugin, const event_place& event, time_point now);

    /// Where an event stands that the plugin emits now, but for its number; or a fault that says why it may not.
    /// `cause`: the number of the event that it names, 0 for none. Set to 0 where that does not count.
    result<event_place> emit(plugin_index plugin, std::string_view type, std::uint64_t& cause,
                             time_point now);

private:
    struct delivery {
        event_place event = {};
        time_point at = {}; // told, or answered
        bool open = false;  // asked, and not answered
        bool used = false;  // something was emitted in answer to it
    };
    struct trail {
        bool followed = false;
        std::vector<delivery> given = {}; // a ring once it is full
        std::size_t next = 0;             // in it
    };

    trail* trail_of(plugin_index plugin) noexcept {
        return plugin < plugins_.size() && plugins_[plugin].followed ? &plugins_[plugin] : nullptr;
    }
    void note(plugin_index plugin, const event_place& event, time_point now, bool open);
    /// The latest of them that `is`, or null.
    template <class Is>
    static delivery* latest(trail& of, Is is) {
        std::size_t at = of.next;
        for (std::size_t seen = 0; seen != of.given.size(); ++seen) {
            at = at == 0 ? of.given.size() - 1 : at - 1;
            if (is(of.given[at])) return &of.given[at];
        }
        return nullptr;
    }
    delivery* likely_cause(trail& of, time_point now) const noexcept;
    result<void> count_in_chain(std::uint64_t root, std::string_view type);

    int max_hops_;
    milliseconds memory_;
    std::vector<trail> plugins_; // by their numbers, which grow like those of the host's own list
    std::unordered_map<std::uint64_t, std::uint32_t> chains_; // how much was emitted in each, by its root
    std::deque<std::uint64_t> chain_order_;
};

inline void hop_ledger::note(plugin_index plugin, const event_place& event, time_point now, bool open) {
    trail* const of = trail_of(plugin);
    if (of == nullptr) return;
    if (of->given.size() < max_known_causes) of->given.emplace_back();
    else if (of->next == max_known_causes) of->next = 0;
    of->given[of->next++] = {.event = event, .at = now, .open = open};
}

inline void hop_ledger::answered(plugin_index plugin, const event_place& event, time_point now) {
    trail* const of = trail_of(plugin);
    if (of == nullptr) return;
    delivery* const found =
        latest(*of, [&](const delivery& one) { return one.open && one.event.number == event.number; });
    if (found == nullptr) return;
    found->open = false;
    found->at = now; // it may emit right behind its answer
}

inline hop_ledger::delivery* hop_ledger::likely_cause(trail& of, time_point now) const noexcept {
    delivery *nearest = nullptr, *farthest = nullptr;
    for (delivery& one : of.given) {
        if (!one.open && now >= after(one.at, memory_)) continue;
        if (!one.used && (nearest == nullptr || one.event.hops < nearest->event.hops)) nearest = &one;
        if (farthest == nullptr || one.event.hops > farthest->event.hops) farthest = &one;
    }
    return nearest != nullptr ? nearest : farthest;
}

inline result<void> hop_ledger::count_in_chain(std::uint64_t root, std::string_view type) {
    const auto [chain, is_new] = chains_.try_emplace(root, 0u);
    if (is_new) {
        chain_order_.push_back(root);
        if (chain_order_.size() > max_known_chains) {
            chains_.erase(chain_order_.front());
            chain_order_.pop_front();
        }
    }
    if (chain->second >= max_chain_events)
        return fault{codes::limit_exceeded,
                     join({"the event \"", beginning_of(type, longest_event_type),
                           "\" is one too many: ", digits(std::uint64_t{max_chain_events}),
                           " events were emitted already that go back to the same one"})};
    ++chain->second;
    return {};
}

inline result<event_place> hop_ledger::emit(plugin_index plugin, std::string_view type, std::uint64_t& cause,
                                            time_point now) {
    trail* const of = trail_of(plugin);
    if (of == nullptr) return cause = 0, event_place{};
    const std::uint64_t named = cause;
    delivery* from = nullptr;
    if (named != 0) from = latest(*of, [&](const delivery& one) { return one.event.number == named; });
    if (from == nullptr) cause = 0;
    const bool named_one = from != nullptr;
    if (from == nullptr) from = likely_cause(*of, now);
    if (from == nullptr) return event_place{}; // by itself
    const event_place place{.root = from->event.root, .hops = from->event.hops + 1};
    if (from->event.hops >= max_hops_)
        return fault{
            codes::limit_exceeded,
            join({"the event \"", beginning_of(type, longest_event_type),
                  "\" is emitted in answer to an event that is ",
                  digits(static_cast<std::uint64_t>(from->event.hops)), " hops from its origin already, and ",
                  digits(static_cast<std::uint64_t>(max_hops_)), " are allowed"})};
    // What is named is counted from the first; else one that emits by its own clock would be, for what it happened to hear.
    if (named_one || place.hops > 1)
        if (auto good = count_in_chain(place.root, type); !good) return good.error();
    from->used = true;
    return place;
}

} // namespace tenon::detail

#endif
