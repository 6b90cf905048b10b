#ifndef TENON_PLUGIN_ENGINE_HPP
#define TENON_PLUGIN_ENGINE_HPP

// The loop of a plugin: reads, lets the session make messages of the bytes, runs handlers, writes answers. It
// knows handlers as function pointers, so that it is compiled once whatever the plugin is.
//
// - One thread, the reader, reads and takes messages out of the session. With `threads = 1` it runs handlers
//   too, straight from the input; otherwise it hands copies to workers.
// - A handler that waits for the host (call, cancelled) on the reader's own thread reads on in the meantime:
//   answers, health, cancellation and shutdown are attended to at once, other work is kept for later, in order.
// - One lock guards the session; it is never held across a read, a write or a line of the author's.
// - A thread that has something to say writes it, unless another thread is writing. Then it leaves it in the queue,
//   and waits only when the queue is long.

#include <tenon/core/text.hpp>
#include <tenon/core/version.hpp>
#include <tenon/plugin/handler.hpp>
#include <tenon/plugin/requests.hpp>
#include <tenon/plugin/stream.hpp>
#include <tenon/plugin/system.hpp>
#include <tenon/session/session.hpp>

#include <string>
#include <string_view>

namespace tenon::detail {

// The plugin's answer to the handshake, which is also what `--describe` prints.

/// The family of an event: `message` of `message.incoming` and of `message.*`.
inline std::string_view family_of(std::string_view event) { return event.substr(0, event.find('.')); }

inline void declare_all(json_writer& out, const plugin_hooks& hooks, message_kind kind,
                        std::string_view member) {
    bool any = false;
    for (std::size_t index = 0; index < hooks.handler_count; ++index) {
        if (hooks.handlers[index].kind != kind) continue;
        if (!any) {
            out.key(member);
            out.begin_array();
        }
        any = true;
        hooks.handlers[index].declare(out);
    }
    if (any) out.end_array();
}

inline void declare_capabilities(json_writer& out, const plugin_hooks& hooks) {
    out.key("capabilities");
    out.begin_array();
    for (std::size_t index = 0; index < hooks.handler_count; ++index) {
        const handler& entry = hooks.handlers[index];
        if (entry.kind != message_kind::event) continue;
        bool named = false;
        for (std::size_t before = 0; before < index; ++before)
            named = named || (hooks.handlers[before].kind == message_kind::event &&
                              family_of(hooks.handlers[before].name) == family_of(entry.name));
        if (!named) out.string(family_of(entry.name));
    }
    out.end_array();
}

inline void write_declaration(json_writer& out, const plugin_hooks& hooks) {
    out.begin_object();
    out.key("name");
    out.string(hooks.identity.name);
    out.key("version");
    out.string(hooks.identity.version);
    if (!hooks.identity.description.empty()) {
        out.key("description");
        out.string(hooks.identity.description);
    }
    out.key("protocolVersion");
    out.integer(protocol_version);
    declare_capabilities(out, hooks);
    declare_all(out, hooks, message_kind::event, "events");
    declare_all(out, hooks, message_kind::route, "routes");
    declare_all(out, hooks, message_kind::command, "commands");
    if (hooks.identity.calls_host) {
        out.key("reverseRpc");
        out.boolean(true);
    }
    out.key("maxConcurrency");
    out.integer(hooks.max_concurrency);
    out.key("features");
    out.begin_array();
    if (hooks.configure != nullptr) out.string("configure");
    out.end_array();
    if (hooks.declare_config != nullptr) {
        out.key("configSchema");
        hooks.declare_config(out);
    }
    out.end_object();
}

/// A host that does not answer a call within this time does not answer.
inline constexpr milliseconds default_call_timeout{5'000};

/// What waits to be written before a thread that wants to say more has to wait.
inline constexpr std::size_t max_unsent_bytes = std::size_t{1} << 20;

/// What waits for workers, or for a busy handler, before reading pauses or events are dropped.
inline constexpr std::size_t max_waiting_bytes = std::size_t{16} << 20;

/// When to call a tick() again that threw instead of saying so.
inline constexpr milliseconds wait_after_failed_tick{1'000};

/// How long the end of the connection waits for handlers that are still busy.
inline constexpr milliseconds goodbye_timeout{2'000};

class engine {
public:
    /// Takes over `io`, which must come from new.
    engine(const plugin_hooks& hooks, stream* io) : hooks_(hooks), io_(io), session_(session_role::plugin) {}

    void set_plugin(void* plugin) noexcept { hooks_.plugin = plugin; }

    /// Serves until the host says goodbye or is gone; the process's exit code.
    int run();
    /// The same in turns, for a caller that keeps the thread, as a test does. A turn does what there is to do without
    /// waiting, and says when there will be more even if nothing comes. The last turn says goodbye.
    time_point turn();
    bool over();
    /// Introduces itself on a socket and goes on once the host has agreed; otherwise says why not.
    result<void> attach(std::string_view token);

    // --- for handlers, on any thread ---

    time_point now() { return io_->now(); }
    /// Whether both sides said in the handshake that the plugin may call the host.
    result<void> may_call_host();

    /// Waits for the answer to a call of ours: a thread does, or `tell` is called, under the lock, by the thread
    /// that reads. Once it is told, the engine does not touch the waiter any more.
    struct waiter {
        waiter* next = nullptr;
        call_id call = {};
        bool answered = false;
        result<std::string> answer = std::string();
        void (*tell)(waiter& self) = nullptr;
    };
    /// Answered with codes::cancelled, by the next turn.
    void cancel_call(call_id call);

    /// One message written in place, under the lock; sent by finish_...(), taken back by the destructor.
    class outgoing;

    void log(log_level level, std::string_view message, std::string_view fields);
    bool cancelled(request_token request);
    void progress(request_token request, std::string_view value);
    void reject(request_token request, const fault& error);
    const plugin_hooks& hooks() const noexcept { return hooks_; }
    /// Calls the handler, and answers for it where it throws.
    void run(const handler& target, invocation& call);
    void start_workers();
    /// Refuses a request, or logs why an event was ignored: an event has no answer.
    void refuse(const invocation& call, const fault& error);
    std::string config();

    void retain() noexcept { __atomic_fetch_add(&references_, 1, __ATOMIC_RELAXED); }
    void release() noexcept {
        if (__atomic_sub_fetch(&references_, 1, __ATOMIC_ACQ_REL) == 0) delete this;
    }

private:
    friend class outgoing;

    // Work that could not be done where it was read.
    struct job {
        job* next = nullptr;
        request_token request = {};
        std::string method = {};
        std::string params = {};
        std::size_t params_offset = 0;
        time_point received = {};
    };

    class held; // the lock, for a scope

    ~engine() { delete io_; }

    bool read_once(time_point deadline); // under the lock, which it gives up meanwhile
    void take_messages(bool may_run);
    void take(const session_event& event, bool may_run);
    void take_request(const session_event& event, bool may_run);
    void run_or_enqueue(const session_event& event, bool may_run);
    void shake_hands(const session_event& event);
    void work(request_token request, std::string_view method, std::string_view params, std::size_t offset,
              time_point received);
    using runner = void (*)(engine&, invocation&);
    runner runner_of(std::string_view method) const noexcept;
    void reconfigure(const invocation& call);
    result<void> configure(std::string_view config);
    void refuse_handshake(request_token request, const fault& error);
    void answer_health(request_token request);

    void enqueue(const session_event& event);
    bool run_next_job();
    bool withdraw(request_token request);
    static void* worker_main(void* self);

    result<std::string> wait_for(call_id call);
    void forget(waiter& done);
    void complete(const session_event& event);
    void flush();
    void flush_reply();
    void learn_pace(unsigned messages);
    void tick_if_due();
    void say_goodbye();

    plugin_hooks hooks_;
    stream* io_;
    session session_;
    mutex mutex_;
    condition changed_; // an answer came, a job came, the queue became shorter, a worker ended
    thread_identity reader_;
    int references_ = 1;
    int workers_ = 0;
    bool writing_ = false;
    bool gathering_ = false; // answers to what one read brought are written together
    unsigned gathered_ = 0;
    unsigned reads_to_prove_ = 1; // so many reads with quick handlers, and answers are gathered
    bool over_ = false;
    bool host_takes_calls_ = true;
    job* first_job_ = nullptr;
    job* last_job_ = nullptr;
    std::size_t waiting_bytes_ = 0;
    std::size_t dropped_events_ = 0;
    waiter* waiters_ = nullptr;
    time_point now_ = {}; // of the latest read
    time_point next_tick_ = never;
    std::string config_ = "{}";
};

/// Keeps an engine alive for those who may outlive the connection: responders and links to the host.
class engine_ref {
public:
    /// For an engine just made: takes over its first reference.
    static engine_ref adopt(engine* made) noexcept {
        engine_ref owner(*made);
        made->release();
        return owner;
    }
    explicit engine_ref(engine& target) noexcept : engine_(&target) { target.retain(); }
    engine_ref(const engine_ref& other) noexcept : engine_(other.engine_) {
        if (engine_ != nullptr) engine_->retain();
    }
    engine_ref(engine_ref&& other) noexcept : engine_(std::exchange(other.engine_, nullptr)) {}
    engine_ref& operator=(engine_ref other) noexcept {
        std::swap(engine_, other.engine_);
        return *this;
    }
    ~engine_ref() {
        if (engine_ != nullptr) engine_->release();
    }
    engine* get() const noexcept { return engine_; }
    engine& operator*() const noexcept { return *engine_; }
    engine* operator->() const noexcept { return engine_; }

private:
    engine* engine_;
};

class engine::held {
public:
    explicit held(engine& owner) : owner_(owner) { owner_.mutex_.lock(); }
    held(const held&) = delete;
    held& operator=(const held&) = delete;
    ~held() { owner_.mutex_.unlock(); }

private:
    engine& owner_;
};

class engine::outgoing {
public:
    explicit outgoing(engine& owner) : owner_(owner), lock_(owner) {}
    ~outgoing() {
        if (!finished_) owner_.session_.rollback();
    }

    json_writer reply(request_token request) { return owner_.session_.begin_reply(request); }
    json_writer notify(std::string_view method) { return owner_.session_.begin_notify(method); }
    json_writer call(std::string_view method) { return owner_.session_.begin_call(method); }

    void finish_reply() {
        finished_ = true;
        owner_.session_.finish_reply();
        owner_.flush_reply();
    }
    bool finish_notify() {
        finished_ = true;
        const bool queued = owner_.session_.finish_notify();
        owner_.flush();
        return queued;
    }
    result<std::string> finish_call(milliseconds timeout) {
        finished_ = true;
        const time_point now = owner_.now();
        auto call = owner_.session_.finish_call(after(now, timeout), now);
        if (!call) return call.error();
        return owner_.wait_for(*call);
    }
    /// The same without waiting: `told` is told of the answer. After a fault it is not.
    result<void> finish_call(milliseconds timeout, waiter& told) {
        finished_ = true;
        const time_point now = owner_.now();
        auto call = owner_.session_.finish_call(after(now, timeout), now);
        if (!call) return call.error();
        told.call = *call;
        told.next = owner_.waiters_;
        owner_.waiters_ = &told;
        owner_.flush();
        return {};
    }

private:
    engine& owner_;
    held lock_;
    bool finished_ = false;
};

// ---- moving bytes and waiting: reading, writing, calls to the host, the goodbye -------------------------------
// Everything here runs under the lock, except where it says mutex_.unlock().

inline int engine::run() {
    held lock(*this);
    reader_.set_this();
    if (hooks_.start_workers != nullptr) hooks_.start_workers(*this);
    while (!over_) {
        tick_if_due();
        // Jobs come after it: a tick that waits for the host leaves behind what came meanwhile.
        if (workers_ == 0 && !over_ && run_next_job()) continue;
        flush();
        if (over_) break;
        read_once(next_tick_);
        take_messages(true);
    }
    say_goodbye();
    return 0;
}

inline time_point engine::turn() {
    held lock(*this);
    reader_.set_this();
    now_ = now();
    for (bool more = true; more && !over_;) {
        if (run_next_job()) continue;
        tick_if_due();
        flush();
        more = read_once(time_point::min());
        take_messages(true);
        more = more || first_job_ != nullptr;
    }
    if (over_) say_goodbye();
    flush();
    return next_tick_ < session_.next_deadline() ? next_tick_ : session_.next_deadline();
}

inline bool engine::over() {
    held lock(*this);
    return over_;
}

/// Whether anything came before the deadline.
inline bool engine::read_once(time_point deadline) {
    // What workers have not done yet is not added to without end. Health waits too then, and says so. A worker
    // that waits for an answer needs a reader all the same: then events are dropped instead.
    while (workers_ != 0 && waiters_ == nullptr && waiting_bytes_ > max_waiting_bytes && !over_)
        changed_.wait(mutex_, never);
    // What a busy handler kept in the pipe has not stalled.
    if (session_.next_deadline() != never) session_.excuse(now() - now_);
    if (session_.next_deadline() < deadline) deadline = session_.next_deadline();
    const std::span<char> room = session_.input_room();
    std::size_t count = 0;
    mutex_.unlock();
    const read_outcome outcome = io_->read(room, deadline, count);
    const time_point now = io_->now();
    mutex_.lock();
    now_ = now;
    if (outcome == read_outcome::bytes) session_.input_received(count, now_);
    else if (outcome == read_outcome::ended) session_.receive_end(now_);
    if (session_.next_deadline() <= now_) session_.handle_timeout(now_);
    return outcome == read_outcome::bytes;
}

inline void engine::take_messages(bool may_run) {
    session_event event;
    unsigned messages = 0;
    gathering_ = may_run && workers_ == 0 && reads_to_prove_ == 0;
    gathered_ = 0;
    for (; !over_ && session_.next_event(event, now_); ++messages) take(event, may_run);
    gathering_ = false;
    if (may_run && messages > 1) learn_pace(messages);
}

// To write costs more than a quick handler does, so the answers of quick handlers are written together. How long a
// handler takes is known only afterwards. A slow one keeps the answers before it waiting once. From then on each answer
// is written before the next handler runs, until all handlers have been quick for a while.
inline void engine::learn_pace(unsigned messages) {
    constexpr std::chrono::microseconds quick{20};
    constexpr unsigned proof = 64;
    if (now() - now_ > quick * messages) reads_to_prove_ = proof;
    else if (reads_to_prove_ != 0) --reads_to_prove_;
}

inline void engine::flush_reply() {
    constexpr unsigned most_gathered = 32;
    if (gathering_ && reader_.is_this() && ++gathered_ < most_gathered) return;
    gathered_ = 0;
    flush();
}

// Everything queued is written when this returns, by this thread or by the one that writes already.
inline void engine::flush() {
    if (writing_) {
        while (writing_ && session_.queued_bytes() > max_unsent_bytes) changed_.wait(mutex_, never);
        return;
    }
    writing_ = true;
    for (auto pieces = session_.transmit(); !pieces.empty(); pieces = session_.transmit()) {
        mutex_.unlock();
        const std::size_t count = io_->write(pieces);
        mutex_.lock();
        if (count == 0) {
            session_.close("the host does not read any more");
            over_ = true;
            break;
        }
        session_.sent(count);
        changed_.wake_all();
    }
    writing_ = false;
    changed_.wake_all();
}

inline result<std::string> engine::wait_for(call_id call) {
    waiter self{.next = waiters_, .call = call};
    waiters_ = &self;
    flush();
    if (reader_.is_this()) {
        // The session minds the deadline, which the host's progress reports may put off.
        for (;;) {
            take_messages(false);
            flush();
            if (self.answered || over_) break;
            read_once(never);
        }
    } else {
        while (!self.answered && !over_ && now() < session_.deadline_of(call))
            changed_.wait(mutex_, session_.deadline_of(call));
        if (!self.answered && !over_) {
            // First, because the reader may hear of the cancellation while this thread writes it.
            forget(self);
            session_.cancel(call, now());
            flush();
            return fault{codes::timeout, "no answer in time"};
        }
    }
    forget(self);
    if (self.answered) return std::move(self.answer);
    return fault{codes::unavailable, "the host is gone"};
}

inline void engine::forget(waiter& done) {
    for (waiter** link = &waiters_; *link != nullptr; link = &(*link)->next) {
        if (*link != &done) continue;
        *link = done.next;
        return;
    }
}

inline void engine::complete(const session_event& event) {
    for (waiter* waiting = waiters_; waiting != nullptr; waiting = waiting->next) {
        if (waiting->call != event.call) continue;
        if (event.failed) waiting->answer = event.error;
        else waiting->answer = join({event.value});
        waiting->answered = true;
        changed_.wake_all();
        if (waiting->tell == nullptr) return;
        forget(*waiting);
        return waiting->tell(*waiting);
    }
}

inline void engine::cancel_call(call_id call) {
    held lock(*this);
    session_.cancel(call, now());
    flush();
}

inline result<void> engine::attach(std::string_view token) {
    held lock(*this);
    reader_.set_this();
    json_writer out = session_.begin_call(methods::attach);
    out.begin_object();
    out.key("name");
    out.string(hooks_.identity.name);
    if (!token.empty()) {
        out.key("token");
        out.string(token);
    }
    out.end_object();
    now_ = now();
    auto call = session_.finish_call(after(now_, default_call_timeout), now_);
    if (!call) return call.error();
    auto answer = wait_for(*call);
    if (!answer) return answer.error();
    return {};
}

// --- work for later ---

inline void engine::enqueue(const session_event& event) {
    const std::size_t size = event.params.size() + sizeof(job);
    const bool paused = workers_ != 0 && waiters_ == nullptr; // read_once() waits for room
    if (!paused && event.request.generation == 0 && waiting_bytes_ + size > max_waiting_bytes) {
        ++dropped_events_; // a handler has been busy for long, and events have no answer
        return;
    }
    auto* added = new job{
        nullptr, event.request, join({event.method}), join({event.params}), event.params_offset, now_};
    waiting_bytes_ += size;
    (last_job_ == nullptr ? first_job_ : last_job_->next) = added;
    last_job_ = added;
    if (workers_ != 0) changed_.wake_all();
}

inline bool engine::run_next_job() {
    job* next = first_job_;
    if (next == nullptr) return false;
    first_job_ = next->next;
    if (first_job_ == nullptr) last_job_ = nullptr;
    waiting_bytes_ -= next->params.size() + sizeof(job);
    changed_.wake_all(); // the reader may wait for room
    work(next->request, next->method, next->params, next->params_offset, next->received);
    delete next;
    if (first_job_ == nullptr && dropped_events_ != 0) {
        io_->report("events were dropped while a handler was busy");
        dropped_events_ = 0;
    }
    return true;
}

/// Takes a request back that has not begun; false if it has.
inline bool engine::withdraw(request_token request) {
    job* before = nullptr;
    for (job* waiting = first_job_; waiting != nullptr; before = waiting, waiting = waiting->next) {
        if (waiting->request != request) continue;
        (before == nullptr ? first_job_ : before->next) = waiting->next;
        if (last_job_ == waiting) last_job_ = before;
        waiting_bytes_ -= waiting->params.size() + sizeof(job);
        delete waiting;
        return true;
    }
    return false;
}

// --- the end ---

inline void engine::tick_if_due() {
    if (next_tick_ == never || now_ < next_tick_) return;
    milliseconds wait = wait_after_failed_tick;
    mutex_.unlock();
#if defined(__cpp_exceptions)
    try {
        wait = hooks_.tick(hooks_.plugin, *this);
    } catch (const std::exception& thrown) {
        log(log_level::error, join({"tick() threw: ", thrown.what()}), {});
    } catch (...) {
        log(log_level::error, "tick() threw something", {});
    }
#else
    wait = hooks_.tick(hooks_.plugin, *this);
#endif
    mutex_.lock();
    now_ = now();
    next_tick_ = after(now_, wait);
}

inline void engine::say_goodbye() {
    over_ = true;
    session_.close("goodbye");
    session_event event;
    while (session_.next_event(event, now_))
        if (event.kind == event_kind::response) complete(event);
    flush();
    changed_.wake_all();
    const time_point latest = after(now(), goodbye_timeout);
    while (workers_ != 0 && now() < latest) changed_.wait(mutex_, latest);
    if (workers_ != 0) leave_now(0); // a handler that does not end must not keep the process
    while (first_job_ != nullptr) {
        job* dropped = first_job_;
        first_job_ = dropped->next;
        delete dropped;
    }
    last_job_ = nullptr;
}

// ---- understanding messages: which handler, which parameters, which answer ------------------------------------
// Handlers and everything else of the author's run without the lock.

inline void engine::take(const session_event& event, bool may_run) {
    switch (event.kind) {
    case event_kind::handshake: return shake_hands(event);
    case event_kind::request: return take_request(event, may_run);
    case event_kind::notification:
        if (event.method == methods::exit) over_ = true;
        else if (event.method == methods::on_event && hooks_.run_event != nullptr)
            run_or_enqueue(event, may_run);
        return;
    case event_kind::response: return complete(event);
    case event_kind::cancelled:
        if (withdraw(event.request)) session_.reject(event.request, {codes::cancelled, "cancelled"});
        else if (hooks_.request_cancelled != nullptr) hooks_.request_cancelled(*this, event.request);
        changed_.wake_all();
        return;
    case event_kind::polluted: return io_->report("the host sent text between messages, which was skipped");
    case event_kind::bad_body:
    case event_kind::peer_error: return io_->report(event.error.message);
    case event_kind::closed:
        if (event.reason != violation_reason::none) io_->report(event.text);
        over_ = true;
        return;
    case event_kind::progress:
    case event_kind::none: return;
    }
}

inline void engine::take_request(const session_event& event, bool may_run) {
    if (runner_of(event.method) != nullptr ||
        (event.method == methods::configure && hooks_.configure != nullptr))
        return run_or_enqueue(event, may_run);
    if (event.method == methods::health) return answer_health(event.request);
    if (event.method == methods::shutdown) {
        session_.begin_shutdown();
        session_.reply(event.request, "null");
        return;
    }
    session_.reject(event.request, {codes::method_not_found, join({"unknown method '", event.method, "'"})});
}

inline engine::runner engine::runner_of(std::string_view method) const noexcept {
    if (method == methods::execute) return hooks_.run_command;
    if (method == methods::on_event) return hooks_.run_event;
    if (method == methods::handle_request) return hooks_.run_route;
    return nullptr;
}

inline void engine::run_or_enqueue(const session_event& event, bool may_run) {
    // Straight from the input where nothing is before it: no copy, no hand-off between threads.
    if (may_run && workers_ == 0 && first_job_ == nullptr)
        work(event.request, event.method, event.params, event.params_offset, now_);
    else enqueue(event);
}

inline void engine::shake_hands(const session_event& event) {
    field offered[] = {{"protocolVersions", 2}, {"supportsReverseRpc", 3}, {"config", 6}, {"limits", 9}};
    const auto& [versions, takes_calls, config, limits] = offered;
    const std::string_view params = event.params.empty() ? "{}" : event.params;
    json_reader in(params, {"params", event.params_offset});
    if (!read_fields(in, params, offered, 4)) return refuse_handshake(event.request, in.error());
    if (!offers_our_version(versions.value))
        return refuse_handshake(
            event.request,
            {codes::version_mismatch, join({"this plugin speaks protocol version ", digits(protocol_version),
                                            ", the host ", versions.value})});
    if (!limits.value.empty()) {
        field sizes[] = {{"maxFrameBytes", 0}};
        json_reader inner(limits.value);
        if (read_fields(inner, limits.value, sizes, 1) && integer_of(sizes[0].value) > 0)
            session_.limit_sent_frames(static_cast<std::size_t>(integer_of(sizes[0].value)));
    }
    host_takes_calls_ = takes_calls.value != "false";
    config_ = join({config.value.empty() ? "{}" : config.value});
    if (hooks_.configure != nullptr) {
        mutex_.unlock();
        const auto taken = configure(config_);
        mutex_.lock();
        if (!taken) return refuse_handshake(event.request, taken.error());
    }
    json_writer out = session_.begin_reply(event.request);
    write_declaration(out, hooks_);
    session_.finish_reply();
    session_.handshake_done(true);
    if (hooks_.tick != nullptr) next_tick_ = now_;
}

inline void engine::refuse_handshake(request_token request, const fault& error) {
    session_.reject(request, error);
    session_.handshake_done(false);
}

inline result<void> engine::configure(std::string_view config) {
#if defined(__cpp_exceptions)
    try {
        return hooks_.configure(hooks_.plugin, config);
    } catch (const std::exception& thrown) {
        log(log_level::error, join({"configure() threw: ", thrown.what()}), {});
    } catch (...) {
        log(log_level::error, "configure() threw something", {});
    }
    return fault{codes::internal_error, "the plugin failed to take its configuration"};
#else
    return hooks_.configure(hooks_.plugin, config);
#endif
}

inline void engine::reconfigure(const invocation& call) {
    field changed[] = {{"config", 0}};
    json_reader in(call.params, call.origin);
    if (!read_fields(in, call.params, changed, 1)) return refuse(call, in.error());
    // A copy, because the input may move while the plugin is busy with it.
    std::string config = join({changed[0].value.empty() ? "{}" : changed[0].value});
    const auto taken = configure(config);
    if (!taken) return refuse(call, taken.error());
    held lock(*this);
    config_ = std::move(config);
    session_.reply(call.request, "null");
    if (hooks_.tick != nullptr) next_tick_ = now_; // how often may have changed
    flush();
}

inline void engine::answer_health(request_token request) {
    if (hooks_.check == nullptr) {
        session_.reply(request, R"({"status":"healthy"})");
        return;
    }
    byte_buffer state; // apart from the session, whose lock is not held while the author's code runs
    json_writer out(state);
    mutex_.unlock();
#if defined(__cpp_exceptions)
    try {
        hooks_.check(hooks_.plugin, out);
    } catch (...) {
        state.clear();
        out.raw(R"({"status":"critical","message":"the plugin's health check failed"})");
    }
#else
    hooks_.check(hooks_.plugin, out);
#endif
    mutex_.lock();
    session_.reply(request, state.view());
}

inline void engine::work(request_token request, std::string_view method, std::string_view params,
                         std::size_t offset, time_point received) {
    invocation call{.runs_in = *this,
                    .request = request,
                    .params = params,
                    .origin = {"params", offset},
                    .received = received};
    if (params.empty()) call.params = "{}";
    const runner run_it = runner_of(method);
    if (!gathering_) flush(); // the handler may take long
    mutex_.unlock();
    if (run_it != nullptr) run_it(*this, call);
    else reconfigure(call);
    mutex_.lock();
}

inline void engine::run(const handler& target, invocation& call) {
#if defined(__cpp_exceptions)
    try {
        return target.run(hooks_.plugin, call);
    } catch (const std::exception& thrown) {
        // What it said is for the log; the peer learns only which handler failed.
        log(log_level::error, join({"the handler of '", target.name, "' threw: ", thrown.what()}), {});
    } catch (...) {
        log(log_level::error, join({"the handler of '", target.name, "' threw something"}), {});
    }
    if (call.wants_answer())
        reject(call.request, {codes::internal_error, join({"the handler of '", target.name, "' failed"})});
#else
    target.run(hooks_.plugin, call);
#endif
}

inline void engine::refuse(const invocation& call, const fault& error) {
    if (call.wants_answer()) return reject(call.request, error);
    log(log_level::warn, error.message, {}); // an event has no answer: it is ignored
}

// --- what handlers ask for ---

inline void engine::log(log_level level, std::string_view message, std::string_view fields) {
    constexpr std::string_view names[] = {"debug", "info", "warn", "error"};
    outgoing line(*this);
    json_writer out = line.notify(methods::log);
    out.begin_object();
    out.key("level");
    out.string(names[static_cast<unsigned>(level)]);
    out.key("message");
    out.string(message);
    if (!fields.empty()) {
        out.key("fields");
        out.raw(fields);
    }
    out.end_object();
    line.finish_notify();
}

inline bool engine::cancelled(request_token request) {
    held lock(*this);
    if (!over_ && workers_ == 0 && reader_.is_this()) {
        read_once(time_point::min()); // no other thread reads
        take_messages(false);
        flush();
    }
    return over_ || session_.cancelled(request);
}

inline void engine::progress(request_token request, std::string_view value) {
    held lock(*this);
    session_.progress(request, value);
    flush();
}

inline void engine::reject(request_token request, const fault& error) {
    held lock(*this);
    session_.reject(request, error);
    flush();
}

inline result<void> engine::may_call_host() {
    if (!hooks_.identity.calls_host)
        return fault{codes::permission_denied, "tenon::about does not say calls_host"};
    held lock(*this);
    if (!host_takes_calls_)
        return fault{codes::permission_denied,
                     "the host takes no calls from this plugin: its `allowReverseRpc` is not true"};
    return {};
}

inline std::string engine::config() {
    held lock(*this);
    return config_;
}

// ---- the threads of a plugin that says `static constexpr int threads = 4` -------------------------------------
// Each takes the next job that the reader left, until the connection is over. A plugin of one thread calls none of
// this, so it is not in its program.

inline void engine::start_workers() {
    // Where threads cannot be had the reader runs the handlers, as it does for a plugin of one thread.
    for (int started = 0; started < hooks_.threads; ++started) {
        retain();
        ++workers_;
        if (start_thread(&worker_main, this)) continue;
        --workers_;
        release();
        break;
    }
}

inline void* engine::worker_main(void* self) {
    auto& owner = *static_cast<engine*>(self);
    {
        held lock(owner);
        while (!owner.over_)
            if (!owner.run_next_job()) owner.changed_.wait(owner.mutex_, never);
        --owner.workers_;
        owner.changed_.wake_all();
    }
    owner.release();
    return nullptr;
}

} // namespace tenon::detail

#endif
