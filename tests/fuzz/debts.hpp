#ifndef TENON_TESTS_FUZZ_DEBTS_HPP
#define TENON_TESTS_FUZZ_DEBTS_HPP

// What a session owes its peer: sees the bytes that the session sees, and counts for every id that stands in
// them how many answers there have to be, and how many there were.

#include "require.hpp"

#include <tenon/session/session.hpp>
#include <tenon/wire/envelope.hpp>
#include <tenon/wire/framing.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::fuzz {

class debts {
public:
    /// Of a session of this role.
    debts(detail::session_role role, std::size_t max_frame_bytes)
        : reader_(max_frame_bytes, role == detail::session_role::host ? detail::framing_rule::headers
                                                                      : detail::framing_rule::first_byte) {}

    void receive(std::string_view bytes) {
        reader_.append(bytes);
        count();
    }
    void end() {
        reader_.end();
        count();
    }
    /// Whether a frame has begun.
    bool inside_frame() const noexcept { return reader_.inside_frame(); }
    /// How many frames, and other things, are behind it.
    std::size_t steps() const noexcept { return steps_; }

    /// One answer was given. There is never one too many.
    void answered(std::string_view id) {
        debt& owed = of(id);
        FUZZ_REQUIRE(++owed.answered <= owed.must + owed.may);
    }
    void check_all_answered() const {
        for (const debt& each : debts_) FUZZ_REQUIRE(each.answered >= each.must);
    }

private:
    struct debt {
        std::string id;
        int must = 0;
        int may = 0; // beyond these
        int answered = 0;
    };

    debt& of(std::string_view id) {
        if (id.empty()) id = "null";
        for (debt& each : debts_)
            if (each.id == id) return each;
        return debts_.emplace_back(debt{std::string(id)});
    }

    void count() {
        std::string_view text;
        for (;;) {
            ++steps_;
            switch (reader_.next(text)) {
            case detail::frame_step::body: count_message(text, false); break;
            case detail::frame_step::too_large: ++of("null").must; break;
            case detail::frame_step::skipped_text:
            case detail::frame_step::ignored_empty: break;
            case detail::frame_step::violation:
                if (reader_.violation().reason == violation_reason::bad_charset && !charset_counted_)
                    ++of("null").may;
                charset_counted_ = true;
                return;
            case detail::frame_step::need_more:
            case detail::frame_step::end: --steps_; return;
            }
        }
    }

    void count_message(std::string_view body, bool in_batch) {
        using detail::envelope_kind;
        detail::envelope message;
        detail::parse_envelope(body, message);
        if (message.kind == envelope_kind::request) ++of(message.id).must;
        if (message.kind == envelope_kind::refused && !(message.maybe_response && message.has_outcome)) {
            debt& owed = of(message.id);
            ++(message.maybe_response && message.has_id() ? owed.may
                                                          : owed.must); // a call of ours may take it
        }
        if (message.kind != envelope_kind::batch) return;
        fault error;
        const auto take = [](void* self, std::string_view entry) {
            static_cast<debts*>(self)->count_message(entry, true);
        };
        if (in_batch || !detail::read_batch(body, take, this, error)) ++of("null").must;
    }

    detail::frame_reader reader_;
    std::vector<debt> debts_;
    std::size_t steps_ = 0;
    bool charset_counted_ = false;
};

} // namespace tenon::fuzz

#endif
