// How the messages of a plugin's pipes are told apart: lines of JSON that are none, plugins that speak in lines, and
// what is said of a plugin that never shook hands.

#include "../python_patient.hpp"
#include "misbehaving.hpp"
#include "run_on_host.hpp"

#include <algorithm>

namespace {

using namespace tenon;
using tests::fixture;
using tests::running_host;

struct message { // of tests/fixtures/obedient.cpp
    static constexpr auto event = "message.incoming";
    std::string content, from_uid = {}, to_uid = {};
};
struct number {
    int number;
};

const std::string log_line = R"({"level":"info","msg":"starting"})";

plugin_options shell(std::string name, std::string script, std::vector<std::string> words = {}) {
    plugin_options options{.name = std::move(name), .command = {"/bin/sh", "-c", std::move(script)}};
    options.command.insert(options.command.end(), words.begin(), words.end());
    options.restart.enabled = false;
    options.allow_reverse_calls = true;
    options.permissions = {"*"};
    return options;
}
plugin_options obedient(const std::string& before) {
    auto options = shell("one", before + " exec \"$0\"", {fixture("obedient")});
    options.environment["OBEDIENT_NAME"] = "one";
    options.restart = {.enabled = true, .backoff = milliseconds{1}, .jitter = 0};
    return options;
}
/// tests/fixtures/patients/reads_lines.py
plugin_options line_reader() {
    plugin_options options{.name = "patient", .command = tests::python_patient("reads_lines")};
    options.restart = {.enabled = true, .backoff = milliseconds{1}, .jitter = 0};
    options.handshake_timeout = milliseconds{15'000};
    return options;
}
plugin_options in_lines(plugin_options options) {
    options.framing = plugin_framing::lines;
    return options;
}

std::size_t count_logged(const running_host& run, std::string_view source, std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(run.logs.begin(), run.logs.end(), [&](const log_record& record) {
            return record.source == source && record.message.find(text) != std::string::npos;
        }));
}

/// All that the wire has, with tests/fixtures/obedient.cpp.
void use_all(running_host& run) {
    const auto stopped = run.decide(message{.content = "stop"});
    CHECK(stopped.stopped_by() == "one");
    CHECK(run.decide(message{.content = "add "}).payload().content == "add !");
    CHECK(run.host.publish(message{.content = "hello"}) == 1);
    CHECK(run.execute<std::string>("echo", std::map<std::string, std::string>{{"text", "a\nb"}}).value() ==
          "a\nb");
    CHECK(run.execute("refuse", std::map<std::string, int>{{"code", 42}}).error().code == 42);
    http_exchange exchange;
    exchange.method = "GET";
    exchange.path = "/api/plugins/one/hello/Bo";
    const auto page = run.until<result<response>>([&](auto done) { run.host.request(exchange, done); });
    CHECK(page->body == "hello Bo");
    const auto asked =
        run.execute("ask_host", json::parse(R"({"method":"host/getConfig","params":{}})").value());
    CHECK_MESSAGE(asked, (asked ? "" : asked.error().message));
}

TEST_CASE("a line of JSON on stdout before the handshake killed the plugin") {
    running_host run;
    const auto started = run.start(obedient("echo '" + log_line + "';"));
    REQUIRE_MESSAGE(started, started.error().message);
    use_all(run);
    CHECK(count_logged(run, "stdout", "starting") == 1);
    CHECK(count_logged(run, "host", "refused") == 0);
    // And the same after a crash.
    CHECK_FALSE(run.execute("crash", number{9}));
    REQUIRE(run.wait_for([&] { return run.status("one").generation == 2; }));
    REQUIRE(run.wait_for([&] { return run.status("one").state == plugin_state::ready; }));
    use_all(run);
    CHECK(count_logged(run, "stdout", "starting") == 2);
    CHECK(run.stop("one"));
    CHECK(run.status("one").last_exit->stop_step == "ask");
}

TEST_CASE("a plugin of the SDK that is spoken with in lines has all that the wire has") {
    running_host run;
    const auto started = run.start(in_lines(obedient("echo '" + log_line + "'; echo Loading...;")));
    REQUIRE_MESSAGE(started, started.error().message);
    use_all(run);
    CHECK(count_logged(run, "stdout", "starting") == 1);
    CHECK(count_logged(run, "stdout", "Loading...") == 1);
    CHECK(run.until<result<void>>([&](auto done) { run.host.restart("one", done); }));
    use_all(run);
    CHECK_FALSE(run.execute("crash", number{9}));
    REQUIRE(run.wait_for([&] { return run.status("one").generation == 3; }));
    REQUIRE(run.wait_for([&] { return run.status("one").state == plugin_state::ready; }));
    use_all(run);
    CHECK(run.stop("one"));
    CHECK(run.status("one").last_exit->stop_step == "ask");
}

TEST_CASE("a program that knows nothing but lines is a plugin where its configuration says so") {
    running_host run;
    auto options = in_lines(line_reader());
    options.allow_reverse_calls = true;
    options.permissions = {"*"};
    options.health_interval = milliseconds{20};
    options.config = json::parse(R"({"greeting":"hi\nthere"})").value();
    const auto started = run.start(options);
    REQUIRE_MESSAGE(started, started.error().message);
    CHECK(count_logged(run, "stdout", "shaking hands") == 1);
    CHECK(count_logged(run, "stdout", "ready") == 1);

    const auto execute = [&](std::string_view args) {
        const auto answer = run.execute("echo", json::parse(args).value());
        return answer ? std::string(answer->text()) : answer.error().message;
    };
    CHECK(run.decide(message{.content = "spam"}).reason() == "spam");
    CHECK_FALSE(run.decide(message{.content = "hello"}).stopped());
    CHECK(run.host.publish(message{.content = "hello"}) == 1);
    CHECK(execute(R"({"text":"x"})") == R"({"text": "x"})");
    CHECK(execute(R"({"ask":{"jsonrpc":"2.0","id":7,"method":"host/getConfig","params":{}}})")
              .find(R"("result": {"greeting": "hi\nthere"})") != std::string::npos);
    const std::string batch = execute(R"({"ask":[{"jsonrpc":"2.0","id":"a","method":"host/getConfig"},)"
                                      R"({"jsonrpc":"2.0","id":"b","method":"no/such"}]})");
    CHECK(batch.starts_with("["));
    CHECK(batch.find("-32601") != std::string::npos);
    http_exchange exchange;
    exchange.method = "GET";
    exchange.path = "/api/plugins/patient/users/7";
    CHECK(run.until<result<response>>([&](auto done) { run.host.request(exchange, done); })->status == 200);
    REQUIRE(run.wait_for([&] { return run.status("patient").health == plugin_health::healthy; }));
    CHECK(run.until<result<void>>(
        [&](auto done) { run.host.configure("patient", json::parse(R"({"a":1})").value(), done); }));
    CHECK(run.status("patient").generation == 1);

    execute(R"({"exit":3})");
    REQUIRE(run.wait_for([&] { return run.status("patient").generation == 2; }));
    REQUIRE(run.wait_for([&] { return run.status("patient").state == plugin_state::ready; }));
    CHECK(execute(R"({"text":"x"})") == R"({"text": "x"})");
    CHECK(run.stop("patient"));
    CHECK(run.status("patient").last_exit->stop_step == "ask");
    CHECK(count_logged(run, "host", "refused") == 0);
}

/// What is said of a plugin that never shakes hands, once it has ended.
std::string why_no_handshake(plugin_options options) {
    running_host run;
    const std::string name = options.name;
    options.restart.enabled = false;
    CHECK_FALSE(run.start(std::move(options)));
    REQUIRE(run.wait_for([&] { return run.status(name).state == plugin_state::failed; }));
    return tests::change_to(run, name, plugin_state::failed)->reason.text;
}

void has(const std::string& text, std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts)
        CHECK_MESSAGE(text.find(part) != std::string::npos, text << "\nshould say: " << part);
}

