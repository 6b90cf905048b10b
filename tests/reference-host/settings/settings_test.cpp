// The whole file: what it may say, and what is said about everything else.

#include <settings/settings.hpp>

#include "../../scratch_folder.hpp"

#include <tenon/config/system_small_file.hpp>
#include <tenon/packages/operations/package_request.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

using namespace reference;

namespace {

/// A file in a folder with a program that may be trusted, `plugins/good`.
struct file_folder : tenon::tests::scratch_folder {
    file_folder() {
        REQUIRE(tenon::write_small_file(*this / "plugins/good", "#!/bin/sh\n"));
        std::filesystem::permissions(*this / "plugins/good", std::filesystem::perms(0700));
    }
    tenon::result<settings> read(const std::string& text, const std::string& name = "host.json") const {
        REQUIRE(tenon::write_small_file(*this / name, text));
        return read_settings(*this / name);
    }
    std::string complaint(const std::string& text, const std::string& name = "host.json") const {
        const auto made = read(text, name);
        return made ? "(none)" : made.error().message;
    }
};

TEST_CASE("an empty file is good, with defaults") {
    const file_folder here;
    ::setenv("HOME", here.path().c_str(), 1);
    for (const auto* text : {"{}", "\xEF\xBB\xBF{}", " {\n} \n"}) {
        const auto made = here.read(text);
        REQUIRE(made);
        CHECK(made->listen == "127.0.0.1:8080");
        CHECK(made->socket == (here / ".tenon/runtime.sock"));
        CHECK(made->data == (here / ".tenon/data"));
        CHECK(made->plugins.empty());
    }
}

TEST_CASE("packages are kept where the file says so, and its mistakes are said with their keys") {
    const file_folder here;
    CHECK_FALSE(here.read("{}")->packages);
    const auto plain = here.read(R"({"data":"kept","packages":{}})");
    REQUIRE(plain);
    REQUIRE(plain->packages);
    CHECK(plain->packages->store.folder == (here / "kept/packages"));
    CHECK(plain->packages->trust.policy == tenon::trust_policy::signed_only);
    CHECK(plain->packages->plugin_dirs == plain->places.plugins);
    // A newcomer, who has no ./plugins, was told that it is not there.
    CHECK(plain->packages->missing_plugin_dirs == tenon::missing_dirs::empty);
    CHECK(here.read(R"({"pluginDirs":["./plugins"],"packages":{}})")->packages->missing_plugin_dirs ==
          tenon::missing_dirs::noted);
    const auto full = here.read(
        R"({"packages":{"store":"p","policy":"any","keepArchives":false,"maxPackageBytes":1000,"quotaBytes":2000,
        "loadTimeoutMs":5,"moduleRunner":["wasm","run"],"revoked":["0000000000000000000000000000000000000000000000000000000000000000"],
        "keys":[{"key":"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3","name":"E","plugins":["dev.example.*"],"notAfter":"2027-12-31"}]}})");
    REQUIRE_MESSAGE(full, full.error().message);
    const tenon::package_options& read = *full->packages;
    CHECK(read.store.folder == (here / "p"));
    CHECK(read.trust.policy == tenon::trust_policy::any);
    CHECK_FALSE(read.store.keep_archives);
    CHECK(read.limits.archive_bytes == 1'000);
    CHECK(read.store.archive_bytes == 1'000);
    CHECK(read.store.quota == 2'000);
    CHECK(read.load_timeout == tenon::milliseconds(5));
    REQUIRE(read.trust.keys.size() == 1);
    CHECK(read.trust.keys[0].plugins == std::vector<std::string>{"dev.example.*"});
    CHECK(read.trust.keys[0].not_after_ms.has_value());
    REQUIRE(read.runtime);
    CHECK(read.runtime("good").has_value()); // it lies in a trusted folder
    CHECK_FALSE(read.runtime("sh").has_value());
    const auto said = [&](const char* packages, const char* words) {
        const std::string why = here.complaint(std::string("{\"packages\":") + packages + "}");
        CHECK_MESSAGE(why.find(words) != std::string::npos, packages, " ", why);
    };
    said(R"({"policy":"all"})", "packages.policy: expected \"signed\" or \"any\"");
    said(R"({"polcy":"any"})", "packages.polcy: unknown key");
    said(R"({"keys":[{"name":"x"}]})", "packages.keys[0].key");
    said(R"({"keys":[{"key":"RWno"}]})", "packages.keys[0].key: ");
    said(R"({"revoked":["x"]})", "packages.revoked: ");
    said(R"({"loadTimeoutMs":0})", "packages.loadTimeoutMs: expected at least 1 ms");
    said("true", "packages: expected object, got boolean");
}

TEST_CASE("the same in JSON and in YAML") {
    const file_folder here;
    const std::string json = R"({"listen":"[::1]:0","socket":"s/x.sock","data":"kept","hosts":["a.example"],
        "plugins":[{"name":"one","command":"good","args":["-v"],"restart":{"jitter":0.25},"config":{"n":[1,null]}}]})";
    const std::string yaml =
        "listen: '[::1]:0'\nsocket: s/x.sock\ndata: kept\nhosts: [a.example]\nplugins:\n- name: one\n"
        "  command: good\n  args: [-v]\n  restart: {jitter: 0.25}\n  config: {n: [1, ~]}\n";
    for (const auto& made : {here.read(json), here.read(yaml, "host.yaml"), here.read(yaml, "host.yml")}) {
        REQUIRE_MESSAGE(made, made.error().message);
        CHECK(made->listen == "[::1]:0");
        CHECK(made->socket == (here / "s/x.sock"));
        CHECK(made->data == (here / "kept"));
        REQUIRE(made->plugins.size() == 1);
        const tenon::plugin_options& options = made->plugins[0].options;
        CHECK(options.command == std::vector<std::string>{here / "plugins/good", "-v"});
        CHECK(options.restart.jitter == 0.25);
        CHECK(options.config.text() == R"({"n":[1,null]})");
    }
}

