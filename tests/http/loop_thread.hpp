#ifndef TENON_TESTS_HTTP_LOOP_THREAD_HPP
#define TENON_TESTS_HTTP_LOOP_THREAD_HPP

// A loop in a thread of its own, beside the test's, which blocks.

#include <tenon/core/time.hpp>
#include <tenon/transport/asio.hpp>

#include <future>
#include <memory>
#include <thread>

namespace tenon::tests {

class loop_thread {
public:
    loop_thread() : thread_([this] { io.run(); }) {}
    ~loop_thread() {
        work_.reset();
        thread_.join();
    }

    /// Runs it there, and waits for it.
    template <class Function>
    auto there(Function function) {
        std::packaged_task<decltype(function())()> task(function);
        auto done = task.get_future();
        asio::post(io, [&] { task(); });
        return done.get();
    }
    /// Runs it there, after a while.
    template <class Function>
    void later(milliseconds wait, Function function) {
        const auto timer = std::make_shared<asio::steady_timer>(io, wait);
        timer->async_wait([timer, function](const asio::error_code&) { function(); });
    }

    asio::io_context io;

private:
    asio::executor_work_guard<asio::io_context::executor_type> work_{io.get_executor()};
    std::thread thread_;
};

} // namespace tenon::tests

#endif
