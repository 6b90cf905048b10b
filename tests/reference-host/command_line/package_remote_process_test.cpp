// Packages of a host that works, by command: sent, agreed to, updated, gone back, removed; whose they may be, and who may.

#include "packed.hpp"

#include <functional>

#include <pty.h>
#include <sys/ioctl.h>

using namespace reference;
using namespace reference::tests;

namespace {

/// What a command says, with its exit code, to somebody at a terminal who answers its question. `meanwhile` is done once it
/// is asked; `last` as a program's.
whole_host::outcome ask_a_person(const whole_host& whole, std::vector<std::string> words,
                                 const std::string& answer, const std::function<void()>& meanwhile = {},
                                 void (*last)() = nullptr) {
    int terminal = -1, slave = -1;
    REQUIRE(::openpty(&terminal, &slave, nullptr, nullptr, nullptr) == 0);
    words.insert(words.end(), {"--socket", whole.socket()});
    const int own = ::dup(0);
    ::dup2(slave, 0); // what is started has it
    program asked(std::move(words), whole.here / "asked", whole.here / "complaints", last);
    ::dup2(own, 0);
    ::close(own);
    if (meanwhile) {
        CHECK(soon([&] { return has(asked.errors(), "agreed?") || asked.ended(); }));
        meanwhile();
    }
    REQUIRE(::write(terminal, answer.data(), answer.size()) == static_cast<ssize_t>(answer.size()));
    const int code = asked.wait();
    ::close(slave);
    ::close(terminal);
    return {code, asked.output(), asked.errors()};
}

/// Stdin is a configuration.
void read_config() {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0 || ::write(ends[1], "{}", 2) != 2) ::_exit(126);
    ::close(ends[1]);
    ::dup2(ends[0], 0);
}

} // namespace

TEST_CASE("a package is installed, updated, gone back and removed by command") {
    whole_host whole("", any_package);
    whole.start();
    const std::string first = packed(whole, "two", "1.0.0");
    const auto looked = whole.ask({"package", "install", first, "--dry-run"});
    CHECK_MESSAGE(looked.code == 0, looked.errors);
    CHECK(has(looked.output, "installs dev.example.two 1.0.0"));
    CHECK_FALSE(has(whole.ask({"package", "list"}).output, "dev.example.two"));

    const auto made = whole.ask({"package", "install", first});
    CHECK_MESSAGE(made.code == 0, made.errors);
    CHECK(has(made.output, "dev.example.two 1.0.0: install done"));
    CHECK(made.errors.starts_with(
        "looking at it\nsending\n")); // where there is no terminal, a line for each step
    CHECK(whole.becomes("two", "ready"));
    CHECK(has(whole.ask({"package", "list"}).output, "dev.example.two  1.0.0    enabled  unsigned"));

    const auto updated = whole.ask({"package", "update", "two", packed(whole, "two", "1.1.0")});
    CHECK_MESSAGE(updated.code == 0, updated.errors);
    CHECK(has(whole.ask({"package", "versions", "two"}).output, "1.1.0  active"));
    const auto back = whole.ask({"package", "rollback", "two", "--reason", "it was slow"});
    CHECK_MESSAGE(back.code == 0, back.errors);
    CHECK(has(back.output, "dev.example.two 1.0.0 is enabled"));
    CHECK(has(whole.ask({"package", "history", "two"}).output, "1.1.0 -> 1.0.0"));
    CHECK(has(whole.ask({"package", "update", "two", "1.1.0"}).output, "dev.example.two 1.1.0: update done"));
    CHECK(whole.ask({"package", "pin", "two"}).output == "dev.example.two is pinned to 1.1.0\n");
    CHECK(has(whole.ask({"package", "list"}).output, "1.1.0 (pinned)"));
    CHECK(whole.ask({"package", "unpin", "two"}).output == "dev.example.two is not pinned any more\n");
    CHECK(has(whole.ask({"package", "disable", "two"}).output, "is disabled"));
    CHECK(has(whole.ask({"package", "enable", "two"}).output, "is enabled"));
    CHECK(has(whole.ask({"package", "remove", "two", "1.0.0"}).output, "dev.example.two 1.0.0 is removed"));
    CHECK(has(whole.ask({"package", "remove", "two"}).output, "dev.example.two is removed"));
    const auto again = whole.ask({"package", "remove", "two"});
    CHECK(again.code == 1);
    CHECK(has(again.errors, "is no package that is installed"));

    const auto by_name = whole.ask({"package", "history", "two"}); // it printed nothing, with code 0
    CHECK(by_name.code == 1);
    CHECK(has(by_name.errors, "what was done with one that is gone is found by its id"));
    CHECK(has(whole.ask({"package", "history", "dev.example.two"}).output, "1.1.0 -> 1.0.0"));
}

