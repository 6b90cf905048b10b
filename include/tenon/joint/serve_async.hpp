#ifndef TENON_JOINT_SERVE_ASYNC_HPP
#define TENON_JOINT_SERVE_ASYNC_HPP

// The whole main() of a plugin whose handlers are coroutines:
//
//     int main(int argc, char** argv) { return tenon::serve_async<moderator>(argc, argv); }
//
// As tenon::serve() in everything (streams, arguments, exit codes), but on an Asio loop: up to `max_concurrency`
// handlers that are coroutines are in flight at once, 64 unless the plugin says how many. Ordinary handlers work
// too; they run one at a time, and the loop waits for them. `threads` is taken as 1.
//
// The plugin is made from (tenon::host_link, tenon::executor), from a host_link, or from nothing. The executor is the
// loop's, for timers and sockets of its own.

#include <tenon/joint/coroutine_call.hpp>
#include <tenon/joint/served_loop.hpp>
#include <tenon/plugin/serve.hpp>

#include <memory>
#include <utility>

namespace tenon {

namespace detail {

/// `make` makes the plugin for its engine.
template <class Make>
int serve_on_loop(const plugin_hooks& hooks, int argc, char** argv, Make make) {
    const auto line = read_command_line(argc, argv);
    int input = -1, output = -1, code = exit_codes::good;
    if (!open_connection(line, hooks, input, output, code)) return code;
    asio::io_context io(1);
    const auto loop = served_loop::make(io.get_executor(), hooks, input, output, patience_with_host());
    loop->set_plugin(make(loop->runs(), io.get_executor()));
    if (!line.socket.empty()) {
        const auto attached = loop->runs().attach(environment("TENON_TOKEN"));
        if (!attached) {
            write_error(join({"the host did not accept the plugin: ", attached.error().message, "\n"}));
            return exit_codes::unavailable;
        }
    }
    bool good = true;
    loop->start([&](bool all_ended) {
        good = all_ended;
        io.stop();
    });
    io.run();
    if (!good) leave_now(exit_codes::good); // a handler that does not end must not keep the process
    return exit_codes::good;
}

} // namespace detail

/// Serves a plugin object that exists already.
template <class P>
int serve_async(P& plugin, int argc, char** argv) {
    if constexpr (detail::check_plugin<P>())
        return detail::serve_on_loop(detail::make_loop_hooks<P>(plugin.about), argc, argv,
                                     [&](detail::engine&, const executor&) {
                                         return std::shared_ptr<void>(std::shared_ptr<void>(), &plugin);
                                     });
    else return exit_codes::run_by_hand;
}

/// Makes the plugin, and serves it.
template <class P>
int serve_async(int argc, char** argv) {
    if constexpr (detail::check_loop_plugin_class<P>())
        return detail::serve_on_loop(detail::make_loop_hooks<P>(P::about), argc, argv,
                                     [](detail::engine& runs_in, const executor& where) {
                                         return std::shared_ptr<void>(detail::make_plugin<P>(runs_in, where));
                                     });
    else return exit_codes::run_by_hand;
}

} // namespace tenon

#endif
