// One session against arbitrary bytes, or two joined back to back.
//
// Input: what kind of session, then a program. Each operation is a byte (which one, on which of two sessions,
// what happens behind it) and the bytes that it takes: text from the peer as templates or raw, delivered in
// pieces; calls, notifications, replies, refusals, cancels, progress in every way there is to write them; the
// clock; partial writes; the handshake; the end from either side.
//
// After every operation (driven_session.hpp):
// - Every call completes exactly once, and its id was not used before. A timeout comes when it is due, not
//   before; next_deadline() is never later than the earliest deadline, and always ahead once handle_timeout()
//   was called.
// - Every request is told once and in the right phase, its token is good for one answer, and every id that
//   came in a message gets as many answers as are owed: never more, and never fewer unless the connection is
//   cut.
// - The output is well-framed JSON-RPC for a pedantic reader, and holds our calls and notifications in order.
// - queued_bytes() is what was queued and not sent; what transmit() gave out stays until sent().
// - Counters never decrease. After `closed` nothing is told, sent or scheduled.
// - Memory is bounded by what came and what was queued.
//
// Two sessions that nobody disturbs never refuse a message of each other, and every result reaches its call.

#include "small_limits.hpp"

#include "driven_session.hpp"
#include "peer_says.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

using namespace tenon;
using namespace tenon::detail;
using tenon::fuzz::driven_session;
using style = driven_session::style;

// Only the address sanitizer knows; elsewhere this is null.
extern "C" __attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();

