#ifndef TENON_RULES_DECISION_HPP
#define TENON_RULES_DECISION_HPP

// What became of an event that plugins were asked about, with its payload as a type.

#include <tenon/rules/events/raw_decision.hpp>

#include <string>
#include <utility>
#include <vector>

namespace tenon {

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

} // namespace tenon

#endif
