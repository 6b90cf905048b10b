#ifndef TENON_TESTS_FUZZ_OPEN_REQUESTS_HPP
#define TENON_TESTS_FUZZ_OPEN_REQUESTS_HPP

// The peer's requests as a plain list: each is told once, good for one answer and cancelled at most once.

#include "require.hpp"

#include <tenon/session/session.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace tenon::fuzz {

class open_requests {
public:
    struct request {
        detail::request_token token = {};
        std::string id = {};
        bool answered = false;
        bool cancelled = false;
    };

    explicit open_requests(const detail::session& watched) : session_(watched) {}

    bool empty() const noexcept { return told_.empty(); }
    std::size_t size() const noexcept { return told_.size(); }
    /// Any of those that were ever told.
    request& any(std::size_t index) { return told_[index % told_.size()]; }

    void begin(const detail::session_event& event) {
        FUZZ_REQUIRE(find(event.request) == told_.end() && session_.open(event.request));
        FUZZ_REQUIRE(!session_.cancelled(event.request));
        told_.push_back({event.request, std::string(event.id)});
        FUZZ_REQUIRE(session_.open_requests() <= session_.limits().max_incoming);
    }
    void cancel(const detail::session_event& event) {
        const auto found = find(event.request);
        FUZZ_REQUIRE(found != told_.end() && !found->answered && !found->cancelled);
        FUZZ_REQUIRE(session_.cancelled(event.request) && session_.open(event.request));
        found->cancelled = true;
    }
    /// Somebody tried to answer, or began to and took it back.
    void answer(request& target, bool was_open, bool good, bool taken_back) {
        FUZZ_REQUIRE(!good || (was_open && !target.answered));
        if (taken_back) {
            FUZZ_REQUIRE(!good && session_.open(target.token) == was_open);
            return;
        }
        FUZZ_REQUIRE(!session_.open(target.token));
        target.answered = target.answered || was_open;
    }

    /// None is lost.
    void check(bool closed) const {
        std::size_t open = 0;
        for (const request& each : told_) {
            if (session_.open(each.token)) ++open;
            else FUZZ_REQUIRE(each.answered || closed);
        }
        FUZZ_REQUIRE(session_.open_requests() == open);
    }

private:
    std::vector<request>::iterator find(detail::request_token token) {
        return std::find_if(told_.begin(), told_.end(),
                            [&](const request& each) { return each.token == token; });
    }

    const detail::session& session_;
    std::vector<request> told_;
};

} // namespace tenon::fuzz

#endif
