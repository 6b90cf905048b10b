// Which host a command speaks to, and what is said when none answers.

#include "whole_host.hpp"

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
    whole.start();
    CHECK(soon([&] { return plugin_at(whole) == "\"one\""; }));
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

} // namespace
