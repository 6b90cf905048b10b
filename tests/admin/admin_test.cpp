// Who may do what over HTTP, and what administrators can do: a real server, and clients that say every byte.

#include "running_admin.hpp"

#include <tenon/host/clocks.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace tenon::tests;
using tenon::json;
using tenon::testing::scripted_plugin;

namespace {

std::string filled(std::string_view pattern) {
    std::string path;
    for (std::string_view rest = pattern; !rest.empty();) {
        const std::size_t open = std::min(rest.find('{'), rest.size());
        path += rest.substr(0, open);
        rest.remove_prefix(open);
        if (rest.empty()) break;
        path += "one";
        rest.remove_prefix(rest.find('}') + 1);
    }
    return path;
}

/// A plugin that would do whatever it is asked for.
scripted_plugin willing() {
    scripted_plugin one({.name = "one", .events = {"message.incoming"}, .commands = {"one", "echo"}});
    one.on("plugin/execute", [](const json& params) { return json(params["args"]); });
    one.on("plugin/onEvent", [](const json&) { return json::parse(R"({"flow":"continue"})").value(); });
    return one;
}

json body_of(const answer& heard) { return json::parse(heard.body).value_or(json()); }

} // namespace

TEST_CASE("H1: without the right token in the right place every admin path is 401, and nothing happens") {
    running_admin run;
    scripted_plugin one = willing();
    tenon::plugin_options options;
    options.config = json::parse(R"({"mood":"good"})").value();
    REQUIRE(run.start(one, "one", options));
    std::string upper = token;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char letter) {
        return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 32) : letter;
    });
    const auto everything = [&] {
        return run.there([&] {
            const auto status = *run.host().status("one");
            return std::vector<std::uint64_t>{status.generation,
                                              static_cast<std::uint64_t>(status.state),
                                              status.calls.asked,
                                              status.events.delivered,
                                              one.everything().size(),
                                              run.host().status().events_decided,
                                              run.host().status().events_published,
                                              run.host().config("one").text().size()};
        });
    };
    const auto before = everything();
    std::size_t tried = 0;
    for (const tenon::http::endpoint& path : run.endpoints()) {
        if (path.needs.needs_nothing()) continue;
        const std::string target = filled(path.pattern);
        const std::string body = path.method == "GET" ? "" : "{}";
        const auto refused = [&](const std::string& where, const std::string& header) {
            const answer heard = run.ask(path.method, where, body, header);
            CHECK_MESSAGE(heard.status == 401, path.method, " ", where, " ", header);
            CHECK(has_header(heard, "www-authenticate: bearer"));
            CHECK(has_header(heard, "content-type: application/problem+json"));
            CHECK_FALSE(has(heard.head + heard.body, token));
            ++tried;
        };
        refused(target, "");
        for (const std::string& wrong :
             {std::string("wrong"), token.substr(0, token.size() - 1), token + "x", upper})
            refused(target, "Authorization: Bearer " + wrong + "\r\n");
        refused(target, "Authorization: Basic " + token + "\r\n");
        refused(target, "Authorization: " + token + "\r\n");
        refused(target, "Cookie: token=" + token + "; Authorization=Bearer " + token + "\r\n");
        refused(target, "X-Token: " + token + "\r\n");
        refused(target + "?token=" + token + "&access_token=" + token + "&authorization=Bearer+" + token, "");
    }
    CHECK(tried > 200);
    CHECK(everything() == before);
    // Nor does it stand in what people see.
    run.ask("GET", "/nowhere?token=" + token);
    run.ask("GET", "/api/v1/plugins/" + token, "", "Authorization: Bearer " + token + "\r\n");
    run.ask("POST", "/api/v1/events", token, "Authorization: Bearer " + token + "\r\n");
    CHECK_FALSE(has(run.ask("GET", "/" + token).body, token));
    CHECK_FALSE(has(run.ask("GET", "/api/plugins/one/x?token=" + token).body, token));
    run.there([&] {
        for (const auto& record : run.logs) CHECK_FALSE(has(record.message + record.fields, token));
        for (const auto& heard : one.everything()) CHECK_FALSE(has(heard.params, token));
    });
    CHECK_FALSE(has(run.admin("GET", "/api/v1/plugins").body, token));
    CHECK_FALSE(has(run.admin("GET", "/metrics").body, token));
}