TEST_CASE(
    "an install of what does not come up ended with code 0, and one of what is there was said to be done") {
    whole_host whole("", any_package);
    whole.start();
    const auto bad =
        whole.ask({"package", "install", packed(whole, "two", "1.0.0", R"(,"args":["--describe"])")});
    CHECK(bad.code == 1);
    CHECK(bad.output.empty());
    CHECK_MESSAGE(has(bad.errors, "dev.example.two 1.0.0: install done, but two did not come up: "),
                  bad.errors);
    CHECK(has(whole.ask({"package", "list"}).output, "dev.example.two  1.0.0    enabled"));
    CHECK(whole.ask({"package", "update", "two", packed(whole, "two", "1.1.0")}).code == 0);
    CHECK(whole.becomes("two", "ready"));
    const auto again = whole.ask({"package", "install", packed(whole, "two", "1.1.0")});
    CHECK(again.code == 0);
    CHECK(again.output == "nothing to do: dev.example.two 1.1.0 is installed\n");
}

TEST_CASE("a package that is configured or disabled as a plugin is shown as its plugin is: it was shown "
          "empty and stopped") {
    whole_host whole("", any_package);
    whole.start();
    REQUIRE(whole.ask({"package", "install", packed(whole, "two", "1.0.0")}).code == 0);
    REQUIRE(whole.becomes("two", "ready"));
    const auto configured = whole.ask({"plugins", "two", "config", R"({"mood":"new"})"});
    CHECK_MESSAGE(configured.code == 0, configured.errors);
    CHECK_MESSAGE(has(configured.output, "plugin   two\n"), configured.output);
    CHECK(has(configured.output, "state    ready"));
    CHECK(has(whole.ask({"plugins", "two", "config"}).output, R"({"mood":"new"})"));
    CHECK(has(whole.ask({"plugins", "two", "config", "reset"}).output, "state    ready"));
    const auto disabled = whole.ask({"plugins", "two", "disable"});
    CHECK_MESSAGE(has(disabled.output, "plugin   two\n"), disabled.output);
    CHECK(has(disabled.output, "state    stopped"));
    CHECK(has(whole.ask({"plugins", "two", "enable"}).output, "state    ready"));
}

TEST_CASE("without a terminal what a package asks for is agreed to in words, or it is not installed") {
    whole_host whole("", any_package);
    whole.start();
    const std::string file = packed(whole, "two", "1.0.0", R"(,"permissions":["users:kick"])");
    const auto refused = whole.ask({"package", "install", file});
    CHECK(refused.code == 1);
    CHECK(has(refused.errors, "it asks for the permission users:kick"));
    CHECK(has(refused.errors, "--grant users:kick"));
    CHECK_FALSE(has(whole.ask({"package", "list"}).output, "dev.example.two"));
    const auto granted = whole.ask({"package", "install", file, "--grant", "users:kick"});
    CHECK_MESSAGE(granted.code == 0, granted.errors);
    CHECK(has(whole.ask({"package", "list", "--json"}).output, R"("granted":["users:kick"])"));
    CHECK(whole.ask({"package", "install", whole.here / "nothing.zip"}).code == 66);
    whole.here.write("text.zip", "hello", 0644);
    CHECK(whole.ask({"package", "install", whole.here / "text.zip"}).code == 1);
    const auto older = whole.ask({"package", "update", "two", packed(whole, "two", "0.9.0"), "--yes"});
    CHECK(older.code == 1);
    CHECK(has(older.errors, "0.9.0 is older than 1.0.0"));
    CHECK(whole.ask({"package", "update", "two", packed(whole, "two", "0.9.0"), "--yes", "--allow-downgrade"})
              .code == 0);
}

