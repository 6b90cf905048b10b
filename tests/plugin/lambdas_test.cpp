// A plugin without a class, which does everything that one with a class does.

#include <tenon/plugin/lambdas.hpp>

#include "raw_host.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace tenon::tests;

namespace {

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};
struct count {
    static constexpr auto command = "count";
};
struct later {
    static constexpr auto command = "later";
};
struct message {
    static constexpr auto event = "message.incoming";
    std::string text;
};
struct page {
    static constexpr auto route = "GET /page/{name}";
    std::string name;
};

template <class P>
auto mount(P plugin) {
    return std::make_unique<raw_host<P>>(std::make_unique<P>(std::move(plugin)), true);
}

TEST_CASE("a plugin of no lambdas receives nothing") {
    const auto host = mount(tenon::plugin({.name = "empty", .version = "1.0.0"}));
    CHECK(code_of(host->ask(execute("1", "greet"))) == tenon::codes::method_not_found);
}

TEST_CASE("each lambda is a handler of what its parameter says") {
    int counted = 0;
    auto state = std::make_unique<std::string>("kept"); // lambdas that can only be moved
    const auto host = mount(
        tenon::plugin({.name = "greeter", .version = "1.0.0"})
            .receive([](const greet& g) { return "hello " + g.who; })
            .receive([&counted](const count&) mutable { return ++counted; })
            .receive([state = std::move(state)](const message& m) -> tenon::flow {
                return tenon::stop(*state + m.text);
            })
            .receive([](const page& p, tenon::context& here) { return p.name + here.request()->method; })
            .receive([](const later&, tenon::responder<later> answer) { answer.reply("later"); }));
    CHECK(host->ask(execute("1", "greet", R"({"who":"Bo"})")) == result_of("1", R"("hello Bo")"));
    CHECK(host->ask(execute("1", "count")) == result_of("1", "1"));
    CHECK(host->ask(execute("1", "count")) == result_of("1", "2"));
    CHECK(host->ask(decide("1", "message.incoming", R"({"text":"!"})")) ==
          result_of("1", R"({"flow":"stop","reason":"kept!"})"));
    CHECK(host->ask(request(
                        "1", "plugin/handleRequest",
                        R"({"method":"GET","path":"/page/a","route":"/page/{name}","params":{"name":"a"}})"))
              .find(R"("body":"\"aGET\"")") != std::string::npos);
    CHECK(host->ask(execute("1", "later")) == result_of("1", R"("later")"));
    CHECK(counted == 2);
}

TEST_CASE("a plugin of lambdas declares what they say") {
    using made = decltype(tenon::plugin({.name = "x", .version = "1"}).receive([](const message&) {}));
    CHECK(std::is_same_v<made::receives, tenon::list<message>>);
    const tenon::about identity{.name = "greeter", .version = "2.0.0", .calls_host = true};
    auto plugin =
        tenon::plugin(identity).receive([](const message& m) -> tenon::rewrite<message> { return m; });
    raw_host<decltype(plugin)> host(std::make_unique<decltype(plugin)>(std::move(plugin)), false);
    CHECK(host.ask(handshake()) ==
          result_of(R"("hello")",
                    R"({"name":"greeter","version":"2.0.0","protocolVersion":1,"capabilities":["message"],)"
                    R"("events":[{"type":"message.incoming","mode":"mutate"}],"reverseRpc":true,)"
                    R"("maxConcurrency":1,"features":[]})"));
}

TEST_CASE("a plugin with a name that no host takes was served, and waited for ever") {
    char program[] = "plugin", describe[] = "--describe";
    char* arguments[] = {program, describe, nullptr};
    for (const char* name : {"a/b", "p p", "", "-a"})
        CHECK(tenon::plugin({.name = name, .version = "1.0.0"}).serve(2, arguments) ==
              tenon::exit_codes::misnamed);
}

} // namespace
