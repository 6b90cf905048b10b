// Packages over HTTP: installed, looked at, updated, gone back, removed, with the answers that programs go by.

#include "package_web.hpp"

#include <doctest/doctest.h>

using namespace tenon::tests;

TEST_CASE("a package is installed, listed, updated, gone back, pinned, disabled and removed over HTTP") {
    package_web run;
    const answer made = run.install({});
    CHECK(made.status == 201);
    CHECK(run.member(made, "id") == "dev.example.tool");
    CHECK(run.number(made, "operation") == 1);
    CHECK(run.number(made, "status") == 1);

    const answer list = run.admin("GET", "/api/v1/packages");
    CHECK(list.status == 200);
    CHECK(has(list.body, R"("policy":"any")"));
    CHECK(has(list.body,
              R"("id":"dev.example.tool","name":"tool","version":"1.0.0","state":"enabled","status":1)"));
    CHECK(has(list.body, R"("trust":"unsigned")"));
    for (const char* target :
         {"/api/v1/plugins", "/api/v1/plugins/tool", "/api/v1/plugins/dev.example.tool"}) {
        const answer row = run.admin("GET", target);
        CHECK(row.status == 200);
        CHECK(has(row.body, R"("package":{"id":"dev.example.tool")"));
    }
    CHECK(has(run.admin("GET", "/api/plugin/list").body, R"("registered":[{"id":"dev.example.tool")"));

    const answer updated =
        run.admin("PUT", "/api/v1/plugins/dev.example.tool", run.by_path(run.file_of({.version = "1.1.0"})));
    CHECK_MESSAGE(updated.status == 200, updated.body);
    CHECK(run.member(updated, "version") == "1.1.0");
    const answer versions = run.admin("GET", "/api/v1/plugins/tool/versions");
    CHECK(has(versions.body, R"({"versions":[{"version":"1.1.0","tree":")"));
    CHECK(has(versions.body, R"({"version":"1.0.0","tree":")"));

    const answer back = run.admin("POST", "/api/v1/plugins/tool/rollback", R"({"reason":"it was slow"})");
    CHECK_MESSAGE(back.status == 200, back.body);
    CHECK(run.member(back, "version") == "1.0.0");
    CHECK(run.admin("POST", "/api/v1/plugins/tool/restart").status == 200);
    CHECK(run.member(run.admin("PUT", "/api/v1/plugins/tool", R"({"version":"1.1.0"})"), "version") ==
          "1.1.0");

    const answer pinned = run.admin("PUT", "/api/v1/plugins/tool/pin", R"({"version":"1.1.0"})");
    CHECK(run.member(pinned, "pinned") == "1.1.0");
    const answer refused =
        run.admin("PUT", "/api/v1/plugins/tool", R"({"version":"1.0.0","allowDowngrade":true})");
    CHECK(refused.status == 403);
    CHECK(run.member(refused, "code") == "policy");
    CHECK(run.member(run.admin("DELETE", "/api/v1/plugins/tool/pin"), "pinned").empty());

    CHECK(run.member(run.admin("POST", "/api/v1/plugins/tool/disable"), "state") == "disabled");
    const answer resting = run.admin("GET", "/api/v1/plugins");
    CHECK(has(resting.body, R"("name":"tool","id":"dev.example.tool","version":"1.1.0")"));
    CHECK(has(resting.body, R"("enabled":false,"package":{)"));
    const answer start = run.admin("POST", "/api/v1/plugins/tool/start");
    CHECK(start.status == 409);
    CHECK(has(start.body, "tool is installed, and does not run: enabling it starts it"));
    CHECK(run.number(run.admin("POST", "/api/v1/plugins/tool/enable"), "status") == 1);

    CHECK(run.admin("DELETE", "/api/v1/plugins/tool/versions/1.1.0").status == 409);
    CHECK(run.number(run.admin("DELETE", "/api/v1/plugins/tool/versions/1.0.0"), "versions") == 1);
    const answer gone = run.admin("DELETE", "/api/v1/plugins/tool?keepData=true");
    CHECK(gone.status == 200);
    CHECK(run.member(gone, "id") == "dev.example.tool");
    CHECK(std::filesystem::exists(run.folder / "store/data/dev.example.tool"));
    CHECK(run.admin("GET", "/api/v1/plugins/tool").status == 404);

    const answer history = run.admin("GET", "/api/v1/plugins/dev.example.tool/history?limit=3");
    CHECK(has(history.body, R"({"history":[{"n":)"));
    CHECK(has(history.body, R"("kind":"uninstall","from":"1.1.0","to":"","state":"done")"));
    CHECK(has(history.body, R"("actor":"administrator")"));
    CHECK_FALSE(has(history.body, R"("kind":"install")")); // the fourth
}

TEST_CASE("a refusal has the status and the word of its kind") {
    package_web run;
    CHECK(run.install({}).status == 201);
    const auto refused = [&](const answer& heard, int status, std::string_view code) {
        CHECK_MESSAGE(heard.status == status, heard.body);
        CHECK_MESSAGE(run.member(heard, "code") == code, heard.body);
        CHECK(has(heard.head, "application/problem+json"));
    };
    refused(run.install({.program = "#!/bin/sh\n"}), 409, "exists");
    refused(run.install({.version = "2.0.0", .more = R"(,"dependencies":{"dev.example.none":"^1.0.0"})"}),
            424, "dependency");
    refused(run.install({.version = "0.9.0"}), 403, "policy");
    refused(run.install({.id = "dev.example.other", .name = "tool"}), 409, "exists");
    const std::string asks = R"(,"permissions":["users:kick"])";
    const answer consent = run.install({.version = "1.2.0", .more = asks});
    refused(consent, 409, "needs_consent");
    CHECK(has(consent.body, R"("consent":{"permissions":["users:kick"],"signers":[]})"));
    CHECK(run.install({.version = "1.2.0", .more = asks}, R"(,"grant":["users:kick"])").status == 200);
    const std::string bad =
        run.folder.write("files/bad.zip", std::string("PK\x03\x04") + "no more than this", 0600);
    refused(run.admin("POST", "/api/v1/plugins/install", run.by_path(bad)), 422, "hostile");
    refused(run.admin("POST", "/api/v1/plugins/nothing/rollback"), 404, "unknown");
    refused(run.admin("GET", "/api/v1/plugins/nothing/versions"), 404, "unknown");
    refused(run.admin("POST", "/api/v1/plugins/tool/rollback", R"({"to":"9.9.9"})"), 404, "unknown");
    refused(run.admin("GET", "/api/v1/operations/99"), 404, "unknown");
    CHECK(has(run.admin("POST", "/api/v1/plugins/install", R"({"source":"market","id":"a"})").body,
              "no markets"));
    const answer never = run.install({.id = "dev.example.never", .name = "never", .args = {"no_handshake"}});
    CHECK(never.status == 201); // it is here, and says what is wrong
    CHECK(run.number(never, "status") == 2);
}

TEST_CASE("an update whose plugin does not come up is 422, and what ran before runs again") {
    auto options = kept_packages::any_policy();
    options.load_timeout = tenon::milliseconds{1'500};
    package_web run(options);
    REQUIRE(run.install({}).status == 201);
    const answer failed = run.install({.version = "1.1.0", .args = {"exit", "3"}});
    CHECK_MESSAGE(failed.status == 422, failed.body);
    CHECK(run.member(failed, "code") == "start");
    CHECK(run.member(run.admin("GET", "/api/v1/operations/2"), "outcome") == "rolled_back");
    CHECK(
        has(run.admin("GET", "/api/v1/packages").body, R"("version":"1.0.0","state":"enabled","status":1)"));
    CHECK(has(run.admin("GET", "/metrics").body,
              R"(tenon_package_operations_total{kind="install",outcome="rolled_back"} 1)"));
}

TEST_CASE("a package that never came up is listed with the version and the type of its manifest") {
    auto options = kept_packages::any_policy();
    options.load_timeout = tenon::milliseconds{1'500};
    package_web run(options);
    REQUIRE(run.install({.args = {"exit", "3"}, .more = R"(,"type":"filter")"}).status == 201);
    const std::string plain = run.admin("GET", "/api/plugin/list").body;
    CHECK_MESSAGE(has(plain, R"("name":"tool","version":"1.0.0","type":"filter","status":"error")"), plain);
    const tenon::json row = run.body_of(run.admin("GET", "/api/v1/plugins/tool"));
    CHECK(row["version"].as<std::string>().value() == "1.0.0");
}

TEST_CASE("who does not want to wait gets the operation's number, and follows it to its end") {
    package_web run;
    const answer begun = run.install({}, "", "?wait=0");
    CHECK(begun.status == 202);
    CHECK(begun.body == R"({"operation":1,"location":"/api/v1/operations/1"})");
    CHECK(has(begun.head, "Location: /api/v1/operations/1"));
    raw_client follower = run.client();
    follower.say(run.head(run.token, "GET", "/api/v1/operations/1", "", "Accept: text/event-stream\r\n"));
    CHECK(follower.hear(false).status == 200);
    CHECK(follower.hear_until("event: done\n"));
    std::string rest;
    CHECK(follower.ends(&rest));
    CHECK(has(rest, R"("outcome":"done")"));
    CHECK(has(
        rest,
        R"("n":1,"kind":"install","id":"dev.example.tool","name":"tool","version":"1.0.0","step":"done")"));
    // Who comes late.
    raw_client late = run.client();
    late.say(run.head(run.token, "GET", "/api/v1/operations/1", "", "Accept: text/event-stream\r\n"));
    CHECK(late.hear(false).status == 200);
    CHECK(late.ends(&rest));
    CHECK(has(rest, "event: done\n"));
    CHECK_FALSE(has(rest, "event: step\n"));
    CHECK(run.admin("POST", "/api/v1/plugins/tool/disable?wait=soon").status == 400);
    CHECK(run.says_soon(
        "/api/v1/audit",
        R"("action":"POST /api/v1/plugins/install","target":"dev.example.tool","outcome":"done")"));
}

TEST_CASE("a dry run says what would be, and changes nothing") {
    package_web run;
    const std::string path = run.file_of({.more = R"(,"permissions":["users:kick"])"});
    for (const char* target : {"/api/v1/plugins/install?dryRun=true", "/api/v1/plugins/resolve"}) {
        const answer plan = run.admin("POST", target, run.by_path(path));
        CHECK(plan.status == 200);
        CHECK(has(plan.body, R"("install":[{"id":"dev.example.tool","version":"1.0.0","from":""}])"));
        CHECK(has(plan.body, R"("consent":{"permissions":["users:kick"],"signers":[]})"));
    }
    CHECK(has(run.admin("GET", "/api/v1/packages").body, R"({"packages":[],)"));
    CHECK(has(run.admin("GET", "/api/v1/operations").body, R"({"operations":[]})"));
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("a package's configuration is checked, kept, and goes back to the manifest's") {
    package_web run;
    REQUIRE(
        run.install(
               {.more =
                    R"(,"defaultConfig":{"words":3},"configSchema":{"type":"object","properties":{"words":{"type":"integer"}}})"})
            .status == 201);
    CHECK(run.admin("GET", "/api/v1/plugins/tool/config").body == R"({"config":{"words": 3}})");
    const answer wrong = run.admin("PUT", "/api/v1/plugins/tool/config", R"({"words":"many"})");
    CHECK(wrong.status == 422);
    CHECK(run.member(wrong, "code") == "config");
    CHECK(has(run.member(wrong, "detail"), "config.words: "));
    CHECK(run.admin("PUT", "/api/v1/plugins/tool/config", "[]").status == 400);
    CHECK(run.admin("PUT", "/api/v1/plugins/tool/config", R"({"words":5})").status == 200);
    CHECK(run.admin("GET", "/api/v1/plugins/dev.example.tool/config").body == R"({"config":{"words":5}})");
    CHECK(run.admin("DELETE", "/api/v1/plugins/tool/config").status == 200);
    CHECK(run.admin("GET", "/api/v1/plugins/tool/config").body == R"({"config":{"words": 3}})");
}

TEST_CASE("a list of plugins can be narrowed by type, number of status and tag") {
    package_web run;
    REQUIRE(run.install({.more = R"(,"type":"filter","tags":["chat"])"}).status == 201);
    REQUIRE(run.install({.id = "dev.example.still", .name = "still", .more = R"(,"type":"storage")"},
                        R"(,"enable":false)")
                .status == 201);
    const auto listed = [&](std::string_view query) {
        const std::string body = run.admin("GET", tenon::detail::join({"/api/v1/plugins", query})).body;
        return std::string(has(body, R"("name":"tool")") ? "tool " : "") +
               (has(body, R"("name":"still")") ? "still" : "");
    };
    CHECK(listed("") == "tool still");
    CHECK(listed("?pluginType=filter") == "tool ");
    CHECK(listed("?pluginType=storage&status=0") == "still");
    CHECK(listed("?status=1") == "tool ");
    CHECK(listed("?status=ready") == "tool ");
    CHECK(listed("?status=2") == "");
    for (const char* unknown : {"3", "x", "01"})
        CHECK(run.admin("GET", std::string("/api/v1/plugins?status=") + unknown).status == 400);
    CHECK(listed("?tag=chat") == "tool ");
    CHECK(listed("?tag=none") == "");
}

TEST_CASE("a package is uploaded as the mission's own curl lines do it") {
    package_web run;
    const tenon::http::client client(run.address, run.token);
    const auto send = [&](std::string_view method, std::string_view target, const package_wish& wish,
                          std::vector<tenon::http::uploaded_field> fields = {{"source", "local"}}) {
        return client.send(method, target,
                           {.fields = std::move(fields), .files = {{"file", run.file_of(wish)}}});
    };
    const auto made = send("POST", "/api/v1/plugins/install", {});
    REQUIRE(made);
    CHECK_MESSAGE(made->status == 201, made->body);
    const std::string asks = R"(,"permissions":["users:kick","users:ban"])";
    const auto plan =
        send("PUT", "/api/v1/plugins/dev.example.tool?dryRun=true", {.version = "1.1.0", .more = asks});
    REQUIRE(plan);
    CHECK(plan->status == 200);
    CHECK(has(plan->body, R"("update":[{"id":"dev.example.tool","version":"1.1.0","from":"1.0.0"}])"));
    const auto refused =
        send("PUT", "/api/v1/plugins/tool", {.version = "1.1.0", .more = asks}, {{"grant", "users:ban"}});
    REQUIRE(refused);
    CHECK(refused->status == 409);
    CHECK(has(refused->body, R"("consent":{"permissions":["users:kick"],"signers":[]})"));
    const auto updated = send("PUT", "/api/v1/plugins/tool", {.version = "1.1.0", .more = asks},
                              {{"grant", R"(["users:kick","users:ban"])"}, {"allowUnsigned", "true"}});
    REQUIRE(updated);
    CHECK_MESSAGE(updated->status == 200, updated->body);
    CHECK(run.keeps_no_upload());

    // A program alone, with its manifest beside it.
    const auto alone = client.send(
        "POST", "/api/v1/plugins/install",
        {.fields =
             {{"source", "local"},
              {"manifest",
               R"({"id":"dev.example.alone","version":"1.0.0","entry":"alone","args":["name","\"alone\""]})"}},
         .files = {{"file", fixture("misbehaving")}}});
    REQUIRE(alone);
    CHECK_MESSAGE(alone->status == 201, alone->body);
    CHECK(has(alone->body, R"("id":"dev.example.alone")"));
    const auto none = client.send("POST", "/api/v1/plugins/install", {.fields = {{"source", "local"}}});
    REQUIRE(none);
    CHECK(none->status == 400);
    const auto market =
        client.send("POST", "/api/v1/plugins/install", {.fields = {{"source", "market"}, {"marketId", "x"}}});
    REQUIRE(market);
    CHECK(market->status == 501);
}

TEST_CASE("what is neither yes nor no is refused, and neither installs nor erases data") {
    package_web run;
    const auto refused = [&](const answer& heard, std::string_view words) {
        CHECK(heard.status == 400);
        CHECK_MESSAGE(has(heard.body, words), heard.body);
    };
    refused(run.install({}, {}, "?dryRun=yes"), "dryRun: expected true or false");
    CHECK(has(run.admin("GET", "/api/v1/packages").body, R"("packages":[])"));
    const tenon::http::client client(run.address, run.token);
    const auto formed = client.send(
        "POST", "/api/v1/plugins/install",
        {.fields = {{"source", "local"}, {"enable", "perhaps"}}, .files = {{"file", run.file_of({})}}});
    REQUIRE(formed);
    CHECK(formed->status == 400);
    CHECK_MESSAGE(has(formed->body, "enable: expected true or false"), formed->body);
    CHECK(run.install({}, {}, "?dryRun=false").status == 201);
    refused(run.admin("DELETE", "/api/v1/plugins/tool?keepData=yes"), "keepData: expected true or false");
    CHECK(run.admin("GET", "/api/v1/plugins/tool").status == 200);
}

TEST_CASE(
    "a misspelt or empty word in the query was no: what was to be tried was done, and kept data was erased") {
    package_web run;
    for (const auto& [query, words] :
         {std::pair("?dryRun", "dryRun: expected true or false"),
          std::pair("?dryRun=", "dryRun: expected true or false"),
          std::pair("?dryrun=true",
                    R"(the query has a word that this path does not know; did you mean \"dryRun\"?)"),
          std::pair("?keepData=true", "the query has a word that this path does not know\"")}) {
        const answer heard = run.install({}, {}, query);
        CHECK(heard.status == 400);
        CHECK_MESSAGE(has(heard.body, words), heard.body);
    }
    CHECK(has(run.admin("GET", "/api/v1/packages").body, R"("packages":[])"));
    REQUIRE(run.install({}).status == 201);
    for (const char* query : {"?keepdata=true", "?keepData", "?dryRun=true"})
        CHECK(run.admin("DELETE", std::string("/api/v1/plugins/tool") + query).status == 400);
    for (const char* what : {"stop?x=1", "disable?dryRun=true", "rollback?to=1.0.0"})
        CHECK(run.admin("POST", std::string("/api/v1/plugins/tool/") + what, "{}").status == 400);
    CHECK(run.admin("POST", "/api/v1/plugins/tool/restart?wait=0").status == 200);
    CHECK(has(run.admin("GET", "/api/v1/plugins/tool").body, R"("state":"ready")"));
}

TEST_CASE("a misspelt member was ignored: a token never expired, a key was trusted for everything") {
    package_web run;
    const auto refused = [&](const char* target, std::string_view body, std::string_view words) {
        const answer heard = run.admin("POST", target, body);
        CHECK(heard.status == 400);
        CHECK_MESSAGE(has(run.member(heard, "detail"), words), heard.body);
    };
    refused("/api/v1/access/tokens", R"({"name":"exp","roles":["viewer"],"expiersAt":5})",
            R"(body.expiersAt: unknown member; did you mean "expiresAt"?)");
    refused("/api/v1/access/tokens", R"({"name":"exp","roles":["viewer"],"scopes":["a.b"]})",
            "body.scopes: unknown member");
    CHECK(has(run.admin("GET", "/api/v1/access/tokens").body, R"({"tokens":[]})"));
    refused("/api/v1/trust/keys",
            R"({"key":")" + key_of('a').open.text() + R"(","name":"a","plugin":["a.b"]})",
            R"(body.plugin: unknown member; did you mean "plugins"?)");
    CHECK(has(run.admin("GET", "/api/v1/trust/keys").body, R"("keys":[])"));
    refused("/api/v1/plugins/install", run.by_path(run.file_of({}), R"(,"allowDowngrad":true)"),
            "body.allowDowngrad: unknown member");
    const tenon::http::client client(run.address, run.token);
    const auto formed = client.send(
        "POST", "/api/v1/plugins/install",
        {.fields = {{"source", "local"}, {"grnat", "users:kick"}}, .files = {{"file", run.file_of({})}}});
    REQUIRE(formed);
    CHECK(formed->status == 400);
    CHECK_MESSAGE(has(formed->body, R"(grnat: unknown field; did you mean \"grant\"?)"), formed->body);
    CHECK(has(run.admin("GET", "/api/v1/packages").body, R"("packages":[])"));
}

TEST_CASE("permissions between commas in one field of a form were one that nobody had asked for") {
    package_web run;
    const tenon::http::client client(run.address, run.token);
    const auto made = client.send(
        "POST", "/api/v1/plugins/install",
        {.fields = {{"source", "local"}, {"grant", "users:kick, users:ban"}},
         .files = {{"file", run.file_of({.more = R"(,"permissions":["users:kick","users:ban"])"})}}});
    REQUIRE(made);
    CHECK_MESSAGE(made->status == 201, made->body);
}

TEST_CASE(
    "of two packages in one upload the second was dropped without a word, and an empty enable= was no") {
    package_web run;
    const tenon::http::client client(run.address, run.token);
    const auto refused = [&](const tenon::http::form& form, std::string_view words) {
        const auto heard = client.send("POST", "/api/v1/plugins/install", form);
        REQUIRE(heard);
        CHECK(heard->status == 400);
        CHECK_MESSAGE(has(heard->body, words), heard->body);
    };
    const std::string one = run.file_of({}), other = run.file_of({.id = "dev.example.b", .name = "b"});
    refused({.fields = {}, .files = {{"file", one}, {"file", other}}},
            "file: expected one package, got two: each is sent by itself");
    refused({.fields = {{"enable", ""}}, .files = {{"file", one}}}, "enable: expected true or false");
    CHECK(has(run.admin("GET", "/api/v1/packages").body, R"("packages":[])"));
    CHECK(run.keeps_no_upload());
}

TEST_CASE(
    "an update that names nothing was asked for a path alone, and one to a version could not be tried") {
    package_web run;
    REQUIRE(run.install({}).status == 201);
    REQUIRE(run.install({.version = "1.1.0"}).status == 200);
    const answer nothing = run.admin("PUT", "/api/v1/plugins/tool", "{}");
    CHECK(nothing.status == 400);
    CHECK(run.member(nothing, "detail") ==
          R"(body: expected "version", one that is here, or "source": "path" with a "path")");
    const std::string back = R"({"version":"1.0.0","allowDowngrade":true})";
    const answer plan = run.admin("PUT", "/api/v1/plugins/tool?dryRun=true", back);
    CHECK(plan.status == 200);
    CHECK_MESSAGE(has(plan.body, R"("update":[{"id":"dev.example.tool","version":"1.0.0","from":"1.1.0"}])"),
                  plan.body);
    CHECK(has(plan.body, R"("downgrade":true)"));
    CHECK(has(run.admin("GET", "/api/v1/packages").body, R"("version":"1.1.0","state":"enabled")"));
    const answer none = run.admin("PUT", "/api/v1/plugins/tool?dryRun=true", R"({"version":"7.0.0"})");
    CHECK(none.status == 404);
    CHECK(run.member(none, "detail") == "dev.example.tool 7.0.0 is not here");
    CHECK(run.admin("PUT", "/api/v1/plugins/tool", back).status == 200);
}

TEST_CASE("enabling what does not come up was an error that did not say that it is enabled") {
    package_web run;
    REQUIRE(run.install({}).status == 201);
    REQUIRE(run.admin("POST", "/api/v1/plugins/tool/disable").status == 200);
    REQUIRE(run.install({.version = "1.1.0", .args = {"exit", "3"}}).status == 200);
    const answer failed = run.admin("POST", "/api/v1/plugins/tool/enable");
    CHECK(failed.status == 422);
    CHECK(run.member(failed, "code") == "start");
    CHECK_MESSAGE(run.member(failed, "detail").starts_with("tool is enabled, and did not come up: "),
                  failed.body);
    CHECK(
        has(run.admin("GET", "/api/v1/packages").body, R"("version":"1.1.0","state":"enabled","status":2)"));
}

TEST_CASE("each row of a list had the whole schema of a package's configuration") {
    package_web run;
    REQUIRE(run.install({.more = R"(,"configSchema":{"type":"object","properties":{"words":{}}})"}).status ==
            201);
    for (const char* list : {"/api/v1/packages", "/api/v1/plugins"})
        CHECK_FALSE(has(run.admin("GET", list).body, "configSchema"));
    CHECK(has(run.admin("GET", "/api/v1/plugins/tool").body, R"("configSchema":{)"));
    REQUIRE(run.admin("POST", "/api/v1/plugins/tool/disable").status == 200);
    CHECK_FALSE(has(run.admin("GET", "/api/v1/plugins").body, "configSchema"));
    CHECK(has(run.admin("GET", "/api/v1/plugins/tool").body, R"("configSchema":{)"));
}

TEST_CASE("a manifest and a configuration that a form brings as files are taken as the fields are") {
    package_web run;
    const tenon::http::client client(run.address, run.token);
    const auto file_with = [&](std::string_view name, std::string_view text) {
        return run.folder.write(tenon::detail::join({"files/", name}), std::string(text), 0600);
    };
    const auto send = [&](const std::string& manifest, const std::string& config) {
        return client.send(
            "POST", "/api/v1/plugins/install",
            {.fields = {{"source", "local"}},
             .files = {{"manifest", manifest}, {"config", config}, {"file", fixture("misbehaving")}}});
    };
    const std::string manifest = file_with(
                          "plugin.json",
                          R"({"id":"dev.example.tool","version":"1.0.0","entry":"tool","args":["good"]})"),
                      config = file_with("config.json", R"({"rooms":3})");
    const auto broken = send(file_with("broken.json", "{"), config);
    REQUIRE(broken);
    CHECK(broken->status == 400);
    CHECK_MESSAGE(has(broken->body, R"("detail":"manifest: )"), broken->body);
    const auto long_one =
        send(file_with("long.json", std::string((std::size_t{512} << 10) + 1, ' ')), config);
    REQUIRE(long_one);
    CHECK_MESSAGE(has(long_one->body, "manifest: it has 524289 bytes, and at most 524288 are taken"),
                  long_one->body);
    const auto made = send(manifest, config);
    REQUIRE(made);
    CHECK_MESSAGE(made->status == 201, made->body);
    CHECK(has(run.admin("GET", "/api/v1/plugins/tool/config").body, R"({"config":{"rooms":3}})"));
}

TEST_CASE(
    "a field of a form that came twice, and another manifest beside a package, were ignored without a word") {
    package_web run;
    const tenon::http::client client(run.address, run.token);
    const auto refused = [&](std::vector<tenon::http::uploaded_field> fields,
                             std::vector<tenon::http::form_file> more = {}) {
        more.push_back({"file", run.file_of({})});
        const auto heard = client.send("POST", "/api/v1/plugins/install",
                                       {.fields = std::move(fields), .files = std::move(more)});
        REQUIRE(heard);
        CHECK(heard->status == 400);
        return tenon::json::parse(heard->body)
            .value_or(tenon::json())["detail"]
            .as<std::string>()
            .value_or("");
    };
    const std::string twice = ": it came twice, and one of them would be ignored",
                      config = run.folder.write("files/config.json", "{}", 0600);
    CHECK(refused({{"config", "{}"}, {"config", R"({"a":1})"}}) == "config" + twice);
    CHECK(refused({{"allowDowngrade", "true"}, {"allowDowngrade", "false"}}) == "allowDowngrade" + twice);
    CHECK(refused({{"config", "{}"}}, {{"config", config}}) == "config" + twice);
    CHECK(refused({}, {{"config", config}, {"config", config}}) == "config" + twice);
    const std::string inside =
        "the manifest that came with it is not the one in the package: expected one of "
        "dev.example.tool 1.0.0, or none";
    CHECK(refused({{"manifest", R"({"id":"dev.example.other","version":"1.0.0"})"}}) == inside);
    const answer by_path = run.install({}, R"(,"manifest":{"id":"dev.example.tool","version":"2.0.0"})");
    CHECK(by_path.status == 400);
    CHECK(run.member(by_path, "detail") == inside);
    CHECK(run.install({}, R"(,"manifest":{"id":"dev.example.tool","version":"1.0.0"})").status == 201);
}

TEST_CASE("the refusal of a body that is too large named a number that nobody had configured") {
    auto options = kept_packages::any_policy();
    options.limits.archive_bytes = 3'000'000;
    package_web run(options);
    raw_client sender = run.client();
    sender.say(run.head(package_web::token, "POST", "/api/v1/plugins/install", "",
                        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 99000000\r\n"));
    const answer refused = sender.hear();
    CHECK(refused.status == 413);
    CHECK_MESSAGE(has(refused.body, "expected at most 3000000 bytes"), refused.body);
}

TEST_CASE("a key is trusted here, lets its packages in, and does not once it is revoked") {
    auto options = kept_packages::trusting({});
    package_web run(options);
    const std::string key = key_of('a').open.text();
    CHECK(run.install({.signers = {key_of('a')}}).status == 403);
    const answer added = run.admin(
        "POST", "/api/v1/trust/keys",
        R"({"key":")" + key + R"(","name":"a test","plugins":["dev.example.*"],"notAfter":"2099-12-31"})");
    CHECK_MESSAGE(added.status == 201, added.body);
    CHECK(has(run.admin("GET", "/api/v1/trust/keys").body,
              R"("name":"a test","plugins":["dev.example.*"],"notAfter":"2099-12-31","configured":false)"));
    CHECK(run.admin("POST", "/api/v1/trust/keys", R"({"key":"RWno","name":"x"})").status == 400);
    const answer made = run.install({.signers = {key_of('a')}});
    CHECK_MESSAGE(made.status == 201, made.body);
    CHECK(run.admin("POST", "/api/v1/trust/revoked", R"({"what":")" + key + R"(","reason":"it was lost"})")
              .status == 201);
    CHECK(run.install({.version = "1.1.0", .signers = {key_of('a')}}).status == 403);
    std::string in_path = key;
    for (char& one : in_path) one = one == '+' ? '-' : one == '/' ? '_' : one;
    CHECK(run.admin("DELETE", "/api/v1/trust/revoked/" + in_path).status == 200);
    CHECK(run.admin("DELETE", "/api/v1/trust/keys/" + in_path).status == 200);
    CHECK(run.admin("DELETE", "/api/v1/trust/keys/" + in_path).status == 404);
    CHECK(run.says_soon("/api/v1/audit", R"("action":"POST /api/v1/trust/revoked")"));
}

TEST_CASE("a key that was trusted for some packages was trusted for all of them when it was added again") {
    package_web run;
    const std::string key = key_of('a').open.text();
    const auto add = [&](std::string_view more) {
        return run.admin("POST", "/api/v1/trust/keys",
                         tenon::detail::join({R"({"key":")", key, R"(",)", more, "}"}));
    };
    const std::string_view first = R"("name":"Example Corp","plugins":["dev.example.*"])";
    REQUIRE(add(first).status == 201);
    const answer again = add(first);
    CHECK_MESSAGE(again.status == 200, again.body);
    for (const char* other :
         {R"("name":"Example Corp")", R"("name":"me","plugins":["dev.example.*"])",
          R"("name":"Example Corp","plugins":["dev.example.*"],"notAfter":"2099-12-31")"}) {
        const answer refused = add(other);
        CHECK(refused.status == 409);
        CHECK(run.member(refused, "code") == "exists");
    }
    CHECK(has(run.admin("GET", "/api/v1/trust/keys").body,
              R"("name":"Example Corp","plugins":["dev.example.*"])"));
    CHECK(run.member(add(R"("name":"a\nb")"), "detail") == "name: expected one line of text");
    package_web configured(kept_packages::trusting({key_of('a')}));
    CHECK(configured.admin("POST", "/api/v1/trust/keys", R"({"key":")" + key + R"(","name":"me"})").status ==
          409);
}

TEST_CASE("an archive is sent as it was received") {
    package_web run;
    const package_wish wish;
    REQUIRE(run.install(wish).status == 201);
    const answer sent = run.admin("GET", "/api/v1/plugins/tool/archive");
    CHECK(sent.status == 200);
    CHECK(has(sent.head, "application/vnd.tenon.package.v1+zip"));
    CHECK(sent.body == wish.build());
    CHECK(run.admin("GET", "/api/v1/plugins/tool/archive?version=3.0.0").status == 404);
}

TEST_CASE("a manifest is looked at without a package") {
    package_web run;
    const answer good = run.admin("POST", "/api/v1/plugins/validate-manifest", package_wish().manifest());
    CHECK(has(good.body, R"({"valid":true,"findings":)"));
    const answer bad = run.admin("POST", "/api/v1/plugins/validate-manifest", R"({"id":"x","version":"1"})");
    CHECK(bad.status == 200);
    CHECK(has(bad.body, R"({"valid":false,"findings":[{"path":")"));
    CHECK(has(bad.body, R"("severity":"error","message":")"));
    CHECK(run.admin("POST", "/api/v1/plugins/validate-manifest", std::string(600'000, '[')).status == 413);
}
