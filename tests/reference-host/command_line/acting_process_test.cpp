// Commands that put something into a running host: exec, emit, route.

#include "whole_host.hpp"

using namespace reference;
using namespace reference::tests;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("a command is run with values that its schema reads, and its result is printed") {
    whole_host whole(whole_host::plugin("one"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    CHECK(whole.ask({"exec", "add", "a=20", "b=22"}).output == "42\n");
    CHECK(whole.ask({"exec", "echo", "text=42"}).output == "42\n"); // a text, where a text is wanted
    CHECK(whole.ask({"exec", "echo", R"({"text":"a\u001b[2J\nb\u202e"})"}).output ==
          "a\\x1b[2J\nb\\u{202e}\n");
    CHECK(whole.ask({"exec", "counted"}).output == "{\"messages\":0,\"rooms\":0}\n");
    CHECK(whole.ask({"exec", "wait", "ms=1"}).output.empty());
    CHECK(whole.ask({"exec", "add", "a=1", "b=2", "--json"}).output == "{\"result\":3}\n");

    const auto refused = whole.ask({"exec", "refuse", "code=42"});
    CHECK(refused.code == 1);
    CHECK(refused.errors == "tenon-host: as you wish\n");
    const auto mistyped = whole.ask({"exec", "ehco", "text=x"});
    CHECK(mistyped.code == 1);
    CHECK(mistyped.errors == "tenon-host: there is no command \"ehco\"; did you mean \"echo\"?\n");
    const auto no_number = whole.ask({"exec", "add", "a=one", "b=2"});
    CHECK(no_number.code == 64);
    CHECK(says(no_number.errors, "a: expected INTEGER, got \"one\" (add a=INTEGER b=INTEGER)"));
    CHECK(whole.ask({"exec", "add", "@/no/such/file"}).code == 66);
    CHECK(says(whole.ask({"plugins", "one"}).output, "command  add a=INTEGER b=INTEGER\n"));
}

TEST_CASE("an event is told, or asked about") {
    whole_host whole(whole_host::plugin("one"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    CHECK(whole.ask({"emit", "room.created", "text=lobby"}).output == "told 1 plugin\n");
    REQUIRE(soon([&] { return says(whole.ask({"exec", "counted"}).output, "\"rooms\":1"); }));
    CHECK(whole.ask({"emit", "user.joined"}).output ==
          "told 0 plugins; `tenon-host explain user.joined` says why\n");
    const std::string stop = R"({"content":"stop","from_uid":"a","to_uid":"b"})";
    const auto stopped = whole.ask({"emit", "message.incoming", stop, "--decide"});
    CHECK(stopped.code == 1);
    CHECK(says(stopped.output, "stopped by one: told to\n  one  stop  "));
    const auto passed =
        whole.ask({"emit", "message.incoming", "content=add x", "from_uid=a", "to_uid=b", "--decide"});
    CHECK(passed.code == 0);
    CHECK(says(passed.output, R"(passed: {"content":"add x!")"));
    CHECK(whole.ask({"emit", "message.incoming", stop, "--decide", "--json"}).code == 1);
    CHECK(whole.ask({"send", "stop", "--from", "a", "--to", "b", "--json"}).code == 1);
    CHECK(whole.ask({"emit", "no event", "{}"}).code == 1);
}

TEST_CASE("a route is asked, and its body printed or written") {
    whole_host whole(whole_host::plugin("one"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    CHECK(whole.ask({"route", "get", "/api/plugins/one/hello/Bo"}).output == "hello Bo\n");
    CHECK(whole.ask({"route", "GET", "/api/plugins/one/hello/%E2%80%AE%1B"}).code == 1);
    CHECK(whole.ask({"route", "GET", "/api/plugins/one/hello/Bo", "--json"}).output ==
          "{\"status\":200,\"body\":\"hello Bo\"}\n");
    const std::string file = whole.here / "body";
    CHECK(whole.ask({"route", "GET", "/api/plugins/one/hello/Bo", "--output", file}).code == 0);
    CHECK(text_in(file) == "hello Bo");
    const auto nowhere = whole.ask({"route", "POST", "/api/plugins/one/none", "-d", "{}"});
    CHECK(nowhere.code == 1);
    CHECK(says(nowhere.errors, "the answer's status is 404"));
    std::ofstream(whole.here / "order.json") << R"({"a":2,"b":3})";
    CHECK(whole.ask({"route", "POST", "/api/v1/commands/add", "-d", "@" + (whole.here / "order.json")})
              .output == "{\"result\":5}\n");
    CHECK(whole.ask({"route", "GET", "/x HTTP/1.1\r\nX: y"}).code == 64);
    CHECK(whole.ask({"route", "GET", "api"}).code == 64);
    CHECK(whole.ask({"route", "G\nT", "/"}).code == 64);
    CHECK(whole.ask({"route", "POST", "/", "-d", "@/no/such/file"}).code == 66);
}

TEST_CASE("a command whose output could not be written ended as if it had been") {
    whole_host whole(whole_host::plugin("one"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    const std::string socket = whole.socket();
    for (const std::vector<std::string>& words : {std::vector<std::string>{"--help"},
                                                  {"catalogue"},
                                                  {"completion", "bash"},
                                                  {"plugins", "--socket", socket},
                                                  {"exec", "add", "a=1", "b=2", "--socket", socket}}) {
        program asked(words, "/dev/full", whole.here / "complaints");
        CHECK(asked.wait() == 74);
        CHECK(says(asked.errors(), "tenon-host: what it printed cannot be written"));
    }
    const auto unwritten = whole.ask({"route", "GET", "/api/plugins/one/hello/Bo", "--output", "/dev/full"});
    CHECK(unwritten.code == 74);
    CHECK(says(unwritten.errors, "/dev/full cannot be written"));
}

TEST_CASE("what was mistyped was answered in the words of the wire, or not at all") {
    whole_host whole(whole_host::plugin("one"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    const auto refused = [&](std::vector<std::string> words, int code) {
        const auto outcome = whole.ask(std::move(words));
        CHECK(outcome.code == code);
        return outcome.errors;
    };
    CHECK(refused({"exec", "add", "a=1", "c=2"}, 64) ==
          "tenon-host: there is no c; b is missing (add a=INTEGER b=INTEGER)\n");
    const std::string missing = refused({"exec", "add", R"({"a":1})"}, 1);
    CHECK_MESSAGE(says(missing, "tenon-host: b: missing\n"), missing);
    const std::string level = refused({"plugins", "one", "level", "loud"}, 1);
    CHECK_MESSAGE(level.starts_with("tenon-host: level: expected one of "), level);
    CHECK_FALSE(says(level, "at byte"));
    CHECK(says(refused({"plugins", "one", "config", ""}, 64), "config: expected JSON like"));
    CHECK(says(refused({"plugins", "one", "config", "null"}, 64), "got \"null\""));
    CHECK(
        says(refused({"route", "POST", "/api/v1/messages", "-d", "notjson"}, 1), "what -d gives is no JSON"));
    CHECK(refused({"status", "--address", "127.0.0.1"}, 64) ==
          "tenon-host: --address: expected HOST:PORT, got \"127.0.0.1\"\n");
    CHECK(whole.run({"stauts"}).errors ==
          "tenon-host: there is no command \"stauts\"; did you mean \"status\"?\n");
    CHECK(whole.ask({"emit", "mesage.incoming", "content=x"}).output ==
          "told 0 plugins; did you mean \"message.incoming\"?\n");
}

TEST_CASE("a command of a plugin that is stopped was one that nobody has") {
    whole_host whole(whole_host::plugin("one"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    REQUIRE(whole.ask({"plugins", "one", "stop"}).code == 0);
    const auto stopped = whole.ask({"exec", "echo", "text=x"});
    CHECK(stopped.code == 1);
    CHECK_MESSAGE(stopped.errors.starts_with(
                      "tenon-host: there is no command \"echo\" now: one has it, and it is stopped"),
                  stopped.errors);
}

} // namespace
