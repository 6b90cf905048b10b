#ifndef TENON_HOST_REPEATED_CALL_HPP
#define TENON_HOST_REPEATED_CALL_HPP

// A call that its caller calls idempotent: if the plugin is gone before it has answered and is ready again before
// the deadline, it is asked once more. Any other call is never made twice, whatever becomes of it.

#include <tenon/host/host_core.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tenon::detail {

inline call_progress tell_progress(const std::function<void(json_view)>& to) {
    if (!to) return {};
    return [to](std::string_view value, time_point) {
        if (const auto read = from_json<json_view>(value)) to(*read);
    };
}

class repeated_call final : public std::enable_shared_from_this<repeated_call> {
public:
    repeated_call(std::shared_ptr<host_core> core, plugin_index plugin, std::string_view method,
                  std::string_view params, time_point deadline, call_completion done, plugin_index asker,
                  std::function<void(json_view)> progress)
        : core_(std::move(core)), plugin_(plugin), asker_(asker), method_(method), params_(params),
          deadline_(deadline), done_(std::move(done)), progress_(std::move(progress)) {}

    void ask() {
        plugin_record* const plugin = core_->find(plugin_);
        if (plugin == nullptr) return give_up();
        const auto kept = plugin->actor;
        generation_ = kept->generation();
        ticket_ = kept->ask(
            lane::calls, method_, std::string_view(params_), deadline_,
            [self = shared_from_this()](const result<std::string_view>& answer, time_point now) {
                self->take(answer, now);
            },
            asker_, steady_now(), tell_progress(progress_));
    }
    void cancel() {
        if (!done_) return;
        plugin_record* const plugin = waiting_ ? nullptr : core_->find(plugin_);
        if (plugin != nullptr) plugin->actor->cancel(ticket_);
        else finish(fault{codes::cancelled, "cancelled"}, steady_now());
    }

private:
    void take(const result<std::string_view>& answer, time_point now) {
        if (answer || answer.error().code != codes::unavailable) return finish(answer, now);
        last_ = answer.error();
        wait();
    }

    // For the next instance: through its delays, but not beyond the deadline or somebody's wish to stop it.
    void wait() {
        plugin_record* const plugin = core_->find(plugin_);
        if (plugin == nullptr || core_->closing() || !plugin->actor->supervised().wanted() ||
            plugin->actor->state() == plugin_state::failed)
            return give_up();
        // The instance that did not answer may still be called ready.
        if (plugin->actor->ready() && plugin->actor->generation() != generation_) return ask();
        if (!alarm_)
            alarm_.emplace(core_->where(), [weak = weak_from_this()](time_point now) {
                if (const auto self = weak.lock()) self->pass_deadline(now);
            });
        alarm_->set(deadline_);
        waiting_ = true;
        plugin->waiters.push_back({true, [self = shared_from_this()](const result<void>& ready) {
                                       if (!std::exchange(self->waiting_, false) || !self->done_) return;
                                       if (ready) self->ask();
                                       else self->wait();
                                   }});
    }

    void pass_deadline(time_point now) {
        if (!waiting_) return; // the call itself has the same deadline
        waiting_ = false;
        finish(fault{codes::timeout, join({last_.message, ", and was not back in time"}), last_.data}, now);
    }
    void give_up() { finish(last_, steady_now()); }
    void finish(result<std::string_view> answer, time_point now) {
        if (!done_) return;
        alarm_.reset();
        std::exchange(done_, nullptr)(std::move(answer), now);
    }

    std::shared_ptr<host_core> core_;
    plugin_index plugin_, asker_;
    std::string method_, params_;
    time_point deadline_;
    call_completion done_;
    std::function<void(json_view)> progress_;
    call_ticket ticket_ = {};
    std::uint64_t generation_ = 0; // of the instance that was asked
    fault last_ = {codes::unavailable, "the plugin is gone"};
    std::optional<alarm> alarm_; // while it waits
    bool waiting_ = false;
};

} // namespace tenon::detail

#endif
