#include <tenon/config/changes.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace tenon;

namespace {

std::vector<plugin_config> list(const std::string& text) {
    const auto parsed = json::parse(text);
    REQUIRE(parsed);
    auto read = read_plugin_configs(parsed->view());
    REQUIRE_MESSAGE(read, (read ? "" : read.error().message));
    return std::move(*read);
}

/// "remove a; start b; replace c (command, restart)".
std::string words(const std::vector<plugin_change>& changes) {
    std::string text;
    for (const plugin_change& change : changes) {
        text += (text.empty() ? "" : "; ") + std::string(name_of(change.action)) + " " + change.name();
        if (change.reconfigure && change.action != config_action::configure) text += "+configure";
        std::string keys;
        for (const std::string& key : change.differs) keys += (keys.empty() ? "" : ", ") + key;
        if (!keys.empty()) text += " (" + keys + ")";
    }
    return text;
}

} // namespace

TEST_CASE("from one list of plugins to another it goes with the least that is to be done") {
    struct row {
        std::string former, latter, changes;
    };
    const std::string a = R"({"name":"a","command":"/a"})", b = R"({"name":"b","command":"/b"})";
    const auto with = [](const std::string& members) {
        return R"([{"name":"a","command":"/a",)" + members + "}]";
    };
    const row rows[] = {
        {"[]", "[]", ""},
        {"[]", "[" + a + "," + b + "]", "start a; start b"},
        {"[]", with(R"("enabled":false)"), "add a"},
        {"[" + a + "," + b + "]", "[" + b + "," + a + "]", ""},
        {"[" + a + "]", "[" + b + "]", "remove a; start b"},
        {with(R"("enabled":false)"), "[]", "remove a"},
        // the same, said in another way
        {"[" + a + "]", with(R"("restart":{"maxRetries":3},"priority":0,"config":{},"runtime":"node")"), ""},
        {with(R"("config":{"a":[1, 2]})"), with("\"config\": { \"a\" :\n[1,2] }"), ""},
        {with(R"("shutdownTimeoutMs":3000)"), "[" + a + "]", ""},
        // the configuration alone
        {"[" + a + "]", with(R"("config":{"x":1})"), "configure a (config)"},
        {with(R"("config":{"x":"a b"})"), with(R"("config":{"x":"ab"})"), "configure a (config)"},
        {with(R"("config":{"x":"\" 1"})"), with(R"("config":{"x":"\"1"})"), "configure a (config)"},
        {with(R"("config":{"x":1},"enabled":false)"), with(R"("config":{"x":2},"enabled":false)"),
         "configure a (config)"},
        // to have and not to run
        {"[" + a + "]", with(R"("enabled":false)"), "disable a (enabled)"},
        {with(R"("enabled":false)"), "[" + a + "]", "enable a (enabled)"},
        {with(R"("enabled":false)"), with(R"("config":{"x":1})"), "enable a+configure (config, enabled)"},
        {"[" + a + "]", with(R"("config":{"x":1},"enabled":false)"), "disable a+configure (config, enabled)"},
        {with(R"("attach":true)"), with(R"("attach":true,"enabled":false)"), "replace a (enabled)"},
        // everything else
        {"[" + a + "]", R"([{"name":"a","command":"/other"}])", "replace a (command)"},
        {"[" + a + "]", with(R"("args":["x"],"restart":{"jitter":0})"), "replace a (args, restart)"},
        {with(R"("id":"x","cwd":"/")"), "[" + a + "]", "replace a (id, cwd)"},
        {"[" + a + "]", with(R"("env":{"A":"1"},"config":{"x":1},"enabled":false)"),
         "replace a (env, config, enabled)"},
        {"[" + a + "]", with(R"("events":{"exclude":["x.*"]})"), "replace a (events)"},
        // X13: nothing is widened in a process that runs
        {"[" + a + "]", with(R"("sandbox":{})"), "replace a (sandbox)"},
        {with(R"("sandbox":{})"), with(R"("sandbox":{"network":true})"), "replace a (sandbox)"},
        {with(R"("sandbox":{"filesystem":[{"path":"/a"}]})"),
         with(R"("sandbox":{"filesystem":[{"path":"/b"}]})"), "replace a (sandbox)"},
        {with(R"("sandbox":{"mode":"required"})"), with(R"("sandbox":{"network":false})"), ""},
        {"[" + a + "]", R"([{"name":"a","attach":true}])", "replace a (attach, command, args)"},
        // all at once
        {"[" + a + "," + b + R"(,{"name":"c","command":"/c"},{"name":"d","command":"/d"}])",
         R"([{"name":"e","command":"/e"},{"name":"c","command":"/c","config":{"x":1}},)" + b +
             R"(,{"name":"d","command":"/d","priority":1}])",
         "remove a; start e; configure c (config); replace d (priority)"},
    };
    for (const row& one : rows) {
        CHECK(words(plan_changes(list(one.former), list(one.latter))) == one.changes);
        CHECK(words(plan_changes(list(one.latter), list(one.latter))).empty());
    }
}

TEST_CASE("a change carries the plugin as it is to be, and one that leaves as it was") {
    const auto changes = plan_changes(list(R"([{"name":"a","command":"/a","config":{"x":1}}])"),
                                      list(R"([{"name":"b","command":"/b","priority":7}])"));
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].config.options.config.text() == R"({"x":1})");
    CHECK(changes[1].config.options.priority == 7);
}

TEST_CASE("Z6: of 10,000 plugins the one that differs is found at once") {
    std::string text = "[";
    for (int at = 0; at < 10'000; ++at)
        text += R"({"name":"plugin-)" + std::to_string(at) + R"(","command":"/bin/x"},)";
    const auto former = list(text + R"({"name":"z","command":"/z"}])");
    const auto latter = list(text + R"({"name":"z","command":"/y"}])");
    const auto begin = std::chrono::steady_clock::now();
    CHECK(words(plan_changes(former, latter)) == "replace z (command)");
    CHECK(plan_changes(former, {}).size() == 10'001);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}

TEST_CASE("another level of the log is no reason for another process") {
    plugin_config one;
    one.options.name = "one";
    one.options.command = {"/one"};
    plugin_config other = one;
    other.options.logs.level = log_level::warn;
    auto changes = plan_changes({one}, {other});
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].action == config_action::configure);
    CHECK(changes[0].relevel);
    CHECK_FALSE(changes[0].reconfigure);
    CHECK(changes[0].differs == std::vector<std::string>{"logs.level"});
    other.enabled = false;
    changes = plan_changes({one}, {other});
    CHECK(changes[0].action == config_action::disable);
    CHECK(changes[0].relevel);
    other.options.priority = 3;
    changes = plan_changes({one}, {other});
    CHECK(changes[0].action == config_action::replace);
    CHECK_FALSE(changes[0].relevel);
}
