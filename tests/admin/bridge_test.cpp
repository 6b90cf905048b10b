// The routes of plugins over HTTP: what goes in, what comes out, and that nothing reaches what it does not name.

#include "running_admin.hpp"

#include <doctest/doctest.h>

#include <string>
#include <tuple>

using namespace tenon::tests;
using tenon::json;
using tenon::testing::scripted_plugin;
using tenon::testing::scripted_reply;

namespace {

struct reply {
    int status;
    std::string body;
};

/// Answers every request with what it was asked.
scripted_plugin echoing(const std::string& name, std::vector<std::string> routes) {
    scripted_plugin one({.name = name, .routes = std::move(routes)});
    one.on("plugin/handleRequest", [name](const json& params) {
        return reply{200, name + " " + params.text()};
    });
    return one;
}

/// What the plugin answers, as JSON text, and what the client hears.
answer answered(running_admin& run, scripted_plugin& plugin, std::string_view text) {
    run.there([&] {
        plugin.on("plugin/handleRequest",
                  [kept = std::string(text)](const json&) { return json::parse(kept).value(); });
    });
    return run.ask("GET", "/api/plugins/one/x");
}

} // namespace

TEST_CASE("a request goes to the plugin that the path names, decoded once") {
    running_admin run;
    scripted_plugin one = echoing("one", {"GET /hello/{who}", "POST /hello/{who}"});
    REQUIRE(run.start(one, "one"));
    const answer heard = run.ask("POST", "/api/plugins/one/hello/B%C3%B6%2520?limit=5&q=a+b", R"({"a":1})");
    CHECK(heard.status == 200);
    CHECK(has(heard.body, R"("params":{"who":"Bö%20"})"));
    CHECK(has(heard.body, R"("query":{"limit":"5","q":"a b"})"));
    CHECK(has(heard.body, R"("body":"{\"a\":1}")"));
    CHECK(has(heard.body, R"("method":"POST")"));
    CHECK(run.ask("GET", "/api/plugins/one/other").status == 404);
    CHECK(run.ask("PUT", "/api/plugins/one/hello/Bo", "x").status == 405);
    CHECK(run.ask("GET", "/api/plugins/none/hello/Bo").status == 404);
}

TEST_CASE("H6: what a plugin may not answer is 502, and what is about the connection goes no way") {
    running_admin run;
    scripted_plugin one = echoing("one", {"GET /x", "GET /private"});
    REQUIRE(run.start(one, "one"));
    for (const char* bad :
         {R"({"status":200,"headers":{"x":"a\r\nSet-Cookie: b=c"}})",
          R"({"status":200,"headers":{"x":"a\nb"}})", R"({"status":200,"headers":{"x":"a\u0000b"}})",
          R"({"status":200,"headers":{"x\r\ny":"a"}})", R"({"status":200,"headers":{"x y":"a"}})",
          R"({"status":200,"headers":{"":"a"}})", R"({"status":200,"headers":{"x":5}})", R"({"status":99})",
          R"({"status":1000})", R"({"status":100})", R"({"status":101,"headers":{"upgrade":"websocket"}})",
          R"({"status":"200"})", R"({})", R"([])", R"("x")",
          R"({"status":200,"body":"%","bodyEncoding":"base64"})"}) {
        const answer heard = answered(run, one, bad);
        CHECK_MESSAGE(heard.status == 502, bad);
        CHECK(has_header(heard, "content-type: application/problem+json"));
        CHECK_FALSE(has_header(heard, "set-cookie"));
    }
    const answer heard = answered(
        run, one,
        R"({"status":200,"headers":{"Transfer-Encoding":"chunked","Content-Length":"1","Connection":"X-Hop",
            "X-Hop":"h","Keep-Alive":"a","Upgrade":"u","Trailer":"t","X-Kept":["a","b"],"Set-Cookie":"a=b","Date":"never",
            "Access-Control-Allow-Origin":"*","X-Content-Type-Options":"none","Service-Worker-Allowed":"/"},"body":"whole"})");
    CHECK(heard.status == 200);
    CHECK(heard.body == "whole");
    CHECK(has_header(heard, "content-length: 5\r\n"));
    CHECK(has_header(heard, "x-kept: a\r\nx-kept: b\r\n"));
    for (const char* other : {"transfer-encoding", "x-hop", "keep-alive", "upgrade", "trailer", "set-cookie",
                              "date: never", "access-control", "options: none", "service-worker"})
        CHECK_MESSAGE(!has_header(heard, other), other);

    std::string seen;
    run.there([&] {
        one.on("plugin/handleRequest", [&seen](const json& params) {
            seen = params.text();
            return json::parse(R"({"status":204})").value();
        });
    });
    const answer empty =
        run.ask("GET", "/api/plugins/one/private", "",
                "Authorization: Bearer " + token +
                    "\r\nCookie: a=b\r\nConnection: X-Secret, keep-alive\r\nX-Secret: s\r\nTE: trailers\r\n"
                    "Proxy-Authorization: p\r\nX-Open: o\r\n");
    CHECK(empty.status == 204);
    seen = run.there([&] { return seen; });
    CHECK(has(seen, R"("x-open":"o")"));
    for (const std::string& other :
         {token, std::string("cookie"), std::string("x-secret"), std::string("connection"),
          std::string("trailers"), std::string("proxy-auth"), std::string("authorization")})
        CHECK_MESSAGE(!has(seen, other), other);
    CHECK(has(seen, R"("auth":{"role":"admin"})"));
    run.ask("GET", "/api/plugins/one/private");
    CHECK_FALSE(has(run.there([&] { return seen; }), "auth\":"));
}

