// A host that follows its list of plugins: config/apply.hpp, and the rate of requests, which such a list can say.

#include "../host/counting_plugin.hpp"

#include <tenon/config/apply.hpp>

namespace {

using namespace tenon;
using tests::fixture;
using tests::running_host;

std::string obedient(const std::string& name, const std::string& members = {}) {
    return detail::join(
        {R"({"name":")", name, R"(","command":")", fixture("obedient"), R"(","env":{"OBEDIENT_NAME":")", name,
         R"("},"restart":{"backoffMs":10,"maxRetries":1})", members.empty() ? "" : ",", members, "}"});
}

/// A host and the list that it follows.
struct following {
    running_host run = running_host();
    std::vector<plugin_config> list = {};

    std::vector<change_failure> follow(const std::string& text) {
        const auto parsed = json::parse(text);
        REQUIRE(parsed);
        auto read = read_plugin_configs(parsed->view());
        REQUIRE_MESSAGE(read, (read ? "" : read.error().message));
        auto changes = plan_changes(list, *read);
        list = std::move(*read);
        return run.until<std::vector<change_failure>>(
            [&](auto done) { apply(run.host, std::move(changes), done); });
    }
    plugin_state state(const std::string& name) const { return run.status(name).state; }
};

TEST_CASE("a host follows its list: who comes, who changes, who rests and who goes") {
    following at;
    CHECK(at.follow("[]").empty());
    // "three" needs "one", which stands behind it.
    CHECK(at.follow("[" + obedient("three", R"("needs":["one"])") + "," + obedient("one") + "," +
                    obedient("two", R"("enabled":false)") + "]")
              .empty());
    CHECK(at.state("one") == plugin_state::ready);
    CHECK(at.state("three") == plugin_state::ready);
    CHECK(at.state("two") == plugin_state::stopped);
    const auto before = at.run.status("three");

    // "one" is configured, "two" comes, "three" is left alone, "four" is new.
    CHECK(at.follow("[" + obedient("one", R"("config":{"greeting":"hi"})") + "," + obedient("two") + "," +
                    obedient("three", R"("needs":["one"])") + "," + obedient("four") + "]")
              .empty());
    CHECK(at.state("two") == plugin_state::ready);
    CHECK(at.state("four") == plugin_state::ready);
    CHECK(at.run.status("three").pid == before.pid);
    CHECK(at.run.host.config("one")["greeting"].text() == "\"hi\"");

    // "four" goes, "two" rests and is known, "three" is another process.
    CHECK(at.follow("[" + obedient("one", R"("config":{"greeting":"hi"})") + "," +
                    obedient("two", R"("enabled":false,"config":{"greeting":"later"})") + "," +
                    obedient("three", R"("needs":["one"],"priority":5)") + "]")
              .empty());
    CHECK_FALSE(at.run.host.status("four"));
    CHECK(at.state("two") == plugin_state::stopped);
    CHECK(at.run.host.config("two")["greeting"].text() == "\"later\"");
    CHECK(at.state("three") == plugin_state::ready);
    CHECK(at.run.status("three").pid != before.pid);

    CHECK(at.follow("[" + obedient("two", R"("config":{"greeting":"now"})") + "]").empty());
    CHECK(at.run.host.status().plugins.size() == 1);
    CHECK(at.state("two") == plugin_state::ready);
    CHECK(at.run.host.config("two")["greeting"].text() == "\"now\"");
    CHECK(at.follow("[]").empty());
    CHECK(at.run.host.status().plugins.empty());
}

TEST_CASE("a generation was begun anew where another key gave a plugin another process") {
    following at;
    CHECK(at.follow("[" + obedient("one") + "]").empty());
    CHECK(at.run.status("one").generation == 1);
    CHECK(at.follow("[" + obedient("one", R"("priority":7)") + "]").empty());
    CHECK(at.run.status("one").generation == 2);
    CHECK(at.follow("[" + obedient("one", R"("enabled":false,"priority":8)") + "]").empty());
    CHECK(at.follow("[" + obedient("one", R"("enabled":true,"priority":8)") + "]").empty());
    CHECK(at.run.status("one").generation == 3);
    REQUIRE(at.state("one") == plugin_state::ready);
}

