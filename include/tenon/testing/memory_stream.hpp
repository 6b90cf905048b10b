#ifndef TENON_TESTING_MEMORY_STREAM_HPP
#define TENON_TESTING_MEMORY_STREAM_HPP

// What lies between a plugin's engine and its host in a test: two runs of bytes and a clock turned by hand.
// The host lives inside read(): before anything is read `attend` is called, which looks at what the plugin wrote
// and may put more in. Where that brings nothing, neither side has anything to say before its next
// deadline, so the clock jumps there.
//
// The engine owns the stream and may outlive the test (a thread of the plugin's may still hold it): the clock is
// shared with it, and abandon() cuts the way back to the host.

#include <tenon/plugin/stream.hpp>
#include <tenon/testing/manual_clock.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::testing {

class memory_stream final : public detail::stream {
public:
    explicit memory_stream(std::shared_ptr<manual_clock> clock) : clock_(std::move(clock)) {}

    // --- for the host ---

    /// Called by read(), on the plugin's thread: does what there is to do for the host, and says when the host
    /// will have something to do by itself.
    std::function<time_point()> attend = {};

    /// No read() hands out more bytes, and no write() takes more.
    std::size_t most_read = std::string::npos;
    std::size_t most_written = std::string::npos;

    void put(std::string_view bytes) {
        if (at_ == input_.size()) input_.clear(), at_ = 0;
        input_ += bytes;
    }
    /// The plugin's input ends behind what was put in.
    void end_input() { ended_ = true; }
    /// From now on the host does not read what the plugin writes.
    void stop_reading() {
        const std::lock_guard lock(mutex_);
        broken_ = true;
    }
    bool has_input() const { return at_ != input_.size(); }

    std::string take_output() {
        const std::lock_guard lock(mutex_);
        return std::exchange(output_, {});
    }
    /// Waits in real time for threads of the plugin's own to write something; false if none did.
    bool wait_for_output(milliseconds patience) {
        std::unique_lock lock(mutex_);
        return written_.wait_for(lock, patience, [&] { return !output_.empty(); });
    }
    /// The lines that the plugin reported beside the protocol.
    std::vector<std::string> take_reports() {
        const std::lock_guard lock(mutex_);
        return std::exchange(reports_, {});
    }
    void abandon() {
        attend = nullptr;
        ended_ = true;
        stop_reading();
    }

    // --- for the plugin ---

    detail::read_outcome read(std::span<char> room, time_point deadline, std::size_t& count) override {
        for (;;) {
            const time_point next = std::min(deadline, attend ? attend() : never);
            if (has_input()) {
                count = std::min({room.size(), input_.size() - at_, most_read});
                std::memcpy(room.data(), input_.data() + at_, count);
                at_ += count;
                return detail::read_outcome::bytes;
            }
            if (ended_) return detail::read_outcome::ended;
            if (deadline <= now()) return detail::read_outcome::timed_out;
            if (next == never) return detail::read_outcome::ended; // nothing will ever come
            clock_->advance_to(next);
        }
    }

    std::size_t write(std::span<const std::string_view> pieces) override {
        const std::lock_guard lock(mutex_);
        if (broken_) return 0;
        std::size_t total = 0;
        for (const auto piece : pieces) {
            const auto part = piece.substr(0, most_written - total);
            output_ += part;
            total += part.size();
        }
        written_.notify_all();
        return total;
    }

    time_point now() override { return clock_->now(); }

    void report(std::string_view line) override {
        const std::lock_guard lock(mutex_);
        reports_.emplace_back(line);
    }

private:
    std::shared_ptr<manual_clock> clock_;
    std::string input_; // the reading thread's own
    std::size_t at_ = 0;
    bool ended_ = false;
    std::mutex mutex_; // for what any thread of the plugin may do
    std::condition_variable written_;
    std::string output_;
    std::vector<std::string> reports_;
    bool broken_ = false;
};

} // namespace tenon::testing

#endif
