#ifndef TENON_JOINT_MOUNT_HPP
#define TENON_JOINT_MOUNT_HPP

// host.mount() and host.receive(): plugins within the program of the host, for the host the same as any other: their
// order, permissions, status, start, stop, restart. What is theirs alone:
//
// - They run on the host's executor, one turn after another; `threads` is taken as 1. A handler that takes long keeps
//   the whole host waiting, one that never returns keeps it for ever, and one that crashes takes it along.
// - A call to the host that it answers at once is answered at once. One that could only be answered later (another
//   plugin's command) fails with codes::reentrant_call: the handler has the only thread. Handlers may
//   be coroutines instead (joint/coroutine_call.hpp), whose calls are awaited and may take their time.
// - Each start has a fresh instance: a copy of the object that was given, or, where it cannot be copied, the object
//   itself at first and later one made as serve() makes it. What can be neither is kept for all starts.

#include <tenon/host/host.hpp>
#include <tenon/joint/async_call.hpp>
#include <tenon/joint/coroutine_call.hpp>
#include <tenon/joint/mounted_link.hpp>
#include <tenon/plugin/lambdas.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace tenon::detail {

inline result<void> mount_plugin(host_core& core, plugin_options options, const plugin_hooks& hooks,
                                 plugin_maker make) {
    if (options.name.empty()) options.name = hooks.identity.name;
    options.attach = false;
    const std::string name = options.name;
    mounted_options mounted{
        .name = name, .hooks = hooks, .make = std::move(make), .limits = options.connection};
    if (auto added = core.add(std::move(options), plugin_origin::mounted); !added) return added;
    plugin_actor& actor = *core.find(name)->actor;
    mounted.report = [&actor](std::string_view line) { actor.note(log_level::warn, line); };
    const auto latest = std::make_shared<std::weak_ptr<mounted_link>>();
    actor.start_by(
        [&actor, latest, mounted = std::move(mounted)](link_owner& owner) -> std::shared_ptr<link> {
            std::string why = "threw something";
            try {
                auto made = mounted_link::open(actor.where(), mounted, owner);
                *latest = made->watch();
                return made;
            } catch (const std::exception& thrown) {
                why = join({"threw: ", thrown.what()});
            } catch (...) {
            }
            actor.note(log_level::error, join({"the plugin's constructor ", why}));
            return nullptr;
        });
    const auto started = std::make_shared<std::optional<result<void>>>();
    core.start_known(name, [started](result<void> outcome) { *started = std::move(outcome); });
    // The handshake needs one turn; nobody has to run the loop for it.
    if (const auto link = latest->lock()) link->turn();
    return *started ? **started : result<void>();
}

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

/// "host", "host-2", "host-3": the first that is free.
inline std::string name_for_built_in(host_core& core) {
    std::string name = "host";
    for (std::uint64_t number = 2; core.find(name) != nullptr; ++number)
        name = join({"host-", digits(number)});
    return name;
}

} // namespace tenon::detail

namespace tenon {

template <class P>
result<void> host::mount(P plugin, plugin_options options) {
    if constexpr (detail::check_plugin<P>()) {
        const auto hooks = detail::make_loop_hooks<P>(plugin.about);
        return detail::mount_plugin(*core_, std::move(options), hooks,
                                    detail::maker_of<P>(std::move(plugin)));
    } else {
        return {};
    }
}

template <class P>
result<void> host::mount(plugin_options options) {
    if constexpr (detail::check_loop_plugin_class<P>()) {
        return detail::mount_plugin(*core_, std::move(options), detail::make_loop_hooks<P>(P::about),
                                    [](detail::engine& runs_in, const executor& where) {
                                        return detail::make_plugin<P>(runs_in, where);
                                    });
    } else {
        return {};
    }
}

template <class Handler>
std::string host::receive(Handler handler) {
    plugin_options as_they_are; // named: g++ 12 stumbles over plugin_options{} in a template
    const auto name = receive(std::move(handler), std::move(as_they_are));
    return name ? *name : std::string();
}

template <class Handler>
result<std::string> host::receive(Handler handler, plugin_options options) {
    if (options.name.empty()) options.name = detail::name_for_built_in(*core_);
    // It is the host's own code, and nobody has to ask whether that still answers.
    options.allow_reverse_calls = true;
    if (options.permissions.empty()) options.permissions = {"*"};
    options.health_interval = milliseconds(0);
    std::string name = options.name;
    auto mounted =
        mount(tenon::plugin({.name = "host", .version = core_->options().version, .calls_host = true})
                  .receive(std::move(handler)),
              std::move(options));
    if (!mounted) return mounted.error();
    return name;
}

} // namespace tenon

#endif