namespace {

class program {
public:
    program(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
    bool over() const noexcept { return at_ == end_; }
    unsigned take() noexcept { return at_ == end_ ? 0u : *at_++; }
    std::string_view take_text(std::size_t most) noexcept {
        const std::size_t left = static_cast<std::size_t>(end_ - at_);
        const std::string_view text(reinterpret_cast<const char*>(at_), std::min(left, most));
        at_ += text.size();
        return text;
    }

private:
    const std::uint8_t* at_;
    const std::uint8_t* end_;
};

constexpr std::string_view methods[] = {"m",    "host/log",     "plugin/attach", "plugin/handshake",
                                        "exit", "a\"\n\xC3\xA4"};
constexpr std::string_view values[] = {"", "{}", "[]", "null", "{\"a\":[1,\"x\"]}", "[\n1,\r\n2]"};

class scene {
public:
    scene(unsigned kind, program& in)
        : in_(in), pair_((kind & 1u) != 0), small_((kind & 2u) != 0), limited_((kind & 4u) != 0),
          faithful_((kind & 64u) == 0), copied_((kind & 128u) != 0),
          first_(pair_ || (kind & 8u) != 0 ? session_role::plugin : session_role::host, limits(), now_),
          second_(session_role::host, limits(), now_) {
        if ((kind & 16u) != 0) {
            first_.inner().handshake_done(true);
            second_.inner().handshake_done(true);
        }
        if (pair_ && faithful_) {
            first_.expect_own_replies();
            second_.expect_own_replies();
        }
        if ((kind & 32u) != 0) now_ = never - milliseconds(5'000);
    }

    void step() {
        const unsigned operation = in_.take();
        const bool on_second = pair_ && (operation & 32u) != 0;
        driven_session& self = on_second ? second_ : first_;
        const bool pump = (operation & 64u) == 0;
        later_ = (operation & 128u) != 0;
        run(operation % 32u, self, on_second);
        if (pump) self.pump();
        self.check();
    }

    void finish() {
        if (pair_) settle_pair();
        else settle_one(first_, inbox_[0]);
        // Whoever waits for ever waits for ever; all others have heard something an hour later.
        pass(milliseconds(3'600'000));
        for (driven_session* self : {&first_, &second_}) {
            self->time_passed();
            self->pump();
            self->check_none_due();
            self->inner().role() == session_role::host ? self->close("over") : self->end_input();
            self->pump();
            self->answer_all();
            self->pump();
            if (!self->closed()) self->close("over");
            self->pump();
            self->write_all();
            self->check();
            self->check_all_written();
            self->close("over");
            self->check_closed();
        }
    }

private:
    session_limits limits() const {
        session_limits limits;
        if (small_) {
            limits.max_frame_bytes = 400;
            limits.max_incoming = 3;
            limits.max_outgoing = 3;
            limits.assembly_timeout = milliseconds(1'000);
        }
        if (limited_) limits.max_output_bytes = 600;
        return limits;
    }
    // `never` does not come.
    void pass(milliseconds time) { now_ = std::min(after(now_, time), never - milliseconds(1)); }
    void excuse(driven_session& self, milliseconds busy) {
        const time_point before = now_;
        pass(busy);
        self.excuse(before);
    }
    milliseconds duration() {
        const unsigned byte = in_.take();
        return milliseconds((byte & 128u) != 0 ? (byte & 127u) * 1'000u : byte * 10u);
    }
    time_point deadline() {
        const unsigned byte = in_.take();
        switch (byte % 8) {
        case 0: return never;
        case 1: return time_point::min();
        case 2: return now_;
        case 3: return never - time_point::duration(1);
        default: return after(now_, milliseconds(byte * 20u));
        }
    }
    std::string_view params(style how) {
        static const std::string large = "[\"" + std::string(smallest_shared_piece, 'p') + "\"]";
        const unsigned byte = in_.take();
        if (how == style::shared && byte % 4 == 0 && large_used_++ < 3) return large;
        return values[byte % std::size(values)];
    }
    style any_style() {
        constexpr style all[] = {style::text, style::in_place, style::shared, style::taken_back};
        return all[in_.take() % 4];
    }

    void run(unsigned operation, driven_session& self, bool on_second) {
        std::string& inbox = inbox_[on_second ? 1 : 0];
        switch (operation % 20u) {
        case 0:
        case 1: {
            if (pair_) return deliver(self, inbox, in_.take());
            const unsigned kind = in_.take();
            return said(self, inbox, tenon::fuzz::peer_says(kind, in_.take()));
        }
        case 2:
            if (pair_) return damage(inbox);
            return said(self, inbox, in_.take_text(in_.take() % 32u));
        case 3:
            if (pair_) return deliver(self, inbox, static_cast<std::size_t>(-1));
            return said(self, inbox, tenon::fuzz::framed(in_.take_text(in_.take() % 64u)));
        case 4: return deliver(self, inbox, in_.take());
        case 5: {
            const std::string_view method = methods[in_.take() % std::size(methods)];
            const style how = any_style();
            const std::string_view value = params(how);
            return self.call(method, value, deadline(), how);
        }
        case 6: {
            const std::string_view method = methods[in_.take() % std::size(methods)];
            const style how = any_style();
            return self.notify(method, params(how), how);
        }
        case 7:
        case 8: {
            const std::size_t index = in_.take();
            const unsigned padding = in_.take();
            return self.reply(index, padding < 192 ? 0 : (padding - 191) * 8u, any_style());
        }
        case 9: {
            const std::size_t index = in_.take();
            const unsigned length = in_.take();
            return self.reject(index,
                               {codes::cancelled, std::string(length, '\xE4'), length % 2 != 0 ? "[1]" : ""});
        }
        case 10: return self.progress(in_.take(), values[in_.take() % 5 + 1]);
        case 11: return self.cancel(self.last_call() - static_cast<std::int64_t>(in_.take() % 8));
        case 12:
        case 13: {
            pass(duration());
            self.time_passed();
            if (pair_) (on_second ? first_ : second_).time_passed();
            return;
        }
        case 14: return self.hold();
        case 15: return written(self.write(in_.take() * 4u), on_second);
        case 16: return written(self.write_all(), on_second);
        case 17: {
            const unsigned what = in_.take();
            if (what % 4 == 0) self.inner().handshake_done(what % 8 == 0);
            else if (what % 4 == 1) self.inner().begin_shutdown();
            else if (what % 4 == 2) self.inner().limit_sent_frames(what * 4u);
            else excuse(self, milliseconds(what));
            return;
        }
        case 18: self.pump_one(); return;
        default: {
            const unsigned what = in_.take();
            if (what >= 16) return; // rarely, or no program would be long
            if (pair_) disturbed_ = true;
            if (what % 2 == 0) self.close(what % 4 == 0 ? "" : "over");
            else self.end_input();
        }
        }
    }

    // Text from a peer that is not there.
    void said(driven_session& self, std::string& inbox, std::string_view text) {
        inbox += text;
        if (!later_) deliver(self, inbox, static_cast<std::size_t>(-1));
    }
    void deliver(driven_session& self, std::string& inbox, std::size_t count) {
        count = std::min(count, inbox.size());
        if (!copied_) count = std::min(count, read_bytes);
        if (count == 0) return;
        self.feed(std::string_view(inbox).substr(0, count), copied_);
        received_ += count;
        inbox.erase(0, count);
        check_memory();
    }
    void written(std::string_view text, bool by_second) {
        queued_ += text.size();
        if (pair_) inbox_[by_second ? 0 : 1] += text;
    }
    void damage(std::string& inbox) {
        const std::size_t at = in_.take();
        const unsigned how = in_.take();
        if (faithful_ || inbox.empty()) return;
        if (how % 2 == 0) inbox.erase(at % inbox.size(), how / 2u + 1u);
        else inbox[at % inbox.size()] = static_cast<char>(how);
    }

    void settle_one(driven_session& self, std::string& inbox) {
        while (!inbox.empty()) deliver(self, inbox, static_cast<std::size_t>(-1));
        self.pump();
        self.answer_all();
        self.pump();
        self.write_all();
        if (!self.closed() || (self.ended_cleanly() && !limited_)) self.check_all_answered();
    }
    void settle_pair() {
        for (bool more = true; more;) {
            more = false;
            for (driven_session* self : {&first_, &second_}) {
                std::string& inbox = inbox_[self == &first_ ? 0 : 1];
                self->pump();
                self->answer_all();
                self->pump();
                const std::string text = self->write_all();
                more = more || !text.empty() || !inbox.empty();
                written(text, self == &second_);
                while (!inbox.empty()) deliver(*self, inbox, static_cast<std::size_t>(-1));
            }
        }
        if (!faithful_) return;
        for (driven_session* self : {&first_, &second_}) {
            const session_counters& counters = self->inner().counters();
            FUZZ_REQUIRE(counters.bad_bodies == 0 && counters.malformed_replies == 0 &&
                         counters.peer_errors == 0);
            FUZZ_REQUIRE(counters.orphan_replies == 0 && counters.pollution_bytes == 0);
            FUZZ_REQUIRE(counters.empty_frames == 0 && counters.oversized_frames == 0);
            if (disturbed_ || first_.closed() || second_.closed()) continue;
            self->check_all_answered();
            FUZZ_REQUIRE(self->inner().pending_calls() == 0 && self->inner().open_requests() == 0);
        }
        for (const driven_session* self : {&first_, &second_}) {
            const violation_reason reason = self->reason();
            FUZZ_REQUIRE(reason == violation_reason::none || reason == violation_reason::stalled ||
                         reason == violation_reason::output_overflow ||
                         (disturbed_ && reason == violation_reason::truncated));
        }
    }

    void check_memory() const {
        if (__sanitizer_get_current_allocated_bytes == nullptr) return;
        const std::size_t now = __sanitizer_get_current_allocated_bytes();
        const std::size_t held = now > before_ ? now - before_ : 0;
        FUZZ_REQUIRE(held <= 512 * 1024 + 256 * (received_ + queued_));
    }

    program& in_;
    bool pair_, small_, limited_, faithful_, copied_;
    bool later_ = false, disturbed_ = false;
    time_point now_ = time_point{} + milliseconds(1'000'000);
    driven_session first_, second_;
    std::string inbox_[2]; // of the first, of the second
    int large_used_ = 0;
    std::size_t received_ = 0, queued_ = 0;
    std::size_t before_ =
        __sanitizer_get_current_allocated_bytes == nullptr ? 0 : __sanitizer_get_current_allocated_bytes();
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    program in(data + 1, size - 1);
    scene all(data[0], in);
    while (!in.over()) all.step();
    all.finish();
    return 0;
}
