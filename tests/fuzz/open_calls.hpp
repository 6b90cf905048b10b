#ifndef TENON_TESTS_FUZZ_OPEN_CALLS_HPP
#define TENON_TESTS_FUZZ_OPEN_CALLS_HPP

// Our calls as a plain list: which ones wait, until when, and in which order we wrote them and all else that
// the session does not write by itself.

#include "require.hpp"

#include <tenon/core/time.hpp>
#include <tenon/session/limits.hpp>
#include <tenon/wire/envelope.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::fuzz {

class open_calls {
public:
    void begin(std::int64_t id, time_point deadline, time_point now) {
        const auto wait = deadline > now ? deadline - now : time_point::duration{};
        const bool bounded = wait <= (never - now) / max_deadline_factor;
        calls_.push_back({id, deadline, bounded ? now + wait * max_deadline_factor : never, wait});
    }
    /// It was open, and is completed now.
    void complete(std::int64_t id) { calls_.erase(find(id)); }
    /// It was open, and its wait begins anew.
    void extend(std::int64_t id, time_point now) {
        const auto found = find(id);
        const time_point restarted = found->wait > never - now ? never : now + found->wait;
        if (restarted > found->deadline) found->deadline = std::min(restarted, found->latest);
    }
    std::size_t size() const noexcept { return calls_.size(); }
    std::size_t due(time_point now) const {
        std::size_t count = 0;
        for (const call& each : calls_) count += each.deadline <= now ? 1u : 0u;
        return count;
    }
    time_point earliest() const {
        time_point found = never;
        for (const call& each : calls_) found = std::min(found, each.deadline);
        return found;
    }

private:
    struct call {
        std::int64_t id;
        time_point deadline, latest;
        time_point::duration wait;
    };

    std::vector<call>::iterator find(std::int64_t id) {
        const auto found =
            std::find_if(calls_.begin(), calls_.end(), [&](const call& each) { return each.id == id; });
        FUZZ_REQUIRE(found != calls_.end());
        return found;
    }

    std::vector<call> calls_;
};

/// The calls and notifications that have to appear in the output, in order. Cancels may come in between, one for
/// a call that was written.
class expected_output {
public:
    void call(std::string_view method, std::int64_t id) { queued_.push_back({std::string(method), id}); }
    void notification(std::string_view method) { call(method, 0); }
    bool empty() const noexcept { return queued_.empty(); }

    /// What is no answer.
    void take(const detail::envelope& message) {
        if (message.method == "$/cancelRequest") return take_cancel(message.params);
        FUZZ_REQUIRE(!queued_.empty() && message.method == queued_.front().method);
        const std::int64_t id = queued_.front().id;
        FUZZ_REQUIRE(message.id == (id == 0 ? std::string() : std::to_string(id)));
        if (id != 0) last_written_ = id;
        queued_.pop_front();
    }

private:
    struct queued_message {
        std::string method;
        std::int64_t id; // 0: a notification
    };

    void take_cancel(std::string_view params) {
        FUZZ_REQUIRE(params.starts_with("{\"id\":") && params.ends_with("}"));
        const std::int64_t id = std::stoll(std::string(params.substr(6)));
        FUZZ_REQUIRE(id > 0 && id <= last_written_);
        FUZZ_REQUIRE(std::find(cancelled_.begin(), cancelled_.end(), id) == cancelled_.end());
        cancelled_.push_back(id);
    }

    std::deque<queued_message> queued_;
    std::vector<std::int64_t> cancelled_;
    std::int64_t last_written_ = 0;
};

} // namespace tenon::fuzz

#endif
