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
// - Writing is done by whoever has something to say while nobody writes; others leave theirs in the queue, and
//   wait only when it is long.

#include <tenon/plugin/handler.hpp>
#include <tenon/plugin/stream.hpp>
#include <tenon/plugin/system.hpp>
#include <tenon/session/session.hpp>

#include <string>
#include <string_view>

namespace tenon::detail {

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
    /// The same in turns, for who has the thread to itself, as a test has: does what there is to do without
    /// waiting, and says when there will be more even if nothing comes. The last one says goodbye.
    time_point turn();
    bool over();
    /// Introduces itself on a socket and goes on once the host has agreed; otherwise says why not.
    result<void> attach(std::string_view token);

    // --- for handlers, on any thread ---

    time_point now() { return io_->now(); }
    /// Whether both sides said in the handshake that the plugin may call the host.
    result<void> may_call_host();

    /// Who waits for the answer to a call of ours: a thread, or somebody who is told, under the lock, by the
    /// thread that reads. The engine does not touch a waiter any more that it tells.
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
    /// Says no to a request, or logs why an event that nobody waits for was ignored.
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
    unsigned reads_to_prove_ = 1; // in which handlers have to be quick before that is done
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
    /// For an engine just made, whose first reference nobody holds yet.
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
    /// The same for somebody who is told of the answer. A fault here means that nothing follows.
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

} // namespace tenon::detail

#include <tenon/plugin/engine_loop.hpp>
#include <tenon/plugin/engine_work.hpp>

#endif
