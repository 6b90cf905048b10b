#include <tenon/rules/check_options.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace tenon;

namespace {

plugin_options good() { return {.name = "echo", .command = {"/bin/echo"}}; }

struct row {
    void (*spoil)(plugin_options&);
    std::string words;
};

const std::string a_name = "1 to 64 letters, digits, '-', '_' and '.', with a letter or digit in front";
const std::string a_pattern = "\"*\", a type like \"a.b\" or a family like \"a.*\"";
const std::string a_mask = "one line of at most 256 bytes with more than '*' in it";

milliseconds overflowing() { return milliseconds::max(); }

} // namespace

TEST_CASE("options as they come are good, and so is everything at its edge") {
    CHECK(check_options(good()));
    CHECK(check_options(host_options()));
    plugin_options options = good();
    options.name = "A" + std::string(63, '.');
    options.id = "dev.example.echo_2-x";
    options.command = {"/bin/echo", ""};
    options.environment = {{"LOG_LEVEL", ""}, {"A", "a=b\n"}};
    options.limits = {.address_space_bytes = 1, .cpu_seconds = 1, .open_files = 4};
    options.restart = {
        .max_retries = 0, .backoff = milliseconds(0), .max_backoff = milliseconds(0), .jitter = 0};
    options.stop = {{stop_action::kill, milliseconds(0)}};
    options.health_interval = milliseconds(0);
    options.breaker = {.failures = 0, .open_for = milliseconds(0)};
    options.max_queued_calls = 0;
    options.call_timeout = milliseconds(std::int64_t{365} * 24 * 3'600'000);
    options.events = {.include = {"*", "a", "a.b", "a.*"}, .exclude = {"x.y.z"}};
    options.priority = -1'000'000;
    options.permissions = {"*", "events:emit", "users:*"};
    options.route_prefix = "/plugins/echo.v2/~x";
    options.logs = {.lines_per_second = 0, .mask = {"key=*", "a * b"}, .secrets = {"x", "a\nb"}};
    options.config = *json::parse(R"({"a":1})");
    options.needs = {"one", "two"};
    const auto checked = check_options(options);
    CHECK_MESSAGE(checked, (checked ? "" : checked.error().message));
}

TEST_CASE("a command is needed, unless the plugin attaches by itself or is mounted") {
    plugin_options options = good();
    options.command.clear();
    CHECK(check_options(options).error().message ==
          "command: expected a program, unless the plugin may attach by itself; got none");
    CHECK(check_options(options, plugin_origin::mounted));
    options.attach = true;
    CHECK(check_options(options));
}

TEST_CASE("a sandbox for what the host does not start is a mistake, because nothing would hold it") {
    plugin_options options{.name = "echo", .attach = true};
    options.sandbox = sandbox_policy();
    constexpr std::string_view sentence =
        "sandbox: there is no command: only what the host starts can be held";
    CHECK(check_options(options).error().message == sentence);
    CHECK(check_options(options, plugin_origin::mounted).error().message == sentence);
    options.sandbox->mode = sandbox_mode::off;
    CHECK(check_options(options));
}

