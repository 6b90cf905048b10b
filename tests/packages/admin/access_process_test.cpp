// Who may do what with packages: tokens with roles and scopes, what is refused, and what is written down about it.

#include "package_web.hpp"

#include <tenon/admin/roles.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <set>

using namespace tenon::tests;

namespace {

std::string one_for_all(std::string pattern) {
    for (std::size_t open = 0; (open = pattern.find('{')) != pattern.npos;)
        pattern.replace(open, pattern.find('}') - open + 1, "1");
    return pattern;
}

} // namespace

TEST_CASE("each path of packages needs a permission, and nobody without it gets anything but 401 or 403") {
    package_web run;
    const std::string eye = run.token_for("eye", R"(["viewer"])");
    const auto viewer = tenon::permissions_of({"viewer"});
    std::size_t seen = 0;
    for (const auto& path : run.endpoints()) {
        if (path.needs.needs_nothing()) continue;
        ++seen;
        const std::string target = one_for_all(path.pattern), body = path.method == "GET" ? "" : "{}";
        CHECK_MESSAGE(run.ask("", path.method, target, body).status == 401, path.method, " ", target);
        const std::string needed(path.needs.permission());
        if (std::find(viewer.begin(), viewer.end(), needed) != viewer.end()) continue;
        const answer heard = run.ask(eye, path.method, target, body);
        CHECK_MESSAGE(heard.status == 403, path.method, " ", target);
        CHECK(has(heard.body, "the token eye lacks the permission " + needed));
    }
    CHECK(seen > 40);
}

