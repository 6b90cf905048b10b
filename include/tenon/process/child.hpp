#ifndef TENON_PROCESS_CHILD_HPP
#define TENON_PROCESS_CHILD_HPP

// Owns a process from its start until it is reaped, and the process group that it leads. That it has ended is
// learned from the process itself, never from the end of its output, which a grandchild may hold open.
//
// When the process ends, or the owner does, everybody left in its group is killed, and always before the process
// is reaped: until then no other process or group can have its number. Who has left its group and not its session is killed
// right after that. What took a session of its own lives on; left_behind() says so.
//
// Only its own process is ever waited for. Where the application ignores SIGCHLD or waits for any child, the
// status is `unknown`.

#include <tenon/core/time.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/rules/supervision/schedules.hpp>
#include <tenon/process/system_launcher.hpp>
#include <tenon/process/system_process.hpp>
#include <tenon/transport/asio_io.hpp>
#include <tenon/transport/system_streams.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace tenon::detail {

struct child_to_stop;

class child {
public:
    /// `ended` is called once, on the executor and never from within a verb; not after the child was destroyed,
    /// which it may do itself. Descriptors that were left in `made` are the child's.
    child(const executor& where, launched&& made, std::function<void(const exit_status&)> ended)
        : self_(std::make_shared<state>(where, std::move(made), std::move(ended))) {
        state::watch(self_, where);
    }
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    /// Kills the whole group and waits for the process, which takes no longer than the system takes to end it.
    ~child() {
        self_->told = nullptr;
        kill_group();
        self_->await_end(after(std::chrono::steady_clock::now(), longest_death));
        self_->close();
    }

    int pid() const noexcept { return self_->made.pid; }
    bool over() const noexcept { return self_->over; }
    /// Of a child that is over.
    const exit_status& status() const noexcept { return self_->status; }

    /// A signal for everybody in the group; nothing once the process is over.
    void signal_group(int signal) {
        if (!self_->over && self_->process() >= 0) signal_group_of(self_->process(), pid(), signal);
    }
    void terminate_group() { signal_group(terminate_signal); }
    void kill_group() {
        if (!self_->over) self_->kill_all();
    }

    /// True if the process is over and something that it started lives on outside its session. Killing takes the
    /// system a moment, so at first it may be true of a process that is just dying.
    bool left_behind() const noexcept {
        return self_->over && self_->made.guard && !nobody_holds_other_end(self_->made.guard.get());
    }

    /// For asking that later.
    descriptor release_guard() noexcept { return std::move(self_->made.guard); }

private:
    friend void stop_children(std::vector<child_to_stop> children);

    // After SIGKILL a process ends at once, unless the kernel waits for hardware in its name. Rather than wait with
    // it, the host goes on, and the process that inherits it reaps it.
    static constexpr milliseconds longest_death{5'000};

    // Outlives the child while a wait is under way.
    struct state {
        state(const executor& where, launched&& given, std::function<void(const exit_status&)> ended)
            : made(std::move(given)), exit(where), told(std::move(ended)) {}

        static void watch(const std::shared_ptr<state>& self, const executor& where) {
            asio::error_code failed = asio::error::bad_descriptor;
            if (self->made.process) self->exit.assign(self->made.process.get(), failed);
            if (failed) return asio::post(where, [self, failed] { look(self, failed); });
            self->made.process.release();
            await(self);
        }
        static void await(const std::shared_ptr<state>& self) {
            self->exit.async_wait(asio::posix::stream_descriptor::wait_read,
                                  [self](const asio::error_code& failed) { look(self, failed); });
        }
        static void look(const std::shared_ptr<state>& self, const asio::error_code& failed) {
            if (!self->told) return; // the child is gone
            self->finish_if_ended();
            if (!self->over && !failed) return await(self);
            if (!self->over) { // its end would not be noticed
                self->kill_all();
                self->await_end(after(std::chrono::steady_clock::now(), longest_death));
                self->over = true;
            }
            const auto tell = std::exchange(self->told, nullptr);
            tell(self->status);
        }

        int process() noexcept { return exit.is_open() ? exit.native_handle() : made.process.get(); }

        void kill_all() {
            if (process() >= 0) signal_group_of(process(), made.pid, kill_signal);
            // Once the process is not ours any more, its number means nothing, and the guard is what still knows its
            // group.
            if (process() < 0 || state_of(process()) == process_state::lost) made.guard.reset();
        }
        void finish_if_ended() {
            if (over) return;
            const auto now = process() < 0 ? process_state::lost : state_of(process());
            if (now == process_state::running) return;
            kill_all(); // whom it left in its group
            for (descriptor& one : made.guard_readers)
                one.reset(); // a process that holds the guard now has left the group
            if (now == process_state::ended) {
                status = reap_ended(process());
                end_session();
            }
            over = true;
        }
        /// Kills what it left in its session in other groups: `timeout` and shells with job control make those. More than once,
        /// because a process may have been starting another one.
        void end_session() const noexcept {
            for (int round = 0; round != 3 && number_in_use(made.pid); ++round)
                if (!kill_session(made.pid)) return;
        }
        void await_end(time_point deadline) {
            for (finish_if_ended(); !over && std::chrono::steady_clock::now() < deadline; finish_if_ended()) {
                const int one = process();
                wait_for_end({&one, 1}, deadline);
            }
        }
        void close() {
            asio::error_code ignored;
            exit.close(ignored); // the wait ends, and with it this state, when the loop runs again
            for (descriptor* one : {&made.process, &made.input, &made.output, &made.error, &made.guard})
                one->reset();
            for (descriptor& one : made.guard_readers) one.reset();
        }

        launched made;
        asio::posix::stream_descriptor exit; // the pidfd, while it is watched
        std::function<void(const exit_status&)> told;
        exit_status status = {};
        bool over = false;
    };

    std::shared_ptr<state> self_;
};

struct child_to_stop {
    child* process;
    stop_policy steps;
};

/// Stops many side by side, each by its own steps, and comes back when all are over: for destructors, where no loop
/// runs any more. A plugin cannot be asked without a loop, so that step is left out. Whatever a policy says, the last step
/// is to kill. `ended` of each is called as ever if the loop runs again.
inline void stop_children(std::vector<child_to_stop> children) {
    struct stopping {
        child* process;
        stop_sequence steps = {};
        time_point due = {}; // of the next step, or of giving up on a process that was killed
        bool killed = false;
    };
    std::vector<stopping> living;
    for (child_to_stop& one : children) {
        living.push_back({.process = one.process});
        living.back().steps.begin(std::move(one.steps), false, true);
    }
    for (;;) {
        const time_point now = std::chrono::steady_clock::now();
        std::vector<int> awaited;
        time_point due = never;
        for (stopping& one : living) {
            child& process = *one.process;
            process.self_->finish_if_ended();
            while (!process.over() && one.due <= now && !one.killed) {
                const auto step = one.steps.next(now);
                one.killed = !step || step == stop_action::kill;
                if (one.killed) process.kill_group();
                else if (step == stop_action::terminate) process.terminate_group();
                else process.self_->made.input.reset();
                one.due = one.killed ? after(now, child::longest_death) : one.steps.deadline();
            }
            if (process.over() || one.due <= now) continue;
            awaited.push_back(process.self_->process());
            due = std::min(due, one.due);
        }
        if (awaited.empty()) return;
        wait_for_end(awaited, due);
    }
}
inline void stop_children(std::span<child* const> children, const stop_policy& steps) {
    std::vector<child_to_stop> all;
    for (child* const one : children) all.push_back({one, steps});
    stop_children(std::move(all));
}

} // namespace tenon::detail

#endif