TEST_CASE("Z6: what is wrong is said with the path of its key") {
    const file_folder here;
    ::unsetenv("TENON_TEST_NOTHING");
    const auto plugin = [](const std::string& more) {
        return R"({"plugins":[{"name":"a","command":"good"},{"name":"b","command":"good",)" + more + "}]}";
    };
    struct row {
        std::string text, complaint;
    };
    const std::vector<row> rows = {
        {R"({"lisen":"x"})", R"(lisen: unknown key; did you mean "listen"?)"},
        {R"({"listen":8080})", "listen: expected string, got number"},
        {R"({"hosts":["a.example:80","[::1]:80","http://a/"]})",
         R"(hosts[2]: expected a name like "chat.example.org" or "chat.example.org:8080", got "http://a/")"},
        {R"({"hosts":[""]})",
         R"(hosts[0]: expected a name like "chat.example.org" or "chat.example.org:8080", got "")"},
        {R"({"hosts":["*"]})",
         R"(hosts[0]: expected a name like "chat.example.org" or "chat.example.org:8080", got "*")"},
        {R"({"listen":"8080"})",
         R"(listen: expected an address like "127.0.0.1:8080" or "[::1]:8080", got "8080")"},
        {R"({"listen":"::1:80"})",
         R"(listen: expected an address like "127.0.0.1:8080" or "[::1]:8080", got "::1:80")"},
        {R"({"listen":"127.0.0.1:65536"})",
         R"(listen: expected an address like "127.0.0.1:8080" or "[::1]:8080", got "127.0.0.1:65536")"},
        {R"({"listen":"0.0.0.0:80","adminToken":"short"})",
         "listen: others can reach 0.0.0.0:80, so there has to be an adminToken of at least 16 characters"},
        {R"({"adminToken":"${TENON_TEST_NOTHING}"})",
         "adminToken: the variable TENON_TEST_NOTHING is not set, and there is no ${TENON_TEST_NOTHING:-...} "
         "in its place"},
        {R"({"hosts":"a"})", "hosts: expected array, got string"},
        {R"({"hosts":["a",1]})", "hosts[1]: expected string, got number"},
        {R"({"plugins":{}})", "plugins: expected array, got object"},
        {R"({"plugins":[1]})", "plugins[0]: expected object, got number"},
        {R"({"plugins":[{"command":"good"}]})", "plugins[0].name: missing"},
        {R"({"plugins":[{"name":"a","attach":true},{"name":"a","attach":true}]})",
         R"(plugins[1].name: "a" is the name of plugins[0] already)"},
        {plugin(R"("restart":{"jiter":1})"),
         R"(plugins[1].restart.jiter: unknown key; did you mean "jitter"?)"},
        {plugin(R"("restart":{"jitter":1.5})"), "plugins[1].restart.jitter: expected 0 to 1, got 1.5"},
        {plugin(R"("restart":{"maxRetries":-1})"),
         "plugins[1].restart.maxRetries: expected at least 0, got -1"},
        {plugin(R"("rpcTimeoutMs":-1)"), "plugins[1].rpcTimeoutMs: expected at least 0 ms, got -1"},
        {plugin(R"("rpcTimeoutMs":0)"), "plugins[1].rpcTimeoutMs: expected at least 1 ms, got 0"},
        {plugin(R"("rpcTimeoutMs":9223372036854775807)"),
         "plugins[1].rpcTimeoutMs: expected at most a year, got 9223372036854775807 ms"},
        {plugin(R"("rpcTimeoutMs":9223372036854775808)"),
         "plugins[1].rpcTimeoutMs: expected at most 9223372036854775807 ms, got 9223372036854775808"},
        {plugin(R"("rpcTimeoutMs":1.5)"), "plugins[1].rpcTimeoutMs: expected a whole number, got 1.5 ms"},
        {plugin(R"("priority":1,"priority":2)"), "plugins[1].priority: is there twice"},
        {R"({"plugins":[{"name":"a","command":"bad"}]})",
         R"(plugins[0].command: there is no "bad" in the plugin directories (pluginDirs: )" +
             (here / "plugins") +
             "); neither trustedDirs nor pluginDirs is in the file: both are ./plugins beside it"},
        {R"({"plugins":[{"name":"a","command":"/bin/sh"}]})", ""},
    };
    for (const row& one : rows) {
        CAPTURE(one.text);
        const std::string said = here.complaint(one.text);
        if (one.complaint.empty()) CHECK(said.find("lies in no trusted directory") != std::string::npos);
        else CHECK(said == one.complaint);
    }
}

TEST_CASE("of all that is wrong in a file the first thing was said") {
    const file_folder here;
    ::unsetenv("TENON_TEST_NOTHING");
    CHECK(here.complaint(R"({"lisen":1,"listen":"x","hosts":[1,"a",2],"trustedDirs":["./none"],"plugins":[
              {"name":"a","command":"good"},{"name":"b","command":"good --fast"},{"name":"c","attach":true,"prority":1}]})") ==
          R"(hosts[0]: expected string, got number
hosts[2]: expected string, got number
lisen: unknown key; did you mean "listen"?
plugins[2].prority: unknown key; did you mean "priority"?
plugins[0].command: )" +
              (here / "plugins/good") + " lies in no trusted directory (trustedDirs: " + (here / "none") +
              ", which is not there)\n"
              R"(plugins[1].command: there is no "good --fast" in the plugin directories (pluginDirs: )" +
              (here / "plugins") +
              "); a command is one program and there is no shell: its arguments stand in `args`\n"
              R"(listen: expected an address like "127.0.0.1:8080" or "[::1]:8080", got "x")");
    CHECK(here.complaint(R"({"adminToken":"${TENON_TEST_NOTHING}","data":"${","hosts":["${1}"]})") ==
          "adminToken: the variable TENON_TEST_NOTHING is not set, and there is no "
          "${TENON_TEST_NOTHING:-...} in its "
          "place\ndata: a variable has no end: expected } behind ${\n"
          "hosts[0]: expected a variable's name in ${...}, got \"1\"");
    CHECK(here.complaint(R"({"pluginDirs":["."],"plugins":[{"name":"a","command":"/bin/sh"}]})")
              .ends_with("; trustedDirs is not in the file, and is what pluginDirs says"));
}

