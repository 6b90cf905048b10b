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

#include <tenon/core/compiled.hpp>
#include <tenon/host/completion.hpp>
#include <tenon/joint/event_loop.hpp>
#include <tenon/plugin/context.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace tenon::detail {

using answer_completion = unique_function<void(result<std::string>)>;

/// Where a plugin's calls end that say nothing else.
TENON_COMPILED_ONCE executor turns_of(engine& in);
/// The id of the call, for cancelling it; 0 if it has no need to be.
TENON_COMPILED_ONCE call_id begin_answer(engine& in, std::string_view method, std::string_view params,
                                         milliseconds timeout, const result<void>& allowed,
                                         answer_completion done);

/// `allowed` says whether the host may be called at all.
template <class Result, class Token>
auto async_answer(engine_ref in, std::string method, std::string params, result<void> allowed,
                  milliseconds timeout, Token&& token) {
    return asio::async_initiate<Token, void(result<Result>)>(
        [](auto handler, engine_ref with, std::string called, std::string text, result<void> may,
           milliseconds wait) {
            auto home = asio::prefer(asio::get_associated_executor(handler, turns_of(*with)),
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

#ifndef TENON_COMPILED
#include <tenon/joint/async_call.ipp>
#endif

#endif
