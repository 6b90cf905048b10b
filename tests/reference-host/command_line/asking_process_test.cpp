// Which host a command speaks to, and what is said when none answers.

#include "whole_host.hpp"

#include <asio.hpp>

#include <thread>

using namespace reference;
using namespace reference::tests;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Whose plugins these are.
std::string plugin_at(const whole_host& host) {
    const auto answer = host.ask({"plugins", "--json"});
    const json list = json::parse(answer.output).value_or(json());
    return answer.code == 0 ? std::string(list["plugins"][0]["name"].text()) : answer.errors;
}

TEST_CASE("two hosts in one folder: a command spoke to the other one") {
    for (const bool first_ends_first : {true, false}) {
        CAPTURE(first_ends_first);
        const tenon::tests::scratch_folder shared;
        whole_host first(whole_host::plugin("first"), "", shared / "s/first.sock");
        whole_host second(whole_host::plugin("second"), "", shared / "s/second.sock");
        first.start();
        second.start();
        int wrong = 0;
        for (int count = 0; count < 100; ++count)
            wrong += (plugin_at(first) != "\"first\"") + (plugin_at(second) != "\"second\"");
        CHECK(wrong == 0);

        whole_host& ends = first_ends_first ? first : second;
        whole_host& stays = first_ends_first ? second : first;
        ends.host->signal(SIGTERM);
        CHECK(ends.host->wait() == 0);
        CHECK(!std::filesystem::exists(ends.socket() + ".admin.json"));
        CHECK(plugin_at(stays) == (first_ends_first ? "\"second\"" : "\"first\""));
        const auto gone = ends.ask({"plugins"});
        CHECK(gone.code == 69);
        CHECK(says(gone.errors, "no host is known at " + ends.socket()));
        stays.host->signal(SIGTERM);
        CHECK(stays.host->wait() == 0);
        CHECK(std::filesystem::is_empty(shared / "s"));
    }
}

TEST_CASE("what a killed host left behind is not asked, and the next host replaces it") {
    whole_host whole(whole_host::plugin("one"));
    whole.start().signal(SIGKILL);
    whole.host->wait();
    const auto gone = whole.ask({"plugins"});
    CHECK(gone.code == 69);
    CHECK(says(gone.errors, "which wrote " + whole.socket() + ".admin.json, is gone"));
    // A child that was killed with it may hold its socket for a moment yet, and a host is refused then.
    CHECK_MESSAGE(soon([&] {
                      if (whole.host->ended()) whole.start();
                      return plugin_at(whole) == "\"one\"";
                  }),
                  whole.host->errors());
}

TEST_CASE("it is said how the host was found that does not answer, and whose token was refused") {
    whole_host whole("");
    const auto none = whole.run({"plugins", "--address", "127.0.0.1:1"});
    CHECK(none.code == 69);
    CHECK(says(none.errors, "no host answers at 127.0.0.1:1 (found by --address)"));
    whole.start();
    const std::string address = whole.admin().address(), file = whole.socket() + ".admin.json";
    const auto wrong = whole.ask({"plugins", "--token", "wrong"});
    CHECK(wrong.code == 77);
    CHECK(
        says(wrong.errors, "the token is that of --token; the host at " + address + " was found by " + file));
    const auto no_token = whole.run({"plugins", "--address", address});
    CHECK(no_token.code == 77);
    CHECK(says(no_token.errors, "--token or $TENON_ADMIN_TOKEN gives one"));
}

/// What a command prints when a host answers with this.
std::string printed_of(const whole_host& whole, const std::vector<std::string>& words,
                       const std::string& answer) {
    asio::io_context io;
    asio::ip::tcp::acceptor listening(io, {asio::ip::address_v4::loopback(), 0});
    std::thread host([&] {
        asio::ip::tcp::socket client = listening.accept();
        std::string head;
        asio::error_code over;
        asio::read_until(client, asio::dynamic_buffer(head), "\r\n\r\n", over);
        asio::write(client, asio::buffer("HTTP/1.1 " + answer), over);
    });
    std::vector<std::string> typed = words;
    typed.insert(typed.end(),
                 {"--address", "127.0.0.1:" + std::to_string(listening.local_endpoint().port())});
    const auto asked = whole.run(typed);
    host.join();
    return asked.output + asked.errors;
}

TEST_CASE("what a host answers reached the terminal raw: newline, ESC, NUL and U+202E of whoever it quotes") {
    const whole_host whole("");
    const std::string text = "x\\n\\u001b[2J\\u0000\xE2\x80\xAE"
                             "y"; // as JSON has it
    const std::string shown = "x\\n\\x1b[2J\\x00\\u{202e}y", good = "200 OK\r\n\r\n";
    struct {
        std::vector<std::string> words;
        std::string answer;
    } const rows[] = {
        {{"plugins"}, "404 No\r\n\r\n{\"detail\":\"" + text + "\"}"},
        {{"plugins"}, good + R"({"plugins":[{"name":")" + text + R"(","version":")" + text + "\"}]}"},
        {{"plugins", "one"},
         good + R"({"name":"one","refused":[")" + text + R"("],"permissions":[")" + text + "\"]}"},
        {{"explain", "a"}, good + R"({"plugins":[{"plugin":")" + text + R"(","words":")" + text + "\"}]}"},
        {{"logs"},
         good + "event: log\ndata: " +
             R"({"time":1,"level":"info","plugin":"a","pid":1,"generation":1,"source":"host","message":")" +
             text + "\"}\n\n"},
        {{"events"}, good + "event: change\ndata: {\"plugin\":\"" + text + "\"}\n\n"},
        {{"events"}, good + "event: event\ndata: {\"type\":\"" + text + "\",\"payload\":{}}\n\n"},
        {{"emit", "a", "{}", "--decide"},
         good + R"({"flow":"stop","stoppedBy":"a","reason":")" + text + "\"}"},
        {{"send", "a", "--from", "a", "--to", "b"}, good + R"({"delivered":true,"content":")" + text + "\"}"},
    };
    for (const auto& [words, answer] : rows) {
        const std::string printed = printed_of(whole, words, answer);
        CHECK_MESSAGE(says(printed, shown), printed);
        for (const auto* raw : {"\x1b", "\xE2\x80\xAE"}) CHECK(!says(printed, raw));
        CHECK(printed.find('\0') == std::string::npos);
    }
    const std::string as_json = printed_of(whole, {"plugins", "--json"}, good + "{\"a\":\"" + text + "\"}");
    CHECK(as_json == "{\"a\":\"x\\n\\u001b[2J\\u0000\\u202ey\"}\n");
}

} // namespace
