// Handlers of the embedder's own beside the plugins: host.receive().

#include "../host/run_on_host.hpp"

#include <string>
#include <utility>
#include <vector>

namespace {

using namespace tenon;
using tests::running_host;

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};
struct echoed {
    static constexpr auto event = "echoed";
    std::string text;
};
struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

TEST_CASE("a lambda is a plugin of the host's own, named host, host-2 and so on, and ready at once") {
    running_host run;
    std::vector<std::string> heard;
    CHECK(run.host.receive([](const message& m) { return m.content == "spam" ? stop("spam") : proceed(); }) ==
          "host");
    CHECK(run.host.receive([&](const echoed& e) { heard.push_back(e.text); }) == "host-2");
    CHECK(run.host.receive([](const greet& g) { return "hello " + g.who; }) == "host-3");
    CHECK(run.status("host-3").state == plugin_state::ready);

    CHECK(run.decide(message{"spam"}).stopped_by() == "host");
    CHECK(!run.decide(message{"ham"}).stopped());
    CHECK(run.host.publish(echoed{"one"}) == 1);
    CHECK(run.wait_for([&] { return heard.size() == 1; }));
    CHECK(run.execute<std::string>("greet", greet{"Bo"}).value() == "hello Bo");

    // It is a plugin: it can be stopped, and its name is free again when it is removed.
    CHECK(run.until<result<void>>([&](auto done) { run.host.remove("host", done); }));
    CHECK(!run.decide(message{"spam"}).stopped());
    CHECK(run.host.receive([](const message&) { return stop("again"); }) == "host");
    CHECK(run.decide(message{"ham"}).reason() == "again");
}

TEST_CASE("a lambda stands among the others by its priority") {
    running_host run;
    std::string order;
    const auto add = [&](std::string name, int priority) {
        plugin_options options{.name = name};
        options.priority = priority;
        const auto made = run.host.receive(
            [&order, name](const message& m) -> rewrite<message> {
                order += name + " ";
                return message{m.content + "+" + name};
            },
            options);
        CHECK(made.value() == name);
    };
    add("late", -5);
    add("early", 5);
    add("b-middle", 0);
    add("a-middle", 0);
    const auto decided = run.decide(message{"x"});
    CHECK(order == "early a-middle b-middle late ");
    CHECK(decided.payload().content == "x+early+a-middle+b-middle+late");
    CHECK(run.host.receive([](const message&) {}, {.name = "early"}).error().message.find("already") !=
          std::string::npos);
}

TEST_CASE("a lambda may use its context: it has all permissions and no health checks") {
    running_host run;
    std::vector<std::string> heard;
    REQUIRE(run.host.provide("sum", "math:sum", [](const std::vector<int>& all) { return all[0] + all[1]; }));
    run.host.receive([](const message& m, context& here) {
        const echoed told{m.content};
        if (!here.emit(told)) here.error("not emitted");
        here.info("sum " + std::to_string(here.call<int>("sum", std::vector<int>{3, 4}).value()));
    });
    run.host.receive([&](const echoed& e) { heard.push_back(e.text); });
    run.host.publish(message{"x"});
    CHECK(run.wait_for([&] { return heard.size() == 1; }));
    CHECK(heard[0] == "x");
    CHECK(run.logged("sum 7"));
    CHECK(!run.logged("not emitted"));
}

TEST_CASE("a lambda that throws is an answer, and the host goes on") {
    running_host run;
    run.host.receive([](const greet& g) -> std::string {
        if (g.who.empty()) throw std::string("whoever");
        return g.who;
    });
    CHECK(run.execute("greet", greet{""}).error().code == codes::internal_error);
    CHECK(run.execute<std::string>("greet", greet{"Bo"}).value() == "Bo");
}

TEST_CASE("what cannot be copied may be in a lambda") {
    running_host run;
    auto owned = std::make_unique<std::string>("hello ");
    run.host.receive([owned = std::move(owned)](const greet& g) { return *owned + g.who; });
    CHECK(run.execute<std::string>("greet", greet{"Bo"}).value() == "hello Bo");
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.restart("host", done); }));
    CHECK(run.execute<std::string>("greet", greet{"Bo"}).value() == "hello Bo");
}

TEST_CASE("after its end a host takes no more handlers") {
    running_host run;
    CHECK(run.until<result<void>>([&](auto done) { run.host.shutdown(done); }));
    CHECK(run.host.receive([](const message&) {}) == "");
    CHECK(run.host.receive([](const message&) {}, {.name = "one"}).error().code == codes::shutting_down);
}

} // namespace