TEST_CASE(
    "an installer takes what is signed, and needs more for what is unsigned, older or asks for permissions") {
    package_web run;
    const std::string installer = run.token_for("ci", R"(["installer"])");
    const auto install = [&](const package_wish& wish, std::string_view more = {}) {
        return run.ask(installer, "POST", "/api/v1/plugins/install", run.by_path(run.file_of(wish), more));
    };
    const answer unsigned_one = install({});
    CHECK(unsigned_one.status == 403);
    CHECK(run.member(unsigned_one, "code") == "permission");
    for (const auto& [more, permission] : {std::pair(R"(,"allowUnsigned":true)", "packages:any"),
                                           std::pair(R"(,"grant":["users:kick"])", "packages:grant"),
                                           std::pair(R"(,"allowDowngrade":true)", "packages:downgrade")}) {
        const answer refused = install({}, more);
        CHECK(refused.status == 403);
        CHECK(has(refused.body, std::string("the token ci lacks the permission ") + permission));
        CHECK(run.says_soon("/api/v1/audit", std::string(R"("missing":")") + permission));
    }
    auto options = kept_packages::trusting({key_of('a')});
    package_web strict(options);
    const std::string theirs = strict.token_for("ci", R"(["installer"])");
    const answer good = strict.ask(theirs, "POST", "/api/v1/plugins/install",
                                   strict.by_path(strict.file_of({.signers = {key_of('a')}})));
    CHECK_MESSAGE(good.status == 201, good.body);
    CHECK(has(good.body, R"("trust":"signed","signers":[{"key":")"));
    CHECK(has(strict.admin("GET", "/api/v1/packages").body, R"("policy":"signed")"));
    CHECK(strict.install({.version = "1.1.0"}).status == 403);
    CHECK(strict.install({.version = "1.1.0", .signers = {key_of('b')}}).status == 403);
}

TEST_CASE("what is unsigned is refused for want of packages:any, and a dry run says so, too") {
    package_web run;
    const std::string ci = run.token_for("ci", R"(["installer"])");
    const std::string
        body = run.by_path(run.file_of({})),
        words = "dev.example.tool 1.0.0 is unsigned, and the token ci lacks the permission packages:any";
    const answer refused = run.ask(ci, "POST", "/api/v1/plugins/install", body);
    CHECK(refused.status == 403);
    CHECK(run.member(refused, "code") == "permission");
    CHECK(run.member(refused, "detail") == words);
    for (const char* dry : {"install?dryRun=true", "resolve"}) {
        const answer plan = run.ask(ci, "POST", std::string("/api/v1/plugins/") + dry, body);
        CHECK(plan.status == 200);
        CHECK(has(plan.body, R"("conflicts":[")" + words + R"("])"));
    }
    // Who asks for a signed one is still told that.
    const answer asked = run.ask(ci, "POST", "/api/v1/plugins/install",
                                 run.by_path(run.file_of({}), R"(,"allowUnsigned":false)"));
    CHECK(run.member(asked, "code") == "policy");
    CHECK(has(run.admin("POST", "/api/v1/plugins/resolve", body).body, R"("conflicts":[])"));
}

TEST_CASE("a package outside of a token's scope is no permission that the token lacks") {
    package_web run;
    const std::string team = run.token_for("team", R"(["admin"])", R"(["dev.other.*"])");
    for (const char* query : {"", "?dryRun=true"})
        CHECK(run.member(run.ask(team, "POST", std::string("/api/v1/plugins/install") + query,
                                 run.by_path(run.file_of({}))),
                         "detail") == "the token team is for other plugins");
    CHECK(run.member(run.ask(team, "POST", "/api/v1/plugins/discovered/thing/register"), "detail") ==
          "the token team is for some plugins, and this is about all of them");
    CHECK(run.says_soon("/api/v1/audit", R"("missing":"scope")"));
}

TEST_CASE(
    "an administrator's token with a scope could make one for everything, trust keys and read the audit") {
    // Which paths such a token may ask besides those of one plugin: what is new is refused until it is here.
    const std::set<std::string> of_several = {"GET /api/plugin/list",
                                              "GET /api/v1/catalogue",
                                              "GET /api/v1/commands",
                                              "GET /api/v1/events/explain",
                                              "GET /api/v1/operations",
                                              "GET /api/v1/operations/{number}",
                                              "GET /api/v1/packages",
                                              "GET /api/v1/plugins",
                                              "GET /api/v1/plugins/discovered",
                                              "GET /api/v1/plugins/metrics",
                                              "GET /api/v1/status",
                                              "GET /metrics",
                                              "POST /api/plugin/execute",
                                              "POST /api/v1/commands/{name}",
                                              "POST /api/v1/plugins/install",
                                              "POST /api/v1/plugins/resolve",
                                              "POST /api/v1/plugins/validate-manifest"};
    package_web run;
    const std::string team = run.token_for("team", R"(["admin"])", R"(["dev.other.*"])");
    std::set<std::string> open_to_it, of_all;
    for (const auto& path : run.endpoints()) {
        if (path.needs.needs_nothing()) continue;
        if (path.scoped == tenon::http::scoping::by_function) open_to_it.insert(path.action());
        if (path.scoped != tenon::http::scoping::refused) continue;
        of_all.insert(path.action());
        const answer heard = run.ask(team, path.method, one_for_all(path.pattern),
                                     path.method == "GET" ? "" : R"({"name":"more","roles":["admin"]})");
        CHECK_MESSAGE(heard.status == 403, path.action());
        CHECK(run.member(heard, "detail") ==
              "the token team is for some plugins, and this is about all of them");
    }
    CHECK(open_to_it == of_several);
    for (const char* one :
         {"GET /api/v1/access/tokens", "POST /api/v1/access/tokens", "DELETE /api/v1/access/tokens/{name}",
          "GET /api/v1/audit", "GET /api/v1/trust/keys", "POST /api/v1/trust/keys",
          "POST /api/v1/trust/revoked", "GET /api/v1/store", "POST /api/v1/store/repair", "GET /api/v1/logs",
          "POST /api/v1/plugins/{name}/compile"})
        CHECK_MESSAGE(of_all.count(one) == 1, one);
    CHECK_FALSE(has(run.admin("GET", "/api/v1/access/tokens").body, "more"));
}

TEST_CASE("a page could not know what its token may, and offered what is refused") {
    package_web run;
    const std::string team = run.token_for("team", R"(["viewer","publisher"])", R"(["dev.other.*"])");
    CHECK(
        run.body_of(run.ask(team, "GET", "/api/v1/status"))["token"].text() ==
        R"({"name":"team","permissions":["plugins:read","logs:read","packages:read","metrics:read"],"scope":["dev.other.*"]})");
    CHECK(run.body_of(run.admin("GET", "/api/v1/status"))["token"].text() ==
          R"({"name":"administrator","permissions":["*"],"scope":[]})");
}

TEST_CASE("one request for a package had two rows in the audit, and its target two names") {
    package_web run;
    REQUIRE(run.install({}).status == 201);
    const std::string path = "/api/v1/plugins/", installer = run.token_for("inst", R"(["installer"])");
    struct audit_row {
        std::string action, target, outcome;
    };
    const auto rows = [&] {
        const auto all =
            run.body_of(run.admin("GET", "/api/v1/audit?limit=1000"))["audit"].as<std::vector<audit_row>>();
        REQUIRE(all);
        std::string text;
        for (const audit_row& one : *all)
            text = tenon::detail::join({one.action, " ", one.target, " ", one.outcome, "\n", text});
        return text;
    };
    const auto asked = [&](std::string_view method, std::string_view what, std::string_view body = {}) {
        return run.admin(method, path + std::string(what), body).status;
    };
    const auto begun = [&](std::string_view method, std::string_view what, std::string_view body = {}) {
        const answer heard = run.admin(method, path + std::string(what) + "?wait=0", body);
        CHECK(heard.status == 202);
        CHECK(run.says_soon(run.member(heard, "location"), R"("outcome":"done")"));
    };
    begun("PUT", "tool/config", R"({"a":1})");
    CHECK(asked("PUT", "tool/config", R"({"a":2})") == 200);
    CHECK(asked("PUT", "dev.example.tool/config", R"({"a":3})") == 200);
    CHECK(asked("PUT", "tool/config", "[]") == 400);
    begun("POST", "tool/disable");
    CHECK(asked("POST", "tool/enable") == 200);
    CHECK(asked("POST", "tool/restart") == 200);
    CHECK(asked("POST", "dev.example.tool/stop") == 200);
    CHECK(asked("PUT", "tool/pin", R"({"version":"9.0.0"})") == 404);
    CHECK(run.ask(installer, "PUT", path + "tool", R"({"version":"1.0.0","allowDowngrade":true})").status ==
          403);
    CHECK(run.ask(run.token_for("eye", R"(["viewer"])"), "POST", path + "tool/stop").status == 403);
    const std::string_view expected = R"(POST /api/v1/plugins/install dev.example.tool done
POST /api/v1/access/tokens  done
PUT /api/v1/plugins/{name}/config dev.example.tool done
PUT /api/v1/plugins/{name}/config dev.example.tool done
PUT /api/v1/plugins/{name}/config dev.example.tool done
PUT /api/v1/plugins/{name}/config dev.example.tool failed
POST /api/v1/plugins/{name}/disable dev.example.tool done
POST /api/v1/plugins/{name}/enable dev.example.tool done
POST /api/v1/plugins/{name}/restart dev.example.tool done
POST /api/v1/plugins/{name}/stop dev.example.tool done
PUT /api/v1/plugins/{name}/pin dev.example.tool failed
PUT /api/v1/plugins/{name} dev.example.tool refused
POST /api/v1/access/tokens  done
POST /api/v1/plugins/{name}/stop dev.example.tool refused
)";
    CHECK(run.says_soon("/api/v1/audit?limit=1", R"("actor":"eye")"));
    CHECK(rows() == expected);
}

TEST_CASE(
    "the status told a token with a scope how many plugins there are and where the configuration lies") {
    package_web run;
    REQUIRE(run.install({}).status == 201);
    REQUIRE(run.install({.id = "dev.other.thing", .name = "thing"}).status == 201);
    run.there([&] { run.host().tell_configuration({.file = "/etc/secret/host.json", .mistakes = {"x"}}); });
    CHECK(has(run.admin("GET", "/api/v1/status").body, R"("pluginsKnown":2,"pluginsReady":2)"));
    const std::string team = run.token_for("team", R"(["viewer"])", R"(["dev.other.*"])");
    const answer told = run.ask(team, "GET", "/api/v1/status");
    CHECK_MESSAGE(has(told.body, R"("pluginsKnown":1,"pluginsReady":1)"), told.body);
    CHECK(has(told.body, R"("configurationWords":"the configuration is good)"));
    for (const char* target : {"/api/v1/status", "/api/v1/plugins/metrics", "/metrics"})
        CHECK_FALSE(has(run.ask(team, "GET", target).body, "/etc/secret"));
}

TEST_CASE("who would get an event is said of the plugins in a token's scope alone") {
    package_web run;
    REQUIRE(run.install({}).status == 201);
    REQUIRE(run.install({.id = "org.other.thing", .name = "thing"}).status == 201);
    const std::string team = run.token_for("team", R"(["viewer"])", R"(["dev.example.*"])"),
                      target = "/api/v1/events/explain?type=message.incoming";
    CHECK(has(run.admin("GET", target).body, R"("plugin":"thing")"));
    const answer heard = run.ask(team, "GET", target);
    CHECK(has(heard.body, R"("plugin":"tool")"));
    CHECK_FALSE(has(heard.body, "thing"));
}

TEST_CASE("an empty scope is refused, and makes no token for everything") {
    package_web run;
    const answer heard =
        run.admin("POST", "/api/v1/access/tokens", R"({"name":"ci","roles":["viewer"],"scope":[]})");
    CHECK(heard.status == 400);
    CHECK(run.member(heard, "detail") ==
          "scope: expected at least one pattern; leave it out for all plugins");
    CHECK(has(run.admin("GET", "/api/v1/access/tokens").body, R"({"tokens":[]})"));
}

TEST_CASE("a token's scope says which packages it may install, fetch and follow") {
    package_web run;
    REQUIRE(run.install({}).status == 201);
    REQUIRE(run.install({.id = "org.other.thing", .name = "thing"}).status == 201);
    const std::string team = run.token_for("team", R"(["admin"])", R"(["dev.example.*"])");
    const answer list = run.ask(team, "GET", "/api/v1/packages");
    CHECK(has(list.body, "dev.example.tool"));
    CHECK_FALSE(has(list.body, "org.other.thing"));
    CHECK_FALSE(has(run.ask(team, "GET", "/api/v1/plugins").body, "org.other.thing"));
    for (const char* other : {"thing", "org.other.thing"})
        for (const char* what : {"", "/versions", "/history", "/archive", "/config"})
            CHECK(run.ask(team, "GET", std::string("/api/v1/plugins/") + other + what).status == 403);
    CHECK(run.ask(team, "GET", "/api/v1/plugins/tool/archive").status == 200);
    CHECK(run.ask(team, "DELETE", "/api/v1/plugins/thing").status == 403);
    CHECK(run.ask(team, "POST", "/api/v1/plugins/org.other.thing/disable").status == 403);
    // What it is stands in the file, and the file is looked at first.
    for (const char* query : {"", "?dryRun=true"}) {
        const answer refused = run.ask(team, "POST", std::string("/api/v1/plugins/install") + query,
                                       run.by_path(run.file_of({.id = "org.other.more", .name = "more"})));
        CHECK(refused.status == 403);
        CHECK(run.member(refused, "code") == "permission");
    }
    CHECK(run.ask(team, "PUT", "/api/v1/plugins/tool",
                  run.by_path(run.file_of({.id = "org.other.more", .name = "more"})))
              .status == 400);
    CHECK(run.ask(team, "POST", "/api/v1/plugins/install",
                  run.by_path(run.file_of({.id = "dev.example.two", .name = "two"})))
              .status == 201);
    const std::string operations = run.ask(team, "GET", "/api/v1/operations").body;
    CHECK(has(operations, "dev.example.two"));
    CHECK_FALSE(has(operations, "org.other"));
    CHECK(run.ask(team, "GET", "/api/v1/operations/2").status == 404);
    CHECK(run.ask(team, "GET", "/api/v1/operations/1").status == 200);
}

TEST_CASE("a token is shown once, kept as a hash, outlives the host, and is nothing once it is revoked") {
    package_web run;
    const answer made =
        run.admin("POST", "/api/v1/access/tokens",
                  R"({"name":"ci","roles":["viewer"],"scope":["dev.example.*"],"expiresAt":9999999999999})");
    REQUIRE(made.status == 201);
    const std::string token = run.member(made, "token");
    CHECK(token.size() == 43);
    const answer list = run.admin("GET", "/api/v1/access/tokens");
    CHECK(has(list.body,
              R"({"tokens":[{"name":"ci","roles":["viewer"],"scope":["dev.example.*"],"createdAt":)"));
    CHECK_FALSE(has(list.body, token));
    CHECK(run.ask(token, "GET", "/api/v1/packages").status == 200);
    CHECK_FALSE(has(
        bytes_of(run.folder / "store/packages.db") + bytes_of(run.folder / "store/packages.db-wal"), token));
    run.close();
    run.open();
    CHECK(run.ask(token, "GET", "/api/v1/packages").status == 200);

    const auto refused = [&](std::string_view body, int status) {
        const answer heard = run.admin("POST", "/api/v1/access/tokens", body);
        CHECK_MESSAGE(heard.status == status, body, " ", heard.body);
    };
    refused(R"({"name":"ci","roles":["viewer"]})", 409);
    refused(R"({"name":"administrator","roles":["viewer"]})", 400);
    refused(R"({"name":"a/b","roles":["viewer"]})", 400);
    refused(R"({"name":"","roles":["viewer"]})", 400);
    refused(R"({"name":"b","roles":[]})", 400);
    refused(R"({"name":"b","roles":["root"]})", 400);
    refused(R"({"name":"b","roles":["viewer"],"scope":["dev*"]})", 400);
    refused(R"({"name":"b","roles":["viewer"],"expiresAt":1000})", 400);
    CHECK(run.admin("DELETE", "/api/v1/access/tokens/ci").status == 200);
    CHECK(run.ask(token, "GET", "/api/v1/packages").status == 401);
    CHECK(run.admin("DELETE", "/api/v1/access/tokens/ci").status == 404);
    CHECK(has(run.admin("GET", "/api/v1/access/tokens").body, R"({"tokens":[]})"));
    CHECK(run.says_soon("/api/v1/audit",
                        R"("action":"DELETE /api/v1/access/tokens/{name}","target":"ci","outcome":"done")"));
    CHECK_FALSE(has(run.admin("GET", "/api/v1/audit").body, token));
}

TEST_CASE("a token is taken from the first request on, and its name is, while the store is busy") {
    package_web run;
    const std::string token = run.token_for("ci", R"(["viewer"])");
    run.close();
    std::promise<void> goes_on;
    run.open([held = goes_on.get_future().share()](tenon::package_manager& packages) {
        packages.ask<tenon::result<void>>([](const tenon::result<void>&) {},
                                          [held](tenon::package_store&) {
                                              held.wait();
                                              return tenon::result<void>();
                                          });
    });
    CHECK(run.ask(token, "GET", "/api/v1/packages").status == 200);
    CHECK(run.admin("POST", "/api/v1/access/tokens", R"({"name":"ci","roles":["admin"]})").status == 409);
    goes_on.set_value();
}

TEST_CASE("a stream went on after its token was revoked") {
    package_web run;
    const std::string one = run.token_for("one", R"(["viewer"])"),
                      two = run.token_for("two", R"(["viewer"])");
    raw_client gone = run.client(), stays = run.client();
    gone.say(run.head(one, "GET", "/api/v1/logs"));
    stays.say(run.head(two, "GET", "/api/v1/logs"));
    REQUIRE(gone.hear(false).status == 200);
    REQUIRE(stays.hear(false).status == 200);
    REQUIRE(run.admin("DELETE", "/api/v1/access/tokens/one").status == 200);
    REQUIRE(run.install({}).status == 201);
    CHECK(stays.hear_until("install of dev.example.tool"));
    CHECK_FALSE(gone.hear_until("install of dev.example.tool"));
}

TEST_CASE("changes and refusals are rows, and a stranger who is refused a thousand times gets few") {
    package_web run;
    REQUIRE(run.install({}).status == 201);
    REQUIRE(run.install({.version = "1.1.0"}).status == 200);
    CHECK(run.says_soon("/api/v1/audit", R"("detail":{"operation":2,"after":"1.1.0"})"));
    raw_client stranger = run.client();
    for (int at = 0; at < 300; ++at) {
        stranger.say(run.head("", "DELETE", "/api/v1/plugins/" + std::string(600, 'x')));
        REQUIRE(stranger.hear().status == 401);
    }
    REQUIRE(run.admin("POST", "/api/v1/plugins/tool/disable").status == 200);
    CHECK(run.says_soon("/api/v1/audit?limit=1", R"("target":"dev.example.tool","outcome":"done")"));
    const std::string all = run.admin("GET", "/api/v1/audit?limit=1000").body;
    std::size_t strange = 0;
    for (std::size_t at = 0; (at = all.find(R"("actor":"")", at)) != all.npos; ++at) ++strange;
    CHECK(strange >= 1);
    CHECK(strange <= 2 * tenon::most_strange_rows); // the minute may have ended meanwhile
    CHECK(has(all, R"("leftOut":)"));
    CHECK_FALSE(has(all, std::string(201, 'x')));
    const std::int64_t newest =
        run.body_of(run.admin("GET", "/api/v1/audit?limit=1"))["audit"][0]["n"].as<std::int64_t>().value();
    CHECK_FALSE(has(run.admin("GET", "/api/v1/audit?limit=5&before=" + std::to_string(newest)).body,
                    R"("n":)" + std::to_string(newest) + ","));
    CHECK(run.admin("GET", "/api/v1/audit?limit=0").status == 400);
    CHECK(run.admin("GET", "/api/v1/audit?before=-1").status == 400);
}
