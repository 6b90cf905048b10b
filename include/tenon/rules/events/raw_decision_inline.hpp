#ifndef TENON_RULES_EVENTS_RAW_DECISION_INLINE_HPP
#define TENON_RULES_EVENTS_RAW_DECISION_INLINE_HPP

// The bodies of rules/events/raw_decision.hpp.

#include <tenon/rules/events/raw_decision.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace tenon::detail {

struct plugin_outcome_object {
    std::string plugin;
    outcome_kind outcome = outcome_kind::proceed;
    double ms = 0;
    std::optional<std::string> reason = {};
};

inline void write_text_member(json_writer& out, std::string_view name, std::string_view text) {
    if (text.empty()) return;
    out.key(name);
    out.string(text);
}

inline std::string raw_decision::to_json() const {
    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    out.key("flow");
    out.string(stopped ? "stop" : "continue");
    write_text_member(out, "stoppedBy", stopped_by);
    write_text_member(out, "reason", reason);
    out.key("payload");
    out.raw(payload);
    if (!data.empty()) {
        out.key("data");
        out.raw(data);
    }
    out.key("plugins");
    encode(out, plugins);
    out.end_object();
    // Payload and data stand as a plugin wrote them, on any number of lines. Within a string there are no
    // such bytes.
    std::string line(buffer.view());
    for (char& byte : line)
        if (byte == '\n' || byte == '\r') byte = ' ';
    return line;
}

} // namespace tenon::detail

namespace tenon {

inline bool json_codec<plugin_outcome>::read(json_reader& in, plugin_outcome& value) {
    detail::plugin_outcome_object object;
    if (!detail::decode(in, object)) return false;
    value = {std::move(object.plugin), object.outcome, object.ms,
             std::move(object.reason).value_or(std::string())};
    return true;
}

inline void json_codec<plugin_outcome>::write(json_writer& out, const plugin_outcome& value) {
    detail::plugin_outcome_object object{value.plugin, value.outcome, value.ms, {}};
    if (!value.reason.empty()) object.reason = value.reason;
    detail::encode(out, object);
}

} // namespace tenon

#endif
