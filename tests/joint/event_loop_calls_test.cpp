// Which handlers run, which wait, and what becomes of those that are taken back. No plugin, no loop.

#include <tenon/joint/event_loop.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace tenon;
using detail::request_token;

struct scene {
    std::vector<std::pair<std::string, detail::unique_function<void()>>> running;
    std::string told;

    void end(std::size_t index) {
        auto ended = std::move(running[index].second);
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(index));
        ended();
    }
    std::string names() const {
        std::string all;
        for (const auto& one : running) all += one.first;
        return all;
    }
};

class played_call final : public detail::running_call {
public:
    played_call(scene& in, std::string name, request_token token, std::size_t size)
        : running_call(token, size), scene_(in), name_(std::move(name)) {}
    void begin(asio::cancellation_slot slot, detail::unique_function<void()> ended) override {
        slot.assign([this](asio::cancellation_type) { scene_.told += name_ + " cancelled "; });
        scene_.running.emplace_back(name_, std::move(ended));
    }
    void refuse(const fault& why) override { scene_.told += name_ + " refused: " + why.message + " "; }

private:
    scene& scene_;
    std::string name_;
};

struct stage {
    explicit stage(std::size_t most) : calls(std::make_shared<detail::running_calls>(most)) {}
    bool start(std::string name, request_token token = {}, std::size_t size = 10) {
        return calls->start(std::make_shared<played_call>(seen, std::move(name), token, size));
    }
    scene seen;
    std::shared_ptr<detail::running_calls> calls;
};

TEST_CASE("so many run at once, and the others follow in order as places become free") {
    stage on(2);
    for (const std::string name : {"a", "b", "c", "d", "e"}) CHECK(on.start(name));
    CHECK(on.seen.names() == "ab");
    CHECK(on.calls->waiting() == 3);
    on.seen.end(1);
    CHECK(on.seen.names() == "ac");
    on.seen.end(0);
    CHECK(on.seen.names() == "cd");
    bool empty = false;
    on.calls->emptied = [&] { empty = true; };
    on.seen.end(0);
    on.seen.end(0);
    CHECK(on.seen.names() == "e");
    CHECK(!empty);
    on.seen.end(0);
    CHECK(empty);
    CHECK(on.calls->running() == 0);
}

TEST_CASE("a request that is taken back is told so once if it runs, and refused if it waits") {
    stage on(1);
    on.start("a", {1, 1});
    on.start("b", {2, 1});
    on.start("c", {3, 1});
    on.calls->cancel({2, 1});
    CHECK(on.seen.told == "b refused: cancelled ");
    on.calls->cancel({1, 1});
    on.calls->cancel({1, 1});
    on.calls->cancel({9, 1}); // nobody's
    CHECK(on.seen.told == "b refused: cancelled a cancelled ");
    on.seen.end(0);
    CHECK(on.seen.names() == "c");
    on.seen.end(0);
}

TEST_CASE("events that nobody waits for are dropped beyond the limit, requests are not") {
    stage on(1);
    on.start("a");
    CHECK(on.start("b", {}, detail::max_waiting_call_bytes));
    CHECK(!on.start("c", {}, 1));
    CHECK(on.start("d", {4, 1}, 1'000));
    on.seen.end(0); // b runs
    CHECK(on.start("e", {}, 1'000));
    on.seen.end(0);
    on.seen.end(0);
    CHECK(on.seen.names() == "e");
    on.seen.end(0);
}

TEST_CASE("at the end what waits is forgotten and what runs is told, once each") {
    stage on(2);
    for (const std::string name : {"a", "b", "c"}) on.start(name);
    on.calls->cancel_all();
    on.calls->cancel_all();
    CHECK(on.seen.told == "a cancelled b cancelled ");
    CHECK(on.calls->waiting() == 0);
    on.seen.end(1);
    on.seen.end(0);
    CHECK(on.calls->running() == 0);
}

} // namespace