TEST_CASE("H3: the Host header is ours or there is no answer but 400 and 403, token or not") {
    running_admin run({}, {"chat.example.org"});
    const std::string port = run.address.substr(run.address.rfind(':'));
    const std::string bearer = "Authorization: Bearer " + token + "\r\n\r\n";
    const auto status = [&](const std::string& lines) {
        raw_client one = run.client();
        one.say(lines + bearer);
        return one.hear().status;
    };
    const std::string get = "GET /api/v1/plugins HTTP/1.1\r\n";
    for (const std::string& host :
         {"localhost" + port, "127.0.0.1" + port, "[::1]" + port, std::string("chat.example.org")})
        CHECK_MESSAGE(status(get + "Host: " + host + "\r\n") == 200, host);
    for (const std::string& host :
         {std::string("evil.com"), "evil.com" + port, "127.0.0.1.evil.com" + port, std::string("localhost"),
          std::string("127.0.0.1:1"), "localhost.evil.com" + port})
        CHECK_MESSAGE(status(get + "Host: " + host + "\r\n") == 403, host);
    CHECK(status(get) == 400);
    CHECK(status(get + "Host: localhost" + port + "\r\nHost: localhost" + port + "\r\n") == 400);
    CHECK(status(get + "Host: localhost" + port + "\r\nHost: evil.com\r\n") == 400);
    const int mismatch =
        status("GET http://evil.com/api/v1/plugins HTTP/1.1\r\nHost: localhost" + port + "\r\n");
    CHECK((mismatch == 400 || mismatch == 403));
    // The open paths, too: a page of another name that leads here could read them.
    CHECK(status("GET /healthz HTTP/1.1\r\nHost: evil.com\r\n") == 403);
}

