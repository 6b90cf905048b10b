// X5: who may call what on a host. Every method of the wire and one of the embedder's, against every way to be granted
// or not.

#include "counting_plugin.hpp"

namespace {

using namespace tenon;
using testing::scripted_plugin;
using tests::quick;
using tests::running_host;
using tests::start;

struct method {
    const char* name;
    const char* permission; // "" for what everybody may call
    const char* params;
};
constexpr method methods[] = {
    {"plugin/ackEvent", "", R"({"eventId":"1"})"},
    {"host/log", "", R"({"level":"info","message":"x"})"},
    {"host/emit", "events:emit", R"({"eventType":"room.opened","payload":1})"},
    {"host/subscribe", "events:subscribe", R"({"type":"room.opened"})"},
    {"host/unsubscribe", "events:subscribe", R"({"type":"room.opened"})"},
    {"host/registerCommand", "commands:register", R"({"name":"dance"})"},
    {"host/execute", "commands:execute", R"({"command":"stand","args":{}})"},
    {"host/unregisterCommand", "commands:register", R"({"name":"dance"})"},
    {"host/setConfig", "config:write", R"({"key":"a","value":1})"},
    {"host/getConfig", "config:read", R"({"key":"a"})"},
    {"host/saveConfig", "config:write", "{}"},
    {"users/kick", "users:kick", R"({"userId":"bo","plugin":"other","id":"other"})"},
};

struct kick {
    std::string userId;
};

bool covers(const std::vector<std::string>& grants, std::string_view permission) {
    for (const std::string& grant : grants) {
        if (grant == "*" || grant == permission) return true;
        if (grant.ends_with(":*") && permission.starts_with(grant.substr(0, grant.size() - 1))) return true;
    }
    return permission.empty();
}

struct granting_host : running_host {
    granting_host() {
        REQUIRE(host.provide("users/kick", "users:kick", [this](const kick&, const caller& who) {
            callers.push_back(who.plugin + "/" + who.id);
            return true;
        }));
        REQUIRE(tests::start(*this, other, quick("other")));
        other.on("plugin/execute", [] { return 1; });
        host.core()->on_config_saved = [](const std::string&, const json&) { return result<void>(); };
    }
    /// The methods that were answered otherwise than with codes::permission_denied.
    std::vector<std::string> open_to(scripted_plugin& plugin) {
        std::vector<std::string> open;
        for (const method& one : methods) {
            const auto call = plugin.call_json(one.name, one.params);
            REQUIRE(wait_for([&] { return call.answered(); }));
            const auto outcome = call.outcome();
            if (outcome || outcome.error().code != codes::permission_denied) open.emplace_back(one.name);
            if (outcome || outcome.error().code == codes::permission_denied) continue;
            MESSAGE(one.name << ": " << outcome.error().message);
            CHECK(outcome);
        }
        return open;
    }
    scripted_plugin other{testing::scripted_declaration{.name = "other", .commands = {"stand"}}};
    std::vector<std::string> callers;
};

std::vector<std::string> expected(const std::vector<std::string>& grants) {
    std::vector<std::string> open;
    for (const method& one : methods)
        if (covers(grants, one.permission)) open.emplace_back(one.name);
    return open;
}

plugin_options with(std::vector<std::string> grants) {
    plugin_options options = quick("p");
    options.id = "dev.example.p";
    options.allow_reverse_calls = true;
    options.permissions = std::move(grants);
    return options;
}

TEST_CASE(
    "X5: every method of the host is open to exactly those who were granted it, and to nobody after that") {
    granting_host run;
    std::vector<std::vector<std::string>> rows = {{},
                                                  {"*"},
                                                  {"events:*"},
                                                  {"commands:*"},
                                                  {"config:*"},
                                                  {"users:*"},
                                                  {"event:*"},
                                                  {"users:ban"},
                                                  {"users:kick", "config:read"}};
    for (const method& one : methods)
        if (*one.permission != '\0') rows.push_back({one.permission});
    std::uint64_t round = 0;
    for (const auto& grants : rows) {
        CAPTURE(++round);
        scripted_plugin plugin({.name = "p", .events = {"room.*"}, .calls_host = true});
        // What a method needs to be of use, which is not what this is about.
        REQUIRE(start(run, plugin, with(grants)));
        std::vector<std::string> open;
        for (const method& one : methods) {
            const auto call = plugin.call_json(one.name, one.params);
            REQUIRE(run.wait_for([&] { return call.answered(); }));
            const auto outcome = call.outcome();
            if (outcome || outcome.error().code != codes::permission_denied) open.emplace_back(one.name);
        }
        CHECK(open == expected(grants));
        CHECK(run.status("p").reverse.denied == std::size(methods) - open.size());
        REQUIRE(run.until<result<void>>([&](auto done) { run.host.remove("p", done); }));

        // The same plugin again after the grants were taken away.
        scripted_plugin poor({.name = "p", .events = {"room.*"}, .calls_host = true});
        REQUIRE(start(run, poor, with({})));
        for (const method& one : methods) {
            const auto call = poor.call_json(one.name, one.params);
            REQUIRE(run.wait_for([&] { return call.answered(); }));
            CHECK((call.outcome() || *one.permission == '\0') == (*one.permission == '\0'));
        }
        REQUIRE(run.until<result<void>>([&](auto done) { run.host.remove("p", done); }));
    }
}

TEST_CASE("X5: with everything granted each method does what it is for, and who asks is known from the "
          "connection") {
    granting_host run;
    scripted_plugin plugin({.name = "p", .events = {"room.*"}, .calls_host = true});
    REQUIRE(start(run, plugin, with({"*"})));
    CHECK(run.open_to(plugin) == expected({"*"}));
    CHECK(run.callers == std::vector<std::string>{"p/dev.example.p"});
    CHECK(run.status("p").events.emitted == 1);
}

TEST_CASE("X5: grants mean nothing where calls are not allowed, or where the plugin does not make any") {
    granting_host run;
    auto options = with({"*"});
    options.allow_reverse_calls = false;
    scripted_plugin forbidden({.name = "p", .calls_host = true});
    REQUIRE(start(run, forbidden, options));
    CHECK(run.open_to(forbidden) == expected({}));
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.remove("p", done); }));
    scripted_plugin silent({.name = "p", .calls_host = false});
    REQUIRE(start(run, silent, with({"*"})));
    CHECK(run.open_to(silent) == expected({}));
}

TEST_CASE("X5: a grant that is none is refused before anything is started") {
    running_host run;
    for (const char* grant :
         {"", "users", "users:", ":kick", "users:kick:all", "Users:kick", "*:kick", "users kick"}) {
        CAPTURE(grant);
        scripted_plugin plugin({.name = "p"});
        const auto refused = plugin.add_to(run.host, with({"users:kick", grant}));
        REQUIRE(!refused);
        CHECK(refused.error().message.find("permissions[1]") != std::string::npos);
    }
}

} // namespace
