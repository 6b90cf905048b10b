#ifndef TENON_TESTS_HOST_MISBEHAVING_HPP
#define TENON_TESTS_HOST_MISBEHAVING_HPP

// Plugins that do what none should (tests/fixtures/misbehaving.cpp), on a host of the test's own, beside a good one
// that has to go on meanwhile.

#include "inside.hpp"
#include "../process/processes.hpp"
#include "../sanitized.hpp"
#include "run_on_host.hpp"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace tenon::tests {

inline constexpr bool memory_is_ours = !sanitized;

/// On a machine that has four times as much to do as it can, everything takes its time. What is meant to be at once,
/// or at a deadline, may be so much later there.
inline constexpr auto load_margin = std::chrono::milliseconds(sanitized ? 6'000 : 1'500);

struct echo {
    static constexpr auto command = "echo";
    std::string text;
};
struct command_of {
    std::string command;
    echo args;
};
struct room_event {
    static constexpr auto event = "room.talk";
    std::string text;
};

/// The words are those of the fixture's table: "close", "0". Short waits; never asked about its health.
inline plugin_options misbehaving(std::string name, std::vector<std::string> words) {
    words.insert(words.begin(), fixture("misbehaving"));
    plugin_options options{.name = std::move(name), .command = std::move(words)};
    options.restart = {
        .max_retries = 1'000, .backoff = milliseconds{1}, .max_backoff = milliseconds{1}, .jitter = 0};
    options.stop = {{stop_action::ask, milliseconds{300}},
                    {stop_action::close_stdin, milliseconds{300}},
                    {stop_action::terminate, milliseconds{300}},
                    {stop_action::kill, milliseconds{0}}};
    options.health_interval = milliseconds{0};
    return options;
}
inline plugin_options never_again(plugin_options options) {
    options.restart.enabled = false;
    return options;
}

/// Whether any plugin has been told to be `to`, and with what reason.
inline const state_change* change_to(const running_host& run, std::string_view name, plugin_state to) {
    for (const state_change& change : run.changes)
        if (change.plugin == name && change.to == to) return &change;
    return nullptr;
}

inline std::optional<int> pid_of(running_host& run, const std::string& name) {
    const auto* const plugin = inside(run.host).find(name);
    return plugin == nullptr || plugin->actor->pid() == 0 ? std::nullopt
                                                          : std::optional(plugin->actor->pid());
}
inline plugin_state state_of(running_host& run, const std::string& name) {
    const auto* const plugin = inside(run.host).find(name);
    return plugin == nullptr ? plugin_state::stopped : plugin->actor->state();
}

/// Calls a good plugin one call after another, for as long as it lives.
class steady_caller {
public:
    steady_caller(running_host& run, std::string plugin)
        : self_(std::make_shared<state>(run, std::move(plugin))) {
        state::ask(self_);
    }
    steady_caller(const steady_caller&) = delete;
    steady_caller& operator=(const steady_caller&) = delete;
    ~steady_caller() { self_->over = true; }

    int answers() const { return self_->answers; }
    int failures() const { return self_->failures; }
    clock::duration slowest() const { return self_->slowest; }

private:
    struct state {
        state(running_host& run, std::string name) : on(run), plugin(std::move(name)) {}
        static void ask(const std::shared_ptr<state>& self) {
            self->on.host.call<echo>(self->plugin, "plugin/execute", command_of{"echo", {"again"}}, {},
                                     [self, begun = clock::now()](const result<echo>& answer) {
                                         if (self->over) return;
                                         ++(answer ? self->answers : self->failures);
                                         self->slowest = std::max(self->slowest, clock::now() - begun);
                                         if (answer) ask(self);
                                     });
        }
        running_host& on;
        std::string plugin;
        int answers = 0, failures = 0;
        clock::duration slowest{0};
        bool over = false;
    };
    std::shared_ptr<state> self_;
};

inline std::uint64_t resident_bytes() {
    const auto usage = detail::usage_of(::getpid());
    return usage ? usage->resident_bytes : 0;
}

} // namespace tenon::tests

#endif
