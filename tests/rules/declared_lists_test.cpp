#include <tenon/rules/calls/declared_lists.hpp>

#include "../host/counting_plugin.hpp"

#include <string>

namespace {

using namespace tenon;
using testing::scripted_plugin;
using tests::quick;
using tests::running_host;

/// `count` entries made by `one`, which is told their number.
template <class One>
std::string list(std::size_t count, One one) {
    std::string all = "[";
    for (std::size_t number = 0; number < count; ++number)
        all += (number == 0 ? "" : ",") + one(std::to_string(number));
    return all + "]";
}

std::string quoted(const std::string& number) { return "\"f" + number + "\""; }

result<void> start_one_that_says(running_host& run, scripted_plugin& plugin, const std::string& name) {
    REQUIRE(plugin.add_to(run.host, quick(name)));
    return run.until<result<void>>([&](auto done) { run.host.start(name, done); });
}

TEST_CASE("a version that was too long was cut within a character, and the status was no UTF-8") {
    running_host run;
    scripted_plugin one(
        {.name = "one", .json = R"({"name":"one","version":"1)" + std::string(126, '.') + "\u00e9\"}"});
    REQUIRE(start_one_that_says(run, one, "one"));
    CHECK(run.status("one").version == "1" + std::string(126, '.'));
    CHECK(json::parse(to_json(run.host.status())));
}

TEST_CASE("50,000 refused commands stood in the log one by one, and held up the host") {
    running_host run;
    const auto bad = [](const std::string&) { return std::string(R"({"name":"\n"})"); };
    const auto good = [](const std::string& number) { return R"({"name":"c)" + number + "\"}"; };
    scripted_plugin refused(
        {.name = "refused",
         .json = R"({"name":"refused","version":"1","commands":)" + list(50'000, bad) + "}"});
    REQUIRE(start_one_that_says(run, refused, "refused"));
    // Ten in words, the other 246 in one line, and the rest in one more.
    CHECK(run.status("refused").refused.size() == 12);
    CHECK(run.logs.size() == 12);
    CHECK(run.logged("it declares 50000 commands: what is behind the first 256 was left out"));
    CHECK(run.logged("246 more of its commands were refused"));

    scripted_plugin many({.name = "many",
                          .json = R"({"name":"many","version":"1","commands":)" + list(300, good) +
                                  R"(,"routes":)" +
                                  list(300,
                                       [](const std::string& number) {
                                           return R"({"method":"GET","path":"/r)" + number + "\"}";
                                       }) +
                                  "}"});
    REQUIRE(start_one_that_says(run, many, "many"));
    const plugin_status status = run.status("many");
    CHECK(status.refused ==
          std::vector<std::string>{"it declares 300 commands: what is behind the first 256 was left out",
                                   "it declares 300 routes: what is behind the first 256 was left out"});
    CHECK(status.commands.size() == 100);
    CHECK(status.routes.size() == 100);
    CHECK(status.left_out.at("commands") == 156);
    CHECK(status.left_out.at("routes") == 156);
    CHECK(run.host.commands().size() == 256); // all of them can be executed
}

TEST_CASE("a list of capabilities and features had no limit: all of it stood in the list of plugins") {
    running_host run;
    scripted_plugin wordy(
        {.name = "wordy",
         .json = R"({"name":"wordy","version":")" + std::string(300, '1') + R"(","capabilities":)" +
                 list(100'000, quoted) + R"(,"features":)" + list(100'000, quoted) + R"(,"events":)" +
                 list(2'000, [](const std::string& number) { return "\"f1.e" + number + "\""; }) + "}"});
    REQUIRE(start_one_that_says(run, wordy, "wordy"));
    const plugin_status status = run.status("wordy");
    CHECK(status.capabilities.size() == 100);
    CHECK(status.left_out.at("capabilities") == 156);
    CHECK(status.features.size() == 64);
    CHECK(status.subscriptions.size() == 100);
    CHECK(status.left_out.at("subscriptions") == 924);
    CHECK(status.version.size() == 128);
    CHECK(status.refused.size() == 4);
    CHECK(to_json(status).size() < 32'768);
    CHECK(from_json<plugin_status>(to_json(status))->left_out == status.left_out);

    scripted_plugin long_words({.name = "long-words",
                                .json = R"({"name":"long-words","version":"1","capabilities":[")" +
                                        std::string(129, 'x') + R"(","ok"]})"});
    REQUIRE(start_one_that_says(run, long_words, "long-words"));
    CHECK(run.status("long-words").capabilities == std::vector<std::string>{"ok"});
    CHECK(run.status("long-words").refused ==
          std::vector<std::string>{"1 of its capabilities have more than 128 bytes"});
}

TEST_CASE("an answer to the handshake of more than 4 MiB is not read") {
    running_host run;
    scripted_plugin huge({.name = "huge",
                          .json = R"({"name":"huge","version":"1","more":")" +
                                  std::string(std::size_t{4} << 20, 'x') + "\"}"});
    const auto started = start_one_that_says(run, huge, "huge");
    REQUIRE_FALSE(started);
    CHECK(started.error().message.find("handshake: expected at most 4194304 bytes, got") !=
          std::string::npos);
    CHECK(run.status("huge").state == plugin_state::failed);
}

} // namespace
