#ifndef TENON_JOINT_SERVED_STREAM_HPP
#define TENON_JOINT_SERVED_STREAM_HPP

// The stream of a plugin that is served on an event loop. A look at the input does not wait, and what the host does
// not read at once is kept for later, so that the loop goes on; beyond 8 MiB of that whoever says more has to wait,
// and beyond 1 MiB the plugin hears nothing new. An ordinary handler that waits for the host waits here, as with
// serve().
//
// read() is the loop's, write() may be called on any thread.

#include <tenon/joint/event_loop.hpp>
#include <tenon/plugin/stream.hpp>
#include <tenon/plugin/system.hpp>
#include <tenon/transport/system_streams.hpp>

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

inline constexpr std::size_t most_unsent_before_pause = std::size_t{1} << 20;
inline constexpr std::size_t most_unsent = std::size_t{8} << 20;

class served_stream final : public stream {
public:
    /// `attention` is called, on any thread, when the loop should look: output waits, input came, the host is gone.
    served_stream(const executor& where, loop_driver& driver, int max_concurrency, int input, int output,
                  bool output_waits, std::function<void()> attention)
        : loop_(where, driver, max_concurrency), plain_(input, output), input_(input), output_(output),
          socket_(is_socket(output)), may_wait_(output_waits), attention_(std::move(attention)) {}

    event_loop& loop() noexcept { return loop_; }

    // --- for who drives it ---

    /// How much may be read until the next turn.
    void begin_turn(std::size_t budget) noexcept {
        budget_ = budget;
        turning_ = true;
    }
    /// True if there may be more to read than the turn was for.
    bool end_turn() noexcept {
        turning_ = false;
        return budget_ == 0;
    }
    bool has_unsent() {
        const std::lock_guard lock(mutex_);
        return !unsent_.empty();
    }
    /// Writes what goes now.
    void write_more() {
        const std::lock_guard lock(mutex_);
        const std::string_view pieces[] = {unsent_};
        if (unsent_.empty()) return;
        const transfer put = write_some(output_, socket_, pieces);
        if (put.state == transfer_state::over) lost_ = true;
        unsent_.erase(0, put.count);
        if (lost_) unsent_.clear();
    }
    /// Writes everything, and waits for that.
    void write_rest() {
        const std::lock_guard lock(mutex_);
        write_all_unsent();
    }
    /// The loop is over.
    void cut() {
        const std::lock_guard lock(mutex_);
        lost_ = true;
        attention_ = nullptr;
    }

    // --- for the engine ---

    read_outcome read(std::span<char> room, time_point deadline, std::size_t& count) override {
        if (deadline > now()) return wait_for_input(room, deadline, count);
        if (budget_ == 0 || pauses()) return read_outcome::timed_out;
        const std::size_t most = room.size() < budget_ ? room.size() : budget_;
        const transfer got = read_some(input_, room.first(most));
        if (got.state == transfer_state::would_block) return read_outcome::timed_out;
        if (got.state == transfer_state::over) return read_outcome::ended;
        count = got.count;
        budget_ -= count;
        note_input();
        return read_outcome::bytes;
    }

    std::size_t write(std::span<const std::string_view> pieces) override {
        const std::lock_guard lock(mutex_);
        if (lost_) return 0;
        std::size_t total = 0, put = 0;
        for (const std::string_view piece : pieces) total += piece.size();
        if (unsent_.empty()) {
            if (!may_wait_) return plain_.write(pieces);
            const transfer went = write_some(output_, socket_, pieces);
            if (went.state == transfer_state::over) return lose();
            put = went.count;
        }
        if (put == total) return total;
        const bool first = unsent_.empty();
        for (const std::string_view piece : pieces) {
            const std::size_t part = put < piece.size() ? put : piece.size();
            unsent_.append(piece.substr(part));
            put -= part;
        }
        if (unsent_.size() > most_unsent) write_all_unsent();
        else if (first && attention_) attention_();
        return lost_ ? lose() : total;
    }

    time_point now() override { return plain_.now(); }
    void report(std::string_view line) override { plain_.report(line); }

private:
    bool pauses() {
        const std::lock_guard lock(mutex_);
        return unsent_.size() > most_unsent_before_pause;
    }
    read_outcome wait_for_input(std::span<char> room, time_point deadline, std::size_t& count) {
        write_rest(); // what is waited for may be the answer to it
        const read_outcome outcome = plain_.read(room, deadline, count);
        if (outcome == read_outcome::bytes) note_input();
        return outcome;
    }
    // Somebody read outside of a turn, and left work behind.
    void note_input() {
        const std::lock_guard lock(mutex_);
        if (!turning_ && attention_) attention_();
    }
    std::size_t lose() {
        lost_ = true;
        unsent_.clear();
        if (attention_) attention_();
        return 0;
    }
    void write_all_unsent() {
        while (!unsent_.empty() && !lost_) {
            const std::string_view pieces[] = {unsent_};
            const std::size_t put = plain_.write(pieces);
            if (put == 0) lost_ = true;
            unsent_.erase(0, put);
        }
        if (lost_) unsent_.clear();
    }

    event_loop loop_;
    descriptor_stream plain_;
    const int input_, output_;
    const bool socket_, may_wait_;
    std::size_t budget_ = 0;
    bool turning_ = false;
    std::mutex mutex_; // for the following
    std::function<void()> attention_;
    std::string unsent_;
    bool lost_ = false;
};

} // namespace tenon::detail

#endif
