#ifndef TENON_JOINT_MOUNTED_LINK_HPP
#define TENON_JOINT_MOUNTED_LINK_HPP

// A link whose other end is a plugin within this program: the plugin's engine gets a turn whenever there is
// something for it, on the host's executor. What goes over is the wire that goes to processes, so whatever holds
// there holds here: order, limits, deadlines, words.
//
// The engine runs, and the owner is told, in turns of the loop alone, never from within a verb of the link. But a
// handler that waits for an answer of the host cannot leave the loop to others: while it waits its calls are told to
// the owner, and what the owner does not answer there and then is refused with codes::reentrant_call.
//
// Ending: the engine says goodbye and the plugin is destroyed at once, or behind the handler that is running.

#include <tenon/core/text.hpp>
#include <tenon/joint/event_loop.hpp>
#include <tenon/plugin/stream.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio.hpp>
#include <tenon/transport/link.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

// The stream of a plugin that runs within its host: what the plugin says is kept until the link fetches it, what it
// hears comes from the link at once, without a copy in between. There is no descriptor and no thread.
//
// The engine owns it, and a thread of the plugin's own may hold the engine for longer than the link lives: cut()
// ends the way back. write() may be called on any thread, read() is the loop's.

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

/// What a plugin hears in one turn of the loop; others get theirs then.
inline constexpr std::size_t mounted_turn_bytes = std::size_t{256} << 10;

inline constexpr std::string_view cannot_wait_words =
    "a mounted plugin runs on its host's own thread and cannot wait there for an answer that comes later";

/// Notes the requests of the plugin on their way to the owner.
class request_notes : public link_owner {
protected:
    explicit request_notes(link_owner& owner) : told_(owner) {}
    ~request_notes() = default;

    void forget_answered(const session& peer) {
        std::erase_if(asked_, [&](request_token one) { return !peer.open(one); });
    }
    std::vector<request_token> asked_; // the newest last

private:
    void on_event(session_event& event, time_point now) override {
        if (event.kind == event_kind::request) asked_.push_back(event.request);
        told_.on_event(event, now);
    }
    void on_pause(time_point now) override { told_.on_pause(now); }
    void on_drained(time_point now) override { told_.on_drained(now); }

    link_owner& told_;
};

struct mounted_options {
    std::string name;
    plugin_hooks hooks = {};
    plugin_maker make = {};
    session_limits limits = host_limits();
    /// Lines that the plugin's engine has for a log.
    std::function<void(std::string_view)> report = {};
};

class mounted_link final : private request_notes, public link, private mounted_end {
    struct key {};

public:
    /// Throws what making the plugin throws.
    static std::shared_ptr<mounted_link> open(const executor& where, const mounted_options& options,
                                              link_owner& owner) {
        auto held = std::make_shared<mounted_link>(key{}, where, options, owner);
        held->begin(options);
        mounted_link* const opened = held.get();
        return {opened, [held = std::move(held)](mounted_link* dropped) mutable {
                    dropped->forget_owner();
                    held.reset();
                }};
    }

    mounted_link(key, const executor& where, const mounted_options& options, link_owner& owner)
        : request_notes(owner), link(session_role::host, options.limits, static_cast<request_notes&>(*this)),
          where_(where), report_(options.report), alarm_(where, [this](time_point) { turn(); }) {}
    ~mounted_link() override {
        if (engine_) close();
    }

    void flush() override {
        if (!closed_ && !telling() && !busy_) turn_soon();
    }
    void close_output() override {
        end_wanted_ = true;
        flush();
    }
    void read_rest() override {
        if (!telling()) turn();
    }
    inline void close() override;

    /// Lets the plugin do what there is to do, and tells the owner. Not for within on_event().
    void turn();
    bool closed() const noexcept { return closed_; }
    /// For who wants to know later whether it is still there.
    std::weak_ptr<mounted_link> watch() { return this_link(); }

private:
    static time_point clock() noexcept { return std::chrono::steady_clock::now(); }
    std::shared_ptr<mounted_link> this_link() {
        return std::static_pointer_cast<mounted_link>(shared_from_this());
    }

    void begin(const mounted_options& options);
    void turn_at(time_point when) override { alarm_.set(when); }
    void turn_soon();
    time_point run_engine();
    bool deliver(time_point now);
    std::size_t take(std::span<char> room);
    bool refuse_newest();
    inline read_outcome give_input(std::span<char> room, time_point deadline, std::size_t& count) override;
    void finish();

    executor where_;
    std::function<void(std::string_view)> report_;
    mounted_stream* stream_ = nullptr; // the engine's
    std::unique_ptr<engine_ref> engine_;
    std::string output_; // on its way, for its memory
    std::size_t budget_ = 0;
    bool busy_ = false;    // the engine runs
    bool waiting_ = false; // a handler waits for the host
    bool soon_ = false;    // a turn is posted
    bool closed_ = false;
    bool end_wanted_ = false;  // close_output() was called
    bool engine_over_ = false; // it has said goodbye
    alarm alarm_;
};

// --- life ---

