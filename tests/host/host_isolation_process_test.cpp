// Rows of the fault catalogue about what a real process gets of its host, and what it may do to it: X2, X7, R8, R13.

#include "run_on_host.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include <unistd.h>

namespace {

using namespace tenon;
using tests::fixture;
using tests::running_host;

// A sanitizer keeps what was freed, so memory says nothing then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool sanitized = false;
#endif

struct text_of {
    std::string text;
    int times;
};

plugin_options misbehaving(std::string name, std::vector<std::string> words) {
    plugin_options options{.name = std::move(name), .command = {fixture("misbehaving")}};
    options.command.insert(options.command.end(), words.begin(), words.end());
    options.restart.enabled = false;
    return options;
}
plugin_options obedient(std::string name) {
    plugin_options options{.name = std::move(name), .command = {fixture("obedient")}};
    options.environment["OBEDIENT_NAME"] = options.name;
    return options;
}

/// In the environment of this process for as long as it lives.
struct exported {
    exported(std::string name, const std::string& value) : name_(std::move(name)) {
        ::setenv(name_.c_str(), value.c_str(), 1);
    }
    exported(const exported&) = delete;
    exported& operator=(const exported&) = delete;
    ~exported() { ::unsetenv(name_.c_str()); }
    std::string name_;
};

TEST_CASE("X2: a plugin's environment is what was declared and allowed, and nothing else of the host's") {
    const exported secrets[] = {{"TENON_TEST_SECRET", "hunter2"},
                                {"AWS_SECRET_ACCESS_KEY", "hunter2"},
                                {"LD_LIBRARY_PATH", "/hunter2"},
                                {"TENON_TOKEN", "hunter2"},
                                {"BASH_FUNC_env%%", "() { echo hunter2; }"},
                                {"TENON_TEST_ALLOWED", "as it is"},
                                {"TENON_TEST_EMPTY", ""}};
    running_host run;
    plugin_options options{.name = "env", .command = {"/usr/bin/env"}};
    options.environment = {{"DECLARED", "a=b c"}, {"TENON_TEST_ALLOWED", "declared wins"}};
    options.inherit_environment = {"PATH", "TENON_TEST_ALLOWED", "TENON_TEST_EMPTY", "TENON_TEST_MISSING"};
    options.restart.enabled = false;
    auto refused = options;
    refused.environment["TENON_PROTOCOL"] = "99";
    CHECK(run.start(refused).error().message == "env: the host itself sets TENON_PROTOCOL");
    const auto started = run.start(options); // it is no plugin, but it says what it got
    std::set<std::string> got;
    for (const log_record& record : run.logs)
        if (record.source == "stdout") got.insert(record.message);
    const std::set<std::string> expected = {"DECLARED=a=b c", "TENON_PROTOCOL=1",
                                            "TENON_TEST_ALLOWED=declared wins",
                                            "TENON_TEST_EMPTY=", std::string("PATH=") + std::getenv("PATH")};
    REQUIRE(!started);
    CAPTURE(started.error().message);
    CHECK(got == expected);
}

TEST_CASE("X2: by default a plugin inherits three names, and its configuration is on no command line") {
    const exported secret("TENON_TEST_SECRET", "hunter2");
    running_host run;
    auto options = obedient("one");
    options.config = json::parse(R"({"mood":"hunter2"})").value();
    REQUIRE(run.start(options));
    const std::string folder = "/proc/" + std::to_string(run.status("one").pid.value());
    const auto content = [&](const char* name) {
        std::ifstream file(folder + name, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    const std::string environment = content("/environ"), words = content("/cmdline");
    CHECK(words.find("obedient") != std::string::npos);
    CHECK(words.find("hunter2") == std::string::npos);
    CHECK(environment.find("hunter2") == std::string::npos);
    std::set<std::string> names;
    for (std::size_t at = 0; at < environment.size(); at = environment.find('\0', at) + 1)
        names.insert(environment.substr(at, environment.find('=', at) - at));
    for (const std::string& name : names) {
        CAPTURE(name);
        CHECK(
            std::set<std::string>{"PATH", "HOME", "LANG", "OBEDIENT_NAME", "TENON_PROTOCOL"}.contains(name));
    }
}

TEST_CASE(
    "X7: whatever a plugin writes is one record for each line, escaped, with its source, without secrets") {
    running_host run;
    auto options = obedient("one");
    options.logs.secrets = {"hunter2"};
    options.logs.mask = {"token=*"};
    REQUIRE(run.start(options));
    run.logs.clear();
    const std::string nasty =
        "\x1b[31mred\x1b]0;title\x07 \r over \xc2\x9b"
        "31m \xe2\x80\xae"
        "drow\n[ERROR] host: the plugin two has failed\n{\"level\":\"error\",\"message\":\"as "
        "JSON\\u001b[0m\",\"plugin\":\"two\",\"source\":\"host\"}\nhunter2 and token=abc "
        "bad \xff\xfe bytes";
    // JSON carries text alone, so the bytes that are none come from another plugin.
    const std::string as_text = nasty.substr(0, nasty.find(" bad"));
    REQUIRE(run.execute("say", text_of{as_text, 1}));
    auto raw = misbehaving("two", {"banner", nasty});
    raw.logs = options.logs;
    static_cast<void>(run.start(raw));
    REQUIRE(run.wait_for([&] { return run.logged("and ***") && run.logged("bad"); }));
    REQUIRE(
        run.execute("ask_host", json::parse(R"({"method":"host/log","params":{}})").value()).has_value() ==
        false);

    int from_one = 0, forged = 0;
    for (const log_record& record : run.logs) {
        CAPTURE(record.message);
        const bool known = record.plugin == "one" || record.plugin == "two";
        CHECK(known);
        for (const std::string& part :
             {record.message, std::string(record.fields), record.plugin, record.source}) {
            CHECK(part.find("hunter2") == std::string::npos);
            CHECK(part.find("token=abc") == std::string::npos);
            CHECK(part.find("\xe2\x80\xae") == std::string::npos);
            CHECK(part.find("\xc2\x9b") == std::string::npos);
            CHECK(std::none_of(part.begin(), part.end(), [](char one) {
                return static_cast<unsigned char>(one) < 0x20 || one == 0x7f ||
                       static_cast<unsigned char>(one) == 0xff;
            }));
        }
        if (record.plugin == "one" && record.source == "stderr") ++from_one;
        if (record.source == "host" && record.message.find("two has failed") == 0) ++forged;
    }
    CHECK(from_one == 4); // as many as there are lines
    CHECK(forged == 0);

    // The same words come again in the report of its end.
    REQUIRE(!run.execute("crash", json::parse(R"({"number":9})").value()));
    REQUIRE(run.wait_for([&] { return !run.changes.empty() && !run.changes.back().log.empty(); }));
    const std::string& report = run.changes.back().log;
    CHECK(report.find("hunter2") == std::string::npos);
    CHECK(report.find('\x1b') == std::string::npos);
    CHECK(report.find("and ***") != std::string::npos);
}

TEST_CASE(
    "R8: a process that calls what it may not call a thousand times a second is stopped, others go on") {
    running_host run;
    auto rude = misbehaving("rude", {"calls", "host/getConfig", "1000"});
    rude.allow_reverse_calls = true;
    REQUIRE(run.start(obedient("one")));
    static_cast<void>(run.start(rude));
    REQUIRE(run.wait_for([&] { return run.status("rude").state == plugin_state::failed; }));
    const plugin_status status = run.status("rude");
    CHECK(status.reason.cause == change_cause::limit);
    CHECK(status.reason.text.find("rpc.abuse") != std::string::npos);
    CHECK(status.reverse.denied > detail::max_refusals_per_second);
    CHECK(!status.pid.has_value());
    CHECK(run.execute("say", text_of{"still here", 1}));
    CHECK(run.status("one").state == plugin_state::ready);
}

TEST_CASE(
    "R13: a flood of notifications is drained in bounded memory, and another plugin is answered meanwhile") {
    running_host run;
    REQUIRE(run.start(obedient("one")));
    auto loud = misbehaving("loud", {"stdout-notices"});
    loud.health_interval = milliseconds(0);
    REQUIRE(run.start(loud));
    REQUIRE(run.wait_for([&] { return run.status("loud").logs.suppressed > 10'000; }));
    const auto before = detail::usage_of(::getpid());
    const std::uint64_t bytes = run.status("loud").connection->received;
    std::size_t answered = 0;
    while (run.status("loud").connection->received < bytes + 200'000) {
        REQUIRE(run.execute("counted", json::parse("{}").value()));
        ++answered;
        REQUIRE(answered < 1'000'000);
    }
    CHECK(answered > 0);
    const auto after = detail::usage_of(::getpid());
    REQUIRE(before);
    REQUIRE(after);
    const plugin_status status = run.status("loud");
    CHECK(status.state == plugin_state::ready);
    CHECK(status.queues.requests_in_flight == 0);
    CHECK(status.logs.lines < status.logs.suppressed / 10);
    if (!sanitized) CHECK(after->resident_bytes < before->resident_bytes + (std::uint64_t{4} << 20));
}

} // namespace
