#ifndef TENON_JOINT_ASYNC_CALL_HPP
#define TENON_JOINT_ASYNC_CALL_HPP

// Calls of a plugin to its host that do not wait where they are made:
//
//     const find_user wanted{.name = "ada"};
//     tenon::result<user> found = co_await here.async_call<user>("users/find", wanted);
//     co_await here.async_emit(left, std::chrono::seconds(1));
//     here.async_execute<std::string>("greet", bo, [](tenon::result<std::string> text) { ... });
//
// After the arguments come a timeout, a completion token, both or neither; without a token the operation is an
// awaitable. It completes once, with a result. Cancelling it by Asio's cancellation slot tells the host, and completes
// it with codes::cancelled. To be begun on the executor of the loop that serves the plugin; without such a loop
// (tenon::serve, testing::host_of) it is an ordinary call that blocks.

#include <tenon/host/completion.hpp>
#include <tenon/joint/event_loop.hpp>
#include <tenon/plugin/context.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace tenon::detail {

/// One call that is under way.
struct pending_answer : engine::waiter {
    using completion = unique_function<void(result<std::string>)>;

    pending_answer(executor loop, completion handler) : where(std::move(loop)), done(std::move(handler)) {
        tell = [](engine::waiter& told) {
            std::unique_ptr<pending_answer> self(static_cast<pending_answer*>(&told));
            const executor home = self->where;
            asio::post(home, [self = std::move(self)] { self->done(std::move(self->answer)); });
        };
    }

    executor where;
    completion done;
};

/// The id of the call, for cancelling it; 0 if it has no need to be.
inline call_id begin_answer(engine& in, std::string_view method, std::string_view params,
                            milliseconds timeout, const result<void>& allowed,
                            pending_answer::completion done) {
    event_loop* const loop = in.hooks().loop;
    const auto at_once = [&](result<std::string> answer) {
        const executor where = loop != nullptr ? loop->where() : executor(asio::system_executor());
        asio::post(where, [done = std::move(done), answer = std::move(answer)]() mutable {
            done(std::move(answer));
        });
        return call_id();
    };
    if (!allowed) return at_once(allowed.error());
    if (loop == nullptr) {
        engine::outgoing call(in);
        json_writer out = call.call(method);
        if (!params.empty()) out.raw(params);
        result<std::string> answer = call.finish_call(timeout);
        return at_once(std::move(answer));
    }
    auto waiting = std::make_unique<pending_answer>(loop->where(), std::move(done));
    result<void> sent;
    call_id id;
    {
        engine::outgoing call(in);
        json_writer out = call.call(method);
        if (!params.empty()) out.raw(params);
        sent = call.finish_call(timeout, *waiting);
        id = waiting->call;
        if (sent) static_cast<void>(waiting.release()); // told, and freed, by the engine
    }
    if (!sent) {
        done = std::move(waiting->done);
        return at_once(sent.error());
    }
    loop->turn_at(after(in.now(), timeout));
    return id;
}

/// `allowed` says whether the host may be called at all.
template <class Result, class Token>
auto async_answer(engine_ref in, std::string method, std::string params, result<void> allowed,
                  milliseconds timeout, Token&& token) {
    return asio::async_initiate<Token, void(result<Result>)>(
        [](auto handler, engine_ref with, std::string called, std::string text, result<void> may,
           milliseconds wait) {
            event_loop* const loop = with->hooks().loop;
            const executor otherwise = loop != nullptr ? loop->where() : executor(asio::system_executor());
            auto home = asio::prefer(asio::get_associated_executor(handler, otherwise),
                                     asio::execution::outstanding_work.tracked);
            auto slot = asio::get_associated_cancellation_slot(handler);
            const call_id id =
                begin_answer(*with, called, text, wait, may,
                             [home, slot, kept = std::move(handler)](result<std::string> answer) mutable {
                                 if (slot.is_connected()) slot.clear();
                                 const auto read = [&]() -> result<Result> {
                                     if (!answer) return std::move(answer).error();
                                     if constexpr (std::is_void_v<Result>) return {};
                                     else return from_json<Result>(*answer, {.root = "result"});
                                 };
                                 asio::dispatch(home, [given = std::move(kept), outcome = read()]() mutable {
                                     std::move(given)(std::move(outcome));
                                 });
                             });
            if (id.value != 0 && slot.is_connected())
                slot.assign([with, id](asio::cancellation_type) {
                    with->cancel_call(id);
                    if (event_loop* const turns = with->hooks().loop) turns->turn_at(with->now());
                });
        },
        token, std::move(in), std::move(method), std::move(params), std::move(allowed), timeout);
}

/// What may stand behind the arguments: a timeout, a token, both or neither.
template <class Result>
struct async_caller<Result, void> {
    static auto begin(engine_ref in, std::string method, std::string params, result<void> allowed,
                      milliseconds timeout = default_call_timeout) {
        default_token token{};
        return async_answer<Result>(std::move(in), std::move(method), std::move(params), std::move(allowed),
                                    timeout, token);
    }
    template <class Token>
        requires(!std::is_convertible_v<Token, milliseconds>)
    static auto begin(engine_ref in, std::string method, std::string params, result<void> allowed,
                      Token&& token) {
        return async_answer<Result>(std::move(in), std::move(method), std::move(params), std::move(allowed),
                                    default_call_timeout, std::forward<Token>(token));
    }
    template <class Token>
    static auto begin(engine_ref in, std::string method, std::string params, result<void> allowed,
                      milliseconds timeout, Token&& token) {
        return async_answer<Result>(std::move(in), std::move(method), std::move(params), std::move(allowed),
                                    timeout, std::forward<Token>(token));
    }
};

} // namespace tenon::detail

#endif
