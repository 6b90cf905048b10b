#ifndef TENON_CONFIG_APPLY_HPP
#define TENON_CONFIG_APPLY_HPP

// Does what a plan of changes says (config/changes.hpp), also the first one, which starts everything:
//
//     auto failed = co_await tenon::apply(host, tenon::plan_changes(running, wanted));
//     for (const tenon::change_failure& one : failed) warn(one.plugin, one.why.message);
//
// All at once, but that nothing new is started before those that leave have left: it may have their commands and
// routes. Completes once, when each has come to an end, with what went wrong: a plugin that failed to start may still
// be tried again by the host. A plugin that waits for one that is not about to come is said to have failed, and starts
// when it does come. To remove a plugin that is not there is no failure. A disabled plugin may not attach by itself
// either; one that could do nothing else is not even known to the host then.
//
// One plan after the other: a second one has to begin where the first one led to. A plugin that was not added, as one whose
// name another plugin of the host has, is not in the list that it begins with: it would be removed by its name, and another
// plugin with it.

#include <tenon/config/changes.hpp>
#include <tenon/host/host_base.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

struct change_failure {
    std::string plugin;
    config_action action;
    fault why;
    bool absent = false; // it was not added: the next plan begins without it
};

namespace detail {

/// One plan on its way. The callbacks that tell it of its parts' ends keep it alive.
class change_run final : public std::enable_shared_from_this<change_run> {
public:
    using completion = unique_function<void(std::vector<change_failure>)>;

    change_run(std::shared_ptr<untyped_host> core, std::vector<plugin_change> changes, completion done)
        : core_(std::move(core)), done_(std::move(done)) {
        for (plugin_change& change : changes) parts_.push_back({std::move(change)});
    }

    void begin() {
        open_ = parts_.size() + 1;
        leaving_ = 1;
        for (const part& one : parts_) leaving_ += leaves(one);
        // A plugin that goes or is replaced gives up its needs first: with those of the new one they could be a circle.
        for (const part& one : parts_)
            if (one.change.action == config_action::remove || one.change.action == config_action::replace)
                core_->forget_needs(one.change.name());
        for (std::size_t at = 0; at < parts_.size(); ++at)
            if (!comes(parts_[at])) run(at);
        left();
        close_one();
    }

private:
    struct part {
        plugin_change change;
        bool closed = false;
        std::uint64_t former = 0; // the generation that is replaced
    };

    static bool leaves(const part& of) {
        return of.change.action == config_action::remove || of.change.action == config_action::disable;
    }
    static bool comes(const part& of) {
        using enum config_action;
        return of.change.action == add || of.change.action == start || of.change.action == enable;
    }

    auto ends(std::size_t at) {
        return [self = shared_from_this(), at](result<void> outcome) { self->end(at, std::move(outcome)); };
    }
    static auto starts(std::size_t at) {
        return
            [at](change_run& self) { self.core_->start_known(self.parts_[at].change.name(), self.ends(at)); };
    }
    /// The next step, if this one was good.
    template <class Next>
    auto then(std::size_t at, Next next) {
        return [self = shared_from_this(), at, next](result<void> outcome) {
            if (outcome) next(*self);
            else self->end(at, std::move(outcome));
        };
    }

