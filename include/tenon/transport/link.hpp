#ifndef TENON_TRANSPORT_LINK_HPP
#define TENON_TRANSPORT_LINK_HPP

// A session that is connected to something: bytes that come are read into it, what it queues is written, its
// deadlines are kept, and its events are told to an owner. One thread, the executor's.
//
// The owner talks to peer() and then says flush(). Within on_event() and on_pause() it need not: what was queued
// is written when all events of one read were told, in one go. Nothing is ever told from within a verb of the
// link, but for read_rest().
//
// A link lives as long as a pointer to it. Letting go of the last one closes it, within on_event() too.

#include <tenon/core/time.hpp>
#include <tenon/session/session.hpp>

#include <memory>

namespace tenon::detail {

class link_owner {
public:
    /// One event of the session; its slices are valid during the call. May close the link or let go of it.
    /// `closed` comes last and once: after the peer's end, a violation, or when it read nothing for too long
    /// (output_stalled). Every call has been completed before it.
    virtual void on_event(session_event& event, time_point now) = 0;
    /// After all events of one read were told and before what was queued meanwhile is written.
    virtual void on_pause(time_point now) { static_cast<void>(now); }
    /// What could not be written at once has been written: there is room for more.
    virtual void on_drained(time_point now) { static_cast<void>(now); }

protected:
    ~link_owner() = default;
};

class link : public std::enable_shared_from_this<link> {
public:
    link(const link&) = delete;
    link& operator=(const link&) = delete;
    virtual ~link() = default;

    session& peer() noexcept { return session_; }
    const session& peer() const noexcept { return session_; }

    /// Writes what the session has queued as far as it goes now, and the rest when it can be. To be called after
    /// every verb of the session, but for those within on_event() and on_pause().
    virtual void flush() = 0;
    /// The peer sees the end of its input: after what is queued was written, or at once if it cannot be.
    virtual void close_output() = 0;
    /// Reads and tells what is there already, now: the last words of a process that has ended.
    virtual void read_rest() = 0;
    /// Both ways and at once; the owner hears nothing more.
    virtual void close() = 0;

    /// The same for an owner that is about to die.
    void forget_owner() {
        owner_ = nullptr;
        close();
    }
    /// From now on another owner is told, also of what is left of this read.
    void set_owner(link_owner& owner) noexcept { owner_ = &owner; }
    /// Whether the `closed` event was told.
    bool told_end() const noexcept { return told_end_; }

protected:
    link(session_role role, const session_limits& limits, link_owner& owner)
        : session_(role, limits), owner_(&owner) {}

    /// Events are being told: nothing is to be written and nothing else to be told.
    bool telling() const noexcept { return telling_; }
    /// Whether the owner is gone.
    bool abandoned() const noexcept { return owner_ == nullptr; }
    void abandon() noexcept { owner_ = nullptr; }

    /// Tells all that the session has to tell. False if the owner is gone. The caller keeps the link alive meanwhile.
    bool tell(time_point now) {
        const telling_guard guard(*this);
        while (owner_ != nullptr && session_.next_event(event_, now)) {
            if (event_.kind == event_kind::closed) told_end_ = true;
            owner_->on_event(event_, now);
        }
        if (owner_ != nullptr) owner_->on_pause(now);
        return owner_ != nullptr;
    }

    /// The same for the room that there is.
    bool tell_drained(time_point now) {
        const telling_guard guard(*this);
        if (owner_ != nullptr) owner_->on_drained(now);
        return owner_ != nullptr;
    }

private:
    // on_event() may throw, if only for lack of memory: the link must not stay silent for that.
    struct telling_guard {
        explicit telling_guard(link& of) noexcept : told(of) { told.telling_ = true; }
        telling_guard(const telling_guard&) = delete;
        telling_guard& operator=(const telling_guard&) = delete;
        ~telling_guard() { told.telling_ = false; }
        link& told;
    };

    session session_;
    session_event event_; // here rather than on the stack, so that its texts keep their memory
    link_owner* owner_;
    bool telling_ = false;
    bool told_end_ = false;
};

} // namespace tenon::detail

#endif