TEST_CASE("H7: no spelling of a path reaches another plugin, or what is an administrator's") {
    running_admin run;
    scripted_plugin one = echoing("one", {"GET /{a}", "GET /{a}/{b}", "GET /{a}/{b}/{c}"});
    scripted_plugin two = echoing("two", {"GET /secret"});
    REQUIRE(run.start(one, "one"));
    REQUIRE(run.start(two, "two"));
    const std::string to = "/api/plugins/one/";
    for (const std::string& path : {to + "../two/secret",
                                    to + "%2e%2e/two/secret",
                                    to + ".%2e/two/secret",
                                    to + "..%2ftwo/secret",
                                    to + "%2e%2e%2ftwo%2fsecret",
                                    to + "..\\two\\secret",
                                    to + "..%5ctwo%5csecret",
                                    to + "./x",
                                    to + "%2e/x",
                                    to + "/two/secret",
                                    std::string("//api/plugins/two/secret"),
                                    std::string("/api//plugins/two/secret"),
                                    std::string("/api/plugins//two/secret"),
                                    to + "a%2fb",
                                    to + "a%00b",
                                    to + "%",
                                    to + "%2",
                                    to + "%zz",
                                    to + "%c0%ae%c0%ae/two/secret",
                                    to + "%e0%80%ae/x",
                                    to + "%c0%af",
                                    to + "%ff",
                                    to + "%0d%0aX:1",
                                    to + "../../v1/plugins",
                                    to + "%2e%2e/%2e%2e/v1/plugins",
                                    std::string("/api/plugins/../v1/plugins"),
                                    std::string("/api/plugins/%2e%2e/v1/plugins"),
                                    std::string("/./api/v1/plugins"),
                                    std::string("/api/v1//plugins")}) {
        const answer heard = run.ask("GET", path);
        CHECK_MESSAGE((heard.status == 400 || heard.status == 404), path, " ", heard.status);
        CHECK_FALSE(has(heard.body, "secret"));
        CHECK_FALSE(has(heard.body, "generation"));
    }
    // A path of its own, however odd, is the plugin's: it is told what was asked, decoded once.
    const answer odd = run.ask("GET", to + "a;b=c");
    CHECK(odd.status == 200);
    CHECK(has(odd.body, R"(one {"requestId")"));
    CHECK(has(run.ask("GET", to + "%252e%252e").body, R"("a":"%2e%2e")"));
    for (const char* path : {"/API/V1/PLUGINS", "/api/v1/plugins;x", "/api/v1/plugins/", "/api/v1/plugins%20",
                             "/api/v1/plugins%09"})
        CHECK_MESSAGE(run.admin("GET", path).status >= 400, path);
    CHECK(run.ask("GET", "/api/v1%2fplugins").status == 400);
    CHECK(run.ask("GET", "/%61pi/v1/plugins").status == 401); // another spelling of the same path
    CHECK(run.ask("GET", "/" + std::string(64 << 10, 'a')).status == 414);
    CHECK(run.there([&] { return two.everything().size(); }) == 1); // its handshake
}

