#ifndef TENON_HOST_WATCH_HPP
#define TENON_HOST_WATCH_HPP

// For dashboards and log files: everything that happens, one item after another, for as many as want to know.
//
//     tenon::watch<tenon::log_record> logs = host.watch_logs();
//     for (;;) {
//         auto next = co_await logs.next();
//         if (!next) break; // the host is gone
//         if (next->lost != 0) print("... ", next->lost, " lines lost ...");
//         print(next->item->message);
//     }
//
// Each watch has a queue of its own. Whoever is slow loses its own oldest items, and hears how many with the next
// one. A watch sees what happens after it was made; it lives on the host's executor, and may outlive the host.

#include <tenon/host/completion.hpp>
#include <tenon/rules/decision.hpp>
#include <tenon/rules/logs/log_fan_out.hpp>
#include <tenon/rules/logs/log_record.hpp>
#include <tenon/rules/state.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace tenon {

inline std::size_t bytes_held(const state_change& change) noexcept {
    return change.plugin.size() + change.reason.text.size() + change.log.size();
}

/// What watch::next() gives: the item, never null, and how many were lost directly before it.
template <class Item>
using watched = detail::watched<Item>;

template <class Item>
struct watch_settings {
    std::size_t max_items = 1'000;
    std::size_t max_bytes = std::size_t{1} << 20; // what waits to be taken; the newest item stays
    std::function<bool(const Item&)> wants = {};  // everything where there is none
};

template <class Item>
class watch {
public:
    watch(const executor& where, detail::fan_out<Item>& stream, watch_settings<Item> settings)
        : state_(std::make_shared<state>(where)) {
        state_->self = state_;
        auto begun = stream.watch({.max_items = settings.max_items,
                                   .max_bytes = settings.max_bytes,
                                   .wake =
                                       [weak = std::weak_ptr(state_)] {
                                           if (const auto self = weak.lock()) self->complete();
                                       },
                                   .wants = std::move(settings.wants)});
        if (begun) state_->queue.emplace(std::move(*begun));
        else state_->why = begun.error();
    }
    watch(watch&&) noexcept = default;
    watch& operator=(watch&& other) noexcept {
        stop();
        state_ = std::move(other.state_);
        return *this;
    }
    ~watch() { stop(); }

    /// The oldest item that was not taken yet, or the next one: a result<watched<Item>>. A fault means that nothing
    /// will come any more, but for codes::invalid_request: somebody waits here already.
    template <class Token = detail::default_token>
    auto next(Token&& token = Token()) {
        return detail::begin_operation<result<watched<Item>>>(
            state_->where, token, [state = state_](auto done, detail::cancel_point* cancel) {
                state->wait(std::move(done), cancel);
            });
    }
    /// Who waits for the next item hears codes::cancelled, and nothing comes any more.
    void stop() {
        if (state_) state_->stop({codes::cancelled, "nobody watches any more"});
    }
    /// Of all that there ever was for this watch.
    std::uint64_t lost() const noexcept { return state_->queue ? state_->queue->lost() : 0; }

private:
    struct state {
        using completion = detail::unique_function<void(result<watched<Item>>)>;

        explicit state(const executor& given) : where(given) {}

        void wait(completion done, detail::cancel_point* cancel) {
            if (waiting)
                return done(fault{codes::invalid_request, "somebody waits for the next item already"});
            waiting = std::move(done);
            ++number;
            if (cancel)
                cancel->set([weak = self, mine = number] {
                    const auto still = weak.lock();
                    if (still && still->waiting && still->number == mine)
                        std::exchange(still->waiting, nullptr)(fault{codes::cancelled, "cancelled"});
                });
            complete();
        }
        /// Never from here: whoever publishes, or asks for the next one, goes on first.
        void complete() {
            if (!waiting || std::exchange(coming, true)) return;
            asio::post(where, due_completion(self.lock()));
        }
        void deliver() {
            watched<Item> next;
            if (queue && queue->next(next)) std::exchange(waiting, nullptr)(std::move(next));
            else if (!queue || queue->ended()) std::exchange(waiting, nullptr)(fault(why));
        }
        void stop(fault reason) {
            queue.reset();
            why = std::move(reason);
            complete();
        }

        executor where;
        std::optional<detail::watcher<Item>> queue = {};
        completion waiting = {};
        std::uint64_t number = 0; // of who waits
        bool coming = false;      // a completion is on its way
        std::weak_ptr<state> self = {};
        fault why{codes::shutting_down, "the host is gone"};
    };

    /// Runs on the loop. A loop that never runs again destroys it, and the waiting operation with it: that one may hold the
    /// watch, and the two would keep each other alive.
    class due_completion {
    public:
        explicit due_completion(std::shared_ptr<state> of) : of_(std::move(of)) {}
        due_completion(due_completion&&) noexcept = default;
        due_completion& operator=(due_completion&&) = delete;
        ~due_completion() {
            if (of_) of_->waiting = nullptr;
        }
        void operator()() {
            const auto kept = std::exchange(of_, nullptr);
            kept->coming = false;
            if (kept->waiting) kept->deliver();
        }

    private:
        std::shared_ptr<state> of_;
    };

    std::shared_ptr<state> state_;
};

} // namespace tenon

#endif
