// The file is changed while the host runs: the smallest set of starts, stops and reconfigurations, and what was said by
// hand or saved by a plugin stays.

#include "whole_host.hpp"

using namespace reference;
using namespace reference::tests;

namespace {

std::string one() { return whole_host::plugin("one"); }

TEST_CASE("a changed file is applied as the smallest set of changes") {
    whole_host whole(one() + "," + whole_host::plugin("two") + "," + whole_host::plugin("three") + "," +
                     whole_host::plugin("four"));
    whole.start();
    for (const auto* name : {"one", "two", "three", "four"}) REQUIRE(whole.becomes(name, "ready"));
    const std::string pid_of_one = whole.pid("one"), pid_of_two = whole.pid("two"),
                      pid_of_three = whole.pid("three");

    // two is configured, three is another process, four goes, five comes.
    whole.configure(one() + "," + whole_host::plugin("two", R"("config":{"mood":"good"})") + "," +
                    whole_host::plugin("three", R"("healthIntervalMs":5000)") + "," +
                    whole_host::plugin("five"));
    REQUIRE(whole.becomes("five", "ready"));
    REQUIRE(soon([&] { return whole.state("three") == "\"ready\"" && whole.pid("three") != pid_of_three; }));
    CHECK(whole.state("four").find("null") == 0);
    CHECK(whole.pid("one") == pid_of_one);
    CHECK(whole.pid("two") == pid_of_two);
    CHECK(whole.logs("three: replace, because of another healthIntervalMs"));
    CHECK(whole.logs("two: configure, because of another config"));
    REQUIRE(soon([&] {
        return whole.ask({"plugins", "two", "config"}).output.find("good") != std::string::npos;
    }));
}

TEST_CASE("a bad file changes nothing and is a warning; SIGHUP reads it again") {
    whole_host whole(one());
    program& host = whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    const std::string pid = whole.pid("one");
    whole.write("{");
    REQUIRE(whole.logs("everything stays as it was"));
    CHECK(whole.pid("one") == pid);
    whole.configure(whole_host::plugin("one", R"("restat":{})"));
    REQUIRE(whole.logs(R"(plugins[0].restat: unknown key; did you mean "restart"?)"));
    std::filesystem::remove(whole.file());
    REQUIRE(whole.logs("No such file"));
    CHECK(whole.pid("one") == pid);
    whole.configure(one() + "," + whole_host::plugin("two"));
    REQUIRE(whole.becomes("two", "ready"));
    host.signal(SIGHUP);
    REQUIRE(whole.logs("SIGHUP: "));
    CHECK(whole.pid("one") == pid);
}

TEST_CASE(
    "a broken file was a line on stderr and nothing else: no state, no metric, nothing in the API's log") {
    whole_host whole(one());
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    CHECK(whole.ask({"status"}).output.find("host.json is good, and was read ") != std::string::npos);
    whole.write("{\n  \"listen\": \"127.0.0.1:0\",\n}");
    REQUIRE(whole.logs("line 3, column 1: expected a member's name"));
    const auto broken = whole.ask({"status"});
    CHECK(broken.code == 0);
    CHECK_MESSAGE(broken.output.find("1 of 1 ready") != std::string::npos, broken.output);
    CHECK(broken.output.find("and cannot be used: what held before still does") != std::string::npos);
    CHECK(broken.output.find("line 3, column 1: expected a member's name") != std::string::npos);
    const auto metrics = whole.admin().ask("GET", "/metrics");
    REQUIRE(metrics);
    CHECK(metrics->body.find("\ntenon_configuration_good 0\n") != std::string::npos);
    std::string logged;
    static_cast<void>(
        whole.admin().follow("/api/v1/logs?level=warn", [&](std::string_view, std::string_view data) {
            logged += data;
            return logged.find("line 3, column 1") == std::string::npos;
        }));
    CHECK(logged.find("line 3, column 1") != std::string::npos);
    whole.configure(one() + "," + whole_host::plugin("two"));
    REQUIRE(whole.becomes("two", "ready"));
    const auto mended = whole.ask({"status"});
    CHECK(mended.output.find("host.json is good") != std::string::npos);
    CHECK(mended.output.find("last mistake") != std::string::npos);
}

TEST_CASE("the level of a plugin's log could not be changed while it ran") {
    whole_host whole(one());
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    const std::string pid = whole.pid("one");
    const auto say = [&](const std::string& text) {
        const auto said =
            whole.admin().ask("POST", "/api/v1/commands/say", R"({"text":")" + text + R"(","times":1})");
        REQUIRE(said);
        CHECK(said->status == 200);
    };
    say("[INFO] before");
    CHECK(whole.logs("before"));
    CHECK(whole.ask({"plugins", "one", "level", "worse"}).code == 1);
    CHECK(whole.ask({"plugins", "one", "level", "warn"}).code == 0);
    CHECK(whole.ask({"plugins", "one", "level"}).output == "warn\n");
    CHECK(whole.ask({"plugins", "one"}).output.find("warn and worse\n") != std::string::npos);
    say("[INFO] meanwhile");
    say("[WARN] worse");
    CHECK(whole.logs("worse"));
    CHECK(whole.host->errors().find("meanwhile") == std::string::npos);
    whole.configure(whole_host::plugin("one", R"("logs":{"level":"error"})"));
    CHECK(whole.logs("one: configure, because of another logs.level"));
    CHECK(whole.ask({"plugins", "one", "level"}).output == "error\n");
    CHECK(whole.pid("one") == pid);
}

TEST_CASE("what only another start can change is said") {
    whole_host whole(one());
    whole.start();
    whole.configure(one(), R"("hosts":["chat.example"],)");
    CHECK(whole.logs("hosts is another one: it holds from the next start"));
}

TEST_CASE("what becomes of the file while the host starts was missed") {
    whole_host whole(one());
    // Nobody reads its output, so that it waits where it tells its address: it has read the file by then.
    const std::string output = whole.here / "output";
    REQUIRE(::mkfifo(output.c_str(), 0600) == 0);
    const tenon::detail::descriptor full(::open(output.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    const std::string much(65'536, '.');
    while (::write(full.get(), much.data(), much.size()) > 0) {
    }
    whole.host.emplace(std::vector<std::string>{"run", "--config", whole.file()}, output,
                       whole.here / "errors");
    REQUIRE(soon([&] { return read_admin_file(whole.socket()).has_value(); }));
    whole.configure(one(), R"("hosts":["chat.example"],)");
    std::string room(65'536, '.');
    while (::read(full.get(), room.data(), room.size()) > 0) {
    }
    CHECK(whole.logs("hosts is another one: it holds from the next start"));
}

TEST_CASE("who was disabled by hand stays so, until the file says otherwise") {
    whole_host whole(one());
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    CHECK(whole.ask({"plugins", "one", "disable"}).code == 0);
    CHECK(whole.state("one") == "\"stopped\"");
    whole.configure(whole_host::plugin("one", R"("priority":3)") + "," + whole_host::plugin("two"));
    REQUIRE(whole.becomes("two", "ready"));
    CHECK(whole.state("one") == "\"stopped\"");
    whole.configure(whole_host::plugin("one", R"("priority":3,"enabled":false)") + "," +
                    whole_host::plugin("three"));
    REQUIRE(whole.becomes("three", "ready"));
    whole.configure(whole_host::plugin("one", R"("priority":3,"enabled":true)") + "," +
                    whole_host::plugin("three"));
    CHECK(whole.becomes("one", "ready"));
}

TEST_CASE("what a plugin saves is there again at the next start, in the place of what the file says") {
    whole_host whole(whole_host::plugin(
        "one", R"("allowReverseRpc":true,"permissions":["config:write"],"config":{"mood":"plain"})"));
    const auto mood = [&] {
        const auto answer = whole.admin().ask("POST", "/api/v1/commands/whole_config", "{}");
        return answer ? answer->body : "";
    };
    {
        program& host = whole.start();
        REQUIRE(whole.becomes("one", "ready"));
        CHECK(mood().find("plain") != std::string::npos);
        for (const auto* asked : {R"({"method":"host/setConfig","params":{"key":"mood","value":"saved"}})",
                                  R"({"method":"host/saveConfig","params":{}})"}) {
            const auto answer = whole.admin().ask("POST", "/api/v1/commands/ask_host", asked);
            REQUIRE(answer);
            CHECK_MESSAGE(answer->status == 200, answer->body);
        }
        host.signal(SIGTERM);
        CHECK(host.wait() == 0);
    }
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    CHECK(mood().find("saved") != std::string::npos);
}

TEST_CASE("what an administrator set replaced until the next start, which merged it with the file and froze "
          "secrets") {
    whole_host whole(whole_host::plugin("one", R"("config":{"mood":"${TENON_TEST_MOOD}"})"));
    const auto mood = [&] {
        const auto answer = whole.admin().ask("POST", "/api/v1/commands/whole_config", "{}");
        return answer ? answer->body : "";
    };
    const auto end = [&] {
        whole.host->signal(SIGTERM);
        CHECK(whole.host->wait() == 0);
    };
    const std::string saved = whole.here / "s/data/config/one.json";
    ::setenv("TENON_TEST_MOOD", "a first secret", 1);
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    REQUIRE(mood().find("a first secret") != std::string::npos);
    // Comes back as it was shown: it is still the reference.
    REQUIRE(whole.ask({"plugins", "one", "config", R"({"mood":"***"})"}).code == 0);
    CHECK(text_in(saved).find("${TENON_TEST_MOOD}") != std::string::npos);
    CHECK(text_in(saved).find("a first secret") == std::string::npos);
    end();
    ::setenv("TENON_TEST_MOOD", "a second secret", 1);
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    CHECK(mood().find("a second secret") != std::string::npos);

    // Nothing: also after the next start it is nothing, and not what the file says.
    REQUIRE(whole.ask({"plugins", "one", "config", "{}"}).code == 0);
    CHECK(mood().find("secret") == std::string::npos);
    end();
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    CHECK(mood().find("secret") == std::string::npos);
    const auto shown = whole.ask({"plugins", "one", "config"});
    CHECK(shown.output == "{}\n");
    CHECK_MESSAGE(shown.errors.find("set here ") != std::string::npos, shown.errors);
    CHECK(shown.errors.find(R"(the file says {"mood":"***"})") != std::string::npos);

    REQUIRE(whole.ask({"plugins", "one", "config", "reset"}).code == 0);
    CHECK(mood().find("a second secret") != std::string::npos);
    CHECK(!std::filesystem::exists(saved));
    CHECK(whole.ask({"plugins", "one", "config"}).errors.empty());
    ::unsetenv("TENON_TEST_MOOD");
}

TEST_CASE("a program that others may write since the file was read was started again after its end") {
    whole_host whole("");
    const std::string program = whole.here / "plugins/obedient";
    std::filesystem::create_directory(whole.here / "plugins");
    std::filesystem::copy_file(fixtures() + "/obedient", program);
    std::filesystem::permissions(program, std::filesystem::perms(0755));
    whole.write(
        R"({"listen":"127.0.0.1:0","socket":"s/host.sock","plugins":[{"name":"one","command":"obedient",)"
        R"("env":{"OBEDIENT_NAME":"one"},"restart":{"maxRetries":0}}]})");
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    std::filesystem::permissions(program, std::filesystem::perms(0777));
    ::kill(std::atoi(whole.pid("one").c_str()), SIGKILL);
    CHECK(soon([&] { return whole.state("one") == "\"failed\""; }));
    const auto refused = whole.ask({"plugins", "one", "start"});
    CHECK(refused.code == 1);
    CHECK_MESSAGE(refused.errors.find("may be written by others") != std::string::npos, refused.errors);
    std::filesystem::permissions(program, std::filesystem::perms(0755));
    CHECK(whole.ask({"plugins", "one", "start"}).code == 0);
}

TEST_CASE("a plugin whose runtime is missing is known, and why it does not run is said") {
    whole_host whole(R"({"name":"one","runtime":"no-such-runtime","command":"none"})");
    whole.start();
    CHECK(whole.logs("one is not started: there is no no-such-runtime"));
    CHECK(whole.state("one") == "\"stopped\"");
    const auto refused = whole.ask({"plugins", "one", "enable"});
    CHECK(refused.code == 1);
    CHECK(refused.errors.find("no-such-runtime") != std::string::npos);
}

} // namespace

TEST_CASE("a typing error in a plugin's configuration was a setting that did nothing") {
    const std::string sentence = R"(did you mean "greeting"?)";
    whole_host whole(whole_host::plugin("one", R"("config":{"greting":"hi"})"));
    const auto checked = whole.run({"check", whole.file()});
    CHECK(checked.code == 78);
    CHECK_MESSAGE((checked.output + checked.errors).find(sentence) != std::string::npos, checked.errors);
    whole.start();
    CHECK(whole.logs(sentence));
    whole.configure(whole_host::plugin("one", R"("config":{"greeting":"hi"})"));
    REQUIRE(whole.becomes("one", "ready"));
    const auto put = whole.admin().ask("PUT", "/api/v1/plugins/one/config", R"({"greting":"ho"})");
    REQUIRE(put);
    CHECK(put->status >= 400);
    CHECK_MESSAGE(json::parse(put->body).value()["detail"].text().find(R"(did you mean \"greeting\"?)") !=
                      std::string::npos,
                  put->body);
    CHECK(whole.state("one") == "\"ready\"");
}

TEST_CASE(
    "a typing error in a plugin's configuration while the host ran was in the log alone: the file was good") {
    const std::string sentence = R"(did you mean "greeting"?)";
    const auto one = [](const std::string& config, const std::string& more = "") {
        return whole_host::plugin("one", "\"config\":" + config + more);
    };
    const auto bad = [](const whole_host& whole) {
        const auto metrics = whole.admin().ask("GET", "/metrics");
        return metrics && metrics->body.find("\ntenon_configuration_good 0\n") != std::string::npos;
    };
    whole_host whole(one(R"({"greeting":"hi"})"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    const std::string pid = whole.pid("one");
    CHECK(!bad(whole));
    whole.configure(one(R"({"greting":"ho"})"));
    REQUIRE(soon([&] { return bad(whole); }));
    const auto broken = whole.ask({"status"}).output;
    CHECK_MESSAGE(broken.find("and not all of it holds") != std::string::npos, broken);
    CHECK_MESSAGE(broken.find("one: config.greting: unknown member; " + sentence) != std::string::npos,
                  broken);
    const auto status = whole.admin().ask("GET", "/api/v1/status");
    REQUIRE(status);
    const json configuration = json(json::parse(status->body).value()["configuration"]);
    CHECK(configuration["good"].text() == "false");
    CHECK(configuration["partly"].text() == "true");
    CHECK(configuration["refused"].text() == "1");
    CHECK(whole.pid("one") == pid);

    // Another change leaves it as it is, and what is mended is mended.
    whole.configure(one(R"({"greting":"ho"})") + "," + whole_host::plugin("two"));
    REQUIRE(whole.becomes("two", "ready"));
    CHECK(bad(whole));
    whole.configure(one(R"({"greeting":"ho"})"));
    CHECK(soon([&] { return !bad(whole); }));
    whole.configure(one(R"({"mood":"bad"})")); // the plugin itself says no
    REQUIRE(soon([&] { return bad(whole); }));
    CHECK(whole.ask({"status"}).output.find("one: no bad moods") != std::string::npos);
    REQUIRE(whole.ask({"plugins", "one", "config", R"({"mood":"good"})"}).code == 0);
    CHECK(!bad(whole)); // what the file says is replaced
}

TEST_CASE("a secret that a plugin had copied into another member of its configuration was saved in clear") {
    whole_host whole(whole_host::plugin(
        "one",
        R"("allowReverseRpc":true,"permissions":["config:write"],"config":{"mood":"${TENON_TEST_MOOD}"})",
        R"(,"KEY":"${TENON_TEST_KEY}")"));
    ::setenv("TENON_TEST_MOOD", "a first secret", 1);
    ::setenv("TENON_TEST_KEY", "a second secret", 1);
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    for (const auto* asked :
         {R"({"method":"host/setConfig","params":{"key":"greeting","value":"a first secret"}})",
          R"({"method":"host/setConfig","params":{"key":"mood","value":"a second secret"}})",
          R"({"method":"host/saveConfig","params":{}})"}) {
        const auto answer = whole.admin().ask("POST", "/api/v1/commands/ask_host", asked);
        REQUIRE(answer);
        CHECK_MESSAGE(answer->status == 200, answer->body);
    }
    const std::string saved = text_in(whole.here / "s/data/config/one.json");
    CHECK_MESSAGE(saved.find(R"("greeting":"${TENON_TEST_MOOD}")") != std::string::npos, saved);
    CHECK_MESSAGE(saved.find(R"("mood":"${TENON_TEST_KEY}")") != std::string::npos, saved);
    ::unsetenv("TENON_TEST_MOOD");
    ::unsetenv("TENON_TEST_KEY");
}

TEST_CASE(
    "plugins that need each other in a circle were good for check, and one of them was not there at run") {
    const std::string circle =
        "plugins[1].needs: plugins that need each other could never start: two needs one, one "
        "needs two";
    const std::string plugins = whole_host::plugin("one", R"("needs":["two"])") + "," +
                                whole_host::plugin("two", R"("needs":["one"])");
    whole_host whole(plugins);
    const auto checked = whole.run({"check", whole.file()});
    CHECK(checked.code == 78);
    CHECK_MESSAGE(checked.errors.find(circle) != std::string::npos, checked.errors);
    whole.configure(whole_host::plugin("one"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    whole.configure(plugins);
    CHECK(whole.logs(circle));
    const auto status = whole.ask({"status"}).output;
    CHECK_MESSAGE(status.find(circle) != std::string::npos, status);
}

TEST_CASE("a store of packages that cannot be made is said by check: it said that the file is good") {
    whole_host whole("", R"("packages":{"store":"/proc/x"},)");
    const auto checked = whole.run({"check", whole.file()});
    CHECK(checked.code == 66); // as `run`
    CHECK_MESSAGE(checked.errors.find("packages.store: /proc/x cannot be written: /proc: ") !=
                      std::string::npos,
                  checked.errors);
    CHECK(checked.output.find("is good") == std::string::npos);
    whole.configure("", R"("packages":{"store":")" + (whole.here / "later/store") + R"("},)");
    CHECK(whole.run({"check", whole.file()}).code == 0);
    CHECK_FALSE(std::filesystem::exists(whole.here / "later")); // it only looks
}

TEST_CASE("a configuration that could not be kept was refused, and held; and nobody had said that the folder "
          "is no use") {
    whole_host whole(one());
    std::ofstream(whole.here / "taken") << "a file";
    whole.configure(one(), R"("data":")" + (whole.here / "taken") + R"(",)");
    const auto checked = whole.run({"check", whole.file()});
    CHECK(checked.code == 0);
    CHECK_MESSAGE(checked.output.find("warning: data: " + (whole.here / "taken") +
                                      "/config cannot be written") != std::string::npos,
                  checked.output);
    whole.start();
    CHECK(whole.logs("what is set by page, command line or plugin is lost when the host ends"));
    REQUIRE(whole.becomes("one", "ready"));
    const auto refused = whole.ask({"plugins", "one", "config", R"({"mood":"new"})"});
    CHECK(refused.code == 1);
    CHECK_MESSAGE(refused.errors.find("the new configuration holds until the host ends, but is not kept: " +
                                      (whole.here / "taken") + "/config/one.json: ") != std::string::npos,
                  refused.errors);
    CHECK(whole.ask({"plugins", "one", "config"}).output == "{\"mood\":\"new\"}\n");
}
