#ifndef TENON_RULES_CALLS_SERVICE_REPLY_HPP
#define TENON_RULES_CALLS_SERVICE_REPLY_HPP

// The answer to a plugin's call, which is due exactly once. It may be given later, from the host's executor; given
// twice the first counts; one that is dropped says so to the plugin, which does not wait for nothing then.
//
//     host.provide("users/find", "users:read", [&](const find_user& f, tenon::service_reply<user> answer) {
//         directory.look_up(f.name, [answer = std::move(answer)](user found) mutable { answer.reply(found); });
//     });

#include <tenon/core/result.hpp>
#include <tenon/core/unique_function.hpp>
#include <tenon/json/encode.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tenon {

namespace detail {

/// A request of a plugin, as the host hands it to its services: how it is answered, harmless after the connection is
/// gone, and whether the plugin has taken it back. Both may be empty: a notification has no answer.
struct open_request {
    unique_function<void(result<std::string_view> answer)> answer = {};
    unique_function<bool()> cancelled = {};
};

/// Answers once, whatever happens.
class answer_once {
public:
    explicit answer_once(open_request request) noexcept : request_(std::move(request)) {}
    answer_once(answer_once&&) noexcept = default;
    answer_once& operator=(answer_once&& other) noexcept {
        std::swap(request_.answer, other.request_.answer);
        std::swap(request_.cancelled, other.request_.cancelled);
        return *this;
    }
    ~answer_once() { fail({codes::internal_error, "the host dropped the request without an answer"}); }

    void give(std::string_view text) { answer(text); }
    void fail(fault error) { answer(std::move(error)); }
    bool open() const noexcept { return static_cast<bool>(request_.answer); }
    bool cancelled() { return open() && request_.cancelled && request_.cancelled(); }

private:
    void answer(result<std::string_view> outcome) {
        // Out of here first: an answer may come back to whoever gives it.
        auto once = std::move(request_.answer);
        if (once) once(std::move(outcome));
    }

    open_request request_;
};

template <class T>
void give_value(answer_once& to, const T& value) {
    to.give(to_json(value));
}

} // namespace detail

template <class T>
class service_reply {
public:
    using value_type = T;

    explicit service_reply(detail::answer_once request) noexcept : request_(std::move(request)) {}

    void reply(const T& value) {
        if (request_.open()) detail::give_value(request_, value);
    }
    /// The value as JSON text, for whoever has it already: one value, checked.
    void reply_encoded(std::string_view text) { request_.give(text); }
    void reply(result<T> outcome) {
        if (outcome) reply(*outcome);
        else fail(std::move(outcome).error());
    }
    void fail(fault error) { request_.fail(std::move(error)); }
    /// Whether the plugin has taken the call back, or it was answered. It may be asked by whoever works for long.
    bool cancelled() { return !request_.open() || request_.cancelled(); }

private:
    detail::answer_once request_;
};

template <>
class service_reply<void> {
public:
    using value_type = void;

    explicit service_reply(detail::answer_once request) noexcept : request_(std::move(request)) {}

    void reply() { request_.give("null"); }
    void reply(const result<void>& outcome) {
        if (outcome) reply();
        else fail(outcome.error());
    }
    void fail(fault error) { request_.fail(std::move(error)); }
    bool cancelled() { return !request_.open() || request_.cancelled(); }

private:
    detail::answer_once request_;
};

} // namespace tenon

#endif