TEST_CASE("an unsigned package was taken on a terminal without a question") {
    whole_host whole("", any_package);
    whole.start();
    const std::string file = packed(whole, "two", "1.0.0");
    const auto no = ask_a_person(whole, {"package", "install", file}, "no\n");
    CHECK(no.code == 1);
    CHECK_MESSAGE(has(no.errors, "nobody who is trusted signed it\nagreed? (yes/no) tenon-host: not agreed: "
                                 "nothing was done\n"),
                  no.errors);
    const auto end = ask_a_person(whole, {"package", "install", file}, "\x04"); // the end of what is typed
    CHECK(end.code == 1);
    CHECK_MESSAGE(has(end.errors, "agreed? (yes/no) \ntenon-host: not agreed: nothing was done\n"),
                  end.errors);
    CHECK_FALSE(has(whole.ask({"package", "list"}).output, "dev.example.two"));
    const auto yes = ask_a_person(whole, {"package", "install", file}, "Y\n"); // it counted as no
    CHECK_MESSAGE(yes.code == 0, yes.errors);
    const auto same = ask_a_person(whole, {"package", "install", file}, "");
    CHECK(has(same.output, "nothing to do"));
    for (const auto& [version, more] : {std::pair<std::string, std::vector<std::string>>{"1.1.0", {"--yes"}},
                                        {"1.2.0", {"--grant", "unsigned"}}}) {
        std::vector<std::string> words{"package", "update", "two", packed(whole, "two", version)};
        words.insert(words.end(), more.begin(), more.end());
        const auto updated = ask_a_person(whole, words, "");
        CHECK_MESSAGE(updated.code == 0, updated.errors);
        CHECK_FALSE(has(updated.errors, "agreed?"));
    }
}

TEST_CASE("the question about what is unsigned was read from where the configuration had come from") {
    whole_host whole("", any_package);
    whole.start();
    const std::vector<std::string> words{"package", "install", packed(whole, "two", "1.0.0"), "--config",
                                         "-"};
    const auto at_terminal = [] {
        ::setsid();
        ::ioctl(0, TIOCSCTTY, 0);
        read_config();
    };
    const auto no = ask_a_person(
        whole, words, "no\n", [] {}, at_terminal);
    CHECK(no.code == 1);
    CHECK_MESSAGE(has(no.errors, "agreed? (yes/no) tenon-host: not agreed"), no.errors);
    const auto yes = ask_a_person(
        whole, words, "yes\n", [] {}, at_terminal);
    CHECK_MESSAGE(yes.code == 0, yes.errors);
    REQUIRE(whole.ask({"package", "uninstall", "two"}).code == 0); // another word for remove
    const auto alone = ask_a_person(whole, words, "", {}, [] {
        ::setsid(); // without a terminal
        read_config();
    });
    CHECK_MESSAGE(alone.code == 0, alone.errors);
    CHECK_FALSE(has(alone.errors, "agreed?"));
}

TEST_CASE("a file that was swapped while its question stood there was installed as what was agreed to") {
    whole_host whole("", any_package);
    whole.start();
    const std::string file = packed(whole, "two", "1.0.0");
    const auto swapped = ask_a_person(whole, {"package", "install", file}, "yes\n", [&] {
        std::filesystem::rename(packed(whole, "three", "1.0.0"), file);
    });
    CHECK(swapped.code == 1);
    CHECK_MESSAGE(
        has(swapped.errors, "two-1.0.0.zip: it was changed after the host looked at it: nothing was done"),
        swapped.errors);
    CHECK_FALSE(has(whole.ask({"package", "list"}).output, "dev.example"));
}

TEST_CASE("the log said that a plugin is stopped, and nothing behind the colon") {
    whole_host whole("", any_package);
    whole.start();
    REQUIRE(
        whole.ask({"package", "install", packed(whole, "two", "1.0.0", R"(,"args":["--describe"])")}).code ==
        1);
    REQUIRE(whole.ask({"package", "disable", "two"}).code == 0);
    CHECK_MESSAGE(whole.logs("two: is stopped\n"), whole.host->errors());
}

TEST_CASE(
    "a version that is none, and a host that keeps no packages, were said in words about other things") {
    whole_host whole("", any_package);
    whole.start();
    const std::string file = packed(whole, "two", "1.0.0");
    REQUIRE(whole.ask({"package", "install", file}).code == 0);
    for (const std::string version : {"99999999999999999999.0.0", "1.2"}) {
        const auto none = whole.ask({"package", "update", "two", version});
        CHECK(none.code == 1);
        CHECK_MESSAGE(has(none.errors, "dev.example.two " + version + " is not here"), none.errors);
    }
    whole.host->signal(SIGTERM);
    CHECK(whole.host->wait() == 0);
    whole.configure("");
    whole.start();
    REQUIRE(soon([&] { return whole.ask({"status"}).code == 0; }));
    for (const std::vector<std::string>& words : {std::vector<std::string>{"package", "install", file},
                                                  {"package", "update", "two", file},
                                                  {"package", "remove", "two"}}) {
        const auto none = whole.ask(words);
        CHECK(none.code == 1);
        CHECK_MESSAGE(
            has(none.errors, "this host keeps no packages, as its configuration has no \"packages\""),
            none.errors);
    }
}

