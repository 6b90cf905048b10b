#ifndef TENON_HOST_HOME_IPP
#define TENON_HOST_HOME_IPP

// The bodies of host/home.hpp.

#include <tenon/core/compiled.hpp>
#include <tenon/host/home.hpp>

#include <asio/dispatch.hpp>
#include <asio/post.hpp>

namespace tenon::detail {

TENON_COMPILED_ONCE void run_on(const executor& where, unique_function<void()> what) {
    asio::dispatch(where, std::move(what));
}

TENON_COMPILED_ONCE void rethrow_on([[maybe_unused]] const executor& where,
                                    [[maybe_unused]] std::exception_ptr thrown) {
#if defined(__cpp_exceptions)
    asio::post(where, [thrown = std::move(thrown)] { std::rethrow_exception(thrown); });
#endif
}

TENON_COMPILED_ONCE executor executor_of(asio::io_context& loop) { return loop.get_executor(); }

TENON_COMPILED_ONCE home::home(executor where) : where_(std::move(where)) {
    if (const auto* const plain = executor_as<loop>(where_)) loop_ = *plain;
    else if (const auto* const strand = executor_as<loop_strand>(where_)) strand_ = *strand;
}

TENON_COMPILED_ONCE bool home::here() const noexcept {
    if (!loop_) return strand_ && strand_->running_in_this_thread();
    return asio::query(*loop_, asio::execution::blocking) == asio::execution::blocking.possibly &&
           loop_->running_in_this_thread();
}

TENON_COMPILED_ONCE void home::later(unique_function<void()> what) const {
    if (loop_) asio::post(*loop_, std::move(what));
    else asio::post(where_, std::move(what));
}

TENON_COMPILED_ONCE std::optional<home::tracked_work> home::work() const {
    if (!loop_) return std::nullopt;
    return asio::require(*loop_, asio::execution::outstanding_work.tracked);
}

} // namespace tenon::detail

#endif