inline void mounted_link::begin(const mounted_options& options) {
    stream_ =
        new mounted_stream(*this, where_, options.name, options.hooks.max_concurrency, [weak = watch()] {
            if (const auto self = weak.lock()) self->turn();
        });
    plugin_hooks hooks = options.hooks;
    hooks.identity.name = stream_->name();
    hooks.loop = &stream_->loop();
    engine_ = std::make_unique<engine_ref>(engine_ref::adopt(new engine(hooks, stream_)));
    auto plugin = options.make(**engine_, where_);
    (*engine_)->set_plugin(plugin.get());
    stream_->loop().set_plugin(std::move(plugin));
}

inline void mounted_link::close() {
    abandon();
    if (!std::exchange(closed_, true)) alarm_.cancel();
    if (!busy_ && !waiting_) finish();
}

/// The engine is not on the stack.
inline void mounted_link::finish() {
    if (!engine_) return;
    busy_ = true;
    const auto last = std::move(engine_);
    stream_->end();
    stream_->attend();                     // nobody has to be woken for its last words
    if (!(*last)->over()) (*last)->turn(); // says goodbye; whoever waits for an answer has one then
    stream_->cut();
    stream_->loop().end();
    busy_ = false;
}

// --- turns ---

inline void mounted_link::turn_soon() {
    if (std::exchange(soon_, true)) return;
    asio::post(where_, [self = this_link()] {
        self->soon_ = false;
        self->turn();
    });
}

inline void mounted_link::turn() {
    if (closed_) return;
    if (busy_ || waiting_ || telling()) return turn_soon(); // a handler runs the loop itself
    const auto self = this_link();
    const time_point now = clock();
    if (peer().next_deadline() <= now) peer().handle_timeout(now);
    const bool wrote = peer().wants_write();
    stream_->attend();
    const time_point due = engine_over_ ? never : run_engine();
    if (closed_) return finish();
    if (!deliver(now)) return;
    for (const std::string& line : stream_->take_reports())
        if (report_ && !closed_) report_(line);
    if (wrote && !closed_ && !peer().wants_write() && !tell_drained(now)) return;
    if (closed_) return;
    const bool more = stream_->stop_attending();
    const bool unread = peer().wants_write() || (end_wanted_ && !engine_over_);
    if (more || peer().has_news() || (unread && !engine_over_)) turn_soon();
    alarm_.set(std::min(due, peer().next_deadline()));
}

inline time_point mounted_link::run_engine() {
    budget_ = mounted_turn_bytes;
    busy_ = true;
    const time_point due = (*engine_)->turn();
    busy_ = false;
    return due;
}

/// What the plugin said is told to the owner. False if nobody listens any more.
inline bool mounted_link::deliver(time_point now) {
    stream_->take_output(output_);
    if (!output_.empty()) peer().receive_bytes(output_, now);
    if (!engine_over_ && !waiting_ && (*engine_)->over()) {
        engine_over_ = true;
        peer().receive_end(now);
    }
    forget_answered(peer());
    return tell(now);
}

// --- the plugin reads ---

inline std::size_t mounted_link::take(std::span<char> room) {
    std::size_t count = 0;
    while (count < room.size()) {
        const auto pieces = peer().transmit();
        if (pieces.empty()) break;
        std::size_t sent = 0;
        for (const std::string_view piece : pieces) {
            const std::size_t part = std::min(piece.size(), room.size() - count);
            std::copy_n(piece.data(), part, room.data() + count);
            count += part;
            sent += part;
            if (part < piece.size()) break;
        }
        peer().sent(sent);
    }
    return count;
}

/// The requests that wait are those of the handlers on the stack, the newest on top.
inline bool mounted_link::refuse_newest() {
    forget_answered(peer());
    if (asked_.empty()) return false;
    const request_token newest = asked_.back();
    asked_.pop_back();
    return peer().reject(newest, {codes::reentrant_call, std::string(cannot_wait_words)});
}

inline read_outcome mounted_link::give_input(std::span<char> room, time_point deadline, std::size_t& count) {
    const bool waits = deadline > clock();
    if (waiting_ || telling()) {
        // The host is in the middle of telling the plugin something, and the plugin waits for an answer of the host: none can
        // come before the host goes on.
        if (waits) stream_->skip_to(deadline);
        return read_outcome::timed_out;
    }
    if (!waits) {
        const std::size_t most = std::min(room.size(), budget_);
        count = take(room.first(most));
        budget_ -= count;
        if (count != 0) {
            if (!busy_) turn_soon(); // for what was read and not done yet
            return read_outcome::bytes;
        }
        return end_wanted_ && !peer().wants_write() ? read_outcome::ended : read_outcome::timed_out;
    }
    const auto self = this_link();
    for (;;) {
        count = take(room);
        if (count != 0) {
            if (!busy_) turn_soon();
            return read_outcome::bytes;
        }
        if (end_wanted_ || closed_) break;
        waiting_ = true;
        const bool listens = deliver(clock());
        waiting_ = false;
        if (!listens || closed_) break;
        if (peer().wants_write() || refuse_newest()) continue;
        stream_->skip_to(deadline);
        return read_outcome::timed_out;
    }
    // Whoever waits here outside of a turn still has the engine on the stack.
    if (closed_ && !busy_) asio::post(where_, [self] { self->finish(); });
    return read_outcome::ended;
}

} // namespace tenon::detail

#endif