TEST_CASE("what is wrong with a plugin's options is said with the path of the key") {
    using options = plugin_options;
    const row rows[] = {
        {[](options& of) { of.name = ""; }, "name: expected " + a_name + ", got \"\""},
        {[](options& of) { of.name = "../x"; }, "name: expected " + a_name + ", got \"../x\""},
        {[](options& of) { of.name = "a b"; }, "name: expected " + a_name + ", got \"a b\""},
        {[](options& of) { of.name = "a\x1b"; }, "name: expected " + a_name + ", got \"a\\x1b\""},
        {[](options& of) { of.name = std::string("admin\0x", 7); },
         "name: expected " + a_name + ", got \"admin\\x00x\""},
        {[](options& of) { of.name = std::string(65, 'a'); },
         "name: expected " + a_name + ", got \"" + std::string(64, 'a') + "...\""},
        {[](options& of) { of.id = "a/b"; }, "id: expected " + a_name + ", got \"a/b\""},

        {[](options& of) { of.command = {""}; }, "command: expected a program, got \"\""},
        {[](options& of) { of.command.push_back(std::string("\0", 1)); }, "args[0]: holds a NUL character"},
        {[](options& of) { of.directory = std::string("/\0", 2); }, "cwd: holds a NUL character"},
        {[](options& of) {
             of.environment = {{"", "x"}};
         },
         "env: expected names without '=' and NUL, got \"\""},
        {[](options& of) {
             of.environment = {{"A=B", "x"}};
         },
         "env: expected names without '=' and NUL, got \"A=B\""},
        {[](options& of) {
             of.environment = {{"KEY", std::string("se\0cret", 7)}};
         },
         "env.KEY: holds a NUL character"},
        {[](options& of) {
             of.environment = {{"TENON_TOKEN", "x"}};
         },
         "env: the host itself sets TENON_TOKEN"},
        {[](options& of) {
             of.inherit_environment = {"PATH", "TENON_TOKEN"};
         },
         "inheritEnv[1]: the host itself sets TENON_TOKEN"},
        {[](options& of) { of.channel = static_cast<plugin_channel>(2); },
         "channel: there is no such choice: 2"},
        {[](options& of) { of.framing = static_cast<plugin_framing>(2); },
         "framing: there is no such choice: 2"},
        {[](options& of) {
             of.inherit_environment = {"PATH", "A=B"};
         },
         "inheritEnv[1]: expected a name without '=' and NUL, got \"A=B\""},

        {[](options& of) { of.limits.address_space_bytes = 0; },
         "limits.addressSpaceBytes: expected at least 1, got 0"},
        {[](options& of) { of.limits.cpu_seconds = 0; }, "limits.cpuSeconds: expected at least 1, got 0"},
        {[](options& of) { of.limits.open_files = 3; }, "limits.openFiles: expected at least 4, got 3"},
        {[](options& of) { of.connection.max_frame_bytes = 1'023; },
         "connection.maxFrameBytes: expected at least 1024, got 1023"},
        {[](options& of) { of.connection.max_incoming = 0; },
         "connection.maxIncoming: expected at least 1, got 0"},
        {[](options& of) { of.connection.max_outgoing = 0; },
         "connection.maxOutgoing: expected at least 1, got 0"},
        {[](options& of) { of.connection.assembly_timeout = milliseconds(0); },
         "connection.assemblyTimeoutMs: expected at least 1 ms, got 0"},

        {[](options& of) { of.restart.max_retries = -1; }, "restart.maxRetries: expected at least 0, got -1"},
        {[](options& of) { of.restart.backoff = milliseconds(-1); },
         "restart.backoffMs: expected at least 0 ms, got -1"},
        {[](options& of) { of.restart.backoff = overflowing(); },
         "restart.backoffMs: expected at most a year, got 9223372036854775807 ms"},
        {[](options& of) { of.restart.max_backoff = milliseconds(-2); },
         "restart.maxBackoffMs: expected at least 0 ms, got -2"},
        {[](options& of) { of.restart.max_backoff = milliseconds(1'999); },
         "restart.maxBackoffMs: expected at least restart.backoffMs, 2000 ms, got 1999"},
        {[](options& of) { of.restart.jitter = 1.5; }, "restart.jitter: expected 0 to 1, got 1.5"},
        {[](options& of) { of.restart.jitter = -0.5; }, "restart.jitter: expected 0 to 1, got -0.5"},
        {[](options& of) { of.restart.jitter = std::nan(""); }, "restart.jitter: expected 0 to 1, got null"},
        {[](options& of) { of.restart.reset_after = milliseconds::min(); },
         "restart.resetAfterMs: expected at least 0 ms, got -9223372036854775808"},
        {[](options& of) { of.restart.growth = backoff_growth{2}; },
         "restart.backoff: there is no such choice: 2"},

        {[](options& of) { of.stop.clear(); },
         "stop: expected kill as the last step: nothing else ends every plugin"},
        {[](options& of) { of.stop.pop_back(); },
         "stop: expected kill as the last step: nothing else ends every plugin"},
        {[](options& of) { of.stop[2].wait = milliseconds(-3); },
         "stop[2].waitMs: expected at least 0 ms, got -3"},
        {[](options& of) { of.stop[1].wait = overflowing(); },
         "stop[1].waitMs: expected at most a year, got 9223372036854775807 ms"},
        {[](options& of) { of.stop[0].action = stop_action{9}; },
         "stop[0].action: there is no such choice: 9"},
        {[](options& of) { of.stop.insert(of.stop.begin(), 13, of.stop[0]); },
         "stop: expected at most 16 steps, got 17"},

        {[](options& of) { of.handshake_timeout = milliseconds(0); },
         "handshakeTimeoutMs: expected at least 1 ms, got 0"},
        {[](options& of) { of.call_timeout = milliseconds(-1); },
         "rpcTimeoutMs: expected at least 1 ms, got -1"},
        {[](options& of) { of.call_timeout = overflowing(); },
         "rpcTimeoutMs: expected at most a year, got 9223372036854775807 ms"},
        {[](options& of) { of.health_interval = milliseconds(-1); },
         "healthIntervalMs: expected at least 0 ms, got -1"},
        {[](options& of) { of.health_timeout = milliseconds(0); },
         "healthTimeoutMs: expected at least 1 ms, got 0"},
        {[](options& of) { of.health_misses = 0; }, "healthMisses: expected at least 1, got 0"},
        {[](options& of) { of.write_timeout = milliseconds(0); },
         "writeTimeoutMs: expected at least 1 ms, got 0"},
        {[](options& of) { of.breaker.failures = -1; }, "breaker.failures: expected at least 0, got -1"},
        {[](options& of) { of.breaker.open_for = milliseconds(-1); },
         "breaker.openMs: expected at least 0 ms, got -1"},

        {[](options& of) {
             of.events.include = {"a.b", ""};
         },
         "events.include[1]: expected " + a_pattern + ", got \"\""},
        {[](options& of) { of.events.exclude = {"a.*.b"}; },
         "events.exclude[0]: expected " + a_pattern + ", got \"a.*.b\""},
        {[](options& of) { of.events.exclude = {"a..b"}; },
         "events.exclude[0]: expected " + a_pattern + ", got \"a..b\""},
        {[](options& of) { of.priority = 1'000'001; }, "priority: expected -1000000 to 1000000, got 1000001"},
        {[](options& of) { of.priority = std::numeric_limits<int>::min(); },
         "priority: expected -1000000 to 1000000, got -2147483648"},
        {[](options& of) {
             of.permissions = {"events:emit", "users"};
         },
         "permissions[1]: expected \"scope:verb\", \"scope:*\" or \"*\", got \"users\""},

        {[](options& of) {
             of.logs.mask = {"x", ""};
         },
         "logs.mask[1]: expected " + a_mask + ", got \"\""},
        {[](options& of) { of.logs.mask = {"**"}; }, "logs.mask[0]: expected " + a_mask + ", got \"**\""},
        {[](options& of) { of.logs.mask = {"a\nb"}; },
         "logs.mask[0]: expected " + a_mask + ", got \"a\\nb\""},
        {[](options& of) { of.logs.mask = {std::string(257, 'x')}; },
         "logs.mask[0]: expected " + a_mask + ", got \"" + std::string(64, 'x') + "...\""},
        {[](options& of) { of.logs.mask.resize(1'001, "x"); }, "logs.mask: expected at most 1000"},
        {[](options& of) { of.logs.secrets.resize(1'001, "x"); }, "logs.secrets: expected at most 1000"},
        {[](options& of) {
             of.logs.secrets = {"hunter2", " \n"};
         },
         "logs.secrets[1]: expected a text with more than space in it"},

        {[](options& of) { of.config = *json::parse("[1]"); }, "config: expected object, got array"},
        {[](options& of) { of.config = *json::parse("\"secret\""); }, "config: expected object, got string"},
        {[](options& of) { of.config = *json::parse(R"({"a":{"b":4,"b":5}})"); },
         "config.a.b: is there twice"}, // which of them a reader takes nobody can say
        {[](options& of) {
             of.needs = {"a", "b/"};
         },
         "needs[1]: expected a plugin's name: " + a_name + ", got \"b/\""},
        {[](options& of) { of.needs = {"echo"}; }, "needs[0]: a plugin cannot need itself"},
        {[](options& of) {
             of.needs = {"a", "b", "a"};
         },
         "needs[2]: \"a\" stands there twice"},
    };
    for (const row& one : rows) {
        plugin_options of = good();
        one.spoil(of);
        CAPTURE(one.words);
        const auto checked = check_options(of);
        REQUIRE_FALSE(checked);
        CHECK(checked.error().code == codes::invalid_params);
        CHECK(checked.error().message == one.words);
    }
}

TEST_CASE("a route prefix that another path could be is refused") {
    for (const char* prefix : {"api", "/", "/a/", "//a", "/a//b", "/a/../b", "/..", "/a/.", "/a b", "/a?b",
                               "/a#b", "/%2e", "/{a}", "/a\n", "/gr\xC3\xBC"}) {
        CAPTURE(prefix);
        plugin_options options = good();
        options.route_prefix = prefix;
        const auto checked = check_options(options);
        REQUIRE_FALSE(checked);
        CHECK(checked.error().message.starts_with("routePrefix: expected a path like"));
    }
}

TEST_CASE("of several mistakes the first one is told") {
    plugin_options options = good();
    options.health_misses = 0;
    options.name = "";
    CHECK(check_options(options).error().message.starts_with("name: "));
}

TEST_CASE("what is wrong with a host's options is said with the path of the member") {
    const auto words = [](host_options options) { return check_options(options).error().message; };
    CHECK(words({.name = ""}) == "name: expected a name, got \"\"");
    CHECK(words({.decision_timeout = milliseconds(0)}) == "decision_timeout: expected at least 1 ms, got 0");
    CHECK(
        words({.decision_timeout = overflowing()}).starts_with("decision_timeout: expected at most a year"));
    CHECK(words({.max_hops = 0}) == "max_hops: expected at least 1, got 0");
    CHECK(words({.log_records_kept = 10'001}) == "log_records_kept: expected at most 10000, got 10001");
}