TEST_CASE("H8: routes stay below their plugin's prefix, and of two that are the same the first one counts") {
    running_admin run;
    scripted_plugin one = echoing(
        "one", {"GET /api/v1/plugins/install", "GET /..", "GET /*", "GET /x/../../y", "GET /same", "GET /"});
    tenon::plugin_options shared;
    shared.route_prefix = "/api/plugins/one";
    scripted_plugin two = echoing("two", {"GET /same", "GET /more"});
    REQUIRE(run.start(one, "one"));
    REQUIRE(run.start(two, "two", shared));
    CHECK(run.ask("GET", "/api/v1/plugins/install").status == 401);
    CHECK(run.admin("GET", "/api/v1/plugins/install").status == 404);
    CHECK(run.ask("GET", "/api/plugins/one/api/v1/plugins/install").body.substr(0, 4) == "one ");
    for (int count = 0; count != 3; ++count)
        CHECK(run.ask("GET", "/api/plugins/one/same").body.substr(0, 4) == "one ");
    CHECK(run.ask("GET", "/api/plugins/one/more").body.substr(0, 4) == "two ");
    CHECK(run.ask("GET", "/api/plugins/one/anything").status == 404);
    CHECK(run.ask("GET", "/api/plugins/one/*").status == 404);
    CHECK(run.ask("GET", "/api/plugins").status == 404);
    const auto refused = run.status("one").refused;
    CHECK(refused.size() == 3); // "/..", "/*", "/x/../../y"
    CHECK(run.status("two").refused.size() == 1);
}

