#ifndef TENON_TESTING_SCRIPTED_PEER_HPP
#define TENON_TESTING_SCRIPTED_PEER_HPP

// One end of a connection that follows a script and writes down everything it hears. In the role of a plugin its
// script begins with the handshake:
//
//     scripted_peer plugin(session_role::plugin, {
//         expect("plugin/handshake").replies_json(R"({"name":"shout","version":"1.0.0"})"),
//         expect("plugin/execute").replies("HELLO"),
//     });

#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/json/value.hpp>
#include <tenon/session/session.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tenon::detail {

// Whether two texts are the same JSON value: the order of members, white space and the spelling of strings and
// numbers do not matter. Integers are compared exactly, other numbers as doubles.

inline bool same_number(const json& a, const json& b) {
    const auto left = a.as<std::int64_t>(), right = b.as<std::int64_t>();
    if (left && right) return *left == *right;
    const auto left_double = a.as<double>(), right_double = b.as<double>();
    return left_double && right_double && *left_double == *right_double;
}

inline bool same_value(const json& a, const json& b) {
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
    case json_kind::object: {
        const auto left = a.as<std::map<std::string, json>>(), right = b.as<std::map<std::string, json>>();
        if (!left || !right || left->size() != right->size()) return false;
        for (const auto& [name, value] : *left)
            if (const auto found = right->find(name);
                found == right->end() || !same_value(value, found->second))
                return false;
        return true;
    }
    case json_kind::array: {
        const auto left = a.as<std::vector<json>>(), right = b.as<std::vector<json>>();
        if (!left || !right || left->size() != right->size()) return false;
        for (std::size_t index = 0; index < left->size(); ++index)
            if (!same_value((*left)[index], (*right)[index])) return false;
        return true;
    }
    case json_kind::string: return *a.as<std::string>() == *b.as<std::string>();
    case json_kind::number: return same_number(a, b);
    default: return a.text() == b.text();
    }
}

} // namespace tenon::detail

namespace tenon::testing {

/// False too where one of them is no JSON.
inline bool same_json(std::string_view a, std::string_view b) {
    const auto left = json::parse(a), right = json::parse(b);
    return left && right && detail::same_value(*left, *right);
}

// What the other side is expected to ask, and what it is answered. A script is a list of them, in order:
//
//     using tenon::testing::expect;
//     std::vector<tenon::testing::expected_call> script = {
//         expect("users/kick").with(kick{"ada"}).replies(true),
//         expect("users/find").fails({404, "no such user"}).after(std::chrono::seconds(2)),
//         expect("host/saveConfig").never_answers(),
//     };
//
// Where a request is not the one that comes next it is answered -32601 and kept as a surprise; the script waits.

/// What a request is answered, and when.
struct scripted_answer {
    result<std::string> outcome = std::string("null"); // JSON text
    milliseconds after{0};
    bool never = false;
};

class expected_call {
public:
    explicit expected_call(std::string_view method) : method_(method) {}

    /// The params must be this value; without it they may be any.
    template <class Params>
    expected_call with(const Params& params) && {
        params_ = to_json(params);
        return std::move(*this);
    }
    expected_call with_json(std::string_view params) && {
        params_ = params;
        return std::move(*this);
    }
    template <class Result>
    expected_call replies(const Result& result) && {
        answer_.outcome = to_json(result);
        return std::move(*this);
    }
    expected_call replies_json(std::string_view result) && {
        answer_.outcome = std::string(result);
        return std::move(*this);
    }
    expected_call fails(fault error) && {
        answer_.outcome = std::move(error);
        return std::move(*this);
    }
    expected_call after(milliseconds wait) && {
        answer_.after = wait;
        return std::move(*this);
    }
    expected_call never_answers() && {
        answer_.never = true;
        return std::move(*this);
    }

    const std::string& method() const noexcept { return method_; }
    const scripted_answer& answer() const noexcept { return answer_; }
    bool fits(std::string_view method, std::string_view params) const {
        if (method != method_) return false;
        return params_.empty() || same_json(params_, params.empty() ? "null" : params);
    }
    std::string text() const { return method_ + (params_.empty() ? "" : " " + params_); }

private:
    std::string method_;
    std::string params_;
    scripted_answer answer_;
};

inline expected_call expect(std::string_view method) { return expected_call(method); }

class script {
public:
    script() = default;
    script(std::vector<expected_call> steps) : steps_(std::move(steps)) {}

    bool finished() const noexcept { return next_ == steps_.size(); }
    const std::vector<std::string>& surprises() const noexcept { return surprises_; }
    /// Whether this is what comes next.
    bool awaits(std::string_view method, std::string_view params) const {
        return !finished() && steps_[next_].fits(method, params);
    }

