#ifndef TENON_TESTING_SCRIPTED_LINK_HPP
#define TENON_TESTING_SCRIPTED_LINK_HPP

// A link of a host whose other end is a peer in memory: no process, no descriptor, no copy but one each way. What
// goes over is the wire, and what a host keeps of a process it keeps of this: limits, deadlines, an output that stalls.
//
// Both ends get their turns from the loop alone, never from within a verb. The other end hears at most turn_bytes of
// its host in one turn, and everything that it says is heard at once.

#include <tenon/testing/answering_peer.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/link.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::testing {

class scripted_link final : public detail::link {
    struct key {};

public:
    static constexpr std::size_t turn_bytes = std::size_t{256} << 10;

    static std::shared_ptr<detail::link> open(const executor& where, const session_limits& limits,
                                              milliseconds write_timeout, detail::link_owner& owner,
                                              std::shared_ptr<answering_peer> other,
                                              std::weak_ptr<scripted_link>& watched) {
        auto held =
            std::make_shared<scripted_link>(key{}, where, limits, write_timeout, owner, std::move(other));
        watched = held;
        scripted_link* const opened = held.get();
        return {opened, [held = std::move(held)](scripted_link* dropped) mutable {
                    dropped->forget_owner();
                    held.reset();
                }};
    }
    scripted_link(key, const executor& where, const session_limits& limits, milliseconds write_timeout,
                  detail::link_owner& owner, std::shared_ptr<answering_peer> other)
        : link(detail::session_role::host, limits, owner), where_(where), write_timeout_(write_timeout),
          other_(std::move(other)), alarm_(where, [this](time_point) { turn(); }) {}

    // --- for the host ---

    void flush() override {
        if (!telling()) turn_soon();
    }
    void close_output() override {
        end_wanted_ = true;
        flush();
    }
    void read_rest() override {
        if (!telling()) turn();
    }
    void close() override {
        abandon();
        if (std::exchange(closed_, true)) return;
        alarm_.cancel();
        if (!busy_) other_->receive_end(clock());
    }

    // --- for the other end ---

    /// The other end has something to say, or reads again.
    void turn_soon() {
        if (closed_ || std::exchange(soon_, true)) return;
        asio::post(where_, [self = this_link()] {
            self->soon_ = false;
            self->turn();
        });
    }
    /// These bytes as they are, behind all that was said before.
    void say(std::string_view bytes) {
        said_ += other_->transmit(clock());
        said_ += bytes;
        turn_soon();
    }
    /// The host sees the end of its input behind what was said.
    void hang_up() {
        hung_up_ = true;
        turn_soon();
    }
    void set_reading(bool reads) {
        reads_ = reads;
        turn_soon();
    }
    bool closed() const noexcept { return closed_; }

private:
    static time_point clock() noexcept { return std::chrono::steady_clock::now(); }
    std::shared_ptr<scripted_link> this_link() {
        return std::static_pointer_cast<scripted_link>(shared_from_this());
    }

    void turn() {
        if (closed_) return;
        if (busy_ || telling()) return turn_soon();
        const auto self = this_link();
        const time_point now = clock();
        if (peer().next_deadline() <= now) peer().handle_timeout(now);
        const bool wrote = peer().wants_write();
        busy_ = true; // functions of the test run, and may do anything
        hear(now);
        said_ += other_->transmit(now);
        busy_ = false;
        if (closed_) return other_->receive_end(now);
        std::swap(said_, heard_);
        if (!heard_.empty()) peer().receive_bytes(heard_, now);
        heard_.clear();
        if (hung_up_ && said_.empty() && !std::exchange(end_told_, true)) peer().receive_end(now);
        if (!tell(now)) return;
        if (wrote && !peer().wants_write() && !tell_drained(now)) return;
        if (closed_) return;
        const bool unread = reads_ && (peer().wants_write() || (end_wanted_ && !end_heard_));
        if (unread || peer().has_news() || !said_.empty() || other_->session().wants_write()) turn_soon();
        alarm_.set(std::min({peer().next_deadline(), other_->next_time(), stalls_at_}));
    }

    void hear(time_point now) {
        std::string bytes;
        while (reads_ && bytes.size() < turn_bytes && peer().wants_write()) {
            std::size_t count = 0;
            for (const std::string_view piece : peer().transmit()) {
                bytes += piece;
                count += piece.size();
            }
            peer().sent(count);
        }
        if (!bytes.empty()) other_->receive(bytes, now);
        if (closed_) return;
        if (end_wanted_ && reads_ && !peer().wants_write() && !std::exchange(end_heard_, true)) {
            other_->receive_end(now);
            hung_up_ = true; // as a plugin ends when its input does
        }
        if (!peer().wants_write()) stalls_at_ = never;
        else if (stalls_at_ == never || !bytes.empty()) stalls_at_ = after(now, write_timeout_);
        else if (stalls_at_ <= now)
            peer().close("it does not read what it is sent", violation_reason::output_stalled);
    }

    executor where_;
    milliseconds write_timeout_;
    std::shared_ptr<answering_peer> other_;
    std::string said_;  // by the other end, and not told yet
    std::string heard_; // for its memory
    time_point stalls_at_ = never;
    bool reads_ = true, hung_up_ = false, end_told_ = false;
    bool end_wanted_ = false, end_heard_ = false; // of the other end's input
    bool busy_ = false, soon_ = false, closed_ = false;
    detail::alarm alarm_; // the last: what it calls must be there
};

} // namespace tenon::testing

#endif
