#ifndef TENON_JOINT_SERVE_ASYNC_HPP
#define TENON_JOINT_SERVE_ASYNC_HPP

// The whole main() of a plugin whose handlers are coroutines:
//
//     int main(int argc, char** argv) { return tenon::serve_async<moderator>(argc, argv); }
//
// As tenon::serve() in everything (streams, arguments, exit codes), but on an Asio loop: up to `max_concurrency`
// handlers that are coroutines are in flight at once, 64 unless the plugin says how many. Ordinary handlers work
// too; they run one at a time, and the loop waits for them. `threads` is taken as 1.
//
// The plugin is made from (tenon::host_link, tenon::executor), from a host_link, or from nothing. The executor is the
// loop's, for timers and sockets of its own.

#include <tenon/core/poll_budget.hpp>
#include <tenon/joint/coroutine_call.hpp>
#include <tenon/joint/event_loop.hpp>
#include <tenon/plugin/serve.hpp>
#include <tenon/plugin/stream.hpp>
#include <tenon/plugin/system.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio_io.hpp>
#include <tenon/transport/system_streams.hpp>
#include <tenon/transport/busy_poll.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

// The stream of a plugin that is served on an event loop. A look at the input does not wait. Output that the host does
// not read at once is kept for later, so that the loop goes on. Beyond 1 MiB of it the plugin hears nothing new, and
// beyond 8 MiB a handler that says more has to wait. An ordinary handler that waits for the host waits here, as with
// serve().
//
// read() is the loop's, write() may be called on any thread.

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

    // --- for its driver ---

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
    // A read outside of a turn left work behind.
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

// The event loop's side of a plugin: gives its engine a turn when there is input, when something is due and when
// output can go on. The engine is that of serve(), so everything that is not about coroutines is the same.
//
// When the host has said goodbye or is gone, coroutines that still run are cancelled and have two seconds to end.

/// What is read in one turn; coroutines get theirs then.
inline constexpr std::size_t served_turn_bytes = std::size_t{256} << 10;

class served_loop final : public loop_driver, public std::enable_shared_from_this<served_loop> {
    struct key {};

public:
    /// `all_ended`: whether no handler runs any more.
    using completion = unique_function<void(bool all_ended)>;

    /// Takes the descriptors over. They may be one socket.
    static std::shared_ptr<served_loop> make(const executor& where, const plugin_hooks& hooks, int input,
                                             int output, poll_budget waits = poll_budget()) {
        auto made = std::make_shared<served_loop>(key{}, where, input, output, waits);
        made->begin(hooks, input, output);
        return made;
    }
    served_loop(key, const executor& where, int input, int output, poll_budget waits)
        : where_(where), poll_(busy_poll::make(where, waits.longest())), input_(where), output_(where),
          alarm_(where, [this](time_point) { turn(); }), grace_(where), output_number_(output) {
        input_mode_.emplace(input);
        if (output != input) output_mode_.emplace(output);
    }
    ~served_loop() {
        stream_->cut();
        stream_->loop().end();
        input_mode_.reset();
        output_mode_.reset();
        if (output_number_ >= 0 && !output_.is_open() && output_number_ != input_.native_handle())
            close_descriptor(output_number_);
    }

    engine& runs() noexcept { return driven(); }
    void set_plugin(std::shared_ptr<void> plugin) {
        driven().set_plugin(plugin.get());
        stream_->loop().set_plugin(std::move(plugin));
    }

    /// `done` is called once, when the connection is over.
    void start(completion done) {
        done_ = std::move(done);
        turn_soon();
    }

private:
    engine& driven() noexcept { return **engine_; }
    void turn_at(time_point when) override {
        if (!over_) alarm_.set(when);
    }
    void begin(plugin_hooks hooks, int input, int output) {
        asio::error_code ignored;
        input_.assign(input, ignored);
        const bool waits = output_mode_ ? output_mode_->nonblocking() : input_mode_->nonblocking();
        stream_ = new served_stream(where_, *this, hooks.max_concurrency, input, output, waits,
                                    [weak = weak_from_this(), where = where_] {
                                        asio::post(where, [weak] {
                                            if (const auto self = weak.lock()) self->turn();
                                        });
                                    });
        hooks.loop = &stream_->loop();
        engine_.emplace(engine_ref::adopt(new engine(hooks, stream_)));
    }