TEST_CASE("H4: what a foreign page can send changes nothing") {
    running_admin run({}, {}, [](tenon::http::router& to, tenon::host&) {
        const auto heard = [](const tenon::http::call& asked) { asked.answer(tenon::text("heard")); };
        to.add({"POST", "/open", tenon::http::access::open}, heard);
        to.add({"GET", "/open/stream", tenon::http::access::open}, heard);
        return std::shared_ptr<void>();
    });
    scripted_plugin one = willing();
    REQUIRE(run.start(one, "one"));
    const std::string body = R"({"content":"hi","from_uid":"ada","to_uid":"bo"})";
    const auto post = [&](const std::string& target, const std::string& headers, const std::string& content) {
        raw_client client = run.client();
        client.say("POST " + target + " HTTP/1.1\r\nHost: " + run.address + "\r\nAuthorization: Bearer " +
                   token + "\r\n" + headers + "Content-Length: " + std::to_string(content.size()) +
                   "\r\n\r\n" + content);
        return client.hear();
    };
    const std::string as_json = "Content-Type: application/json\r\n";
    for (const char* origin : {"http://evil.com", "null", "", "http://127.0.0.1.evil.com"})
        CHECK(post("/open", as_json + "Origin: " + origin + "\r\n", body).status == 403);
    for (const char* type :
         {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"})
        for (const char* target : {"/open", "/api/v1/events", "/api/v1/plugins/one/stop"})
            CHECK(post(target, std::string("Content-Type: ") + type + "\r\n", body).status == 415);
    CHECK(post("/open", "", body).status == 415);
    CHECK(post("/open", "", "").status == 415);
    CHECK(post("/open", as_json + "Origin: http://" + run.address + "\r\n", body).status == 200);

    // An image of a foreign page whose address is a stream would be a listener.
    CHECK(run.ask("GET", "/open/stream", "", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n")
              .status == 403);
    for (const tenon::http::endpoint& path : run.endpoints()) {
        if (path.method == "GET" || path.method == "*") continue;
        const answer heard = run.admin("GET", filled(path.pattern) + "?");
        if (heard.status == 200) continue; // what can be changed can be looked at
        if (path.pattern == "/api/v1/events" || has(heard.head, "text/event-stream")) continue;
        CHECK_MESSAGE((heard.status == 405 || heard.status == 404), path.pattern);
        if (heard.status == 405) CHECK(has_header(heard, "allow: "));
    }
    for (const tenon::http::endpoint& path : run.endpoints()) {
        const answer heard = run.ask("OPTIONS", filled(path.pattern), "",
                                     "Origin: http://evil.com\r\nAccess-Control-Request-Method: POST\r\n");
        CHECK(heard.status == 403);
        CHECK_FALSE(has_header(heard, "access-control"));
        if (path.method == "*") continue;
        CHECK(run.ask("OPTIONS", filled(path.pattern)).status == 405);
    }
    CHECK(run.status("one").state == tenon::plugin_state::ready);
}

TEST_CASE("plugins are listed, stopped and started, and say why where they cannot be") {
    running_admin run({.enabled = [](std::string_view plugin) { return plugin != "two"; }});
    scripted_plugin one = willing();
    REQUIRE(run.start(one, "one"));
    run.there([&] { return run.host().add({.name = "two", .attach = true}).has_value(); });

    const json all = body_of(run.admin("GET", "/api/v1/plugins"));
    CHECK(all["plugins"][0]["name"].text() == R"("one")");
    CHECK(all["plugins"][0]["types"].text() == R"(["filter","provider"])");
    CHECK(all["plugins"][0]["enabled"].text() == "true");
    CHECK(all["plugins"][1]["enabled"].text() == "false");
    CHECK(body_of(run.admin("GET", "/api/v1/plugins?status=ready"))["plugins"][1].is_null());
    CHECK(body_of(run.admin("GET", "/api/v1/plugins?type=handler")).text() == R"({"plugins":[]})");
    CHECK(run.admin("GET", "/api/v1/plugins/none").status == 404);

    CHECK(body_of(run.admin("POST", "/api/v1/plugins/one/stop"))["state"].text() == R"("stopped")");
    CHECK(run.admin("GET", "/readyz").status == 503);
    CHECK(body_of(run.ask("GET", "/readyz"))["plugins"].text() == R"(["one"])");
    CHECK(body_of(run.admin("POST", "/api/v1/plugins/one/start"))["state"].text() == R"("ready")");
    CHECK(run.ask("GET", "/readyz").status == 200);
    CHECK(run.ask("GET", "/healthz").body == R"({"status":"ok"})");
    CHECK(body_of(run.admin("POST", "/api/v1/plugins/one/restart"))["generation"].text() == "3");
    CHECK(run.admin("POST", "/api/v1/plugins/one/enable").status == 501);
    CHECK(run.admin("POST", "/api/v1/plugins/none/start").status == 404);
    run.there([&] {
        return run.host()
            .add({.name = "gone", .command = {"/no/such/program"}, .restart = {.enabled = false}})
            .has_value();
    });
    const answer gone = run.admin("POST", "/api/v1/plugins/gone/start");
    CHECK(gone.status == 503);
    CHECK(has(gone.body, "/no/such/program"));
    CHECK(body_of(gone)["code"].text() == "-32011");
    run.there([&] {
        return run.host()
            .add({.name = "later", .command = {"/no/such/program"}, .needs = {"two"}})
            .has_value();
    });
    CHECK(run.admin("POST", "/api/v1/plugins/later/start").status == 202);

    CHECK(body_of(run.admin("GET", "/api/v1/plugins/metrics"))["protocolVersion"].text() == "1");
    CHECK(has(run.admin("GET", "/metrics").body, "tenon_plugin_state{plugin=\"one\",state=\"ready\"} 1"));
    const json plain = body_of(run.admin("GET", "/api/plugin/list"));
    CHECK(plain["data"]["registered"][2]["status"].text() == R"("ready")");
    CHECK(plain["data"]["unregistered"][0]["name"].text() == R"("two")");
}

TEST_CASE("a mistyped name was answered without those that there are") {
    running_admin run;
    scripted_plugin one({.name = "one", .commands = {"echo", "refuse"}});
    REQUIRE(run.start(one, "one"));
    const auto said = [&](const char* method, const std::string& path, const char* body = "{}") {
        const answer heard = run.admin(method, path, body);
        CHECK(heard.status == 404);
        return body_of(heard)["detail"].as<std::string>().value_or("");
    };
    CHECK(said("POST", "/api/v1/plugins/oen/stop") == R"(there is no plugin "oen"; did you mean "one"?)");
    CHECK(said("GET", "/api/v1/plugins/moderator") == R"(there is no plugin "moderator"; there is only one)");
    CHECK(said("POST", "/api/v1/commands/dance") == R"(there is no command "dance"; there are echo, refuse)");
    CHECK(said("POST", "/api/v1/plugins/one/execute", R"({"method":"eco"})") ==
          R"(of the plugin one: there is no command "eco"; did you mean "echo"?)");
    CHECK(said("POST", "/api/v1/commands/%E2%80%AE" + std::string(100, 'x')) ==
          R"(there is no command "\u{202e})" + std::string(56, 'x') + R"("; there are echo, refuse)");
    for (int number = 10; number < 35; ++number)
        run.there([&] {
            return run.host().add({.name = "p" + std::to_string(number), .attach = true}).has_value();
        });
    CHECK(has(said("GET", "/api/v1/plugins/moderator"), "p27, p28 and 6 more"));
}

TEST_CASE("a plugin is enabled and disabled by whoever keeps the settings") {
    std::vector<std::string> asked;
    tenon::admin_settings settings;
    settings.enable = [&](const std::string& plugin, bool on, const auto& done) {
        asked.push_back(plugin + (on ? " on" : " off"));
        done(on ? tenon::result<void>() : tenon::fault{tenon::codes::unavailable, "not now"});
    };
    running_admin run(std::move(settings));
    run.there([&] { return run.host().add({.name = "one", .attach = true}).has_value(); });
    CHECK(run.admin("POST", "/api/v1/plugins/one/enable").status == 200);
    CHECK(run.admin("POST", "/api/v1/plugins/one/disable").status == 503);
    CHECK(run.admin("POST", "/api/v1/plugins/two/enable").status == 404);
    CHECK(asked == std::vector<std::string>{"one on", "one off"});
}

TEST_CASE("a text where a command's arguments would be is that of its only text member") {
    running_admin run;
    scripted_plugin one(
        {.name = "one",
         .json =
             R"({"name":"one","version":"1","commands":[{"name":"greet","params":{"type":"object","properties":)"
             R"({"who":{"type":"string"},"times":{"type":"integer"}}}},)"
             R"({"name":"two","params":{"properties":{"a":{"type":"string"},"b":{"type":["string","null"]}}}},)"
             R"({"name":"maybe","params":{"properties":{"b":{"anyOf":[{"type":"string"},{"type":"null"}]}}}},)"
             R"({"name":"unsaid"}]})"});
    one.on("plugin/execute", [](const json& params) { return json(params["args"]); });
    REQUIRE(run.start(one, "one"));
    const auto plainly = [&](const std::string& command, const std::string& payload) {
        return run
            .admin("POST", "/api/plugin/execute",
                   R"({"id":"one","method":")" + command + R"(","payload":)" + payload + "}")
            .body;
    };
    CHECK(plainly("greet", R"("World")") == R"({"code":0,"data":{"who":"World"}})");
    CHECK(plainly("greet", R"({"who":"Bo"})") == R"({"code":0,"data":{"who":"Bo"}})");
    CHECK(plainly("greet", "7") == R"({"code":0,"data":7})");
    CHECK(plainly("maybe", R"("\u00e4")") == R"({"code":0,"data":{"b":"\u00e4"}})");
    CHECK(plainly("two", R"("x")") == R"({"code":0,"data":"x"})"); // which of them is not said
    CHECK(plainly("unsaid", R"("x")") == R"({"code":0,"data":"x"})");
    CHECK(run.admin("POST", "/api/v1/plugins/one/execute", R"({"method":"greet","payload":"World"})").body ==
          R"({"result":{"who":"World"}})");
    CHECK(run.admin("POST", "/api/v1/commands/greet", R"("World")").body == R"({"result":{"who":"World"}})");
}

TEST_CASE("commands are run, by their plugin or by their name alone, and fail as the plugin says") {
    running_admin run;
    scripted_plugin one({.name = "one", .commands = {"echo", "refuse"}});
    one.on("plugin/execute", [](const json& params) -> tenon::result<json> {
        if (params["command"].text() == R"("refuse")") return tenon::fault{42, "as you wish"};
        return json(params["args"]);
    });
    REQUIRE(run.start(one, "one", {.id = "org.example.one"}));
    const json all = body_of(run.admin("GET", "/api/v1/commands"));
    CHECK(all["commands"][0]["name"].text() == R"("echo")");
    CHECK(all["commands"][0]["plugin"].text() == R"("one")");
    CHECK(run.admin("POST", "/api/v1/commands/echo", R"({"a":1})").body == R"({"result":{"a":1}})");
    CHECK(run.admin("POST", "/api/v1/commands/dance", "{}").status == 404);
    CHECK(run.admin("POST", "/api/v1/plugins/one/execute", R"({"method":"echo","payload":{"a":2}})").body ==
          R"({"result":{"a":2}})");
    const answer refused = run.admin("POST", "/api/v1/plugins/one/execute", R"({"method":"refuse"})");
    CHECK(refused.status == 422);
    CHECK(body_of(refused)["detail"].text() == R"("as you wish")");
    CHECK(body_of(refused)["code"].text() == "42");
    CHECK(run.admin("POST", "/api/v1/plugins/two/execute", R"({"method":"echo"})").status == 404);
    CHECK(run.admin("POST", "/api/v1/plugins/one/execute", R"({"method":)").status == 400);
    CHECK(has(run.admin("POST", "/api/v1/plugins/one/execute", "{}").body, "body.method: missing"));

    const auto plainly = [&](std::string_view body) {
        return run.admin("POST", "/api/plugin/execute", body).body;
    };
    CHECK(plainly(R"({"id":"one","method":"echo","payload":{"a":3}})") == R"({"code":0,"data":{"a":3}})");
    CHECK(plainly(R"({"id":"org.example.one","method":"echo","payload":{}})") == R"({"code":0,"data":{}})");
    CHECK(plainly(R"({"id":"one","method":"refuse"})") == R"({"code":42,"message":"as you wish"})");
    CHECK(plainly(R"({"id":"two","method":"echo"})") ==
          R"({"code":-32601,"message":"there is no plugin \"two\"; there is only one"})");
    CHECK(
        plainly(R"({"id":"one","method":"eco"})") ==
        R"({"code":-32601,"message":"of the plugin one: there is no command \"eco\"; did you mean \"echo\"?"})");
    // A misspelt member was ignored.
    CHECK(
        plainly(R"({"id":"one","method":"echo","payloads":{"a":3}})") ==
        R"({"code":-32602,"message":"body.payloads: unknown member; did you mean \"payload\"? at byte 39"})");
    REQUIRE(run.admin("POST", "/api/v1/plugins/one/stop").status == 200);
    CHECK(has(run.admin("POST", "/api/v1/commands/echo", "{}").body,
              R"(there is no command \"echo\" now: one has it, and it is stopped)"));
    CHECK(has(run.admin("POST", "/api/v1/plugins/one/execute", R"({"method":"echo"})").body,
              R"(of the plugin one: there is no command \"echo\": it is stopped)"));
    CHECK(has(plainly(R"({"id":"one","method":"echo"})"), "it is stopped"));
    CHECK(has(plainly("{}"), R"({"code":-32602,)"));
}

