#ifndef TENON_PLUGIN_ENGINE_LOOP_HPP
#define TENON_PLUGIN_ENGINE_LOOP_HPP

// The half of the engine that moves bytes and waits: reading, writing, calls to the host, workers, goodbye.
// Everything here runs under the lock, except where it says mutex_.unlock().

#include <tenon/core/text.hpp>
#include <tenon/plugin/engine.hpp>

namespace tenon::detail {

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

// To write costs more than a quick handler does, so the answers of quick ones are written together. Nobody knows how
// long a handler takes before it has: one that was slow keeps the answers before it waiting once, and from then on each
// is written before the next handler runs, until all have been quick for a while.
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
    json_writer out = session_.begin_call("plugin/attach");
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
        ++dropped_events_; // a handler has been busy for long; nobody waits for an answer to these
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
    const time_point patience = after(now(), goodbye_timeout);
    while (workers_ != 0 && now() < patience) changed_.wait(mutex_, patience);
    if (workers_ != 0) leave_now(0); // a handler that does not end must not keep the process
    while (first_job_ != nullptr) {
        job* dropped = first_job_;
        first_job_ = dropped->next;
        delete dropped;
    }
    last_job_ = nullptr;
}

} // namespace tenon::detail

#endif
