#ifndef TENON_RULES_EVENTS_RAW_DECISION_HPP
#define TENON_RULES_EVENTS_RAW_DECISION_HPP

// What came of an event that plugins were asked about: whether it goes on, with which payload, and what each
// of them said. On the wire as docs/protocol.md has it for events that are put in by hand.

#include <tenon/core/result.hpp>
#include <tenon/rules/json_text.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tenon {

enum class outcome_kind {
    proceed,   // it let the event pass
    stop,      // it stopped the event
    modified,  // it let the event pass with another payload
    failed,    // it said nothing that makes sense; its onFailure decided
    timed_out, // it said nothing in time; its onFailure decided
    skipped,   // it was not asked, or its answer was not waited for because the event had been stopped
    absent,    // it should have been asked and was not there; plugin_options::absent decided
};
constexpr auto describe(type<outcome_kind>) {
    return enumerators(
        enumerator("continue", outcome_kind::proceed), enumerator("stop", outcome_kind::stop),
        enumerator("modified", outcome_kind::modified), enumerator("failed", outcome_kind::failed),
        enumerator("timed_out", outcome_kind::timed_out), enumerator("skipped", outcome_kind::skipped),
        enumerator("absent", outcome_kind::absent));
}

/// What one plugin made of one event.
struct plugin_outcome {
    std::string plugin;
    outcome_kind outcome = outcome_kind::proceed;
    double ms = 0;           // from being asked until then
    std::string reason = {}; // of a stop or a failure

    bool operator==(const plugin_outcome&) const = default;
    static constexpr auto describe() {
        return all_members(member("reason", &plugin_outcome::reason, omit_empty));
    }
};

namespace detail {

/// Whether a payload that a plugin changed is one that whoever asked can take. Null: anything is.
struct payload_check {
    void* context = nullptr;
    result<void> (*accept)(void* context, std::string_view payload) = nullptr;
};

struct raw_decision {
    bool stopped = false;
    std::string stopped_by = {}; // the name of a plugin
    std::string reason = {};
    std::string payload = "null"; // as it was at the end
    bool modified = false;        // whether that differs from what it was at first
    std::string data = {};        // of who stopped it, else of the last one that gave any; empty: none
    std::vector<plugin_outcome> plugins = {}; // that were to be asked, in the order of being asked

    std::string to_json() const; // without line breaks
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
    return on_one_line(std::string(buffer.view())); // payload and data stand as a plugin wrote them
}

} // namespace detail

} // namespace tenon

#endif
