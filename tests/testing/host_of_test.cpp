// The host in memory, as an author of plugins uses it.

#include <tenon/plugin/lambdas.hpp>
#include <tenon/testing.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace tenon::testing;
namespace codes = tenon::codes;
using tenon::milliseconds;

namespace {

struct message {
    static constexpr auto event = "message.incoming";
    std::string content, from_uid = "ada";
};
struct renamed {
    static constexpr auto event = "user.renamed";
    std::string name;
};
struct closed {
    static constexpr auto event = "room.closed";
    std::string room;
};
struct any_word {
    static constexpr auto event = "word.*";
};
struct greet {
    static constexpr auto command = "greet";
    std::string who;
};
struct build {
    static constexpr auto command = "build";
    int steps = 0;
};
struct punish {
    static constexpr auto command = "punish";
    std::string uid;
};
struct room_page {
    static constexpr auto route = "GET /rooms/{name}";
    std::string name;
    std::optional<int> limit;
    std::optional<std::vector<std::string>> tag;
};
struct upload {
    static constexpr auto route = "POST /upload";
};
struct when {
    static constexpr auto command = "when";
};

struct settings {
    std::string forbidden = "spam";
    static constexpr bool allow_missing = true;
};
struct kick {
    std::string userId;
};

// Everything that a plugin can do, in little.
class moderator {
public:
    static constexpr tenon::about about{.name = "moderator", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<message, renamed, closed, any_word, greet, build, punish, room_page, upload>;

    tenon::flow receive(const message& m, tenon::context& here) {
        ++seen;
        if (m.content.find(now.forbidden) == std::string::npos) return tenon::proceed();
        here.log(tenon::log_level::warn, "stopped a message", kick{m.from_uid});
        return {.stopped = true, .reason = now.forbidden, .data = tenon::json::of(seen)};
    }
    tenon::rewrite<renamed> receive(const renamed& r) {
        if (r.name.size() < 4) return tenon::proceed();
        return renamed{r.name.substr(0, 3)};
    }
    void receive(const closed& c, tenon::context& here) {
        rooms += c.room;
        static_cast<void>(here.acknowledge());
        emitted += here.emit("room.forgotten", c, {.to = "janitor"}).value_or(tenon::emitted()).delivered;
    }
    tenon::flow receive(const any_word&, tenon::context& here) { return tenon::stop(here.name()); }
    std::string receive(const greet& g) { return "hello " + g.who; }
    void receive(const build& b, tenon::responder<build> answer) {
        steps = b.steps;
        building.emplace(std::move(answer));
    }
    tenon::result<bool> receive(const punish& p, tenon::context& host) {
        return host.call<bool>("users/kick", kick{p.uid}, milliseconds(2'000));
    }
    tenon::response receive(const room_page& page, tenon::context& here) {
        if (page.name == "none") return {.status = 404};
        std::string text = page.name + " " + std::to_string(page.limit.value_or(-1));
        for (const auto& tag : page.tag.value_or(std::vector<std::string>())) text += " " + tag;
        text += " " + std::string(here.request()->headers["accept"].text());
        return tenon::text(text);
    }
    tenon::response receive(const upload&, tenon::context& here) { return {.body = here.request()->body}; }

    tenon::result<void> configure(const settings& given) {
        if (given.forbidden.empty()) return tenon::fault{1, "nothing is forbidden"};
        now = given;
        return {};
    }
    tenon::health health() const { return {.message = "fine", .metrics = {{"seen", double(seen)}}}; }
    tenon::milliseconds tick(const tenon::host_link&) {
        if (building && steps-- <= 0) {
            building->reply("built");
            building.reset();
        } else if (building) {
            building->progress(steps);
        }
        return milliseconds(100);
    }

    settings now;
    int seen = 0, steps = 0;
    std::string rooms;
    std::uint64_t emitted = 0;
    std::optional<tenon::responder<build>> building;
};

TEST_CASE("a plugin is started and says who it is") {
    host_of<moderator> host;
    REQUIRE(host.started());
    CHECK(host.started()->name == "moderator");
    CHECK(host.started()->events->size() == 4);
    CHECK(host.started()->routes->at(0).path == "/rooms/{name}");
    CHECK(host.started()->commands->at(0).name == "greet");
    CHECK(host.complaints().empty());
}

TEST_CASE("events are decided, with the reason, the data and the changed payload") {
    host_of<moderator> host;
    const auto good = host.decide(message{.content = "hi"});
    REQUIRE(good);
    CHECK_FALSE(good->stopped);
    const auto bad = host.decide(message{.content = "buy spam"});
    REQUIRE(bad);
    CHECK(bad->stopped);
    CHECK(bad->reason == "spam");
    CHECK(bad->data.value().text() == "2");
    REQUIRE(host.logs().size() == 1);
    CHECK(host.logs()[0].level == tenon::log_level::warn);
    CHECK(host.logs()[0].message == "stopped a message");
    CHECK(host.logs()[0].fields.text() == R"({"userId":"ada"})");

    CHECK_FALSE(host.decide(renamed{"Bo"})->payload.has_value());
    CHECK(host.decide(renamed{"Robert"})->payload.value().name == "Rob");
    CHECK(host.decide("word.spoken", kick{"ada"})->reason == "word.spoken");
    CHECK(host.plugin().seen == 2);
}

TEST_CASE("events are told, and what the plugin does then is on record") {
    host_of<moderator> host;
    CHECK(host.publish(closed{"lobby"}));
    CHECK(host.plugin().rooms == "lobby");
    CHECK(host.acknowledged().size() == 1);
    CHECK(host.plugin().emitted == 1);
    REQUIRE(host.emitted().size() == 1);
    CHECK(host.emitted()[0].type == "room.forgotten");
    CHECK(host.emitted()[0].payload.text() == R"({"room":"lobby"})");
    CHECK(host.emitted()[0].to == "janitor");
    REQUIRE(host.asked().size() == 2);
    CHECK(host.asked()[1].method == "host/emit");
}

TEST_CASE("what the plugin does not receive is not put to it") {
    host_of<moderator> host;
    CHECK_FALSE(host.publish("room.opened", 1));
    CHECK(host.decide("room.opened", 1).error().code == codes::method_not_found);
    CHECK(host.request("GET", "/nothing").error().code == codes::method_not_found);
    CHECK(host.request("POST", "/rooms/a").error().code == codes::method_not_found);
    CHECK(host.execute("dance", 1).error().code == codes::method_not_found);
}

TEST_CASE("commands are executed by name or by their struct") {
    host_of<moderator> host;
    CHECK(host.execute<std::string>("greet", greet{"Bo"}).value() == "hello Bo");
    CHECK(host.execute<std::string>(greet{"Bo"}).value() == "hello Bo");
    CHECK(host.execute(greet{"Bo"}).value().text() == R"("hello Bo")");
    CHECK(host.execute<void>(greet{"Bo"}));
    const auto misread = host.execute<int>(greet{"Bo"});
    CHECK(misread.error().message.find("result: expected integer, got string") != std::string::npos);
    CHECK(host.execute("greet", 7).error().code == codes::invalid_params);
}

TEST_CASE("routes are asked for as a browser would") {
    host_of<moderator> host;
    CHECK(host.request("GET", "/rooms/lobby")->body == "lobby -1 null");
    CHECK(host.request("GET", "/rooms/lobby?limit=3&tag=a%20b&tag=c+d&empty=&alone",
                       {.headers = {{"accept", "x"}}})
              ->body == "lobby 3 a b c d \"x\"");
    CHECK(host.request("GET", "/rooms/lobby", {.query = {{"limit", "4"}, {"tag", "&"}}})->body ==
          "lobby 4 & null");
    CHECK(host.request("GET", "/rooms/lobby?limit=x").error().code == codes::invalid_params);
    CHECK(host.request("GET", "/rooms/none")->status == 404);
    const std::string binary("\0\xff\1", 3);
    CHECK(host.request("POST", "/upload", {.body = binary})->body == binary);
    CHECK(host.request("POST", "/upload", {.body = "text"})->body == "text");
}

TEST_CASE("configuration, health and the goodbye") {
    host_of<moderator> host({.config = tenon::json::of(settings{"eggs"})});
    CHECK(host.decide(message{.content = "eggs"})->stopped);
    CHECK(host.configure(settings{"ham"}));
    CHECK(host.decide(message{.content = "ham"})->reason == "ham");
    CHECK(host.configure(settings{""}).error().code == 1);
    CHECK(host.plugin().now.forbidden == "ham");
    CHECK(host.health()->message == "fine");
    CHECK(host.health()->metrics.at(0).value == 2);
    CHECK(host.running());
    CHECK(host.shutdown().value() == 0);
    CHECK_FALSE(host.running());
    CHECK(host.decide(message{.content = "x"}).error().code == codes::unavailable);
    CHECK(host.shutdown().error().code == codes::unavailable);
    CHECK(host.complaints().empty());
}

TEST_CASE("a host that is gone ends the plugin") {
    host_of<moderator> host;
    CHECK(host.vanish() == 0);
    CHECK_FALSE(host.running());
    CHECK(host.health().error().code == codes::unavailable);
}

TEST_CASE("a handshake that fails is told by everything that follows") {
    host_of<moderator> host({.config = tenon::json::of(settings{""})});
    REQUIRE_FALSE(host.started());
    CHECK(host.started().error().message == "nothing is forbidden");
    CHECK(host.decide(message{.content = "x"}).error().code == 1);
    CHECK(host.execute(greet{"Bo"}).error().code == 1);
    CHECK(host.request("GET", "/rooms/a").error().code == 1);
    CHECK_FALSE(host.publish(closed{"a"}));
    host_of<moderator> other({.protocol_versions = {2}});
    CHECK(other.started().error().code == codes::version_mismatch);
}

// --- time ---

TEST_CASE("time passes only where the test says so, or where somebody waits") {
    host_of<moderator> host;
    auto built = host.begin_execute<std::string>(build::command, build{3});
    CHECK_FALSE(built.answered());
    host.advance(milliseconds(200));
    CHECK_FALSE(built.answered());
    CHECK(built.progress().size() == 2);
    host.advance(std::chrono::seconds(1));
    CHECK(built.answered());
    CHECK(built.get().value() == "built");

    const auto begin = host.now();
    CHECK(host.execute<std::string>(build{5}).value() == "built");
    CHECK(host.now() - begin <= milliseconds(700));
}

TEST_CASE("a request that is never answered times out on the test's clock") {
    host_of<moderator> host({.timeout = milliseconds(60'000)});
    const auto begin = host.now();
    const auto never_built = host.execute(build{1'000'000});
    CHECK(never_built.error().code == codes::timeout);
    // Whoever waits for a thread of the plugin's reads here how to.
    CHECK(never_built.error().message.find(".patience has to say for how long to wait") != std::string::npos);
    // Progress restarts the deadline, up to four times the original.
    CHECK(host.now() - begin == milliseconds(240'000));
}

TEST_CASE("a handler reads the clock that the test turns") {
    tenon::time_point then;
    host_of host(tenon::plugin({.name = "w", .version = "1"}).receive([&](const when&, tenon::context& here) {
        const auto before = then;
        then = here.now();
        return std::chrono::duration_cast<milliseconds>(then - before).count();
    }));
    CHECK(host.execute(when{}));
    CHECK(then == host.now());
    host.advance(std::chrono::hours(48));
    CHECK(host.execute<std::int64_t>(when{}).value() == 48 * 3'600'000);
}

// --- the plugin's calls ---

TEST_CASE("a test provides what the plugin calls") {
    host_of<moderator> host;
    std::string kicked;
    host.provide("users/kick", [&](const kick& who) -> tenon::result<bool> {
        kicked += who.userId;
        if (who.userId == "root") return tenon::fault{5, "not that one"};
        return true;
    });
    CHECK(host.execute<bool>(punish{"ada"}).value());
    CHECK(host.execute<bool>(punish{"root"}).error().code == 5);
    CHECK(kicked == "adaroot");

    host.provide("users/kick", [] { return false; });
    CHECK_FALSE(host.execute<bool>(punish{"ada"}).value());
    host.provide("users/kick", [](const tenon::json& any) { return any["userId"].text() == "\"ada\""; });
    CHECK(host.execute<bool>(punish{"ada"}).value());
    host.provide("users/kick", [](const std::vector<int>&) {});
    CHECK(host.execute<bool>(punish{"ada"}).error().code == codes::invalid_params);
}

TEST_CASE("a call that nobody provides is refused, one that is never answered times out") {
    host_of<moderator> host;
    CHECK(host.execute<bool>(punish{"ada"}).error().code == codes::method_not_found);
    host.never_answer("users/kick");
    const auto begin = host.now();
    CHECK(host.execute<bool>(punish{"ada"}).error().code == codes::timeout);
    CHECK(host.now() - begin == milliseconds(2'000));
    CHECK(host.asked().size() == 2);
}

TEST_CASE("a script answers calls in order, and keeps what surprises it") {
    host_of<moderator> host(
        {.script = {expect("users/kick").with(kick{"ada"}).replies(true).after(milliseconds(1'500)),
                    expect("users/kick").fails({9, "no"}),
                    expect("users/kick").with_json(R"({ "userId" : "bo" })").replies_json("false")}});
    const auto begin = host.now();
    CHECK(host.execute<bool>(punish{"ada"}).value());
    CHECK(host.now() - begin == milliseconds(1'500));
    CHECK(host.execute<bool>(punish{"eve"}).error().code == 9);
    CHECK_FALSE(host.script_finished());
    CHECK(host.execute<bool>(punish{"eve"}).error().code == codes::method_not_found);
    CHECK(host.complaints() ==
          std::vector<std::string>{
              R"(asked users/kick {"userId":"eve"}, expected was users/kick { "userId" : "bo" })"});
    CHECK_FALSE(host.execute<bool>(punish{"bo"}).value());
    CHECK(host.script_finished());
    CHECK(host.execute<bool>(punish{"bo"}).error().code == codes::method_not_found);
    CHECK(host.complaints().size() == 2);
}

TEST_CASE("what is not granted is denied") {
    host_of<moderator> host({.permissions = std::vector<std::string>{"users:kick"}});
    host.provide("users/kick", [] { return true; });
    CHECK(host.execute<bool>(punish{"ada"}).value());
    host.publish(closed{"a"});
    CHECK(host.emitted().empty());
    CHECK(host.acknowledged().size() == 1); // needs no grant

    host_of<moderator> other({.permissions = std::vector<std::string>{"events:emit"}});
    CHECK(other.execute<bool>(punish{"ada"}).error().code == codes::permission_denied);
    other.publish(closed{"a"});
    CHECK(other.emitted().size() == 1);

    host_of<moderator> wide(
        {.permissions = std::vector<std::string>{"users:*"}}); // as a host's configuration may say
    wide.provide("users/kick", [] { return true; });
    CHECK(wide.execute<bool>(punish{"ada"}).value());
    wide.publish(closed{"a"});
    CHECK(wide.emitted().empty());

    host_of<moderator> deaf({.reverse_rpc = false});
    CHECK(deaf.execute<bool>(punish{"ada"}).error().code == codes::permission_denied);
}

TEST_CASE("while the plugin waits for a function of the test, that may start things but not wait for them") {
    host_of<moderator> host;
    std::optional<pending<tenon::health>> health;
    std::optional<pending<tenon::json>> greeting;
    int inside = 0;
    host.provide("users/kick", [&] {
        health.emplace(host.begin_health());
        greeting.emplace(host.begin_execute(greet::command, greet{"Bo"}));
        inside = host.execute(greet{"Bo"}).error().code;
        host.publish(closed{"lobby"});
        host.advance(std::chrono::seconds(1));
        return true;
    });
    CHECK(host.execute<bool>(punish{"ada"}).value());
    CHECK(inside == codes::reentrant_call);
    REQUIRE(health);
    CHECK(health->answered());
    CHECK(greeting->get().value().text() == R"("hello Bo")");
    CHECK(host.plugin().rooms == "lobby");
}

TEST_CASE("a request is cancelled") {
    host_of<moderator> host;
    auto built = host.begin_execute<std::string>(build::command, build{2});
    CHECK_FALSE(host.plugin().building->cancelled());
    host.cancel(built);
    CHECK(host.plugin().building->cancelled());
    CHECK(built.get().value() == "built"); // it is answered all the same
    host.cancel(built);
}

TEST_CASE("the host keeps a configuration that the plugin may read and change") {
    struct change {
        std::string key;
        int value;
    };
    struct which {
        std::string key;
    };
    host_of<moderator> host({.config = tenon::json::parse(R"({"forbidden":"x"})").value()});
    std::string got;
    const auto todo = [&](tenon::host_link link) {
        got = link.call("host/getConfig", which{"size"}).value().text();
        got += link.call("host/getConfig", tenon::json()).value()["forbidden"].text();
        CHECK(link.call<void>("host/setConfig", change{"size", 4}));
        CHECK(link.call<void>("host/saveConfig", tenon::json()));
        got += link.call("host/getConfig", which{"size"}).value().text();
    };
    host_of caller(tenon::plugin({.name = "c", .version = "1", .calls_host = true})
                       .receive([&](const greet&, tenon::context& here) { todo(here); }),
                   {.config = tenon::json::parse(R"({"forbidden":"x","size":3})").value()});
    CHECK(caller.execute<void>(greet{}));
    CHECK(got == R"(3"x"4)");
    CHECK(caller.config()["size"].text() == "4");
}

// --- other plugins ---

TEST_CASE("a plugin of lambdas is hosted as it is") {
    int seen = 0;
    host_of host(tenon::plugin({.name = "greeter", .version = "1.0.0", .calls_host = true})
                     .receive([](const greet& g) { return "hello " + g.who; })
                     .receive([&](const message&) { ++seen; })
                     .receive([](const punish& p, tenon::context& here) {
                         return here.execute<int>("count", p.uid);
                     }));
    CHECK(host.execute<std::string>(greet{"Bo"}).value() == "hello Bo");
    CHECK(host.publish(message{"a"}));
    CHECK_FALSE(host.decide(message{"a"})->stopped);
    CHECK(seen == 2);
    CHECK(host.execute(punish{"x"}).error().code == codes::method_not_found);
    host.provide_command("count", [](const std::string& text) { return text.size(); });
    CHECK(host.execute<int>(punish{"four"}).value() == 4);
}

class linked {
public:
    static constexpr tenon::about about{.name = "linked", .version = "1.0.0"};
    static constexpr int threads = 4; // taken as 1
    using receives = tenon::list<greet>;
    explicit linked(tenon::host_link host) : host_(host) { host_.info("constructed"); }
    ~linked() { host_.info("too late"); }
    std::string receive(const greet& g) {
        host_.info("greeting");
        return g.who;
    }

private:
    tenon::host_link host_;
};

TEST_CASE(
    "a plugin that wants a link to the host gets one, and may use it from its first moment to its last") {
    host_of<linked> host;
    CHECK(host.execute<std::string>(greet{"Bo"}).value() == "Bo");
    REQUIRE(host.logs().size() == 2);
    CHECK(host.logs()[0].message == "constructed");
    CHECK(host.started()->max_concurrency == 4);
}

TEST_CASE("a plugin that answers from threads of its own is waited for in real time") {
    host_of host(
        tenon::plugin({.name = "threaded", .version = "1.0.0"})
            .receive([](const build& b, tenon::responder<build> answer) {
                std::thread([b, answer = std::move(answer)]() mutable { answer.reply(b.steps); }).detach();
            }),
        {.patience = milliseconds(10'000)});
    const auto begin = host.now();
    for (int steps = 0; steps < 20; ++steps) CHECK(host.execute<int>(build{steps}).value() == steps);
    CHECK(host.now() == begin);
}

TEST_CASE("frames that the host cannot read are not sent to it") {
    host_of host(tenon::plugin({.name = "large", .version = "1.0.0"}).receive([](const build& b) {
        return std::string(static_cast<std::size_t>(b.steps), 'x');
    }),
                 {.max_frame_bytes = 1'000});
    CHECK(host.execute<std::string>(build{500}).value().size() == 500);
    CHECK(host.execute<std::string>(build{1'000}).error().code == codes::too_large);
    CHECK(host.complaints().empty());
}

} // namespace
