#ifndef TENON_RULES_EVENT_RECORD_HPP
#define TENON_RULES_EVENT_RECORD_HPP

// One event that went through the host and what became of it, for dashboards and log files. As JSON:
//
//     {"time":1700000000000,"id":"e7","type":"message.incoming","payload":{"content":"hi"},"decided":true,"told":2,
//      "stopped":true,"modified":false,"stoppedBy":"moderator","reason":"spam","plugins":[{"plugin":...}]}
//
// on one line; `source`, `directed`, `stoppedBy` and `reason` only where there is one. A reader needs none of them.

#include <tenon/rules/events/raw_decision.hpp>
#include <tenon/rules/json_text.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tenon {

struct event_record {
    std::int64_t unix_ms = 0;
    std::string id = {}, type = {};
    std::string source = {};    // the plugin that emitted it; empty: the program itself
    json_text payload = "null"; // as it was at the end
    bool directed = false;      // a plugin emitted it to one plugin, or to those with some capabilities
    bool decided = false;       // else it was only told
    std::size_t told = 0;       // how many it was told to, where it was
    bool stopped = false, modified = false;
    std::string stopped_by = {}, reason = {};
    std::vector<plugin_outcome> plugins = {};

    static constexpr bool allow_missing = true;
    static constexpr auto describe() {
        using self = event_record;
        return camel_case(member("time", &self::unix_ms), member("source", &self::source, omit_empty),
                          member("directed", &self::directed, omit_empty),
                          member("stoppedBy", &self::stopped_by, omit_empty),
                          member("reason", &self::reason, omit_empty));
    }
};

inline std::size_t bytes_held(const event_record& event) noexcept {
    std::size_t bytes = event.id.size() + event.type.size() + event.source.size() + event.payload.size() +
                        event.stopped_by.size() + event.reason.size();
    for (const plugin_outcome& one : event.plugins)
        bytes += sizeof one + one.plugin.size() + one.reason.size();
    return bytes;
}

} // namespace tenon

#endif
