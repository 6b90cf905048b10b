// Who may do what with a token that is not the administrator's, by role and by scope, and what is written down about it.

#include "running_admin.hpp"

#include <tenon/admin/roles.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace tenon::tests;
using tenon::json;
using tenon::http::audited;
using tenon::http::principal;
using tenon::testing::scripted_plugin;

namespace {

/// A hash for tests: what is hashed is not the business of the guard.
std::string reversed(std::string_view text) { return {text.rbegin(), text.rend()}; }

struct with_tokens {
    void give(const std::string& name, const std::vector<std::string>& roles,
              std::vector<std::string> scope = {}, std::int64_t expires_at = 0) {
        auto who = std::make_shared<const principal>(
            principal{name, roles, tenon::permissions_of(roles), std::move(scope)});
        all.push_back({reversed("secret-of-" + name), std::move(who), expires_at});
        table->set(all);
    }

    std::int64_t now = 1'000;
    std::shared_ptr<tenon::http::token_table> table =
        std::make_shared<tenon::http::token_table>(reversed, [this] { return now; });
    std::vector<tenon::http::known_token> all;
    std::vector<audited> heard;
    running_admin run{{}, {}, [this](tenon::http::router& to, tenon::host&) {
                          tenon::http::guard doorman{token};
                          doorman.knows([this](std::string_view shown) { return table->find(shown); });
                          to.guarded_by(std::move(doorman));
                          to.audited_by([this](const audited& one) { heard.push_back(one); });
                          return std::shared_ptr<void>();
                      }};

    answer ask(const std::string& who, std::string_view method, std::string_view target,
               std::string_view body = {}) const {
        return run.ask(method, target, body, "Authorization: Bearer secret-of-" + who + "\r\n");
    }
    std::vector<audited> audit() {
        return run.there([this] { return std::exchange(heard, {}); });
    }
};

std::string one_for_all(std::string pattern) {
    for (std::size_t open = 0; (open = pattern.find('{')) != pattern.npos;)
        pattern.replace(open, pattern.find('}') - open + 1, "one");
    return pattern;
}

tenon::plugin_options with_id(std::string id) {
    tenon::plugin_options options;
    options.id = std::move(id);
    return options;
}

scripted_plugin willing() {
    scripted_plugin one({.name = "one", .commands = {"echo"}});
    one.on("plugin/execute", [](const json& params) { return json(params["args"]); });
    return one;
}

} // namespace