TEST_CASE(
    "H10: a plugin that is slow, gone or disabled costs its own callers an error, and nobody else anything") {
    running_admin run;
    scripted_plugin one = echoing("one", {"GET /x", "GET /slow"});
    tenon::plugin_options quick;
    quick.call_timeout = tenon::milliseconds(50);
    quick.breaker.failures = 0;
    REQUIRE(run.start(one, "one", quick));
    run.there([&] { one.on("plugin/handleRequest", [](const json&, const scripted_reply&) {}); });
    const answer late = run.ask("GET", "/api/plugins/one/slow");
    CHECK(late.status == 504);
    CHECK(has(late.body, R"("code":-32010)"));

    scripted_plugin two = echoing("two", {"GET /x"});
    REQUIRE(run.start(two, "two"));
    run.there([&] {
        two.on("plugin/handleRequest", [&two](const json&, const scripted_reply&) { two.hang_up(); });
    });
    CHECK(run.ask("GET", "/api/plugins/two/x").status == 503);
    CHECK(run.admin("POST", "/api/v1/plugins/two/stop").status == 200);
    CHECK(run.ask("GET", "/api/plugins/two/x").status == 404);

    // The client goes: the plugin hears that nobody waits, and lives on.
    scripted_plugin three({.name = "three", .routes = {"GET /x"}});
    bool asked = false;
    three.on("plugin/handleRequest", [&](const json&, const scripted_reply&) { asked = true; });
    REQUIRE(run.start(three, "three"));
    {
        raw_client client = run.client();
        client.say(run.head("GET", "/api/plugins/three/x"));
        REQUIRE(run.soon([&] { return asked; }));
    }
    CHECK(run.soon([&] {
        const auto& all = three.everything();
        return std::any_of(all.begin(), all.end(), [](const auto& said) {
            return said.kind == tenon::detail::event_kind::cancelled;
        });
    }));
    CHECK(run.status("three").state == tenon::plugin_state::ready);
    CHECK(run.status("three").generation == 1);

    for (const char* method : {"TRACE", "CONNECT"})
        CHECK(run.ask(method, "/api/plugins/three/x").status == 405);
    run.there([&] {
        three.on("plugin/handleRequest",
                 [](const json&) { return json::parse(R"({"status":200,"body":"plain"})").value(); });
    });
    const answer upgrade =
        run.ask("GET", "/api/plugins/three/x", "",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    CHECK((upgrade.status == 405 || (upgrade.status == 200 && upgrade.body == "plain")));
}

TEST_CASE("H11: what a plugin wrote is data on the pages of this host") {
    running_admin run;
    const std::string script = "<script>alert(1)</script>";
    scripted_plugin one({.name = "one"});
    one.declare(
        {.name = "one",
         .json = R"({"name":"one","version":"<script>alert(1)</script>","protocolVersion":1,"capabilities":[],
                     "events":[],"commands":[{"name":"<script>alert(1)</script>","description":"<img src=x onerror=alert(1)>"}],
                     "routes":[{"method":"GET","path":"/x","description":"</script>"}],"maxConcurrency":1})"});
    REQUIRE(run.start(one, "one"));
    for (const char* path : {"/api/v1/plugins", "/api/v1/plugins/one", "/api/v1/commands",
                             "/api/v1/plugins/metrics", "/api/plugin/list"}) {
        const answer heard = run.admin("GET", path);
        CHECK(has(heard.body, script));
        CHECK(has_header(heard, "content-type: application/json\r\n"));
        CHECK(has_header(heard, "x-content-type-options: nosniff\r\n"));
    }
    const answer metrics = run.admin("GET", "/metrics");
    CHECK(has_header(metrics, "content-type: text/plain"));
    CHECK(has_header(metrics, "x-content-type-options: nosniff\r\n"));

    const answer html = answered(run, one, R"({"status":200,"headers":{"content-type":"text/html",
        "content-security-policy":"default-src *"},"body":"<script>alert(1)</script>"})");
    CHECK(html.status == 200);
    CHECK(html.body == script);
    CHECK(has_header(html, "content-security-policy: sandbox\r\n"));
    CHECK(has_header(html, "x-content-type-options: nosniff\r\n"));
    const answer wrong = answered(run, one, R"({"status":"<script>"})");
    CHECK(has_header(wrong, "content-type: application/problem+json\r\n"));
}

TEST_CASE(
    "what the host refuses of plugins' routes was plain text: 401, 404, 405 and 429 are problem details") {
    running_admin run;
    scripted_plugin one({.name = "one", .json = R"({"name":"one","version":"1","routes":[
        {"method":"GET","path":"/private","auth":true},{"method":"GET","path":"/x"}]})"});
    tenon::plugin_options slow;
    slow.requests_per_second = 0.001; // the first goes through
    REQUIRE(run.start(one, "one", slow));
    CHECK(run.ask("GET", "/api/plugins/one/x").status != 429);
    for (const auto& [method, path, status] :
         {std::tuple("GET", "private", 401), std::tuple("GET", "none", 404), std::tuple("PUT", "x", 405),
          std::tuple("GET", "x", 429)}) {
        const answer heard =
            run.ask(method, std::string("/api/plugins/one/") + path, method[0] == 'P' ? "{}" : "");
        CHECK(heard.status == status);
        CHECK(has_header(heard, "content-type: application/problem+json"));
        const json said = json::parse(heard.body).value();
        CHECK(said["status"].as<int>().value() == status);
        CHECK_FALSE(said["detail"].as<std::string>().value().empty());
    }
}
