#ifndef TENON_JOINT_COROUTINE_CALL_HPP
#define TENON_JOINT_COROUTINE_CALL_HPP

// Handlers that are coroutines:
//
//     asio::awaitable<tenon::flow> receive(const message& m, tenon::context& here);
//
// return an awaitable of whatever an ordinary handler returns, and are declared like one. The message, the context
// and the plugin live until the coroutine has ended. A request that the host takes back cancels the coroutine, as
// asio::this_coro::cancellation_state has it; one that throws answers as an ordinary handler does.
//
// In an event loop many run side by side. Anywhere else (serve(), testing::host_of) each is run to its end before
// the next message is looked at. Without coroutines in the compiler this header has nothing to say.

#include <tenon/joint/event_loop.hpp>
#include <tenon/plugin/message.hpp>

#ifdef ASIO_HAS_CO_AWAIT

#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace tenon::detail {

template <class T>
inline constexpr bool is_awaitable = false;
template <class T, class Executor>
inline constexpr bool is_awaitable<asio::awaitable<T, Executor>> = true;

template <class T, class Executor>
struct unwrapped<asio::awaitable<T, Executor>> {
    using type = typename unwrapped<std::remove_cvref_t<T>>::type;
};

template <class P, class M>
concept coroutine_handler = is_awaitable<std::remove_cvref_t<decltype(type_inside(returned_type<P, M>()))>>;

template <class P, class... M>
inline constexpr bool any_coroutine<P, list<M...>> = (coroutine_handler<P, M> || ...);

template <class P, class M>
class coroutine_call final : public running_call, public std::enable_shared_from_this<coroutine_call<P, M>> {
public:
    coroutine_call(P& plugin, invocation& call, M message)
        : running_call(call.request, call.params.size()), plugin_(plugin), runs_in_(call.runs_in),
          message_(std::move(message)), http_(call.http == nullptr ? http_request() : *call.http),
          here_(with(call, http_)) {
        if (const event_loop* const loop = call.runs_in.hooks().loop) keeps_plugin_ = loop->plugin();
    }

    void begin(asio::cancellation_slot slot, unique_function<void()> ended) override {
        run(runs_in_->hooks().loop->where(), slot, std::move(ended));
    }
    void refuse(const fault& why) override {
        if (request.generation != 0) runs_in_->reject(request, why);
    }

    /// Where there is no loop.
    void run_to_its_end() {
        asio::io_context own;
        run(own.get_executor(), {}, [] {});
        own.run();
    }

private:
    static context with(invocation call, const http_request& copy) {
        if (call.http != nullptr) call.http = &copy;
        return context(call);
    }

    void run(const executor& where, asio::cancellation_slot slot, unique_function<void()> ended) {
        const auto self = this->shared_from_this();
        asio::co_spawn(where, answer(self),
                       asio::bind_cancellation_slot(
                           slot, [kept = self, ended = std::move(ended)](std::exception_ptr thrown) mutable {
                               if (thrown) kept->fail(thrown);
                               kept.reset(); // and with it the plugin, if this was the last
                               ended();
                           }));
    }

    static asio::awaitable<void> answer(std::shared_ptr<coroutine_call> self) {
        using given_type = typename decltype(self->call())::value_type;
        if constexpr (std::is_void_v<given_type>) {
            co_await self->call();
            if (self->request.generation != 0) send_nothing<M>(*self->runs_in_, self->request);
        } else {
            const given_type given = co_await self->call();
            if (self->request.generation != 0) send_answer<M>(*self->runs_in_, self->request, given);
        }
    }

    auto call() {
        const M& given = message_;
        if constexpr (receives_with_context<P, M>) return plugin_.receive(given, here_);
        else return plugin_.receive(given);
    }

    void fail(const std::exception_ptr& thrown) {
        if (cancelled) return refuse({codes::cancelled, "cancelled"});
        constexpr std::string_view name = name_of_message<M>();
        std::string words = join({"the handler of '", name, "' threw "});
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& known) {
            words = join({"the handler of '", name, "' threw: ", known.what()});
        } catch (...) {
            words += "something";
        }
        runs_in_->log(log_level::error, words, {});
        refuse({codes::internal_error, join({"the handler of '", name, "' failed"})});
    }

    P& plugin_;
    std::shared_ptr<void> keeps_plugin_;
    engine_ref runs_in_;
    const M message_;
    const http_request http_;
    context here_;
};

template <class P, class M>
    requires coroutine_handler<P, M>
struct handler_runner<P, M> {
    static void run(void* object, invocation& call) {
        M message{};
        if (const auto bound = bind_message(call, message); !bound)
            return call.runs_in.refuse(call, bound.error());
        const auto made =
            std::make_shared<coroutine_call<P, M>>(*static_cast<P*>(object), call, std::move(message));
        event_loop* const loop = call.runs_in.hooks().loop;
        if (loop == nullptr) return made->run_to_its_end();
        if (!loop->calls()->start(made))
            call.runs_in.log(log_level::warn, "events were dropped while handlers were busy", {});
    }
};

} // namespace tenon::detail

#endif

#endif
