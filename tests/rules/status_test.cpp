#include <tenon/rules/status.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon;

namespace {

plugin_status busy() {
    detail::latency_histogram latency;
    for (int ms = 1; ms <= 100; ++ms) latency.add(milliseconds(ms));
    return {
        .name = "echo",
        .id = "dev.example.echo",
        .version = "1.2.0",
        .state = plugin_state::backoff,
        .health = plugin_health::warning,
        .health_message = "slow",
        .reason = {.cause = change_cause::crashed, .text = "signal 9 (SIGKILL)"},
        .pid = 42,
        .start_level = start_level::checked,
        .sandbox = sandbox_status{.mode = sandbox_mode::best_effort,
                                  .preset = sandbox_preset::node,
                                  .level = sandbox_level::partial,
                                  .files = "none",
                                  .network = "seccomp",
                                  .processes = "seccomp",
                                  .signals = "seccomp",
                                  .memory = "rlimit",
                                  .missing = {"files: this kernel has no Landlock"}},
        .generation = 3,
        .restarts = 2,
        .retries = 1,
        .uptime = milliseconds(1'500),
        .in_state = milliseconds(20),
        .next_retry = milliseconds(2'000),
        .last_exit = report_exit({exit_status::kind::signalled, 9}, 1'700'000'000'000, "kill"),
        .calls = {.asked = 9, .succeeded = 1, .failed = 2, .timed_out = 3, .cancelled = 1, .circuit_open = 2},
        .reverse = {.asked = 5, .succeeded = 2, .failed = 1, .denied = 1, .unknown = 1},
        .events = {.delivered = 10, .dropped = 4, .stopped = 1, .modified = 2, .failed = 3, .emitted = 6},
        .logs = {.lines = 200, .suppressed = 800, .cut = 1, .bytes = 65'536},
        .queues = {.queued_calls = 1,
                   .calls_in_flight = 2,
                   .queued_events = 3,
                   .output_bytes = 4,
                   .requests_in_flight = 5},
        .latency = detail::summarise(latency),
        .breakers = {{.work = "commands"},
                     {.work = "events",
                      .state = breaker_status::condition::half_open,
                      .failures = 5,
                      .opened = 1,
                      .next_probe = milliseconds(100)}},
        .connection = session_counters{.received = 7, .bad_bodies = 1},
        .process =
            process_status{
                .memory_bytes = 1'048'576, .cpu = milliseconds(30), .threads = 2, .descriptors = 6},
        .metrics = {{.name = "cache", .value = 0.5}},
        .capabilities = {"message"},
        .features = {"configure"},
        .permissions = {"events:emit"},
        .needs = {"store"},
        .subscriptions = {{.type = "message.*",
                           .mode = detail::event_mode::validate,
                           .priority = 5,
                           .on_failure = detail::failure_policy::proceed,
                           .source = "handshake"}},
        .routes = {{.method = "GET", .path = "/api/plugins/echo/x", .description = "d", .auth = true}},
        .commands = {{.name = "say", .params = *json::parse(R"({"type":"object"})"), .at_run_time = true}},
        .history = {{.unix_ms = 1,
                     .from = plugin_state::ready,
                     .to = plugin_state::backoff,
                     .reason = {.cause = change_cause::exited, .text = "exit code 3"},
                     .generation = 2}}};
}

} // namespace

TEST_CASE("everything that a dashboard shows of a plugin has its name in camelCase") {
    const std::string text = to_json(busy());
    const std::string expected =
        R"({"name":"echo","id":"dev.example.echo","version":"1.2.0","state":"backoff","health":"warning",)"
        R"j("healthMessage":"slow","reason":{"cause":"crashed","text":"signal 9 (SIGKILL)"},"pid":42,"startLevel":"checked",)j"
        R"("sandbox":{"mode":"best-effort","preset":"node","level":"partial","files":"none","network":"seccomp",)"
        R"("processes":"seccomp","signals":"seccomp","memory":"rlimit",)"
        R"("missing":["files: this kernel has no Landlock"]},"generation":3,)"
        R"("restarts":2,"retries":1,"uptimeMs":1500,"inStateMs":20,"nextRetryMs":2000,)"
        R"j("lastExit":{"how":"signalled","signal":9,"text":"signal 9 (SIGKILL)","stopStep":"kill","time":1700000000000},)j"
        R"("calls":{"asked":9,"succeeded":1,"failed":2,"timedOut":3,"cancelled":1,"overloaded":0,"circuitOpen":2,)"
        R"("unavailable":0},)"
        R"("reverseCalls":{"asked":5,"succeeded":2,"failed":1,"denied":1,"unknown":1},)"
        R"("events":{"delivered":10,"dropped":4,"stopped":1,"modified":2,"failed":3,"emitted":6,"absent":0},)"
        R"("logs":{"lines":200,"suppressed":800,"cut":1,"below":0,"bytes":65536},"logLevel":"debug",)"
        R"("queues":{"queuedCalls":1,"callsInFlight":2,"queuedEvents":3,"outputBytes":4,"requestsInFlight":5},)"
        R"("latency":{"count":100,"meanMs":50.5,)";
    CHECK(text.substr(0, expected.size()) == expected);
    const std::string rest =
        R"("breakers":[{"work":"commands","state":"closed","failures":0,"opened":0},)"
        R"({"work":"events","state":"halfOpen","failures":5,"opened":1,"nextProbeMs":100}],)"
        R"("connection":{"received":7,"sent":0,"badBodies":1,"malformedReplies":0,"refusedRequests":0,)"
        R"("overloadedRequests":0,"ignoredNotifications":0,"unknownCancels":0,"orphanReplies":0,"lateReplies":0,)"
        R"("unknownProgress":0,"peerErrors":0,"emptyFrames":0,"oversizedFrames":0,"pollutionBytes":0,"timeouts":0,)"
        R"("refusedCalls":0,"droppedNotifications":0,"oversizedReplies":0},)"
        R"("process":{"memoryBytes":1048576,"cpuMs":30,"threads":2,"descriptors":6},)"
        R"("metrics":[{"name":"cache","value":0.5}],"capabilities":["message"],"features":["configure"],)"
        R"("permissions":["events:emit"],"needs":["store"],)"
        R"("subscriptions":[{"type":"message.*","mode":"validate","priority":5,"onFailure":"continue",)"
        R"("source":"handshake"}],"required":[],"absent":"pass","absentOf":{},)"
        R"("routes":[{"method":"GET","path":"/api/plugins/echo/x","description":"d","auth":true}],)"
        R"("commands":[{"name":"say","description":"","params":{"type":"object"},"atRunTime":true}],"refused":[],"warnings":[],"leftOut":{},)"
        R"("history":[{"time":1,"plugin":"","from":"ready","to":"backoff",)"
        R"("reason":{"cause":"exited","text":"exit code 3"},"generation":2}],"description":""})";
    CHECK(text.ends_with(rest));
}

TEST_CASE("no name on the wire has an underscore, in whatever part") {
    host_status host{.process = process_status(), .plugins = {busy()}};
    const std::string text = to_json(host);
    CHECK(text.find('_') == std::string::npos);
    CHECK(to_json(host_status()) ==
          R"({"name":"","version":"","protocolVersion":0,"time":0,"uptimeMs":0,"pid":0,"eventsPublished":0,)"
          R"("eventsDecided":0,"eventsStopped":0,"eventsInFlight":0,"attachesRefused":0,"pluginsKnown":0,)"
          R"("pluginsReady":0,"plugins":[]})");
}

TEST_CASE("a status is read back as it was") {
    const host_status host{.name = "tenon-host",
                           .version = "0.1.0",
                           .protocol_version = 1,
                           .unix_ms = 1'700'000'000'000,
                           .uptime = milliseconds(5),
                           .pid = 7,
                           .events_published = 1,
                           .events_decided = 2,
                           .events_stopped = 3,
                           .events_in_flight = 4,
                           .process = process_status{.threads = 1},
                           .plugins = {busy(), {.name = "idle"}}};
    const std::string text = to_json(host);
    const auto back = from_json<host_status>(text);
    REQUIRE_MESSAGE(back, (back ? "" : back.error().message));
    CHECK(to_json(*back) == text);
    CHECK_FALSE(back->plugins[1].pid);
    CHECK_FALSE(back->plugins[1].connection);
}

TEST_CASE("a reader of another version skips what it does not know and does without what is not there") {
    const auto back = from_json<host_status>(
        R"({"name":"h","later":[1],"plugins":[{"name":"p","state":"ready","calls":{"asked":1,"later":2}}]})");
    REQUIRE(back);
    CHECK(back->plugins[0].state == plugin_state::ready);
    CHECK(back->plugins[0].calls.asked == 1);
    CHECK_FALSE(from_json<host_status>(R"({"plugins":[{"state":"odd"}]})"));
}

TEST_CASE("latency is summarised in milliseconds and powers of two") {
    detail::latency_histogram latency;
    CHECK(to_json(detail::summarise(latency)) ==
          R"({"count":0,"meanMs":0,"p50Ms":0,"p90Ms":0,"p99Ms":0,"p999Ms":0,"maxMs":0,"steps":[]})");
    latency.add(std::chrono::microseconds(1));
    latency.add(std::chrono::microseconds(1));
    latency.add(milliseconds(3));
    latency.add(std::chrono::hours(1));
    const latency_status summary = detail::summarise(latency);
    CHECK(summary.p50_ms == doctest::Approx(0.001).epsilon(0.05));
    CHECK(summary.p90_ms == 3'600'000);
    CHECK(summary.max_ms == 3'600'000);
    REQUIRE(summary.steps.size() == 3);
    CHECK(summary.steps[0].below_ms == doctest::Approx(0.001024));
    CHECK(summary.steps[0].count == 2);
    CHECK(summary.steps[1].below_ms == doctest::Approx(4.194304));
    CHECK(summary.steps[2].count == 1);
}

TEST_CASE("P18: how a process ended is told apart") {
    CHECK(to_json(report_exit({exit_status::kind::exited, 3}, 5)) ==
          R"({"how":"exited","code":3,"text":"exit code 3","stopStep":"","time":5})");
    CHECK(
        to_json(report_exit({exit_status::kind::signalled, 11}, 5, "terminate")) ==
        R"j({"how":"signalled","signal":11,"text":"signal 11 (SIGSEGV)","stopStep":"terminate","time":5})j");
    CHECK(to_json(report_exit({}, 5)) == R"({"how":"unknown","text":"unknown","stopStep":"","time":5})");
}
