// Answers to what one read brought are written together where handlers are quick, and one by one where they are not.

#include "raw_host.hpp"

using namespace tenon;
using namespace tenon::tests;

namespace {

struct look {
    static constexpr auto command = "look";
    int number;
};

struct watched {
    tenon::about about{.name = "watched", .version = "1.0.0"};
    using receives = tenon::list<look>;
    std::function<void(int number)> during = [](int) {};

    int receive(const look& asked) {
        during(asked.number);
        return asked.number;
    }
};

struct watching : raw_host<watched> {
    watching() {
        plugin().during = [this](int number) {
            written += stream->take_output();
            before.push_back(take_frames(written).size());
            if (number == slow) clock->advance(milliseconds(1));
        };
    }
    /// Asks so many things at once. What had been written since the one before, when each was looked at.
    std::vector<std::size_t> look_at(int count) {
        before.clear();
        std::string all;
        for (int number = 0; number != count; ++number)
            all += framed(
                execute(std::to_string(number), "look", R"({"number":)" + std::to_string(number) + "}"));
        std::size_t answers = say_raw(all).size();
        CHECK(written.empty());
        for (const std::size_t some : before) answers += some;
        CHECK(answers == static_cast<std::size_t>(count));
        return before;
    }

    std::vector<std::size_t> before;
    std::string written;
    int slow = -1;
};

struct calling {
    tenon::about about{.name = "calling", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<look>;
    int receive(const look& asked, const tenon::context& context) {
        if (asked.number == 2) static_cast<void>(context.call<json>("host/help", json()));
        return asked.number;
    }
};

const std::vector<std::size_t> one_by_one{0, 1, 1, 1}, together{0, 0, 0, 0};

} // namespace

TEST_CASE("answers are written together once handlers were quick") {
    watching run;
    CHECK(run.look_at(1) == std::vector<std::size_t>{0}); // of one alone nothing is learned
    CHECK(run.look_at(4) == one_by_one);
    for (int time = 0; time != 3; ++time) CHECK(run.look_at(4) == together);
}

TEST_CASE("a handler that is slow keeps answers waiting once, and is long remembered") {
    watching run;
    run.look_at(4);
    run.slow = 3;
    CHECK(run.look_at(4) == together);
    CHECK(run.look_at(4) == one_by_one);
    run.slow = -1;
    for (int time = 0; time != 64; ++time) CHECK(run.look_at(4) == one_by_one);
    CHECK(run.look_at(4) == together);
}

TEST_CASE("of many answers not all wait") {
    watching run;
    run.look_at(4);
    run.look_at(20); // which count no more when the next ones come
    const auto before = run.look_at(100);
    for (std::size_t index = 0; index != before.size(); ++index)
        CHECK(before[index] == (index != 0 && index % 32 == 0 ? 32u : 0u));
}

TEST_CASE("who calls the host takes along the answers before his") {
    raw_host<calling> run;
    const auto ask = [&] {
        std::string all;
        for (int number = 0; number != 4; ++number)
            all += framed(
                execute(std::to_string(number), "look", R"({"number":)" + std::to_string(number) + "}"));
        return run.say_raw(all);
    };
    texts order;
    run.react = [&](const std::string& body) {
        order.push_back(method_of(body).empty() ? member_of(body, "id") : "call");
        if (order.back() == "call") run.put(result_of(member_of(body, "id"), "{}"));
    };
    ask();
    for (int time = 0; time != 2; ++time) {
        order.clear();
        ask();
        CHECK(order == texts{"0", "1", "call", "2", "3"});
    }
}