TEST_CASE("a stream went on after its token had expired") {
    with_tokens with;
    with.run.there([&] { with.give("eye", {"viewer"}, {}, 2'000); });
    tenon::http::raw_client client = with.run.client();
    client.say("GET /api/v1/logs HTTP/1.1\r\nHost: " + with.run.address +
               "\r\nAuthorization: Bearer secret-of-eye\r\n\r\n");
    REQUIRE(client.hear(false).status == 200);
    with.run.there([&] { with.run.host().note(tenon::log_level::info, "first"); });
    CHECK(client.hear_until("first"));
    with.run.there([&] {
        with.now = 2'000;
        with.run.host().note(tenon::log_level::info, "second");
    });
    CHECK_FALSE(client.hear_until("second"));
}

TEST_CASE("each path needs a permission that some role has and a viewer has none that changes anything") {
    const auto viewer = tenon::permissions_of({"viewer"}), operating = tenon::permissions_of({"operator"});
    const auto has = [](const std::vector<std::string>& all, std::string_view one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    };
    running_admin run;
    std::size_t seen = 0;
    for (const auto& path : run.endpoints()) {
        if (path.needs.needs_nothing()) continue;
        ++seen;
        const std::string_view needed = path.needs.permission();
        CHECK_MESSAGE(has(operating, needed), path.method, " ", path.pattern);
        CHECK_MESSAGE((path.method == "GET" || !has(viewer, needed)), path.method, " ", path.pattern);
        CHECK((path.scoped == tenon::http::scoping::by_name) ==
              path.pattern.starts_with("/api/v1/plugins/{name}"));
    }
    CHECK(seen > 20);
    CHECK(tenon::permissions_of({"viewer", "operator"}) == operating);
    CHECK(tenon::permissions_of({"nobody"}).empty());
    CHECK(tenon::permissions_of({"admin"}) == std::vector<std::string>{"*"});
    for (const char* role : {"viewer", "operator", "installer", "publisher", "admin"})
        CHECK(tenon::is_role(role));
    for (const char* other : {"", "Admin", "admins"}) CHECK_FALSE(tenon::is_role(other));
}

TEST_CASE("a token without a path's permission is 403, which is named, and changes nothing") {
    with_tokens whole;
    scripted_plugin one = willing();
    REQUIRE(whole.run.start(one, "one"));
    whole.run.there([&] {
        whole.give("eye", {"viewer"});
        whole.give("nothing", {});
    });
    const auto viewer = tenon::permissions_of({"viewer"});
    std::size_t refused = 0;
    for (const auto& path : whole.run.endpoints()) {
        if (path.needs.needs_nothing()) continue;
        const std::string needed(path.needs.permission()), target = one_for_all(path.pattern);
        const std::string body = path.method == "GET" ? "" : "{}";
        for (const std::string who : {"eye", "nothing"}) {
            if (who == "eye" && std::find(viewer.begin(), viewer.end(), needed) != viewer.end()) continue;
            const answer heard = whole.ask(who, path.method, target, body);
            CHECK_MESSAGE(heard.status == 403, path.method, " ", target);
            CHECK(has(heard.body, "the token " + who + " lacks the permission " + needed));
            CHECK(has(heard.body, R"("code":"permission")"));
            ++refused;
        }
    }
    CHECK(refused > 30);
    CHECK(whole.run.status("one").state == tenon::plugin_state::ready);
    const auto rows = whole.audit();
    REQUIRE(rows.size() == refused);
    for (const audited& row : rows) {
        CHECK(row.status == 403);
        CHECK_FALSE(row.missing.empty());
        CHECK((row.actor == "eye" || row.actor == "nothing"));
    }
    CHECK(whole.ask("eye", "GET", "/api/v1/plugins/one").status == 200);
    CHECK(whole.ask("eye", "GET", "/metrics").status == 200);
    CHECK(whole.audit().empty()); // who looks at something changes nothing
}

TEST_CASE("a token that is unknown, revoked or expired is 401, with the permission that would do") {
    with_tokens whole;
    whole.run.there([&] { whole.give("late", {"viewer"}, {}, 2'000); });
    CHECK(whole.ask("late", "GET", "/api/v1/plugins").status == 200);
    whole.run.there([&] { whole.now = 2'000; });
    CHECK(has(whole.ask("late", "GET", "/api/v1/plugins").body, "this token has expired"));
    const answer unknown = whole.ask("nobody", "GET", "/api/v1/plugins");
    CHECK(unknown.status == 401);
    CHECK(has_header(unknown, "www-authenticate: bearer"));
    CHECK(has(unknown.body,
              "this needs the token of an administrator, or one with the permission plugins:read"));
    CHECK(whole.run.ask("GET", "/api/v1/plugins", "", "Cookie: token=secret-of-late\r\n").status == 401);
    CHECK(whole.run.ask("GET", "/api/v1/plugins?token=secret-of-late").status == 401);
    // The hash is what the host keeps: it is no token.
    CHECK(
        whole.run
            .ask("GET", "/api/v1/plugins", "", "Authorization: Bearer " + reversed("secret-of-late") + "\r\n")
            .status == 401);
    const auto rows = whole.audit();
    REQUIRE(rows.size() == 5);
    CHECK(rows[1].actor.empty());
    CHECK(rows[1].missing == "plugins:read");
    whole.run.there([&] {
        whole.now = 1'000;
        whole.table->set({});
    });
    CHECK(whole.ask("late", "GET", "/api/v1/plugins").status == 401);
    CHECK(whole.run.admin("GET", "/api/v1/plugins").status == 200);
}

TEST_CASE("a token's scope says which plugins it is about, by their ids") {
    with_tokens whole;
    scripted_plugin near({.name = "one", .commands = {"echo"}});
    near.on("plugin/execute", [](const json& params) { return json(params["args"]); });
    scripted_plugin far({.name = "two", .commands = {"far"}});
    REQUIRE(whole.run.start(near, "one", with_id("dev.example.one")));
    REQUIRE(whole.run.start(far, "two", with_id("dev.examples.two")));
    whole.run.there([&] { whole.give("team", {"operator"}, {"dev.example.*"}); });
    CHECK(whole.ask("team", "POST", "/api/v1/plugins/one/restart").status == 200);
    const answer refused = whole.ask("team", "POST", "/api/v1/plugins/two/restart");
    CHECK(refused.status == 403);
    CHECK(has(refused.body, "the token team is for other plugins"));
    CHECK(whole.ask("team", "GET", "/api/v1/plugins/two").status == 403);
    CHECK(whole.ask("team", "POST", "/api/v1/commands/far", "{}").status == 404);
    CHECK(whole.ask("team", "POST", "/api/plugin/execute", R"({"id":"two","method":"far"})").status == 403);
    CHECK(whole.ask("team", "POST", "/api/v1/commands/echo", R"({"a":1})").body == R"({"result":{"a":1}})");
    for (const char* list : {"/api/v1/plugins", "/api/v1/plugins/metrics", "/api/plugin/list"}) {
        const std::string all = whole.ask("team", "GET", list).body;
        CHECK(has(all, "dev.example.one"));
        CHECK_FALSE(has(all, "dev.examples.two"));
    }
    const std::string metrics = whole.ask("team", "GET", "/metrics").body;
    CHECK(has(metrics, R"(plugin="one")"));
    CHECK_FALSE(has(metrics, R"(plugin="two")"));
    CHECK(whole.ask("team", "GET", "/api/v1/commands").body ==
          R"({"commands":[{"name":"echo","plugin":"one"}]})");
    for (const char* stream : {"/api/v1/logs", "/api/v1/events"})
        CHECK(whole.ask("team", "GET", stream).status == 403);
    const answer about_all = whole.ask("team", "POST", "/api/v1/events", R"({"type":"a.b"})");
    CHECK(about_all.status == 403);
    CHECK(has(about_all.body, "the token team is for some plugins, and this is about all of them"));
    CHECK(whole.run.status("two").generation == 1);
    whole.run.there([&] { whole.give("all", {"operator"}, {"*"}); });
    CHECK(whole.ask("all", "POST", "/api/v1/events", R"({"type":"a.b"})").status == 200);
    CHECK(whole.ask("all", "POST", "/api/v1/plugins/two/restart").status == 200);
}

TEST_CASE("who was for some plugins was told the names of all others and of their commands") {
    with_tokens whole;
    scripted_plugin near({.name = "one", .commands = {"echo"}}), far({.name = "two", .commands = {"secret"}});
    REQUIRE(whole.run.start(near, "one", with_id("dev.example.one")));
    REQUIRE(whole.run.start(far, "two", with_id("org.other.two")));
    whole.run.there([&] { whole.give("team", {"operator"}, {"dev.example.*"}); });
    const auto said = [&](std::string_view target, std::string_view body) {
        return whole.ask("team", "POST", target, body).body;
    };
    // Whether there is such a one or not is the same to them.
    std::string words = R"(there is no command \"secret\"; there is only echo)";
    CHECK(has(said("/api/v1/commands/secret", "{}"), words));
    CHECK(has(said("/api/v1/commands/secreta", "{}"),
              R"(there is no command \"secreta\"; there is only echo)"));
    CHECK(has(said("/api/v1/plugins/dev.example.none/execute", R"({"method":"echo"})"),
              R"(there is no plugin \"dev.example.none\"; there is only one)"));
    for (const char* id : {"two", "org.other.two", "twi", "nothing"}) {
        const std::string body =
            said("/api/plugin/execute", R"({"method":"x","id":")" + std::string(id) + R"("})");
        CHECK(has(body, "the token team is for other plugins"));
    }
    CHECK(has(said("/api/plugin/execute", R"({"id":"one","method":"secret"})"), "there is only echo"));
    // Also where a plugin had it, and does not run now.
    REQUIRE(whole.run.admin("POST", "/api/v1/plugins/two/stop").status == 200);
    CHECK(has(said("/api/v1/commands/secret", "{}"), words));
    CHECK(has(whole.run.admin("POST", "/api/v1/commands/secret", "{}").body, "two has it"));
}

TEST_CASE("an administrator of some plugins was one to the routes of all others") {
    with_tokens whole;
    scripted_plugin near({.name = "one", .routes = {"GET /x"}}), far({.name = "two", .routes = {"GET /x"}});
    struct reply {
        int status;
        std::string body;
    };
    for (scripted_plugin* each : {&near, &far})
        each->on("plugin/handleRequest", [](const json& params) {
            return reply{200, std::string(params.text())};
        });
    REQUIRE(whole.run.start(near, "one", with_id("dev.example.one")));
    REQUIRE(whole.run.start(far, "two", with_id("org.other.two")));
    whole.run.there([&] { whole.give("team", {"admin"}, {"dev.example.*"}); });
    const std::string is_admin = R"("auth":{"role":"admin"})";
    CHECK(has(whole.ask("team", "GET", "/api/plugins/one/x").body, is_admin));
    const answer other = whole.ask("team", "GET", "/api/plugins/two/x");
    CHECK(other.status == 200);
    CHECK_FALSE(has(other.body, "auth"));
}

TEST_CASE("what is changed is told with who changed it and how it was before and after") {
    with_tokens whole;
    scripted_plugin one = willing();
    REQUIRE(whole.run.start(one, "one"));
    REQUIRE(whole.run.admin("POST", "/api/v1/plugins/one/stop").status == 200);
    REQUIRE(whole.run.admin("POST", "/api/v1/plugins/none/stop").status == 404);
    REQUIRE(whole.run.ask("POST", "/api/v1/plugins/one/start").status == 401);
    REQUIRE(whole.run.soon([&] { return whole.heard.size() == 3; }));
    auto rows = whole.audit();
    std::stable_sort(rows.begin(), rows.end(),
                     [](const audited& a, const audited& b) { return a.status < b.status; });
    CHECK(rows[0].actor == "administrator");
    CHECK(rows[0].action == "POST /api/v1/plugins/{name}/stop");
    CHECK(rows[0].target == "one");
    CHECK(rows[0].status == 200);
    CHECK(rows[0].before == R"({"enabled":true,"state":"ready"})");
    CHECK(rows[0].after == R"({"enabled":true,"state":"stopped"})");
    CHECK(rows[1].actor.empty());
    CHECK(rows[1].missing == "plugins:operate");
    CHECK(rows[2].target == "none");
    CHECK(rows[2].status == 404);
    CHECK(rows[2].after.empty());
}