TEST_CASE("what goes wrong with one plugin is said once, and holds up nobody else") {
    following at;
    const std::string missing =
        R"({"name":"missing","command":"/no/such/program","restart":{"enabled":false}})";
    const auto failed = at.follow("[" + missing + "," + obedient("waits", R"("needs":["rests"])") + "," +
                                  obedient("too", R"("needs":["waits"])") + "," +
                                  obedient("rests", R"("enabled":false)") + "," + obedient("good") + "]");
    REQUIRE(failed.size() == 3);
    CHECK(failed[0].plugin == "missing");
    CHECK(failed[0].action == config_action::start);
    CHECK(failed[0].why.message.find("/no/such/program") != std::string::npos);
    CHECK(failed[1].plugin == "waits");
    CHECK(failed[1].why.message == "waits: it needs rests");
    CHECK(failed[2].why.message == "too: it needs waits");
    CHECK(at.state("good") == plugin_state::ready);

    // What they waited for comes: so do they.
    CHECK(at.follow("[" + missing + "," + obedient("waits", R"("needs":["rests"])") + "," +
                    obedient("too", R"("needs":["waits"])") + "," + obedient("rests") + "," +
                    obedient("good") + "]")
              .empty());
    CHECK(at.run.wait_for([&] { return at.state("too") == plugin_state::ready; }));

    // Somebody else removed one of them.
    CHECK(at.run.until<result<void>>([&](auto done) { at.run.host.remove("good", done); }));
    CHECK(at.follow("[" + obedient("rests") + "]").empty());
    CHECK(at.run.host.status().plugins.size() == 1);
}

TEST_CASE("a plugin that was refused for its name is said to be absent, and one that did not start is not") {
    following at;
    REQUIRE(at.run.host.add({.name = "other", .command = {fixture("obedient")}}));
    const auto failed =
        at.follow("[" + obedient("other") +
                  R"(,{"name":"missing","command":"/no/such/program","restart":{"enabled":false}}])");
    REQUIRE(failed.size() == 2);
    for (const change_failure& one : failed) CHECK_MESSAGE(one.absent == (one.plugin == "other"), one.plugin);
    CHECK(at.run.host.knows("missing"));
}

TEST_CASE(
    "one of two plugins whose needs were turned round was refused for what the other one had needed before") {
    following at;
    CHECK(at.follow("[" + obedient("one", R"("needs":["two"])") + "," + obedient("two") + "]").empty());
    CHECK(at.follow("[" + obedient("two", R"("needs":["one"])") + "," + obedient("one") + "]").empty());
    CHECK(at.state("two") == plugin_state::ready);
    CHECK(at.run.status("two").needs == std::vector<std::string>{"one"});
    CHECK(at.run.status("one").needs.empty());
}

TEST_CASE("who only attaches is waited for by nobody, and is not known while it is disabled") {
    following at;
    const std::string words = R"({"name":"words","attach":true})";
    CHECK(at.follow("[" + words + "]").empty());
    CHECK(at.state("words") == plugin_state::stopped);
    CHECK(at.follow(R"([{"name":"words","attach":true,"enabled":false}])").empty());
    CHECK_FALSE(at.run.host.status("words"));
    CHECK(at.follow(R"([{"name":"words","attach":true,"enabled":false,"config":{"x":1}}])").empty());
    CHECK(at.follow("[" + words + "]").empty());
    CHECK(at.run.host.status("words"));
}

TEST_CASE("a host that ends in the middle of changes ends them, once") {
    int completed = 0;
    std::vector<change_failure> failed;
    {
        following at;
        const auto silent = [](const std::string& name) {
            return R"({"name":")" + name +
                   R"(","command":"/bin/sleep","args":["60"],"stop":[{"action":"kill"}]})";
        };
        const auto list = json::parse("[" + silent("one") + "," + silent("two") + "]");
        const auto read = read_plugin_configs(list->view());
        REQUIRE(read);
        apply(at.run.host, plan_changes({}, *read), [&](std::vector<change_failure> failures) {
            ++completed;
            failed = std::move(failures);
        });
        at.run.io.poll();
        CHECK(completed == 0);
    }
    CHECK(completed == 1);
    CHECK(failed.size() == 2);
}

TEST_CASE("beyond its rate a plugin's routes are answered with 429, and the others' are not") {
    running_host run;
    testing::scripted_plugin slow({.name = "slow", .routes = {"GET /x"}}),
        other({.name = "other", .routes = {"GET /x"}});
    for (testing::scripted_plugin* plugin : {&slow, &other})
        plugin->on("plugin/handleRequest",
                   [] { return json::parse(R"({"status":200,"body":"here"})").value(); });
    auto options = tests::quick("slow");
    options.requests_per_second = 0.01;
    REQUIRE(tests::start(run, slow, options));
    REQUIRE(tests::start(run, other, tests::quick("other")));
    const auto ask = [&](const std::string& path) {
        http_exchange exchange{.method = "GET", .path = path};
        return *run.until<result<response>>([&](auto done) { run.host.request(exchange, done); });
    };
    CHECK(ask("/api/plugins/slow/x").status == 200);
    const response refused = ask("/api/plugins/slow/x");
    CHECK(refused.status == 429);
    REQUIRE(!refused.headers.empty());
    CHECK(refused.headers.back().name == "retry-after");
    CHECK(refused.headers.back().value == "100");
    CHECK(ask("/api/plugins/slow/none").status == 404);
    for (int time = 0; time < 3; ++time) CHECK(ask("/api/plugins/other/x").status == 200);
    CHECK(run.status("slow").calls.asked == 1);
}

} // namespace
