#include <tenon/host/metrics_text.hpp>
#include <tenon/rules/logs/latency.hpp>
#include <tenon/rules/status.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace tenon;

namespace {

host_status one_plugin(plugin_status plugin) {
    host_status status{.name = "h", .version = "1", .uptime = milliseconds(1'500)};
    status.plugins.push_back(std::move(plugin));
    return status;
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

/// Splits as a reader does who knows nothing but the format; every series by its name with labels.
std::map<std::string, std::string> series_of(const std::string& text) {
    std::map<std::string, std::string> series;
    std::istringstream in(text);
    std::string family;
    std::set<std::string> families;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("# HELP ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
            CHECK_MESSAGE(families.insert(family).second, family);
            continue;
        }
        if (line.starts_with("# TYPE ")) continue;
        CHECK_MESSAGE(line.starts_with(family), line);
        const std::size_t end = line.rfind(' ');
        REQUIRE(end != std::string::npos);
        CHECK_MESSAGE(series.emplace(line.substr(0, end), line.substr(end + 1)).second, line);
    }
    return series;
}

} // namespace

TEST_CASE("what a host and its plugins did is one series each, with the plugin's name") {
    plugin_status plugin{
        .name = "echo",
        .id = "dev.echo",
        .version = "1.2.0",
        .state = plugin_state::backoff,
        .health = plugin_health::warning,
        .start_level = start_level::sealed,
        .sandbox = sandbox_status{.level = sandbox_level::partial},
        .generation = 3,
        .restarts = 2,
        .uptime = milliseconds(2'500),
        .calls = {.asked = 6, .succeeded = 100'000, .failed = 2, .timed_out = 3},
        .events = {.delivered = 10, .dropped = 4},
        .logs = {.lines = 7, .suppressed = 8, .bytes = 9},
        .queues = {.queued_calls = 1, .queued_events = 5},
        .breakers = {{.work = "events", .state = breaker_status::condition::half_open, .opened = 2}},
        .process = process_status{.memory_bytes = 1'048'576, .cpu = milliseconds(30)},
        .metrics = {{.name = "cache", .value = 0.5}}};
    const std::string text = metrics_text(one_plugin(plugin));
    for (const char* line : {
             "# TYPE tenon_plugin_calls_total counter",
             "tenon_host_info{name=\"h\",version=\"1\"} 1",
             "tenon_host_uptime_seconds 1.5",
             "tenon_events_decided_total 0",
             "tenon_plugin_info{plugin=\"echo\",id=\"dev.echo\",version=\"1.2.0\"} 1",
             "tenon_plugin_state{plugin=\"echo\",state=\"backoff\"} 1",
             "tenon_plugin_state{plugin=\"echo\",state=\"ready\"} 0",
             "tenon_plugin_health{plugin=\"echo\",health=\"warning\"} 1",
             "tenon_plugin_start_level{plugin=\"echo\",level=\"sealed\"} 1",
             "tenon_plugin_sandbox{plugin=\"echo\",level=\"partial\"} 1",
             "tenon_plugin_uptime_seconds{plugin=\"echo\"} 2.5",
             "tenon_plugin_restarts_total{plugin=\"echo\"} 2",
             "tenon_plugin_calls_total{plugin=\"echo\",outcome=\"succeeded\"} 100000",
             "tenon_plugin_calls_total{plugin=\"echo\",outcome=\"timedOut\"} 3",
             "tenon_plugin_events_dropped_total{plugin=\"echo\"} 4",
             "tenon_plugin_log_lines_suppressed_total{plugin=\"echo\"} 8",
             "tenon_plugin_queued_events{plugin=\"echo\"} 5",
             "tenon_plugin_breaker_state{plugin=\"echo\",work=\"events\",state=\"halfOpen\"} 1",
             "tenon_plugin_breaker_state{plugin=\"echo\",work=\"events\",state=\"open\"} 0",
             "tenon_plugin_breaker_opened_total{plugin=\"echo\",work=\"events\"} 2",
             "tenon_plugin_memory_bytes{plugin=\"echo\"} 1048576",
             "tenon_plugin_cpu_seconds_total{plugin=\"echo\"} 0.03",
             "tenon_plugin_metric{plugin=\"echo\",name=\"cache\"} 0.5",
         })
        CHECK_MESSAGE(has_line(text, line), line);
    CHECK(series_of(text).size() > 60);
}

TEST_CASE("a plugin without a process has no memory, and a host without plugins is no trouble") {
    const std::string text = metrics_text(one_plugin({.name = "idle"}));
    CHECK(text.find("tenon_plugin_memory_bytes{") == std::string::npos);
    CHECK(has_line(text, "tenon_plugin_state{plugin=\"idle\",state=\"stopped\"} 1"));
    CHECK(series_of(metrics_text(host_status())).size() == 7);
    CHECK(metrics_text(host_status()).ends_with("\n"));
}

TEST_CASE("latency is a histogram whose bounds are the same for every plugin") {
    detail::latency_histogram latency;
    latency.add(std::chrono::microseconds(1));
    latency.add(std::chrono::microseconds(100));
    latency.add(milliseconds(3));
    latency.add(std::chrono::hours(1));
    const auto series =
        series_of(metrics_text(one_plugin({.name = "p", .latency = detail::summarise(latency)})));
    const auto count = [&](const std::string& bound) {
        return series.at("tenon_plugin_call_seconds_bucket{plugin=\"p\",le=\"" + bound + "\"}");
    };
    CHECK(count("6.5536e-05") == "1");
    CHECK(count("0.000131072") == "2");
    CHECK(count("0.002097152") == "2");
    CHECK(count("0.004194304") == "3");
    CHECK(count("68.719476736") == "3");
    CHECK(count("+Inf") == "4");
    CHECK(series.at("tenon_plugin_call_seconds_count{plugin=\"p\"}") == "4");
    CHECK(std::stod(series.at("tenon_plugin_call_seconds_sum{plugin=\"p\"}")) ==
          doctest::Approx(3600.003101));

    std::set<std::string> bounds[2];
    for (int which : {0, 1}) {
        detail::latency_histogram other;
        if (which == 1) other.add(milliseconds(20));
        for (const auto& [name, value] :
             series_of(metrics_text(one_plugin({.name = "p", .latency = detail::summarise(other)}))))
            if (name.starts_with("tenon_plugin_call_seconds")) bounds[which].insert(name);
    }
    CHECK(bounds[0] == bounds[1]);
}

TEST_CASE("H11: what a plugin says is escaped, capped and never more than a label's value") {
    plugin_status plugin{.name = "p"};
    plugin.version = "1\"} 1\nfake_metric{x=\"\\";
    plugin.metrics = {{.name = "a\nb", .value = 1},
                      {.name = "a\\nb", .value = 2}, // is shown as the one before
                      {.name = "<script>alert(1)</script>", .value = 3},
                      {.name = std::string(5'000, 'x'), .value = 4},
                      {.name = std::string(6'000, 'x'), .value = 5},
                      {.name = "\xff\x1b[31m\xe2\x80\xae", .value = 6},
                      {.name = "infinite", .value = std::numeric_limits<double>::infinity()},
                      {.name = "none", .value = std::nan("")}};
    const std::string text = metrics_text(one_plugin(plugin));
    CHECK(has_line(text, R"(tenon_plugin_info{plugin="p",id="",version="1\"} 1\\nfake_metric{x=\"\\"} 1)"));
    CHECK(has_line(text, R"(tenon_plugin_metric{plugin="p",name="a\\nb"} 1)"));
    CHECK(text.find("} 2\n") == std::string::npos);
    CHECK(has_line(text, R"(tenon_plugin_metric{plugin="p",name="<script>alert(1)</script>"} 3)"));
    CHECK(has_line(text, "tenon_plugin_metric{plugin=\"p\",name=\"" + std::string(128, 'x') + "...\"} 4"));
    CHECK(has_line(text, "tenon_plugin_metric{plugin=\"p\",name=\"\xEF\xBF\xBD\\\\x1b[31m\\\\u{202e}\"} 6"));
    CHECK(has_line(text, R"(tenon_plugin_metric{plugin="p",name="infinite"} +Inf)"));
    CHECK(has_line(text, R"(tenon_plugin_metric{plugin="p",name="none"} NaN)"));
    series_of(text); // no series twice, and no line of anybody else's
}

TEST_CASE("whoever has numbers of his own writes them beside") {
    metrics_writer out;
    out.family("chat_messages_total", "counter", "Messages that were said.");
    out.sample({{"room", "#lobby"}}, 1e15);
    out.sample({}, -0.25);
    CHECK(out.text() == "# HELP chat_messages_total Messages that were said.\n"
                        "# TYPE chat_messages_total counter\n"
                        "chat_messages_total{room=\"#lobby\"} 1000000000000000\n"
                        "chat_messages_total -0.25\n");
}