    void turn_soon() {
        asio::post(where_, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->turn();
        });
    }

    void turn() {
        if (over_) return;
        if (turning_) return turn_soon(); // a handler runs the loop itself
        const auto self = shared_from_this();
        if (stream_->has_unsent()) stream_->write_more();
        turning_ = true;
        stream_->begin_turn(served_turn_bytes);
        const time_point due = driven().turn();
        const bool more = stream_->end_turn();
        turning_ = false;
        if (driven().over()) return finish();
        if (stream_->has_unsent()) wait_for_output();
        if (more) turn_soon();
        else wait_for_input();
        alarm_.set(due);
    }

    void wait_for_input() {
        if (std::exchange(waits_for_input_, true)) return;
        // A file cannot be waited for, and need not be: that comes back as an error at once.
        input_.async_wait(asio::posix::stream_descriptor::wait_read,
                          [weak = weak_from_this()](const asio::error_code& error) {
                              const auto self = weak.lock();
                              if (!self || error == asio::error::operation_aborted) return;
                              self->waits_for_input_ = false;
                              if (self->poll_) self->poll_.heard(std::chrono::steady_clock::now());
                              self->turn();
                              // What the host says next is likely to come at once where it did before.
                              if (self->poll_ && !self->over_ && self->waits_for_input_) self->poll_.expect();
                          });
    }
    void wait_for_output() {
        if (std::exchange(waits_for_output_, true)) return;
        const bool one_socket = !output_mode_;
        asio::error_code error;
        if (!one_socket && !output_.is_open()) output_.assign(output_number_, error);
        auto& watched = one_socket ? input_ : output_;
        watched.async_wait(asio::posix::stream_descriptor::wait_write,
                           [weak = weak_from_this()](const asio::error_code& failed) {
                               const auto self = weak.lock();
                               if (!self || failed == asio::error::operation_aborted) return;
                               self->waits_for_output_ = false;
                               self->turn();
                           });
    }

    void finish() {
        over_ = true;
        poll_.end();
        alarm_.cancel();
        stream_->write_rest();
        asio::error_code ignored;
        input_.cancel(ignored);
        if (output_.is_open()) output_.cancel(ignored);
        const auto& calls = stream_->loop().calls();
        calls->cancel_all();
        if (calls->running() == 0) return end(true);
        calls->emptied = [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->end(true);
        };
        grace_.expires_after(goodbye_timeout);
        grace_.async_wait([weak = weak_from_this()](const asio::error_code& error) {
            const auto self = weak.lock();
            if (self && !error) self->end(false);
        });
    }
    void end(bool all_ended) {
        grace_.cancel();
        if (completion done = std::move(done_)) done(all_ended);
    }

    executor where_;
    connection_poll poll_; // for what the host says next
    asio::posix::stream_descriptor input_, output_;
    alarm alarm_;
    asio::steady_timer grace_;
    std::optional<engine_ref> engine_;
    served_stream* stream_ = nullptr; // the engine's
    int output_number_;
    std::optional<descriptor_mode> input_mode_, output_mode_;
    completion done_;
    bool turning_ = false, over_ = false, waits_for_input_ = false, waits_for_output_ = false;
};

} // namespace tenon::detail

namespace tenon {

namespace detail {

/// `make` makes the plugin for its engine.
template <class Make>
int serve_on_loop(const plugin_hooks& hooks, int argc, char** argv, Make make) {
    const auto line = read_command_line(argc, argv);
    int input = -1, output = -1, code = exit_codes::good;
    if (!open_connection(line, hooks, input, output, code)) return code;
    asio::io_context io(1);
    const auto loop = served_loop::make(io.get_executor(), hooks, input, output, poll_budget_from_host());
    loop->set_plugin(make(loop->runs(), io.get_executor()));
    if (!line.socket.empty()) {
        const auto attached = loop->runs().attach(environment("TENON_TOKEN"));
        if (!attached) {
            write_error(join({"the host did not accept the plugin: ", attached.error().message, "\n"}));
            return exit_codes::unavailable;
        }
    }
    bool good = true;
    loop->start([&](bool all_ended) {
        good = all_ended;
        io.stop();
    });
    io.run();
    if (!good) leave_now(exit_codes::good); // a handler that does not end must not keep the process
    return exit_codes::good;
}

} // namespace detail

/// Serves a plugin object that exists already.
template <class P>
int serve_async(P& plugin, int argc, char** argv) {
    if constexpr (detail::check_plugin<P>())
        return detail::serve_on_loop(detail::make_loop_hooks<P>(plugin.about), argc, argv,
                                     [&](detail::engine&, const executor&) {
                                         return std::shared_ptr<void>(std::shared_ptr<void>(), &plugin);
                                     });
    else return exit_codes::run_by_hand;
}

/// Makes the plugin, and serves it.
template <class P>
int serve_async(int argc, char** argv) {
    if constexpr (detail::check_loop_plugin_class<P>())
        return detail::serve_on_loop(detail::make_loop_hooks<P>(P::about), argc, argv,
                                     [](detail::engine& runs_in, const executor& where) {
                                         return std::shared_ptr<void>(detail::make_plugin<P>(runs_in, where));
                                     });
    else return exit_codes::run_by_hand;
}

} // namespace tenon

#endif
