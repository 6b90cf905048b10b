#ifndef TENON_RULES_EVENT_RECORD_HPP
#define TENON_RULES_EVENT_RECORD_HPP

// One event that went through the host and what became of it, for dashboards and log files. As JSON:
//
//     {"time":1700000000000,"id":"e7","type":"message.incoming","payload":{"content":"hi"},"decided":true,"told":2,
//      "stopped":true,"modified":false,"stoppedBy":"moderator","reason":"spam","plugins":[{"plugin":...}]}
//
// on one line; `source`, `directed`, `stoppedBy` and `reason` only where there is one. A reader needs none of them.

#include <tenon/rules/events/raw_decision.hpp>
#include <tenon/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

struct event_record {
    std::int64_t unix_ms = 0;
    std::string id = {}, type = {};
    std::string source = {};  // the plugin that emitted it; empty: the program itself
    std::string payload = {}; // JSON, as it was at the end
    bool directed = false;    // a plugin emitted it to one plugin, or to those with some capabilities
    bool decided = false;     // else it was only told
    std::size_t told = 0;     // how many it was told to, where it was
    bool stopped = false, modified = false;
    std::string stopped_by = {}, reason = {};
    std::vector<plugin_outcome> plugins = {};
};

inline std::size_t bytes_held(const event_record& event) noexcept {
    std::size_t bytes = event.id.size() + event.type.size() + event.source.size() + event.payload.size() +
                        event.stopped_by.size() + event.reason.size();
    for (const plugin_outcome& one : event.plugins)
        bytes += sizeof one + one.plugin.size() + one.reason.size();
    return bytes;
}

template <>
struct json_codec<event_record> {
    static bool read(json_reader& in, event_record& value);
    static void write(json_writer& out, const event_record& value);
};

namespace detail {

struct event_record_object {
    std::int64_t unix_ms = 0;
    std::string id = {}, type = {}, source = {};
    json payload = {};
    bool directed = false, decided = false;
    std::uint64_t told = 0;
    bool stopped = false, modified = false;
    std::string stopped_by = {}, reason = {};
    std::vector<plugin_outcome> plugins = {};

    static constexpr bool allow_missing = true;
    static constexpr auto describe() {
        using self = event_record_object;
        return members(member("time", &self::unix_ms), member("id", &self::id), member("type", &self::type),
                       member("source", &self::source), member("payload", &self::payload),
                       member("directed", &self::directed), member("decided", &self::decided),
                       member("told", &self::told), member("stopped", &self::stopped),
                       member("modified", &self::modified), member("stoppedBy", &self::stopped_by),
                       member("reason", &self::reason), member("plugins", &self::plugins));
    }
};

/// A payload stands as somebody wrote it, on any number of lines. Within a string there are no such bytes.
inline std::string on_one_line(std::string text) {
    for (char& byte : text)
        if (byte == '\n' || byte == '\r') byte = ' ';
    return text;
}

} // namespace detail

inline bool json_codec<event_record>::read(json_reader& in, event_record& value) {
    detail::event_record_object object;
    if (!detail::decode(in, object)) return false;
    value = {.unix_ms = object.unix_ms,
             .id = std::move(object.id),
             .type = std::move(object.type),
             .source = std::move(object.source),
             .payload = object.payload.text(),
             .directed = object.directed,
             .decided = object.decided,
             .told = static_cast<std::size_t>(object.told),
             .stopped = object.stopped,
             .modified = object.modified,
             .stopped_by = std::move(object.stopped_by),
             .reason = std::move(object.reason),
             .plugins = std::move(object.plugins)};
    return true;
}

inline void json_codec<event_record>::write(json_writer& out, const event_record& value) {
    out.begin_object();
    out.key("time");
    out.integer(value.unix_ms);
    out.key("id");
    out.string(value.id);
    out.key("type");
    out.string(value.type);
    detail::write_text_member(out, "source", value.source);
    out.key("payload");
    if (value.payload.empty()) out.null();
    else out.raw(detail::on_one_line(value.payload));
    if (value.directed) {
        out.key("directed");
        out.boolean(true);
    }
    out.key("decided");
    out.boolean(value.decided);
    out.key("told");
    out.unsigned_integer(value.told);
    out.key("stopped");
    out.boolean(value.stopped);
    out.key("modified");
    out.boolean(value.modified);
    detail::write_text_member(out, "stoppedBy", value.stopped_by);
    detail::write_text_member(out, "reason", value.reason);
    out.key("plugins");
    detail::encode(out, value.plugins);
    out.end_object();
}

} // namespace tenon

#endif
