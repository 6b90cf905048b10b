#ifndef TENON_HOST_HOME_HPP
#define TENON_HOST_HOME_HPP

// Where a host runs, shared by all that is under way there. An executor of any kind cannot be asked whether this is
// the place already, and to hand something over to it costs as much as the rest of a small call: so the two that
// nearly every program uses, a loop and a strand on one, are known by their types.

#include <tenon/transport/asio.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace tenon::detail {

class home {
    using loop = asio::io_context::executor_type;
    using loop_strand = asio::strand<loop>;

public:
    /// Keeps the loop from running out of work for as long as it lives.
    using tracked_work = std::decay_t<decltype(asio::require(std::declval<const loop&>(),
                                                             asio::execution::outstanding_work.tracked))>;

    explicit home(executor where) : where_(std::move(where)) {
        if (const auto* const plain = executor_as<loop>(where_)) loop_ = *plain;
        else if (const auto* const strand = executor_as<loop_strand>(where_)) strand_ = *strand;
    }

    const executor& where() const noexcept { return where_; }
    /// What is to be done here can be done at once. False also where that cannot be told.
    bool here() const noexcept {
        return loop_ ? may_run_at_once() : strand_ && strand_->running_in_this_thread();
    }
    template <class Executor>
    bool is(const Executor& other) const noexcept {
        if constexpr (std::is_convertible_v<const Executor&, executor>) return executor(other) == where_;
        else return false;
    }
    /// Here, and not before whoever asks has returned.
    template <class Function>
    void later(Function function) const {
        if (loop_) asio::post(*loop_, std::move(function));
        else asio::post(where_, std::move(function));
    }
    /// None where it cannot be told what it would be of.
    std::optional<tracked_work> work() const {
        if (!loop_) return std::nullopt;
        return asio::require(*loop_, asio::execution::outstanding_work.tracked);
    }

private:
    bool may_run_at_once() const noexcept {
        return asio::query(*loop_, asio::execution::blocking) == asio::execution::blocking.possibly &&
               loop_->running_in_this_thread();
    }

    executor where_;
    std::optional<loop> loop_;
    std::optional<loop_strand> strand_;
};

} // namespace tenon::detail

#endif
