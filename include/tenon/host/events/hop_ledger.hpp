#ifndef TENON_HOST_EVENTS_HOP_LEDGER_HPP
#define TENON_HOST_EVENTS_HOP_LEDGER_HPP

// How far an event that a plugin emits is from one that came from outside. A plugin that answers an event by
// emitting it again would otherwise keep the host busy for ever, alone or with others.
//
// Nothing that the plugin says counts, only what the host did: an event that is emitted is one hop behind the
// farthest of those that the plugin is being asked about, or was told or had answered within the last
// seconds. So nothing can be forged, and a plugin that emits by its own clock and hears itself pays for it:
// beyond the limit it is refused until it has been quiet for a moment. A loop that is slower than that moment
// is not noticed; it does little harm.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/host/events/interests.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace tenon::detail {

class hop_ledger {
public:
    /// Counts what was told for between one and two times `memory`.
    explicit hop_ledger(int max_hops, milliseconds memory = milliseconds{2'000})
        : max_hops_(max_hops), memory_(memory) {}

    /// The plugin is asked about an event of so many hops: until answered(), which comes once for each.
    void asked(plugin_index plugin, int hops, time_point now);
    void answered(plugin_index plugin, int hops, time_point now);
    void told(plugin_index plugin, int hops, time_point now);

    /// The hops of an event that the plugin emits now, or a fault that says why it may not.
    result<int> emit(plugin_index plugin, std::string_view type, time_point now);

    /// Its connection is gone: what it was asked about will not be answered.
    void forget(plugin_index plugin) {
        if (plugin < plugins_.size()) plugins_[plugin] = {};
    }

private:
    struct trail {
        struct open {
            int hops, count;
        };
        std::vector<open> asked = {}; // hops and how many, of what is not answered
        int recent = -1, before = -1;
        time_point since = {};
    };

    void turn(trail& of, time_point now) const;

    int max_hops_;
    milliseconds memory_;
    trail& trail_of(plugin_index plugin) {
        if (plugin >= plugins_.size()) plugins_.resize(plugin + std::size_t{1});
        return plugins_[plugin];
    }

    std::vector<trail> plugins_; // by their numbers, which grow like those of the host's own list
};

inline void hop_ledger::turn(trail& of, time_point now) const {
    if (now < after(of.since, memory_)) return;
    of.before = now < after(after(of.since, memory_), memory_) ? of.recent : -1;
    of.recent = -1;
    of.since = now;
}

inline void hop_ledger::asked(plugin_index plugin, int hops, time_point) {
    std::vector<trail::open>& asked = trail_of(plugin).asked;
    for (trail::open& one : asked)
        if (one.hops == hops) {
            ++one.count;
            return;
        }
    asked.push_back({hops, 1});
}

inline void hop_ledger::answered(plugin_index plugin, int hops, time_point now) {
    if (plugin >= plugins_.size()) return;
    std::vector<trail::open>& asked = plugins_[plugin].asked;
    const auto entry =
        std::find_if(asked.begin(), asked.end(), [&](const trail::open& one) { return one.hops == hops; });
    if (entry == asked.end()) return;
    if (--entry->count == 0) {
        *entry = asked.back();
        asked.pop_back();
    }
    told(plugin, hops, now); // it may emit right behind its answer
}

inline void hop_ledger::told(plugin_index plugin, int hops, time_point now) {
    trail& known = trail_of(plugin);
    turn(known, now);
    if (hops > known.recent) known.recent = hops;
}

inline result<int> hop_ledger::emit(plugin_index plugin, std::string_view type, time_point now) {
    if (plugin >= plugins_.size()) return 0;
    trail& of = plugins_[plugin];
    turn(of, now);
    int farthest = of.recent > of.before ? of.recent : of.before;
    for (const trail::open& one : of.asked) farthest = std::max(farthest, one.hops);
    if (farthest < max_hops_) return farthest + 1;
    return fault{codes::limit_exceeded,
                 join({"the event \"", type.substr(0, longest_event_type),
                       "\" is emitted in answer to an event that is ",
                       digits(static_cast<std::uint64_t>(farthest)), " hops from its origin already, and ",
                       digits(static_cast<std::uint64_t>(max_hops_)), " are allowed"})};
}

} // namespace tenon::detail

#endif