TEST_CASE("a handshake that comes to nothing did not say what was seen of the plugin") {
    const auto late = [](std::string script) {
        auto options = shell("mute", std::move(script));
        options.handshake_timeout = milliseconds{700};
        return why_no_handshake(std::move(options));
    };
    has(late("cat >/dev/null; exit 0"), {"no answer to the handshake within 700 ms; it printed nothing"});
    has(late("echo Listening on 8080; echo '" + log_line + "'; cat >/dev/null; exit 0"),
        {"within 700 ms; the last that it printed: \"Listening on 8080\", \"starting\""});
    has(late("echo which port? >&2; cat >/dev/null; exit 0"), {"it printed \"which port?\""});
    has(late("printf 'Password: ' >&2; cat >/dev/null; exit 0"), {"it printed \"Password:\""});
    has(late("printf 'Content-Length: 12'; cat >/dev/null; exit 0"),
        {R"(it began to write "Content-Length: 12")"});
    has(late("printf 'a\\033[31m\\342\\200\\256b\\n'; cat >/dev/null; exit 0"), {R"(\x1b[31m\u{202e}b)"});
}

TEST_CASE("an exit before the handshake did not say so, nor what the program had printed") {
    const std::string text = why_no_handshake(shell("gone", "echo no module named yaml >&2; exit 3"));
    has(text, {"exit code 3 before the handshake was answered; it printed \"no module named yaml\""});
    has(why_no_handshake(shell("gone", "exit 0")),
        {"exit code 0 before the handshake was answered; it printed nothing"});
    has(why_no_handshake(shell("gone", "printf half; kill -9 $$")), {"SIGKILL", "\"half\""});
}

