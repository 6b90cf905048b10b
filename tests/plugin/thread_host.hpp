#ifndef TENON_TESTS_PLUGIN_THREAD_HOST_HPP
#define TENON_TESTS_PLUGIN_THREAD_HOST_HPP

// A plugin whose engine runs on a thread of its own, workers and all, and a host on the test's thread. Bytes go
// through memory; time is turned by hand and wakes whoever waits for it. What the test waits for has a deadline in
// real time, so a lost wake-up is a failure and no hang.

#include "raw_host.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace tenon::tests {

inline constexpr std::chrono::seconds patience{30};

class blocking_stream final : public detail::stream {
public:
    void put(std::string_view bytes) {
        const std::lock_guard lock(mutex_);
        input_ += bytes;
        changed_.notify_all();
    }
    void end_input() {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        changed_.notify_all();
    }
    void advance(milliseconds wait) {
        const std::lock_guard lock(mutex_);
        clock_.advance(wait);
        changed_.notify_all();
    }
    /// The next body that the plugin wrote; nothing if none comes.
    std::optional<std::string> next_body() {
        std::unique_lock lock(mutex_);
        const auto until = std::chrono::steady_clock::now() + patience;
        for (;;) {
            for (auto& body : take_frames(output_)) bodies_.push_back(std::move(body));
            if (taken_ < bodies_.size()) return bodies_[taken_++];
            if (changed_.wait_until(lock, until) == std::cv_status::timeout) return std::nullopt;
        }
    }
    /// Nobody reads any more, or only so much.
    void limit_output(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        room_ = bytes;
        changed_.notify_all();
    }
    /// Stops the reader where it waits for input. It goes on when something that holds `text` is to be written, which
    /// is not written before the reader waits again.
    void hold_reader_until_written(std::string_view text) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, [&] { return reading_; });
        REQUIRE(reading_);
        awaited_ = text;
    }

    detail::read_outcome read(std::span<char> room, time_point deadline, std::size_t& count) override {
        std::unique_lock lock(mutex_);
        reading_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] {
            return awaited_.empty() && (!input_.empty() || ended_ || clock_.now() >= deadline);
        });
        reading_ = false;
        if (!input_.empty()) {
            count = std::min(room.size(), input_.size());
            std::memcpy(room.data(), input_.data(), count);
            input_.erase(0, count);
            return detail::read_outcome::bytes;
        }
        return ended_ ? detail::read_outcome::ended : detail::read_outcome::timed_out;
    }
    std::size_t write(std::span<const std::string_view> pieces) override {
        std::unique_lock lock(mutex_);
        if (!awaited_.empty() && pieces.front().find(awaited_) != std::string_view::npos) {
            awaited_.clear();
            reading_ = false; // until it waits again
            changed_.notify_all();
            changed_.wait_for(lock, patience, [&] { return reading_; });
        }
        changed_.wait(lock, [&] { return output_.size() < room_; });
        const std::string_view piece = pieces.front().substr(0, room_ - output_.size());
        output_ += piece;
        changed_.notify_all();
        return piece.size();
    }
    time_point now() override { return clock_.now(); }
    void report(std::string_view line) override {
        const std::lock_guard lock(mutex_);
        reports_.emplace_back(line);
    }

private:
    testing::manual_clock clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string input_, output_;
    texts bodies_, reports_;
    std::size_t taken_ = 0;
    std::size_t room_ = std::string::npos;
    std::string awaited_;
    bool ended_ = false, reading_ = false;
};

template <class P>
class thread_host {
public:
    explicit thread_host(std::string_view hello = handshake()) : thread_host(new blocking_stream, hello) {}
    ~thread_host() {
        stream->end_input();
        join();
    }

    void say(std::string_view body) { stream->put(framed(body)); }
    std::string next() {
        auto body = stream->next_body();
        REQUIRE_MESSAGE(body.has_value(), "the plugin says nothing");
        return *body;
    }
    std::string ask(std::string_view body) {
        say(body);
        return next();
    }
    /// So many bodies, whose order is left to the threads.
    texts next_sorted(int count) {
        texts all;
        for (int index = 0; index < count; ++index) all.push_back(next());
        std::sort(all.begin(), all.end());
        return all;
    }
    int join() {
        if (thread_.joinable()) thread_.join();
        return code_;
    }
    P& plugin() { return plugin_; }
    detail::engine& engine() { return *engine_; }

    blocking_stream* stream; // the engine's

private:
    thread_host(blocking_stream* io, std::string_view hello)
        : stream(io),
          engine_(detail::engine_ref::adopt(new detail::engine(detail::make_hooks<P>(P::about), io))) {
        engine_->set_plugin(&plugin_);
        thread_ = std::thread([this] { code_ = engine_->run(); });
        if (!hello.empty()) ask(hello);
    }

    P plugin_;
    detail::engine_ref engine_;
    std::thread thread_;
    int code_ = -1;
};

/// Threads that wait for each other, with a deadline.
class meeting {
public:
    /// Waits until so many are here; false if they do not come.
    bool meet(int count) {
        std::unique_lock lock(mutex_);
        ++here_;
        changed_.notify_all();
        return changed_.wait_for(lock, patience, [&] { return here_ >= count; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    bool wait_open() {
        std::unique_lock lock(mutex_);
        ++here_;
        changed_.notify_all();
        return changed_.wait_for(lock, patience, [&] { return open_; });
    }
    /// Waits until so many have come, without being one of them.
    bool wait_for(int count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return here_ >= count; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int here_ = 0;
    bool open_ = false;
};

} // namespace tenon::tests

#endif
