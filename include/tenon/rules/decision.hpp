#ifndef TENON_RULES_DECISION_HPP
#define TENON_RULES_DECISION_HPP

// What may be said of a question to plugins, beside the question itself, and what became of an event: of one that plugins
// were asked about (`decision`), and of any that went through the host, for dashboards and log files (`event_record`).

#include <tenon/core/compiled.hpp>
#include <tenon/core/result.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>
#include <tenon/rules/json_text.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

struct decide_options {
    milliseconds timeout{0}; // of the whole chain; 0: as the host's options say
    json metadata = {};      // an object, or null
};

struct call_options {
    milliseconds timeout{0}; // 0: as the plugin's options say
    /// It does no harm twice: if the plugin is gone before it has answered, its next instance is asked again.
    bool idempotent = false;
    /// Told what the plugin reports while it works on the call; the value is valid until this returns. Not after the
    /// call was completed or cancelled.
    std::function<void(json_view value)> progress = {};
};

/// What a plugin made of an event. On the wire as docs/protocol.md has it for events that are put in by hand.
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

/// Whether the program that asked can take a payload that a plugin changed. Null: any payload.
struct payload_check {
    void* context = nullptr;
    result<void> (*accept)(void* context, std::string_view payload) = nullptr;
};

struct raw_decision {
    raw_decision();
    raw_decision(raw_decision&& other) noexcept;
    raw_decision(const raw_decision& other);
    raw_decision& operator=(raw_decision&& other) noexcept;
    raw_decision& operator=(const raw_decision& other);
    ~raw_decision();

    bool stopped = false;
    std::string stopped_by = {}; // the name of a plugin
    std::string reason = {};
    std::string payload = "null"; // as it was at the end
    bool modified = false;        // whether that differs from what it was at first
    std::string data = {}; // of the plugin that stopped it, else of the last one that gave any; empty: none
    std::vector<plugin_outcome> plugins = {}; // that were to be asked, in the order of being asked

    std::string to_json() const; // without line breaks
};

} // namespace detail

/// What became of an event that plugins were asked about, with its payload as a type.
template <class Event>
class decision {
public:
    decision(detail::raw_decision&& raw, Event&& payload)
        : payload_(std::move(payload)), raw_(std::move(raw)) {}

    bool stopped() const noexcept { return raw_.stopped; }
    /// Whether a plugin changed the payload.
    bool modified() const noexcept { return raw_.modified; }
    /// Which plugin stopped it, and why.
    const std::string& stopped_by() const noexcept { return raw_.stopped_by; }
    const std::string& reason() const noexcept { return raw_.reason; }
    /// The event as the plugins left it.
    const Event& payload() const& noexcept { return payload_; }
    Event&& payload() && noexcept { return std::move(payload_); }
    /// What each plugin made of it, in the order in which they were asked.
    const std::vector<plugin_outcome>& plugins() const noexcept { return raw_.plugins; }
    /// The whole of it as one line of JSON: flow, payload, plugins.
    std::string to_json() const { return raw_.to_json(); }

private:
    Event payload_;
    detail::raw_decision raw_;
};

/// One event that went through the host and what became of it, for dashboards and log files. As JSON:
///
///     {"time":1700000000000,"id":"e7","type":"message.incoming","payload":{"content":"hi"},"decided":true,"told":2,
///      "stopped":true,"modified":false,"stoppedBy":"moderator","reason":"spam","plugins":[{"plugin":...}]}
///
/// on one line; `source`, `directed`, `stoppedBy` and `reason` only where there is one. A reader needs none of them.
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

#ifndef TENON_COMPILED
#include <tenon/rules/decision.ipp>
#endif

#endif