TEST_CASE("Z6: ten thousand plugins are too many, and that is said soon") {
    const file_folder here;
    std::string list;
    for (int count = 0; count < 10'000; ++count)
        list += (count == 0 ? "" : ",") + (R"({"name":"p)" + std::to_string(count) + R"(","attach":true})");
    CHECK(here.complaint(R"({"plugins":[)" + list + "]}") == "plugins: expected at most 1000, got 10000");
    CHECK(here.complaint(std::string(5'000'000, ' ')).find("has more than 4194304 bytes") !=
          std::string::npos);
}

TEST_CASE("what is no JSON, or no YAML, is refused with its place") {
    const file_folder here;
    CHECK(here.complaint("{\n\"listen\":}") == "line 2, column 10: not a JSON value, got '}'");
    CHECK(here.complaint("listen: [1", "host.yaml").find("line ") == 0);
    CHECK(here.complaint("").find("line 1, column 1: ") == 0);
    CHECK(read_settings(here / "none").error().code == tenon::codes::unavailable);
}

TEST_CASE("variables are put in; those in a plugin's environment and configuration are its secrets") {
    const file_folder here;
    ::setenv("TENON_TEST_SECRET", "s3cret", 1);
    ::setenv("TENON_TEST_FOLDER", "plugins", 1);
    const auto made = here.read(R"({"plugins":[{"name":"one","command":"./${TENON_TEST_FOLDER}/good",
        "env":{"KEY":"key ${TENON_TEST_SECRET}"},"config":{"a":[{"b":"${TENON_TEST_SECRET}"}],"c":"${TENON_TEST_NO:-no}"}}]})");
    REQUIRE_MESSAGE(made, made.error().message);
    const tenon::plugin_options& options = made->plugins[0].options;
    CHECK(options.command[0] == (here / "plugins/good"));
    CHECK(options.environment.at("KEY") == "key s3cret");
    CHECK(options.config.text() == R"({"a":[{"b":"s3cret"}],"c":"no"})");
    CHECK(made->secrets.at("one") == std::vector<std::string>{"s3cret", "s3cret"});
    CHECK(options.logs.secrets == made->secrets.at("one"));
}

