// Packages on the whole program: installed over HTTP, there again after a restart, in a store of one host alone.

#include "packed.hpp"

using namespace reference;
using namespace reference::tests;

namespace {

tenon::result<tenon::response> sent(const whole_host& whole, std::string_view method, std::string_view target,
                                    const std::string& file) {
    return whole.admin().send(method, target, {.fields = {{"source", "local"}}, .files = {{"file", file}}});
}

TEST_CASE(
    "a package is installed, updated, gone back and removed while the host works, and outlives its restart") {
    whole_host whole(whole_host::plugin("one"), any_package);
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    const auto made = sent(whole, "POST", "/api/v1/plugins/install", packed(whole, "two", "1.0.0"));
    REQUIRE_MESSAGE(made, made.error().message);
    CHECK_MESSAGE(made->status == 201, made->body);
    CHECK(whole.becomes("two", "ready"));
    CHECK(has(whole.ask({"plugins"}).output, "two     ready"));
    const auto updated = sent(whole, "PUT", "/api/v1/plugins/two", packed(whole, "two", "1.1.0"));
    REQUIRE(updated);
    CHECK_MESSAGE(updated->status == 200, updated->body);
    const auto reserved = sent(whole, "POST", "/api/v1/plugins/install", packed(whole, "one", "1.0.0"));
    REQUIRE(reserved);
    CHECK(reserved->status == 409);
    CHECK(has(reserved->body, R"("code":"exists")"));

    whole.host->signal(SIGTERM);
    CHECK(whole.host->wait() == 0);
    whole.start();
    CHECK(whole.becomes("two", "ready"));
    CHECK(has(whole.admin().ask("GET", "/api/v1/packages")->body,
              R"("id":"dev.example.two","name":"two","version":"1.1.0")"));
    CHECK(whole.admin().ask("POST", "/api/v1/plugins/two/rollback", "{}")->status == 200);
    CHECK(whole.becomes("two", "ready"));
    CHECK(has(whole.admin().ask("GET", "/api/v1/packages")->body, R"("version":"1.0.0","state":"enabled")"));
    CHECK(whole.admin().ask("DELETE", "/api/v1/plugins/two")->status == 200);
    CHECK(whole.admin().ask("GET", "/api/v1/plugins/two")->status == 404);
    CHECK(whole.state("one") == "\"ready\"");
}

TEST_CASE("a line of the file that was refused, since a package had its name, ended the package when it was "
          "taken out again") {
    whole_host whole(whole_host::plugin("one"), any_package);
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    const auto installed = sent(whole, "POST", "/api/v1/plugins/install", packed(whole, "two", "1.0.0"));
    REQUIRE(installed);
    REQUIRE_MESSAGE(installed->status == 201, installed->body);
    const std::string before = whole.pid("two");
    const std::string refused = "two: is not started: the package dev.example.two has this name";
    // Each time "one" gets another process by it: the file has been applied then.
    const auto apply = [&](int priority, bool with_two) {
        const std::string one = whole.pid("one"), more = R"("priority":)" + std::to_string(priority);
        whole.configure(whole_host::plugin("one", more) +
                            (with_two ? "," + whole_host::plugin("two", more) : ""),
                        any_package);
        CHECK(soon([&] { return whole.state("one") == "\"ready\"" && whole.pid("one") != one; }));
    };
    apply(1, true);
    CHECK(has(whole.ask({"status"}).output, refused));
    apply(2, true); // the line is another one
    CHECK(whole.pid("two") == before);
    apply(3, false);
    CHECK(whole.state("two") == "\"ready\"");
    CHECK(whole.pid("two") == before);

    // The same where the host starts with both.
    apply(4, true);
    whole.host->signal(SIGTERM);
    CHECK(whole.host->wait() == 0);
    whole.start();
    CHECK(whole.becomes("two", "ready"));
    CHECK(whole.becomes("one", "ready"));
    const std::string after = whole.pid("two");
    CHECK(has(whole.admin().ask("GET", "/api/v1/packages")->body, R"("status":1)"));
    CHECK(has(whole.ask({"status"}).output, refused));
    apply(5, false);
    CHECK(whole.pid("two") == after);
    CHECK(has(whole.ask({"status"}).output, "last mistake")); // there is none now
}

TEST_CASE("a plugin of the file stayed away when the package was removed that had had its name") {
    whole_host whole(whole_host::plugin("one"), any_package);
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    REQUIRE(sent(whole, "POST", "/api/v1/plugins/install", packed(whole, "two", "1.0.0"))->status == 201);
    REQUIRE(whole.admin().ask("POST", "/api/v1/plugins/two/disable")->status == 200);
    whole.configure(whole_host::plugin("one") + "," + whole_host::plugin("two"), any_package);
    CHECK(whole.logs("two: is not started: the package dev.example.two has this name"));
    CHECK(whole.admin().ask("DELETE", "/api/v1/plugins/two")->status == 200);
    CHECK(whole.becomes("two", "ready"));
    const auto again = sent(whole, "POST", "/api/v1/plugins/install", packed(whole, "two", "1.0.0"));
    CHECK(again->status == 409);
    CHECK(whole.state("two") == "\"ready\"");
}

TEST_CASE("a host whose store another host has ends with 69, and says so") {
    whole_host first("", any_package);
    first.start();
    whole_host second("", R"("packages":{"policy":"any","store":")" + (first.here / "s/data/packages") +
                              R"("},)");
    program& refused = second.start();
    CHECK(refused.wait() == 69);
    CHECK(has(refused.errors(), "another host"));
}

TEST_CASE("a host without packages in its file has no paths for them") {
    whole_host whole(whole_host::plugin("one"));
    whole.start();
    REQUIRE(whole.becomes("one", "ready"));
    CHECK(whole.admin().ask("GET", "/api/v1/packages")->status == 404);
    CHECK_FALSE(std::filesystem::exists(whole.here / "s/data/packages"));
}

} // namespace
