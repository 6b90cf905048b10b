#ifndef TENON_JOINT_HOST_HPP
#define TENON_JOINT_HOST_HPP

// Puts plugins into a program that runs on Asio:
//
//     tenon::host host(io);
//     const tenon::plugin_options moderator{.name = "moderator", .command = {"./moderator"}};
//     const message hello{.content = "hi"};
//     co_await host.start(moderator);
//     auto outcome = co_await host.decide(hello);
//     if (outcome.stopped()) co_return;
//
// Name what is in braces before the co_await, as here: g++ 12 miscompiles such temporaries within one.
//
// Everything runs on the executor that the host is given: an io_context that one thread runs, or a strand. The
// asynchronous operations may be begun on any thread, complete exactly once, on the handler's executor, and with a
// result<T> where they can fail; everything else is for the host's own executor. What asks a plugin something can be
// cancelled as Asio does it (`||`, bind_cancellation_slot): a call fails with codes::cancelled then, and a decision
// is stopped, for the reason "cancelled". A plugin's trouble is data for
// its supervisor and for who watches; it is never an exception here.
//
// What a callback throws leaves the executor's run() as from any handler, and the host goes on when it runs again.
//
// The host may be destroyed at any time on its executor, also within a handler: what is pending completes with a
// fault, and every plugin's process is stopped and reaped before the destructor returns (see stop_policy; to wait
// without blocking, shutdown() first).
//
// Plugins within the program, host.mount() and host.receive(), are for the host the same as any other: their order,
// permissions, status, start, stop, restart. What is theirs alone:
//
// - They run on the host's executor, one turn after another; `threads` is taken as 1. A handler that takes long keeps
//   the whole host waiting, one that never returns keeps it for ever, and one that crashes takes it along.
// - A call to the host that it answers at once is answered at once. One that could only be answered later (another
//   plugin's command) fails with codes::reentrant_call: the handler has the only thread. Handlers may
//   be coroutines instead (joint/coroutine_call.hpp), whose calls are awaited and may take their time.
// - Each start has a fresh instance: a copy of the object that was given, or, where it cannot be copied, the object
//   itself at first and later one made as serve() makes it. What can be neither is kept for all starts.

#include <tenon/core/compiled.hpp>
#include <tenon/host/host_base.hpp>
#include <tenon/joint/async_call.hpp>
#include <tenon/joint/coroutine_call.hpp>
#include <tenon/joint/event_loop.hpp>
#include <tenon/plugin/lambdas.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace tenon::detail {

TENON_COMPILED_ONCE result<void> mount_plugin(const std::shared_ptr<untyped_host>& core,
                                              plugin_options options, const plugin_hooks& hooks,
                                              plugin_maker make);

template <class P>
plugin_maker maker_of(P&& plugin) {
    if constexpr (std::is_copy_constructible_v<P>) {
        return [given = std::move(plugin)](engine&, const executor&) { return std::make_shared<P>(given); };
    } else {
        static_assert(std::is_move_constructible_v<P>,
                      "tenon: a plugin that can be neither copied nor moved is mounted by its type: "
                      "host.mount<P>()");
        return [given = std::make_shared<P>(std::move(plugin))](
                   [[maybe_unused]] engine& runs_in,
                   [[maybe_unused]] const executor& where) mutable -> std::shared_ptr<void> {
            if constexpr (made_without_arguments<P> || made_with_executor<P>)
                return given != nullptr ? std::exchange(given, nullptr) : make_plugin<P>(runs_in, where);
            else return given;
        };
    }
}

} // namespace tenon::detail

namespace tenon {

class host : public host_base {
public:
    explicit host(executor where) : host_base(detail::make_host(std::move(where))) {}
    explicit host(asio::io_context& where) : host_base(detail::make_host(detail::executor_of(where))) {}
    explicit host(executor where, host_options options)
        : host_base(detail::make_host(std::move(where), std::move(options))) {}
    explicit host(asio::io_context& where, host_options options)
        : host_base(detail::make_host(detail::executor_of(where), std::move(options))) {}

    /// Runs a plugin within this program, where everything else is as with a process. It is ready when this returns;
    /// otherwise the fault says why not. One that needs others starts when they are ready.
    template <class P>
    result<void> mount(P plugin, plugin_options options = {}) {
        if constexpr (detail::check_plugin<P>()) {
            const auto hooks = detail::make_loop_hooks<P>(plugin.about);
            return detail::mount_plugin(core(), std::move(options), hooks,
                                        detail::maker_of<P>(std::move(plugin)));
        } else {
            return {};
        }
    }
    /// The same for a plugin that is made here, by its type, from a host_link and the executor if it wants them.
    template <class P>
    result<void> mount(plugin_options options = {}) {
        if constexpr (detail::check_loop_plugin_class<P>()) {
            return detail::mount_plugin(core(), std::move(options), detail::make_loop_hooks<P>(P::about),
                                        [](detail::engine& runs_in, const executor& where) {
                                            return detail::make_plugin<P>(runs_in, where);
                                        });
        } else {
            return {};
        }
    }
    /// A handler of this program's own for events, commands or a route, beside those of the plugins: a mounted plugin
    /// with one handler and all permissions. Its name is "host", "host-2" and so on, or the options'.
    template <class Handler>
    std::string receive(Handler handler) {
        plugin_options as_they_are; // named: g++ 12 stumbles over plugin_options{} in a template
        const auto name = receive(std::move(handler), std::move(as_they_are));
        return name ? *name : std::string();
    }
    template <class Handler>
    result<std::string> receive(Handler handler, plugin_options options) {
        if (options.name.empty()) options.name = name_for_built_in();
        // It is the host's own code, and nobody has to ask whether that still answers.
        options.allow_reverse_calls = true;
        if (options.permissions.empty()) options.permissions = {"*"};
        options.health_interval = milliseconds(0);
        std::string name = options.name;
        auto mounted =
            mount(tenon::plugin({.name = "host", .version = core()->options().version, .calls_host = true})
                      .receive(std::move(handler)),
                  std::move(options));
        if (!mounted) return mounted.error();
        return name;
    }

private:
    /// "host", "host-2", "host-3": the first that is free.
    std::string name_for_built_in() const {
        std::string name = "host";
        for (std::uint64_t number = 2; knows(name); ++number)
            name = detail::join({"host-", detail::digits(number)});
        return name;
    }
};

} // namespace tenon

#ifndef TENON_COMPILED
#include <tenon/joint/host.ipp>
#endif

#endif
