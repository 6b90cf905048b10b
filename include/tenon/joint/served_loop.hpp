#ifndef TENON_JOINT_SERVED_LOOP_HPP
#define TENON_JOINT_SERVED_LOOP_HPP

// The event loop's side of a plugin: gives its engine a turn when there is input, when something is due and when
// output can go on. The engine is that of serve(), so everything that is not about coroutines is the same.
//
// When the host has said goodbye or is gone, coroutines that still run are cancelled and have two seconds to end.

#include <tenon/transport/asio_io.hpp>
#include <tenon/core/patience.hpp>
#include <tenon/joint/event_loop.hpp>
#include <tenon/joint/served_stream.hpp>
#include <tenon/joint/system_descriptor_mode.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/vigil.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace tenon::detail {

/// What is read in one turn; coroutines get theirs then.
inline constexpr std::size_t served_turn_bytes = std::size_t{256} << 10;

class served_loop final : public loop_driver, public std::enable_shared_from_this<served_loop> {
    struct key {};

public:
    /// `all_ended`: whether no handler runs any more.
    using completion = unique_function<void(bool all_ended)>;

    /// Takes the descriptors over. They may be one socket.
    static std::shared_ptr<served_loop> make(const executor& where, const plugin_hooks& hooks, int input,
                                             int output, patience waits = patience()) {
        auto made = std::make_shared<served_loop>(key{}, where, input, output, waits);
        made->begin(hooks, input, output);
        return made;
    }
    served_loop(key, const executor& where, int input, int output, patience waits)
        : where_(where), lookout_(vigil::make(where, waits.longest())), input_(where), output_(where),
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
                              if (self->lookout_) self->lookout_.heard(std::chrono::steady_clock::now());
                              self->turn();
                              // What the host says next is likely to come at once where it did before.
                              if (self->lookout_ && !self->over_ && self->waits_for_input_)
                                  self->lookout_.expect();
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
        lookout_.end();
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
    lookout lookout_; // for what the host says next
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

#endif