    void run(std::size_t at) {
        const plugin_change& change = parts_[at].change;
        const std::string& name = change.name();
        const json& config = change.config.options.config;
        const auto now = core_->moment_of(name);
        const bool known = now.has_value();
        if (change.relevel && known)
            static_cast<void>(core_->set_log_level(name, change.config.options.logs.level));
        switch (change.action) {
        case config_action::add:
        case config_action::start: return bring(at);
        case config_action::remove: return known ? core_->remove(name, ends(at)) : end(at, {});
        case config_action::replace:
            if (!known) return bring(at);
            parts_[at].former = now->generation;
            return core_->remove(name, then(at, [at](change_run& self) { self.bring(at); }));
        case config_action::configure:
            if (!change.reconfigure || !may_come(change.config)) return end(at, {});
            // One that was given up is tried again with what was mended.
            if (known && now->state == plugin_state::failed)
                return core_->configure(name, config, then(at, starts(at)));
            return core_->configure(name, config, ends(at));
        case config_action::enable:
            if (!change.reconfigure) return starts(at)(*this);
            return core_->configure(name, config, then(at, starts(at)));
        case config_action::disable:
            if (!change.reconfigure) return core_->stop(name, ends(at));
            return core_->stop(name, then(at, [at](change_run& self) {
                                   const plugin_config& wanted = self.parts_[at].change.config;
                                   self.core_->configure(wanted.options.name, wanted.options.config,
                                                         self.ends(at));
                               }));
        }
    }
    void bring(std::size_t at) {
        plugin_options options = parts_[at].change.config.options;
        const bool enabled = parts_[at].change.config.enabled;
        // It comes by itself or not at all: there is nothing to wait for, and nothing to know while it may not.
        const bool attaches = options.command.empty();
        if (attaches && !enabled) return end(at, {});
        if (!enabled) options.attach = false;
        if (auto added = core_->add(std::move(options), parts_[at].former); !added)
            return end(at, std::move(added), true);
        if (attaches || !enabled) return end(at, {});
        starts(at)(*this);
    }
    /// Whether the host knows it.
    static bool may_come(const plugin_config& config) noexcept {
        return config.enabled || !config.options.command.empty();
    }

    void end(std::size_t at, result<void> outcome, bool absent = false) {
        part& one = parts_[at];
        if (std::exchange(one.closed, true)) return;
        if (!outcome) failures_.push_back({one.change.name(), one.change.action, outcome.error(), absent});
        if (leaves(one)) left();
        close_one();
    }
    void left() {
        if (--leaving_ != 0) return;
        for (std::size_t at = 0; at < parts_.size(); ++at)
            if (comes(parts_[at])) run(at);
    }
    void close_one() {
        --open_;
        if (open_ != 0 && leaving_ == 0) give_up_on_blocked();
        if (open_ == 0 && done_) std::exchange(done_, nullptr)(std::move(failures_));
    }

    /// Where all that is open waits for other plugins, and nothing here will bring those, nothing more will happen.
    void give_up_on_blocked() {
        // From where the last one stood that did not wait: each is looked at about once, however many there are.
        for (std::size_t count = 0; count < parts_.size(); ++count) {
            if (cursor_ == parts_.size()) cursor_ = 0;
            const part& one = parts_[cursor_];
            if (!one.closed && !is_blocked(one)) return;
            ++cursor_;
        }
        for (std::size_t at = 0; at < parts_.size(); ++at) {
            const auto now = core_->moment_of(parts_[at].change.name());
            if (parts_[at].closed || !now) continue;
            parts_[at].closed = true;
            --open_;
            failures_.push_back(
                {parts_[at].change.name(), parts_[at].change.action,
                 fault{codes::unavailable, join({parts_[at].change.name(), ": ", now->reason})}});
        }
    }
    bool is_blocked(const part& one) const {
        const auto now = core_->moment_of(one.change.name());
        return now && now->state == plugin_state::blocked;
    }

    std::shared_ptr<untyped_host> core_;
    completion done_;
    std::vector<part> parts_;
    std::vector<change_failure> failures_;
    std::size_t open_ = 0;    // parts that have not ended, and one while they are begun
    std::size_t leaving_ = 0; // of these that leave, and the same
    std::size_t cursor_ = 0;
};

} // namespace detail

/// Completes with a std::vector<change_failure>. Where the host ends meanwhile, so do the changes, as failures.
template <class Token = detail::default_token>
auto apply(host_base& to, std::vector<plugin_change> changes, Token&& token = Token()) {
    return detail::begin_operation<std::vector<change_failure>>(
        to.get_executor(), token, [core = to.core(), changes = std::move(changes)](auto done) mutable {
            std::make_shared<detail::change_run>(core, std::move(changes), std::move(done))->begin();
        });
}

} // namespace tenon

#endif