TEST_CASE("a runtime that is missing, or what needs it, leaves the plugin out and says so") {
    const file_folder here;
    const auto made = here.read(R"({"plugins":[
        {"name":"one","runtime":"no-such-runtime","command":"./plugins/good"},
        {"name":"two","runtime":"sh","command":"./plugins/none"},
        {"name":"three","runtime":"sh","command":"./plugins/good"}]})");
    REQUIRE_MESSAGE(made, made.error().message);
    CHECK(made->missing.at("one") == "there is no no-such-runtime");
    CHECK(made->missing.at("two") == "there is no " + (here / "plugins/none"));
    CHECK(made->missing.size() == 2);
    CHECK(!made->plugins[0].enabled);
    CHECK(!made->plugins[1].enabled);
    CHECK(made->plugins[2].enabled);
}

TEST_CASE("H2: an address that others can reach needs a token") {
    for (const auto* listen : {"127.0.0.1:0", "127.9.9.9:80", "[::1]:80", "localhost:80"})
        CHECK(check_listen(listen, ""));
    for (const auto* listen : {"0.0.0.0:80", "[::]:80", "192.168.0.1:80", "[fe80::1]:80"}) {
        CHECK(!check_listen(listen, ""));
        CHECK(check_listen(listen, "0123456789abcdef"));
    }
    for (const auto* listen : {"", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:-1",
                               "127.1:80", "example.org:80", "[127.0.0.1]:80", "127.0.0.1:80 "})
        CHECK_MESSAGE(!check_listen(listen, "0123456789abcdef"), listen);
}

TEST_CASE("paths: ~ is the home, what is relative is below the folder") {
    ::setenv("HOME", "/home/ada", 1);
    CHECK(full_path("~", "/etc") == "/home/ada");
    CHECK(full_path("~/x/../y", "/etc") == "/home/ada/y");
    CHECK(full_path("~bo", "/etc") == "/etc/~bo");
    CHECK(full_path("./plugins", "/etc/tenon") == "/etc/tenon/plugins");
    CHECK(full_path("../plugins", "/etc/tenon") == "/etc/plugins");
    CHECK(full_path("/srv", "/etc") == "/srv");
}

TEST_CASE("what a sandbox grants is beside the file where its path is relative, as a command and a cwd are") {
    const file_folder here;
    const auto made =
        here.read(R"({"plugins":[{"name":"good","command":"plugins/good","cwd":"data","sandbox":)"
                  R"({"filesystem":[{"path":"data/words"},{"path":"/srv"}]}}]})");
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message));
    const tenon::plugin_options& options = made->plugins.at(0).options;
    CHECK(options.directory == here / "data");
    CHECK(options.sandbox->filesystem.at(0).path == here / "data/words");
    CHECK(options.sandbox->filesystem.at(1).path == "/srv");
}

TEST_CASE("decisionTimeoutMs is for all decisions, or for each pattern of events") {
    const file_folder here;
    CHECK(here.read("{}")->decision_timeout == tenon::milliseconds(5'000));
    CHECK(here.read(R"({"decisionTimeoutMs":700})")->decision_timeout == tenon::milliseconds(700));
    const auto made = here.read(R"({"decisionTimeoutMs":{"message.*":100,"*":900,"room.joined":5}})");
    REQUIRE(made);
    CHECK(made->decision_timeout == tenon::milliseconds(900));
    CHECK(made->decision_timeouts ==
          std::map<std::string, tenon::milliseconds>{{"message.*", tenon::milliseconds(100)},
                                                     {"room.joined", tenon::milliseconds(5)}});
    CHECK(here.complaint(R"({"decisionTimeoutMs":0})") == "decisionTimeoutMs: expected at least 1 ms, got 0");
    CHECK(here.complaint(R"({"decisionTimeoutMs":"5s"})") ==
          "decisionTimeoutMs: expected number, got string");
    CHECK(here.complaint(R"({"decisionTimeoutMs":{"a b":5}})") ==
          "decisionTimeoutMs: expected \"*\", a type like \"a.b\" or a family like \"a.*\", got \"a b\"");
    CHECK(here.complaint(R"({"decisionTimeoutMs":{"room.*":-5}})") ==
          "decisionTimeoutMs.room.*: expected at least 0 ms, got -5");
}

} // namespace
