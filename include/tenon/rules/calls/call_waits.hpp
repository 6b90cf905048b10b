#ifndef TENON_RULES_CALLS_CALL_WAITS_HPP
#define TENON_RULES_CALLS_CALL_WAITS_HPP

// Who waits for whom: plugins that call other plugins through the host. A call that could only wait for itself (its
// plugin is busy to the last place with work that itself waits for this call) is refused at once instead of at its
// deadline. What cannot be known is decided against the call: that a plugin calls while it works on something is
// taken to mean that it works on that because of the call.
//
// One of these per host. Plugins are numbers that are never reused.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tenon::detail {

class call_waits {
public:
    static constexpr std::uint32_t nobody = UINT32_MAX;

    /// How many calls a plugin works on, and how many it takes on at once.
    void set_work(std::uint32_t plugin, std::size_t in_flight, std::size_t places) {
        node& one = node_of(plugin);
        one.in_flight = in_flight;
        one.places = places;
    }

    void begin(std::uint32_t asker, std::uint32_t asked) {
        if (asker == nobody) return;
        node_of(asked);
        node_of(asker).waits_for.push_back(asked);
    }
    void end(std::uint32_t asker, std::uint32_t asked) noexcept {
        if (asker >= nodes_.size()) return;
        std::vector<std::uint32_t>& waits = nodes_[asker].waits_for;
        for (std::size_t at = 0; at != waits.size(); ++at) {
            if (waits[at] != asked) continue;
            waits[at] = waits.back();
            return waits.pop_back();
        }
    }

    /// Whether a call of `asker` to `asked`, which would have to wait for a place there, could only wait for itself.
    bool closes_circle(std::uint32_t asker, std::uint32_t asked) {
        if (asker == nobody || asked == nobody) return false;
        begin(asker, asked);
        ++walk_;
        const bool circle = stuck(asked);
        end(asker, asked);
        return circle;
    }

private:
    struct node {
        std::vector<std::uint32_t> waits_for = {};
        std::size_t in_flight = 0, places = 0;
        std::uint64_t walked = 0;
    };

    node& node_of(std::uint32_t plugin) {
        if (plugin >= nodes_.size()) nodes_.resize(plugin + std::size_t{1});
        return nodes_[plugin];
    }

    // A plugin gets on as long as one of its places works on something that does not wait, or waits for a plugin that
    // gets on. A plugin that is met again on the way is taken to be stuck: then the circle is what keeps it so.
    bool stuck(std::uint32_t plugin) {
        node& one = nodes_[plugin];
        if (one.walked == walk_) return true;
        one.walked = walk_;
        if (one.in_flight < one.places || one.waits_for.size() < one.in_flight) return false;
        for (const std::uint32_t next : one.waits_for)
            if (!stuck(next)) return false;
        return true;
    }

    std::vector<node> nodes_;
    std::uint64_t walk_ = 0;
};

} // namespace tenon::detail

#endif