    scripted_answer answer(std::string_view method, std::string_view params) {
        if (awaits(method, params)) return steps_[next_++].answer();
        std::string asked = std::string(method) + (params.empty() ? "" : " " + std::string(params));
        surprises_.push_back(
            "asked " + asked +
            (finished() ? ", and the script is over" : ", expected was " + steps_[next_].text()));
        return {.outcome =
                    fault{codes::method_not_found, "the script says nothing about " + std::string(method)}};
    }

private:
    std::vector<expected_call> steps_;
    std::size_t next_ = 0;
    std::vector<std::string> surprises_;
};

/// A session that answers by itself: every request goes to `on_request`, which says what and when; everything
/// else goes to `on_event`. It does no I/O and reads no clock, as the session does not: bytes and time come in.
///
///     peer.receive(bytes, now);
///     send(peer.transmit(now));
///     ... again at peer.next_time()
class answering_peer {
public:
    answering_peer(detail::session_role role, session_limits limits = {}) : session_(role, limits) {}

    std::function<scripted_answer(const detail::session_event&)> on_request;
    std::function<void(const detail::session_event&)> on_event;

    detail::session& session() noexcept { return session_; }
    const detail::session& session() const noexcept { return session_; }

    void receive(std::string_view bytes, time_point now) {
        session_.receive_bytes(bytes, now);
        take_events(now);
    }
    void receive_end(time_point now) {
        session_.receive_end(now);
        take_events(now);
    }

    /// What is to be sent by now: answers whose time has come, too.
    std::string transmit(time_point now) {
        if (session_.next_deadline() <= now) session_.handle_timeout(now);
        take_events(now);
        for (std::size_t index = 0; index < waiting_.size();) {
            if (waiting_[index].when > now) {
                ++index;
                continue;
            }
            answer(waiting_[index]);
            waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index));
        }
        std::string bytes;
        for (auto pieces = session_.transmit(); !pieces.empty(); pieces = session_.transmit()) {
            std::size_t count = 0;
            for (const auto piece : pieces) {
                bytes += piece;
                count += piece.size();
            }
            session_.sent(count);
        }
        return bytes;
    }

    /// When transmit() will have something new even if nothing is received.
    time_point next_time() const {
        time_point earliest = session_.next_deadline();
        for (const auto& entry : waiting_) earliest = std::min(earliest, entry.when);
        return earliest;
    }

private:
    struct waiting_answer {
        time_point when;
        detail::request_token request;
        result<std::string> outcome;
        bool handshake;
    };

    void take_events(time_point now) {
        detail::session_event event;
        while (session_.next_event(event, now)) {
            using detail::event_kind;
            if (event.kind != event_kind::request && event.kind != event_kind::handshake) {
                if (on_event) on_event(event);
                continue;
            }
            scripted_answer said;
            if (on_request) said = on_request(event);
            if (said.never) continue;
            waiting_.push_back({after(now, said.after), event.request, std::move(said.outcome),
                                event.kind == event_kind::handshake});
        }
    }

    void answer(const waiting_answer& entry) {
        const bool good = entry.outcome.has_value();
        if (good) session_.reply(entry.request, *entry.outcome);
        else session_.reject(entry.request, entry.outcome.error());
        if (entry.handshake) session_.handshake_done(good);
    }

    detail::session session_;
    std::vector<waiting_answer> waiting_;
};

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

namespace tenon::detail {

// A function of a test that answers a plugin's calls. It takes what was sent as a struct of its own choice, as
// tenon::json, or not at all, and returns a value, a result or nothing.

/// JSON text of the params to JSON text of the answer.
using provided_function = std::function<result<std::string>(std::string_view params)>;

template <class Function>
struct provided_params : provided_params<decltype(&Function::operator())> {};
template <class Function, class Result, class Params>
struct provided_params<Result (Function::*)(Params)> {
    using type = std::remove_cvref_t<Params>;
};
template <class Function, class Result, class Params>
struct provided_params<Result (Function::*)(Params) const> {
    using type = std::remove_cvref_t<Params>;
};

template <class Call>
result<std::string> provided_answer(Call call) {
    if constexpr (std::is_void_v<decltype(call())>) {
        call();
        return std::string("null");
    } else {
        auto answer = call();
        if constexpr (is_result<decltype(answer)>) {
            if (!answer) return answer.error();
            if constexpr (std::is_void_v<typename decltype(answer)::value_type>) return std::string("null");
            else return to_json(*answer);
        } else {
            return to_json(answer);
        }
    }
}

template <class Function>
provided_function provide(Function function) {
    if constexpr (std::is_invocable_v<Function&>) {
        return
            [function = std::move(function)](std::string_view) mutable { return provided_answer(function); };
    } else {
        using params = typename provided_params<Function>::type;
        return [function = std::move(function)](std::string_view text) mutable -> result<std::string> {
            auto read = from_json<params>(text.empty() ? "null" : text, {.root = "params"});
            if (!read) return fault{codes::invalid_params, read.error().message};
            return provided_answer([&]() -> decltype(auto) { return function(*read); });
        };
    }
}

} // namespace tenon::detail

#endif
