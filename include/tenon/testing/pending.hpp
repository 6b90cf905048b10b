#ifndef TENON_TESTING_PENDING_HPP
#define TENON_TESTING_PENDING_HPP

// A question that was put to the plugin and may be answered later:
//
//     auto built = host.begin_execute<report>("build", build{"tenon"});
//     host.advance(std::chrono::seconds(1));
//     if (built.answered()) ...
//     tenon::result<report> answer = built.get();    // lets the plugin work and time pass until there is one

#include <tenon/core/result.hpp>
#include <tenon/json/value.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::testing {

/// What is known about one of the host's requests.
struct asked_state {
    std::int64_t id = 0; // 0: it was not sent
    bool done = false;
    result<std::string> answer = std::string();
    std::vector<json> progress = {};
};

} // namespace tenon::testing

namespace tenon::detail {

class asker {
public:
    /// Lets the plugin work and time pass until the answer is there.
    virtual void wait_for(const testing::asked_state& state) = 0;

protected:
    ~asker() = default;
};

} // namespace tenon::detail

namespace tenon::testing {

class memory_host;

template <class T>
class pending {
public:
    using reading = std::function<result<T>(std::string_view answer)>;
    pending(detail::asker& host, std::shared_ptr<asked_state> state, reading read)
        : host_(&host), state_(std::move(state)), read_(std::move(read)) {}

    bool answered() const noexcept { return state_->done; }
    /// The answer. Inside a function that the host provides the plugin cannot go on, so one that is not there
    /// yet is the fault codes::reentrant_call.
    result<T> get() {
        host_->wait_for(*state_);
        if (!state_->done)
            return fault{codes::reentrant_call, "the plugin waits for the function that asks it"};
        if (!state_->answer) return state_->answer.error();
        return read_(*state_->answer);
    }
    /// What the plugin reported so far with progress().
    const std::vector<json>& progress() const noexcept { return state_->progress; }

private:
    friend class memory_host;
    detail::asker* host_;
    std::shared_ptr<asked_state> state_;
    reading read_;
};

} // namespace tenon::testing

#endif