TEST_CASE("a configuration is shown without its secrets, and changed without losing them") {
    std::string kept;
    tenon::admin_settings settings;
    settings.secrets = [](std::string_view) { return std::vector<std::string>{"hunter2"}; };
    settings.keep_config = [&](const std::string& plugin, const json& config) {
        kept = plugin + " " + config.text();
        return tenon::result<void>();
    };
    running_admin run(std::move(settings));
    scripted_plugin one({.name = "one", .features = {"configure"}});
    tenon::plugin_options options;
    options.config = json::parse(R"({"apiKey":"k","db":"u:hunter2@db","mood":"good"})").value();
    REQUIRE(run.start(one, "one", options));
    CHECK(run.admin("GET", "/api/v1/plugins/one/config").body ==
          R"({"config":{"apiKey":"***","db":"***","mood":"good"}})");
    CHECK(run.admin("PUT", "/api/v1/plugins/one/config", R"({"apiKey":"***","db":"***","mood":"bad"})")
              .status == 200);
    CHECK(kept == R"(one {"apiKey":"k","db":"u:hunter2@db","mood":"bad"})");
    CHECK(run.there([&] { return run.host().config("one").text(); }) ==
          R"({"apiKey":"k","db":"u:hunter2@db","mood":"bad"})");
    CHECK(run.admin("PUT", "/api/v1/plugins/one/config", "[]").status == 400);
    // The first was stored as nothing at all, and whatever stood beside it went with it.
    CHECK(run.admin("PUT", "/api/v1/plugins/one/config", R"({"mood":"good","a":1,"a":2})").status == 400);
    CHECK(run.admin("PUT", "/api/v1/plugins/one/config", R"({"other":"***"})").status == 400);
    one.on("plugin/configure", [](const json&) -> tenon::result<json> {
        return tenon::fault{7, "not that"};
    });
    CHECK(run.admin("PUT", "/api/v1/plugins/one/config", R"({"mood":"worse"})").status == 422);
    CHECK(has(run.admin("GET", "/api/v1/plugins/one/config").body, R"("mood":"bad")"));
}

