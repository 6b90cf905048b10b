#ifndef TENON_TESTING_SCRIPTED_PEER_HPP
#define TENON_TESTING_SCRIPTED_PEER_HPP

// One end of a connection that follows a script and writes down everything it hears. In the role of a plugin its
// script begins with the handshake:
//
//     scripted_peer plugin(session_role::plugin, {
//         expect("plugin/handshake").replies_json(R"({"name":"shout","version":"1.0.0"})"),
//         expect("plugin/execute").replies("HELLO"),
//     });

#include <tenon/testing/answering_peer.hpp>

#include <string>
#include <utility>
#include <vector>

namespace tenon::testing {

/// Something that the other side said.
struct heard {
    detail::event_kind kind;
    std::string method = {};
    std::string params = {}; // JSON text, empty where there are none
    std::string value = {};  // of an answer or a progress report
    bool failed = false;
    fault error = {};
    std::int64_t call = 0; // the call of ours that an answer or a progress report is about
    std::string id = {};   // of a request, as it stood there
    std::string text = {}; // of a bad body, of stray text, of the end
    violation_reason reason = {};
    detail::request_token request = {};
};

inline heard keep(const detail::session_event& event) {
    return {.kind = event.kind,
            .method = std::string(event.method),
            .params = std::string(event.params),
            .value = std::string(event.value),
            .failed = event.failed,
            .error = event.failed || event.kind == detail::event_kind::bad_body ||
                             event.kind == detail::event_kind::peer_error
                         ? event.error
                         : fault{},
            .call = event.call.value,
            .id = std::string(event.id),
            .text = std::string(event.text),
            .reason = event.reason,
            .request = event.request};
}

class scripted_peer : public answering_peer {
public:
    scripted_peer(detail::session_role role, std::vector<expected_call> steps, session_limits limits = {})
        : answering_peer(role, limits), script_(std::move(steps)) {
        on_request = [this](const detail::session_event& event) {
            heard_.push_back(keep(event));
            return script_.answer(event.method, event.params);
        };
        on_event = [this](const detail::session_event& event) { heard_.push_back(keep(event)); };
    }
    scripted_peer(const scripted_peer&) = delete;
    scripted_peer& operator=(const scripted_peer&) = delete;

    const std::vector<heard>& everything() const noexcept { return heard_; }
    /// What was asked although the script did not say so.
    const std::vector<std::string>& surprises() const noexcept { return script_.surprises(); }
    /// Whether everything that the script expects was asked, and nothing else.
    bool finished() const noexcept { return script_.finished() && script_.surprises().empty(); }

private:
    script script_;
    std::vector<heard> heard_;
};

} // namespace tenon::testing

#endif
