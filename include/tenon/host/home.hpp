#ifndef TENON_HOST_HOME_HPP
#define TENON_HOST_HOME_HPP

// Where a host runs, shared by all that is under way there. An executor of any kind cannot be asked whether this is
// the place already, and to hand something over to it costs as much as the rest of a small call: so the two that
// nearly every program uses, a loop and a strand on one, are known by their types.

#include <tenon/core/compiled.hpp>
#include <tenon/core/unique_function.hpp>
#include <tenon/transport/asio.hpp>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace tenon::detail {

/// Runs it there: at once where that is here and may be, else when the executor comes to it.
TENON_COMPILED_ONCE void run_on(const executor& where, unique_function<void()> what);
/// Leaves the executor's run() from there, as what a handler throws does.
TENON_COMPILED_ONCE void rethrow_on(const executor& where, std::exception_ptr thrown);

/// A loop's executor.
TENON_COMPILED_ONCE executor executor_of(asio::io_context& loop);

class home {
    using loop = asio::io_context::executor_type;
    using loop_strand = asio::strand<loop>;

public:
    /// Keeps the loop from running out of work for as long as it lives.
    using tracked_work = std::decay_t<decltype(asio::require(std::declval<const loop&>(),
                                                             asio::execution::outstanding_work.tracked))>;

    explicit home(executor where);

    const executor& where() const noexcept { return where_; }
    /// What is to be done here can be done at once. False also where that cannot be told.
    bool here() const noexcept;
    /// Here, and not before the caller has returned.
    void later(unique_function<void()> what) const;
    /// None where it cannot be told what it would be of.
    std::optional<tracked_work> work() const;

private:
    executor where_;
    std::optional<loop> loop_;
    std::optional<loop_strand> strand_;
};

} // namespace tenon::detail

#ifndef TENON_COMPILED
#include <tenon/host/home.ipp>
#endif

#endif