TEST_CASE(
    "`package update` could not configure, and for a version that is here all its options were ignored") {
    whole_host whole("", any_package);
    whole.start();
    REQUIRE(
        whole.ask({"package", "install", packed(whole, "two", "1.0.0"), "--config", R"({"mood":"first"})"})
            .code == 0);
    CHECK(has(whole.ask({"plugins", "two", "config"}).output, R"({"mood":"first"})"));
    const std::string update = packed(whole, "two", "1.1.0");
    REQUIRE(whole.ask({"package", "update", "two", update, "--config", R"({"mood":"new"})"}).code == 0);
    CHECK(has(whole.ask({"plugins", "two", "config"}).output, R"({"mood":"new"})"));

    const auto older = whole.ask({"package", "update", "two", "1.0.0"});
    CHECK(older.code == 1);
    CHECK_MESSAGE(
        has(older.errors, "dev.example.two 1.0.0 is older than what was installed here: --allow-downgrade"),
        older.errors);
    CHECK(has(whole.ask({"package", "update", "two", "1.0.0", "--dry-run"}).output,
              "goes back dev.example.two 1.1.0 to 1.0.0"));
    const std::string config = whole.here.write("config.json", R"({"mood":"old"})", 0600);
    const auto back =
        whole.ask({"package", "update", "two", "1.0.0", "--allow-downgrade", "--config", "@" + config});
    CHECK_MESSAGE(back.code == 0, back.errors);
    CHECK(has(whole.ask({"plugins", "two", "config"}).output, R"({"mood":"old"})"));
    const auto wrong = whole.ask({"package", "update", "two", update, "--config", "{"});
    CHECK(wrong.code == 64);
    CHECK(has(wrong.errors, "--config: "));
    CHECK(whole.ask({"package", "update", "two", update, "--config", "@nothing"}).code == 66);
}

TEST_CASE("a downgrade was refused only after all of the file was sent") {
    whole_host whole("", any_package);
    whole.start();
    REQUIRE(whole.ask({"package", "install", packed(whole, "two", "1.1.0")}).code == 0);
    const std::string old = packed(whole, "two", "1.0.0");
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"package", "install", old}, {"package", "update", "two", old}}) {
        const auto refused = whole.ask(words);
        CHECK(refused.code == 1);
        CHECK(refused.errors == "tenon-host: dev.example.two 1.0.0 is older than 1.1.0, which is here: "
                                "--allow-downgrade goes back all the same\n");
    }
    // What was here before and is gone is known to the host alone.
    REQUIRE(whole.ask({"package", "install", old, "--allow-downgrade"}).code == 0);
    REQUIRE(whole.ask({"package", "remove", "two", "1.1.0"}).code == 0);
    const auto gone = whole.ask({"package", "install", packed(whole, "two", "1.0.5")});
    CHECK(gone.code == 1);
    CHECK(gone.errors ==
          "looking at it\ntenon-host: dev.example.two 1.0.5 is older than what was installed here: "
          "--allow-downgrade goes back all the same\n");
}

TEST_CASE("of a store that is empty it was said that nothing was lost, and of none that nothing is here") {
    whole_host whole("", any_package);
    whole.start();
    CHECK(whole.ask({"store", "check"}).output == "the store is empty: no package is in it\n");
    REQUIRE(whole.ask({"package", "install", packed(whole, "two", "1.0.0")}).code == 0);
    CHECK(whole.ask({"store", "check"}).output ==
          "the store is good: nothing of its 1 package was changed or lost\n");
    whole.host->signal(SIGTERM);
    CHECK(whole.host->wait() == 0);
    whole.configure("");
    whole.start();
    REQUIRE(soon([&] { return whole.ask({"status"}).code == 0; }));
    const auto none = whole.ask({"store", "check"});
    CHECK(none.code == 1);
    CHECK(has(none.errors, "this host keeps no packages, as its configuration has no \"packages\""));
}

