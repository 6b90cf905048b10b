#ifndef TENON_JOINT_MOUNTED_STREAM_HPP
#define TENON_JOINT_MOUNTED_STREAM_HPP

// The stream of a plugin that runs within its host: what the plugin says is kept until the link fetches it, what it
// hears comes from the link at once, without a copy in between. There is no descriptor and no thread.
//
// The engine owns it, and a thread of the plugin's own may hold the engine for longer than the link lives: cut()
// ends the way back. write() may be called on any thread, read() is the loop's.

#include <tenon/core/text.hpp>
#include <tenon/joint/event_loop.hpp>
#include <tenon/plugin/stream.hpp>
#include <tenon/transport/asio.hpp>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// The link, as its stream sees it.
class mounted_end : public loop_driver {
public:
    virtual read_outcome give_input(std::span<char> room, time_point deadline, std::size_t& count) = 0;

protected:
    ~mounted_end() = default;
};

class mounted_stream final : public stream {
public:
    /// `wake` is called on the executor when something was said while nobody attended.
    mounted_stream(mounted_end& other, const executor& where, std::string name, int max_concurrency,
                   std::function<void()> wake)
        : name_(std::move(name)), loop_(where, other, max_concurrency), other_(&other),
          wake_(std::move(wake)) {}

    event_loop& loop() noexcept { return loop_; }

    /// What the host calls the plugin; lives as long as the engine.
    std::string_view name() const noexcept { return name_; }

    // --- for the link ---

    /// From now on it looks for output by itself.
    void attend() {
        const std::lock_guard lock(mutex_);
        attended_ = true;
    }
    /// True if there is something already.
    bool stop_attending() {
        const std::lock_guard lock(mutex_);
        attended_ = false;
        return !output_.empty();
    }
    /// What was said since, in the place of `into`, whose memory is used again.
    void take_output(std::string& into) {
        into.clear();
        const std::lock_guard lock(mutex_);
        output_.swap(into);
    }
    std::vector<std::string> take_reports() {
        const std::lock_guard lock(mutex_);
        return std::exchange(reports_, {});
    }
    /// The input is over, and so is time: no tick is due any more.
    void end() noexcept { ended_ = true; }
    void cut() {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        other_ = nullptr;
        wake_ = nullptr;
        output_.clear();
    }
    /// For a wait that nothing can end but its deadline: it is over at the next look at the clock.
    void skip_to(time_point deadline) noexcept { skipped_to_ = deadline; }

    // --- for the engine ---

    read_outcome read(std::span<char> room, time_point deadline, std::size_t& count) override {
        return ended_ ? read_outcome::ended : other_->give_input(room, deadline, count);
    }
    std::size_t write(std::span<const std::string_view> pieces) override {
        const std::lock_guard lock(mutex_);
        if (other_ == nullptr) return 0;
        const bool first = output_.empty();
        std::size_t total = 0;
        for (const std::string_view piece : pieces) {
            output_.append(piece);
            total += piece.size();
        }
        if (first && !attended_) asio::post(loop_.where(), wake_);
        return total;
    }
    time_point now() override {
        if (ended_) return {};
        const time_point now = std::chrono::steady_clock::now();
        const time_point skipped = skipped_to_.exchange({});
        return skipped > now ? skipped : now;
    }
    void report(std::string_view line) override {
        const std::lock_guard lock(mutex_);
        reports_.emplace_back(line);
    }

private:
    const std::string name_;
    event_loop loop_;
    std::atomic<bool> ended_ = false;
    std::atomic<time_point> skipped_to_ = time_point();
    std::mutex mutex_; // for what any thread of the plugin may do
    mounted_end* other_;
    std::function<void()> wake_;
    std::string output_;
    std::vector<std::string> reports_;
    bool attended_ = false;
};

} // namespace tenon::detail

#endif
