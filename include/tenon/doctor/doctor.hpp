#ifndef TENON_DOCTOR_DOCTOR_HPP
#define TENON_DOCTOR_DOCTOR_HPP

// Starts a plugin, of any language, as a process, tries what docs/protocol.md says on it, and tells what it found:
//
//     const auto made = tenon::testing::examine({.command = {"python3", "words.py"}});
//     INFO(tenon::testing::to_text(made));
//     CHECK(made.healthy());
//
// It blocks, for seconds. The plugin's events, commands and routes are really called, with arguments that mostly make
// no sense, so it is not for a plugin that is in use. Its calls to the host are refused. For one
// system, Linux; it needs neither Asio nor Boost.
//
// Bad is what goes wrong with what a host really sends. What comes of the rest is a hint, a verdict::warning.
//
// A fault makes one finding bad, as far as that can be: what may show anywhere, such as text on stdout, is collected
// in a finding of its own, and each check begins with a process that the one before left in order.

#include <tenon/doctor/strain_checks.hpp>
#include <tenon/doctor/finding.hpp>
#include <tenon/doctor/handshake_checks.hpp>
#include <tenon/doctor/request_checks.hpp>
#include <tenon/doctor/wire_checks.hpp>
#include <tenon/doctor/work_checks.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <utility>

namespace tenon::detail {

struct doctor_check {
    std::string_view id, title;
    doctor_outcome (*look)(doctor_visit&); // null: collected in the notes
    enum class kind { usual, first, hint } is = kind::usual;
};
/// Done by begin().
inline constexpr auto comes_first = doctor_check::kind::first;
/// What it does then is a hint for its author, and does no harm.
inline constexpr auto no_host_sends_this = doctor_check::kind::hint;

inline constexpr auto doctor_checks = std::to_array<doctor_check>({
    {"start", "the program can be started", [](doctor_visit& visit) { return visit.started; }, comes_first},
    {"handshake", "the handshake is answered", [](doctor_visit& visit) { return visit.greeted; },
     comes_first},
    {"health", "plugin/health is answered", [](doctor_visit& visit) { return visit.health; }, comes_first},
    {"declaration", "what it declares is well-formed", check_declaration},
    {"early", "before the handshake requests are refused", check_early, no_host_sends_this},
    {"versions", "an unknown protocol version is refused with -32017", check_versions, no_host_sends_this},
    {"second-handshake", "a second handshake is refused", check_second_handshake, no_host_sends_this},
    {"configure", "plugin/configure is answered", check_configure},
    {"pieces", "a frame may come byte by byte", check_pieces},
    {"together", "many frames may come at once", check_together},
    {"spelling", "headers may be spelled otherwise", check_spelling, no_host_sends_this},
    {"large", "a frame may have a megabyte", check_large},
    {"ids", "ids come back as they were", check_ids},
    {"null-id", "a request with the id null is refused", check_null_id, no_host_sends_this},
    {"unknown-request", "an unknown request is answered with -32601", check_unknown_request,
     no_host_sends_this},
    {"unknown-notification", "an unknown notification is ignored", check_unknown_notification,
     no_host_sends_this},
    {"unknown-members", "unknown members are ignored", check_unknown_members},
    {"params", "params that make no sense are refused", check_params, no_host_sends_this},
    {"bad-json", "a body that is no JSON is answered with -32700", check_bad_json, no_host_sends_this},
    {"bad-message", "JSON that is no message is answered with -32600", check_bad_message, no_host_sends_this},
    {"batch", "a batch is answered with an array", check_batch, no_host_sends_this},
    {"cancel-unknown", "cancelling what is not there does nothing", check_cancel_unknown},
    {"cancel", "a cancelled request is answered once", check_cancel},
    {"events", "its events are decided", check_events},
    {"other-event", "an event that it did not list does no harm", check_other_event, no_host_sends_this},
    {"commands", "its commands survive nonsense", check_commands},
    {"routes", "its routes survive nonsense", check_routes},
    {"broken-frame", "a frame that cannot be read ends it", check_broken_frame, no_host_sends_this},
    {"truncated", "the end of the input inside a frame ends it", check_truncated},
    {"shutdown", "it shuts down when it is asked to", check_shutdown},
    {"exit", "it exits when it is told to", check_exit, no_host_sends_this},
    {"end-of-input", "it exits at the end of its input", check_end_of_input},
    {"descriptors", "descriptors do not leak", check_descriptors},
    {"memory", "memory does not leak", check_memory},
    {"speed", "round trips", check_speed},
    {"stdout", "nothing but frames is on stdout", nullptr},
    {"framing", "frames are written as they should be", nullptr},
    {"length", "lengths count bytes", nullptr},
    {"messages", "what it says is JSON-RPC", nullptr},
    {"once", "every request is answered once, no notification is", nullptr},
    {"own-calls", "what it asks and tells the host is in order", nullptr},
    {"stderr", "its log is lines of UTF-8", nullptr},
    {"children", "nothing that it started outlives it", nullptr},
    {"again", "it can be started again", nullptr},
});

} // namespace tenon::detail

namespace tenon::testing {

/// `told` hears of every finding as soon as it is made.
inline diagnosis examine(const patient& given, const std::function<void(const finding&)>& told = {}) {
    diagnosis made;
    detail::doctor_notes notes;
    detail::doctor_visit visit(given, notes);
    visit.begin();
    made.name = visit.declared.name;
    made.version = visit.declared.version;
    for (const detail::doctor_check& check : detail::doctor_checks) {
        finding one{.id = std::string(check.id), .title = std::string(check.title)};
        detail::doctor_outcome outcome;
        if (std::find(given.leave_out.begin(), given.leave_out.end(), check.id) != given.leave_out.end())
            outcome = detail::skipped("left out");
        else if (check.look == nullptr && (!visit.hopeless || notes.has(check.id)))
            outcome = notes.outcome(check.id);
        else if (visit.hopeless && check.is != detail::comes_first)
            outcome = detail::skipped(visit.why_hopeless);
        else {
            const bool hint = check.is == detail::no_host_sends_this;
            visit.begin_check();
            notes.take_for_hints(hint);
            outcome = check.look(visit);
            notes.take_for_hints(false);
            if (outcome.verdict == verdict::bad) visit.spoil();
            if (outcome.verdict == verdict::bad && hint) outcome.verdict = verdict::warning;
        }
        if (check.look != nullptr && std::next(&check)->look == nullptr)
            visit.spoil(); // its log is a part of the notes
        one.verdict = outcome.verdict;
        one.seen = std::move(outcome.seen);
        one.mend = std::move(outcome.mend);
        if (told) told(one);
        made.findings.push_back(std::move(one));
    }
    return made;
}

} // namespace tenon::testing

#endif