TEST_CASE("whose configuration is not the file's own, it was not said, and there was no way back") {
    std::optional<tenon::config_set> set;
    bool full = false;
    json in_file = json::parse(R"({"apiKey":"k","mood":"plain"})").value();
    tenon::admin_settings settings;
    settings.secrets = [](std::string_view) { return std::vector<std::string>{"hunter2"}; };
    settings.config_in_file = [&](std::string_view) { return std::optional(in_file); };
    settings.config_set_here = [&](std::string_view) { return set; };
    std::string trouble;
    settings.config_trouble = [&](std::string_view) { return trouble; };
    settings.keep_config = [&](const std::string&, const json&) -> tenon::result<void> {
        if (full) return tenon::fault{tenon::codes::unavailable, "/data: full"};
        set = tenon::config_set{.unix_ms = tenon::detail::wall_clock_ms() - 150'000, .by = "administrator"};
        return tenon::result<void>();
    };
    settings.forget_config = [&](const std::string&) -> tenon::result<void> {
        if (full) return tenon::fault{tenon::codes::unavailable, "/data: full"};
        set.reset();
        return tenon::result<void>();
    };
    running_admin run(std::move(settings));
    scripted_plugin one({.name = "one", .features = {"configure"}});
    tenon::plugin_options options;
    options.config = in_file;
    REQUIRE(run.start(one, "one", options));
    const auto shown = [&] { return body_of(run.admin("GET", "/api/v1/plugins/one/config")); };
    CHECK(shown().text() == R"({"config":{"apiKey":"***","mood":"plain"}})");

    REQUIRE(run.admin("PUT", "/api/v1/plugins/one/config", R"({"mood":"good"})").status == 200);
    CHECK(shown()["config"].text() == R"({"mood":"good"})");
    CHECK(shown()["set"]["words"].text() == R"("set here 2 minutes ago")");
    CHECK(shown()["set"]["by"].text() == R"("administrator")");
    CHECK(shown()["file"].text() == R"({"apiKey":"***","mood":"plain"})");

    // What cannot be kept holds all the same: that was told as a refusal.
    full = true;
    const answer unkept = run.admin("PUT", "/api/v1/plugins/one/config", R"({"mood":"best"})");
    CHECK(unkept.status == 503);
    CHECK(has(unkept.body, "the new configuration holds until the host ends, but is not kept: /data: full"));
    CHECK(shown()["config"].text() == R"({"mood":"best"})");
    CHECK(has(run.admin("DELETE", "/api/v1/plugins/one/config").body,
              "holds until the host ends, but what was set before is kept: /data: full"));
    full = false;
    REQUIRE(run.admin("PUT", "/api/v1/plugins/one/config", R"({"mood":"good"})").status == 200);

    // The plugin may refuse the file's own: then what was set stays.
    one.on("plugin/configure", [](const json&) -> tenon::result<json> {
        return tenon::fault{7, "not that"};
    });
    CHECK(run.admin("DELETE", "/api/v1/plugins/one/config").status == 422);
    CHECK(set.has_value());
    one.on("plugin/configure", [](const json&) -> tenon::result<json> { return json(); });
    CHECK(run.admin("DELETE", "/api/v1/plugins/one/config").status == 200);
    CHECK(shown().text() == R"({"config":{"apiKey":"***","mood":"plain"}})");

    run.there([&] { in_file = json::parse(R"({"mood":"new"})").value(); });
    CHECK(has(shown()["set"]["words"].text(), "until the host ends"));
    run.there([&] { trouble = "what the file says does not hold: it is new"; });
    CHECK(shown()["set"]["words"].text() == tenon::to_json(trouble));
    CHECK(
        has(run.admin("GET", "/api/v1/plugins/one").body, "\"warnings\":[" + tenon::to_json(trouble) + "]"));
    CHECK(run.admin("DELETE", "/api/v1/plugins/none/config").status == 404);
    running_admin bare;
    bare.there([&] { return bare.host().add({.name = "one", .attach = true}).has_value(); });
    CHECK(bare.admin("DELETE", "/api/v1/plugins/one/config").status == 501);
}

TEST_CASE("a configuration that a plugin without `configure` did not start with took the plugin down") {
    running_admin run;
    scripted_plugin one({.name = "one"});
    bool refuses_good_ones = false;
    one.on("plugin/handshake", [&](const json& params) -> tenon::result<json> {
        const bool bad = params["config"]["mood"].text() == R"("bad")";
        if (bad || refuses_good_ones) return tenon::fault{7, "mood: not like that"};
        return json::parse(R"({"name":"one","version":"1.0.0","protocolVersion":1})").value();
    });
    tenon::plugin_options options;
    options.config = json::parse(R"({"mood":"good"})").value();
    REQUIRE(run.start(one, "one", options));
    const answer refused = run.admin("PUT", "/api/v1/plugins/one/config", R"({"mood":"bad"})");
    CHECK(refused.status == 422); // it was 503, as if the plugin were away
    CHECK_MESSAGE(has(refused.body, "mood: not like that"), refused.body);
    CHECK(has(refused.body, "it runs with the old configuration again"));
    CHECK_FALSE(has(refused.body, "retr"));
    CHECK(run.status("one").state == tenon::plugin_state::ready);
    CHECK(run.there([&] { return run.host().config("one").text(); }) == R"({"mood":"good"})");

    run.there([&] { refuses_good_ones = true; });
    const answer worse = run.admin("PUT", "/api/v1/plugins/one/config", R"({"mood":"bad"})");
    CHECK(worse.status == 503);
    CHECK(has(worse.body, "nor did it start with the old one"));
    CHECK(run.status("one").state == tenon::plugin_state::failed);
}

TEST_CASE(
    "a file that could not be used was told to stderr alone: not in the status, the metrics and the log") {
    running_admin run({.enabled = [](std::string_view plugin) { return plugin != "off"; }});
    CHECK(body_of(run.admin("GET", "/api/v1/status"))["configuration"].is_null());
    CHECK_FALSE(has(run.admin("GET", "/metrics").body, "tenon_configuration_good"));
    scripted_plugin one = willing();
    REQUIRE(run.start(one, "one"));
    run.there([&] {
        for (const char* name : {"off", "idle"}) REQUIRE(run.host().add({.name = name, .attach = true}));
        run.host().note(tenon::log_level::warn, "plugins[0].nmae: unknown key");
        run.host().tell_configuration({.file = "/etc/host.json",
                                       .good = false,
                                       .unix_ms = tenon::detail::wall_clock_ms() - 150'000,
                                       .mistakes = {"plugins[0].nmae: unknown key", "listen: missing"},
                                       .refused = 3,
                                       .last_mistake = "plugins[0].nmae: unknown key"});
    });
    const json status = body_of(run.admin("GET", "/api/v1/status"));
    CHECK(status["pluginsKnown"].text() == "3");
    CHECK(status["pluginsReady"].text() == "1");
    CHECK(status["plugins"].is_null());
    CHECK(status["notReady"][0]["name"].text() == R"("idle")");
    CHECK(status["notReady"][1].is_null());
    CHECK(status["configuration"]["mistakes"][1].text() == R"("listen: missing")");
    const std::string words(status["configurationWords"].as<std::string>().value_or(""));
    CHECK(has(words, "/etc/host.json was looked at 2 minutes ago and cannot be used"));
    CHECK(has(words, "\nplugins[0].nmae: unknown key\nlisten: missing"));
    const std::string metrics = run.admin("GET", "/metrics").body;
    CHECK(has(metrics, "\ntenon_configuration_good 0\n"));
    CHECK(has(metrics, "\ntenon_configuration_refused_total 3\n"));
    CHECK(has(metrics, "\ntenon_attaches_refused_total 0\n"));
    CHECK(run.there([&] { return run.logs.back().message; }) == "plugins[0].nmae: unknown key");
    CHECK(run.there([&] { return run.host().logs().size(); }) == 1);
    CHECK(run.ask("GET", "/api/v1/status").status == 401);
}
