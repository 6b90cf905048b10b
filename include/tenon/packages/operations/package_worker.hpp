#ifndef TENON_PACKAGES_OPERATIONS_PACKAGE_WORKER_HPP
#define TENON_PACKAGES_OPERATIONS_PACKAGE_WORKER_HPP

// One thread beside the host's loop, for what takes long there: the disk, hashing, SQLite. Jobs run one after the other; what
// a job found out comes back to the loop, where nothing but that happens:
//
//     worker.run([&store] { return store.check(tree); },                 // on the thread
//                [weak](result<void> outcome) { ... });                  // on the executor
//
// Between jobs it does bit by bit what nobody waits for: when_idle(). A job that comes meanwhile waits for one bit of it.
//
// A job should look at stopping() from time to time: who destroys the worker waits for the one that runs, and those behind
// it are dropped. The executor's run() does not return while a job is on its way.

#include <tenon/core/unique_function.hpp>
#include <tenon/host/home.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

namespace tenon::detail {

class package_worker {
public:
    explicit package_worker(std::shared_ptr<const home> back)
        : back_(std::move(back)), thread_([this] { work(); }) {}
    package_worker(const package_worker&) = delete;
    package_worker& operator=(const package_worker&) = delete;
    ~package_worker() { stop(); }

    /// `then` is called on the executor with what `job` returned, unless the worker is stopped before. It must not
    /// assume that anything is still there.
    template <class Job, class Then>
    void run(Job job, Then then) {
        using outcome = std::invoke_result_t<Job&>;
        post([this, job = std::move(job), then = std::move(then), work = back_->work()]() mutable {
            // Made, moved to the loop, and destroyed there: what it holds may belong to the loop.
            auto told = std::make_shared<std::pair<outcome, Then>>(job(), std::move(then));
            back_->later(
                [told = std::move(told), work = std::move(work)] { told->second(std::move(told->first)); });
        });
    }
    /// A job without an answer.
    void post(unique_function<void()> job) {
        {
            const std::lock_guard held(mutex_);
            if (stopping_) return;
            jobs_.push_back(std::move(job));
        }
        wakes_.notify_one();
    }
    /// `some` is called on the thread after each job, and again as long as it says that there is more and no job waits.
    void when_idle(std::function<bool()> some) {
        {
            const std::lock_guard held(mutex_);
            some_ = std::move(some);
            more_ = true;
        }
        wakes_.notify_one();
    }
    /// From a job: something for the executor to do.
    void tell(unique_function<void()> what) const { back_->later(std::move(what)); }

    const std::atomic<bool>& stopping() const noexcept { return stopping_; }

    /// Waits for the job that runs. Nothing is begun any more.
    void stop() {
        {
            const std::lock_guard held(mutex_);
            stopping_ = true;
        }
        wakes_.notify_one();
        if (thread_.joinable()) thread_.join();
        jobs_.clear(); // on the executor, where what they hold belongs
    }

private:
    void work() {
        std::unique_lock held(mutex_);
        while (true) {
            wakes_.wait(held, [this] { return stopping_ || !jobs_.empty() || more_; });
            if (stopping_) return;
            if (jobs_.empty()) {
                held.unlock();
                const bool more = some_();
                held.lock();
                more_ = more;
                continue;
            }
            auto job = std::move(jobs_.front());
            jobs_.pop_front();
            held.unlock();
            job();
            job.reset();
            held.lock();
            more_ = some_ != nullptr;
        }
    }

    std::shared_ptr<const home> back_;
    std::mutex mutex_;
    std::condition_variable wakes_;
    std::deque<unique_function<void()>> jobs_;
    std::function<bool()> some_; // set once
    bool more_ = false;          // of it, perhaps
    std::atomic<bool> stopping_ = false;
    std::thread thread_; // the last: it uses all the others
};

} // namespace tenon::detail

#endif
