// Which function answers a request. Who may ask is in guard_test.cpp, and with all of it in tests/admin.

#include "raw_client.hpp"

#include <tenon/http/router.hpp>
#include <tenon/http/server.hpp>

using namespace tenon::http;
using tenon::text;

namespace {

struct routed {
    router paths{guard("Tok-1", "a:1", {"a"})};
    running_server web{[this](std::shared_ptr<exchange> call) { paths.answer(std::move(call)); },
                       {},
                       [this](const request& head) { return paths.admit(head); }};

    raw_client::answer ask(const std::string& lines, const std::string& body = "") {
        raw_client one = web.client();
        one.say(lines.substr(0, lines.find('\n')) + " HTTP/1.1\r\nHost: a\r\n" +
                (lines.find('\n') == lines.npos ? "" : lines.substr(lines.find('\n') + 1) + "\r\n") +
                (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" +
                body);
        return one.hear(!lines.starts_with("HEAD"));
    }
};

const std::string as_json = "\nContent-Type: application/json";

} // namespace

TEST_CASE("a path and a method lead to one function, with what the path and the query say") {
    routed run;
    run.paths.add({"GET", "/rooms/{room}", access::open},
                  [](const call& asked) { asked.answer(text(asked.name + " " + asked.queried("a"))); });
    run.paths.add({"DELETE", "/rooms/{room}", access::open, true},
                  [](const call& asked) { asked.answer(text("gone")); });
    run.paths.add_below(
        "/files/", [](const call& asked) { asked.answer(text(asked.asked().method + asked.asked().path)); });
    CHECK(run.ask("GET /rooms/b%20c?a=%2F+").body == "b c / ");
    CHECK(run.ask("HEAD /rooms/b").status == 200);
    CHECK(run.ask("DELETE /rooms/b").body == "gone");
    CHECK(run.ask("BREW /files/x").body == "BREW/files/x");
    CHECK(run.ask("GET /files").status == 404);
    CHECK(run.ask("GET /").status == 404);
    CHECK(run.ask("GET /rooms/b?a=%zz").status == 400);
    const auto refused = run.ask("POST /rooms/b" + as_json, "{}");
    CHECK(refused.status == 405);
    CHECK(refused.head.find("\r\nAllow: DELETE, GET\r\n") != std::string::npos);
    CHECK(run.paths.endpoints().size() == 3);
    CHECK(run.paths.endpoints().back().pattern == "/files/*");
}

TEST_CASE("a body is the type that a function wants, or the client hears where it is not") {
    struct said {
        std::string content;
    };
    routed run;
    run.paths.add({"POST", "/say", access::open}, [](const call& asked) {
        if (const auto read = asked.body<said>()) asked.answer(text(read->content));
    });
    CHECK(run.ask("POST /say" + as_json, R"({"content":"hi"})").body == "hi");
    const auto wrong = run.ask("POST /say" + as_json, R"({"content":1})");
    CHECK(wrong.status == 400);
    CHECK(wrong.body.find("body.content: expected string") != std::string::npos);
    CHECK(run.ask("POST /say", R"({"content":"hi"})").status == 415);
    CHECK(run.ask("POST /say").status == 415);
}

TEST_CASE("a function may be the end of the router that called it") {
    std::optional<router> paths(guard("", "a:1", {"a"}));
    running_server web([&](std::shared_ptr<exchange> call) { paths->answer(std::move(call)); });
    paths->add({"GET", "/end", access::open}, [&](const call& asked) {
        paths.reset();
        asked.answer(text("ended " + asked.asked().path));
    });
    raw_client one = web.client();
    CHECK(one.get("/end").hear().body == "ended /end");
}

TEST_CASE("a path is decoded once on its way to a function, and a query once") {
    routed run;
    run.paths.add({"GET", "/rooms/{room}", access::open}, [](const call& asked) {
        asked.answer(text(asked.name + " " + asked.asked().path + " " + asked.queried("q")));
    });
    CHECK(run.ask("GET /rooms/a%252Fb?q=%2525").body == "a%2Fb /rooms/a%2Fb %25");
}

TEST_CASE("the guard and the paths are asked once for a request, before its body comes") {
    routed run;
    run.paths.add({"POST", "/rooms/{room}"}, [](const call& asked) {
        asked.answer(text(asked.name + (asked.admin ? " for an administrator" : "")));
    });
    raw_client one = run.web.client();
    one.say("POST /rooms/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer Tok-1\r\nExpect: 100-continue\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n");
    REQUIRE(one.hear().status == 100); // it was let in
    run.web.there([&] {
        run.paths.guarded_by(guard("another", "b:1", {"b"}));
        run.paths.add({"POST", "/rooms/me"}, [](const call& asked) { asked.answer(text("a later path")); });
    });
    one.say("{}");
    CHECK(one.hear().body == "me for an administrator");
    one.say("GET /rooms/me HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(one.hear().status == 403);
}

TEST_CASE("a router that did not let a request in looks for itself") {
    routed run;
    router other{guard("", "a:1", {"a"})};
    run.paths.add({"GET", "/x", access::open}, [](const call& asked) { asked.answer(text("the gate's")); });
    other.add({"GET", "/x", access::open}, [](const call& asked) { asked.answer(text("the other's")); });
    running_server web([&](std::shared_ptr<exchange> call) { other.answer(std::move(call)); }, {},
                       [&](const request& head) { return run.paths.admit(head); });
    CHECK(web.client().get("/x").hear().body == "the other's");
    CHECK(web.client().get("/y").hear().status == 404);
}

TEST_CASE("a request that is handed on is not copied: its exchange has none any more") {
    running_server web([](std::shared_ptr<exchange> call) {
        const request taken = call->take();
        call->answer(text(taken.path + taken.query.at(0).value + call->asked().path));
    });
    CHECK(web.client().get("/a?b=c").hear().body == "/ac");
    CHECK(web.client().get("/a?b=%").hear().status == 400);
}

TEST_CASE("what nobody answers is 500, and an answer may come later") {
    routed run;
    run.paths.add({"GET", "/never", access::open}, [](const call&) {});
    run.paths.add({"GET", "/later", access::open}, [&](const call& asked) {
        run.web.later(tenon::milliseconds(20), [asked] { asked.answer(text("now")); });
    });
    CHECK(run.ask("GET /never").status == 500);
    CHECK(run.ask("GET /later").body == "now");
}

TEST_CASE(
    "a server that has a router tells the router's guard where it listens, also a guard that comes later") {
    tenon::tests::loop_thread loop;
    std::optional<router> paths;
    std::optional<server> web, other;
    const auto status = [](const server& of, const std::string& host) {
        raw_client one(of.address());
        one.say("GET / HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer Tok-2\r\n\r\n");
        return one.hear().status;
    };
    loop.there([&] {
        paths.emplace();
        web.emplace(loop.io, *paths);
        other.emplace(loop.io.get_executor(), *paths, limits());
        paths->add({"GET", "/"}, [](const call& asked) { asked.answer(text("hello")); });
        REQUIRE(web->listen("127.0.0.1:0"));
        CHECK_FALSE(other->listen("nowhere"));
    });
    CHECK(status(*web, web->address()) == 401);
    CHECK(status(*web, "chat.example.org") == 403);
    loop.there([&] {
        paths->guarded_by(guard("Tok-2", {"chat.example.org"}));
        REQUIRE(other->listen("127.0.0.1:0"));
    });
    CHECK(status(*web, web->address()) == 200);
    CHECK(status(*web, "chat.example.org") == 200);
    CHECK(status(*web, "localhost:1") == 403);
    CHECK(status(*other, other->address()) == 200);
    loop.there([&] {
        other.reset();
        web.reset();
        paths.reset();
    });
}