TEST_CASE("a plugin that closes its output before the handshake says what it printed") {
    has(why_no_handshake(shell("mute", "echo bye; exec >/dev/null; cat; exit 0")),
        {"the connection ended: ", " before the handshake was answered; it printed \"bye\""});
}

TEST_CASE("a program that reads lines was taken for one that does not answer") {
    auto options = line_reader();
    options.handshake_timeout = milliseconds{3'000}; // which it has to begin within
    options.stop = {{stop_action::close_stdin, milliseconds{10'000}}, {stop_action::kill, milliseconds{0}}};
    has(why_no_handshake(options),
        {"no answer to the handshake within 3000 ms", "it speaks in lines", "\"framing\": \"lines\""});
    CHECK(why_no_handshake(options).find("it printed nothing") ==
          std::string::npos);                                       // and yet it spoke in lines
    auto silent = in_lines(shell("one", "cat >/dev/null; exit 0")); // as one that waits for headers
    silent.handshake_timeout = milliseconds{700};
    has(why_no_handshake(silent),
        {"it printed nothing, and is spoken to in lines (\"framing\": \"lines\"): does it read headers?"});
    auto other = in_lines(shell("one", "printf 'Content-Length: 2\\r\\n\\r\\n{}'; cat >/dev/null; exit 0"));
    other.handshake_timeout = milliseconds{700};
    has(why_no_handshake(other), {"it writes headers, and its configuration says \"framing\": \"lines\""});
}

TEST_CASE("a language server is told from a plugin that refuses") {
    const std::string answer =
        R"({"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"Server not initialized"}})";
    has(why_no_handshake(shell("server", "printf 'Content-Length: " + std::to_string(answer.size()) +
                                             "\\r\\n\\r\\n%s' '" + answer + "'; cat >/dev/null; exit 0")),
        {"Server not initialized (-32002)", "this is a language server"});
    const std::string unknown =
        R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}})";
    has(why_no_handshake(shell("server", "printf 'Content-Length: " + std::to_string(unknown.size()) +
                                             "\\r\\n\\r\\n%s' '" + unknown + "'; cat >/dev/null; exit 0")),
        {"it refused the handshake, which it does not know (-32601 Method not found): it is no plugin"});
}

TEST_CASE("a stray line of 20 KiB does not end the plugin") {
    running_host run;
    const auto started = run.start(obedient("head -c 20000 /dev/zero | tr '\\0' x; echo;"));
    REQUIRE_MESSAGE(started, started.error().message);
    use_all(run);
}

} // namespace