TEST_CASE("a store whose records were emptied is checked, repaired and tidied by command") {
    whole_host whole("", any_package);
    whole.start();
    REQUIRE(whole.ask({"package", "install", packed(whole, "two", "1.0.0")}).code == 0);
    const auto good = whole.ask({"store", "check"});
    CHECK_MESSAGE(good.code == 0, good.errors);
    CHECK(has(good.output, "the store is good"));
    CHECK(has(whole.ask({"store", "repair"}).output, "there was nothing to repair"));

    whole.host->signal(SIGTERM);
    CHECK(whole.host->wait() == 0);
    const std::string records = whole.here / "s/data/packages/packages.db";
    std::filesystem::remove(records + "-wal");
    std::filesystem::remove(records + "-shm");
    std::filesystem::resize_file(records, 0);
    whole.start();
    REQUIRE(whole.becomes("two", "ready")); // what packages.json says runs
    const auto found = whole.ask({"store", "check"});
    CHECK(found.code == 1);
    CHECK_MESSAGE(has(found.output, "`tenon-host store repair` makes the records anew"), found.output);
    const auto in_json = whole.ask({"store", "check", "--json"});
    CHECK(in_json.code == 1);
    CHECK(has(in_json.output, R"({"problems":[{"id":"")"));
    CHECK(whole.ask({"store", "gc"}).code == 1);
    const auto done = whole.ask({"store", "repair"});
    CHECK_MESSAGE(done.code == 0, done.errors);
    CHECK(has(done.output, "dev.example.two: recorded as packages.json says\n"));
    CHECK(whole.ask({"store", "check"}).code == 0);
    CHECK(has(whole.ask({"store", "gc"}).output, "the store has 1 version, "));
    CHECK(whole.becomes("two", "ready"));
    CHECK(whole.ask({"package", "update", "two", packed(whole, "two", "1.1.0")}).code == 0);
}

TEST_CASE("tokens and keys of a host are made and ended by command") {
    whole_host whole("", any_package);
    whole.start();
    const auto made = whole.ask({"token", "new", "ci", "--role", "viewer"});
    REQUIRE_MESSAGE(made.code == 0, made.errors);
    const std::string token = made.output.substr(0, made.output.find('\n'));
    CHECK(whole.ask({"package", "list", "--token", token}).code == 0);
    CHECK(whole.ask({"package", "remove", "two", "--token", token}).code == 1);
    CHECK(has(whole.ask({"token", "list"}).output, "ci  viewer"));
    CHECK(whole.ask({"token", "new", "ci"}).code == 64);
    CHECK(whole.ask({"token", "revoke", "ci"}).code == 0);
    CHECK(whole.ask({"package", "list", "--token", token}).code == 77);

    REQUIRE(whole.run({"key", "new", whole.here / "me"}).code == 0);
    CHECK(whole.ask({"key", "trust", whole.here / "me.pub", "--name", "Me", "--plugins", "dev.example.*"})
              .code == 0);
    CHECK(has(whole.ask({"key", "trusted"}).output, "Me  dev.example.*"));
    CHECK(whole.ask({"key", "revoke", whole.here / "me.pub", "--reason", "it was lost"}).code == 0);
    CHECK(has(whole.ask({"key", "trusted"}).output, "revoked  it was lost"));
}

TEST_CASE("the command line could not take a revocation back, nor forget a key") {
    whole_host whole("", any_package);
    whole.start();
    const std::string key = whole.here / "me.pub", tree(64, 'a');
    REQUIRE(whole.run({"key", "new", whole.here / "me"}).code == 0);
    REQUIRE(whole.ask({"key", "trust", key, "--name", "Me"}).code == 0);
    for (const std::string& what : {key, tree}) {
        REQUIRE(whole.ask({"key", "revoke", what}).code == 0);
        CHECK(has(whole.ask({"key", "trusted"}).output, "revoked"));
        CHECK(has(whole.ask({"key", "unrevoke", what}).output, "is not revoked any more"));
        CHECK_FALSE(has(whole.ask({"key", "trusted"}).output, "revoked"));
        CHECK(has(whole.ask({"key", "unrevoke", what}).errors, "was not revoked here"));
    }
    CHECK(has(whole.ask({"key", "trusted"}).output, "Me"));
    CHECK(has(whole.ask({"key", "forget", key}).output, "is not trusted any more"));
    CHECK(whole.ask({"key", "trusted"}).output.empty());
    CHECK(has(whole.ask({"key", "forget", key}).errors, "there is no such key"));
}
