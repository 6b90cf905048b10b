// Calls to the host that do not wait, by callbacks, as they work with every compiler.

#include "../host/run_on_host.hpp"

#include <tenon/asio.hpp>

#include <memory>
#include <string>
#include <vector>

namespace {

using namespace tenon;
using tests::running_host;

struct heard {
    static constexpr auto event = "heard";
    std::string text;
};
struct relay { // asks the host and answers with what that answers
    static constexpr auto command = "relay";
    using result = json;
    std::string method;
    int timeout_ms = 5'000;
};
struct run_other {
    static constexpr auto command = "run_other";
    using result = std::string;
};
struct tell {
    static constexpr auto command = "tell";
    using result = std::string;
};
struct count {
    static constexpr auto command = "count";
    using result = int;
};
struct counted { // what the host is asked
    static constexpr auto method = "answer/count";
    using result = int;
    int from;
};
struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

// Kept where the test can reach it.
struct desk {
    asio::cancellation_signal give_up;
    std::vector<std::string> heard;
};

class relayer {
public:
    static constexpr tenon::about about{.name = "relayer", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<heard, relay, run_other, tell, count>;
    explicit relayer(desk& shared) : desk_(&shared) {}

    void receive(const heard& h) { desk_->heard.push_back(h.text); }
    void receive(const relay& r, tenon::responder<relay> answer) {
        const json nothing;
        const auto host = answer.host();
        host.async_call(
            r.method, nothing, milliseconds(r.timeout_ms),
            asio::bind_cancellation_slot(desk_->give_up.slot(),
                                         [answer = std::move(answer)](tenon::result<json> got) mutable {
                                             if (got) answer.reply(*got);
                                             else answer.fail(got.error());
                                         }));
    }
    void receive(const run_other&, tenon::responder<run_other> answer) {
        const greet bo{"Bo"};
        const auto host = answer.host();
        host.async_execute<std::string>("greet", bo,
                                        [answer = std::move(answer)](tenon::result<std::string> got) mutable {
                                            answer.reply(got ? *got : got.error().message);
                                        });
    }
    void receive(const tell&, tenon::responder<tell> answer) {
        const heard news{"news"};
        const auto host = answer.host();
        host.async_emit(
            news, {.to = "relayer"}, [answer = std::move(answer)](tenon::result<tenon::emitted> got) mutable {
                answer.reply(got ? "told " + std::to_string(got->delivered) : got.error().message);
            });
    }
    void receive(const count&, tenon::responder<count> answer) {
        const auto host = answer.host();
        host.async_call(counted{4}, [answer = std::move(answer)](tenon::result<int> got) mutable {
            answer.reply(std::move(got));
        });
    }

private:
    desk* desk_;
};

plugin_options trusted() {
    plugin_options options{.name = "relayer"};
    options.allow_reverse_calls = true;
    options.permissions = {"*"};
    return options;
}

TEST_CASE("an answer that comes later is awaited by a callback, and the plugin works on") {
    desk shared;
    running_host run;
    std::vector<service_reply<int>> open;
    REQUIRE(run.host.provide("answer/later", "", [&](const json&, service_reply<int> answer) {
        open.push_back(std::move(answer));
    }));
    REQUIRE(run.host.mount(relayer(shared), trusted()));
    std::vector<int> answers;
    for (int number = 0; number < 3; ++number)
        run.host.execute<int>("relay", relay{"answer/later"}, {}, [&](const result<int>& value) {
            answers.push_back(value ? *value : value.error().code);
        });
    CHECK(run.wait_for([&] { return open.size() == 3; }));
    open[2].reply(2);
    CHECK(run.wait_for([&] { return answers.size() == 1; }));
    open[0].fail({7, "no"});
    CHECK(run.wait_for([&] { return answers.size() == 2; }));
    open[1].reply(1);
    CHECK(run.wait_for([&] { return answers.size() == 3; }));
    CHECK(answers == std::vector<int>{2, 7, 1});
}

TEST_CASE("another plugin's command can be awaited where it could not be waited for") {
    desk shared;
    running_host run;
    run.host.receive([](const greet& g) { return "hello " + g.who; });
    REQUIRE(run.host.mount(relayer(shared), trusted()));
    CHECK(run.execute<std::string>("run_other", run_other{}).value() == "hello Bo");
    CHECK(run.execute<std::string>("tell", tell{}).value() == "told 1");
    CHECK(run.wait_for([&] { return shared.heard.size() == 1; }));
}

TEST_CASE("a call that is cancelled, refused, too late or never sent completes with a fault") {
    desk shared;
    running_host run;
    std::vector<service_reply<int>> open;
    REQUIRE(run.host.provide("answer/later", "", [&](const json&, service_reply<int> answer) {
        open.push_back(std::move(answer));
    }));
    REQUIRE(run.host.mount(relayer(shared), trusted()));
    std::optional<result<json>> answer;
    run.host.execute("relay", relay{"answer/later"}, {},
                     [&](result<json> value) { answer = std::move(value); });
    CHECK(run.wait_for([&] { return open.size() == 1; }));
    shared.give_up.emit(asio::cancellation_type::terminal);
    CHECK(run.wait_for([&] { return answer.has_value(); }));
    CHECK(answer->error().code == codes::cancelled);
    CHECK(run.wait_for([&] { return open[0].cancelled(); }));
    shared.give_up.emit(asio::cancellation_type::terminal); // nobody listens any more

    CHECK(run.execute("relay", relay{"not/there"}).error().code == codes::method_not_found);
    CHECK(run.execute("relay", relay{"answer/later", 1}).error().code == codes::timeout);
    CHECK(run.execute("relay", relay{"answer/later", -1}).error().code == codes::timeout);

    plugin_options deaf{.name = "deaf"};
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.remove("relayer", done); }));
    REQUIRE(run.host.mount(relayer(shared), deaf));
    CHECK(run.execute("relay", relay{"answer/later"}).error().code == codes::permission_denied);
}

TEST_CASE("a struct that names its method and its result is awaited as a call by itself") {
    desk shared;
    running_host run;
    REQUIRE(run.host.provide("answer/count", "",
                             [&](const json& asked) { return asked["from"].as<int>().value_or(0) + 1; }));
    REQUIRE(run.host.mount(relayer(shared), trusted()));
    CHECK(run.execute<int>("count", count{}).value_or(0) == 5);
}

TEST_CASE("a call that is under way when its plugin ends completes, and its answer is of no use") {
    desk shared;
    running_host run;
    std::vector<service_reply<int>> open;
    REQUIRE(run.host.provide("answer/later", "", [&](const json&, service_reply<int> answer) {
        open.push_back(std::move(answer));
    }));
    REQUIRE(run.host.mount(relayer(shared), trusted()));
    std::optional<result<json>> answer;
    run.host.execute("relay", relay{"answer/later"}, {},
                     [&](result<json> value) { answer = std::move(value); });
    CHECK(run.wait_for([&] { return open.size() == 1; }));
    CHECK(run.stop("relayer"));
    CHECK(run.wait_for([&] { return answer.has_value(); }));
    CHECK(!*answer);
    open[0].reply(1);
}

} // namespace
