#ifndef TENON_JOINT_ASYNC_CALL_IPP
#define TENON_JOINT_ASYNC_CALL_IPP

#include <tenon/core/compiled.hpp>
#include <tenon/joint/async_call.hpp>

#include <string_view>

namespace tenon::detail {

/// One call that is under way.
struct pending_answer : engine::waiter {
    pending_answer(executor loop, answer_completion handler)
        : where(std::move(loop)), done(std::move(handler)) {
        tell = [](engine::waiter& told) {
            std::unique_ptr<pending_answer> self(static_cast<pending_answer*>(&told));
            const executor home = self->where;
            asio::post(home, [self = std::move(self)] { self->done(std::move(self->answer)); });
        };
    }

    executor where;
    answer_completion done;
};

TENON_COMPILED_ONCE executor turns_of(engine& in) {
    event_loop* const loop = in.hooks().loop;
    return loop != nullptr ? loop->where() : executor(asio::system_executor());
}

TENON_COMPILED_ONCE call_id begin_answer(engine& in, std::string_view method, std::string_view params,
                                         milliseconds timeout, const result<void>& allowed,
                                         answer_completion done) {
    event_loop* const loop = in.hooks().loop;
    const auto at_once = [&](result<std::string> answer) {
        asio::post(turns_of(in), [done = std::move(done), answer = std::move(answer)]() mutable {
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

} // namespace tenon::detail

#endif
