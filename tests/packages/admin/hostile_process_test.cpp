// Those who send what they should not, and many at once.

#include "package_web.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

using namespace tenon::tests;

TEST_CASE("only files below the trusted folders are installed by their path") {
    package_web run;
    const std::string outside = run.folder.write("outside.zip", package_wish().build(), 0600);
    std::filesystem::create_symlink(outside, run.folder / "files/link.zip");
    REQUIRE(::mkfifo((run.folder / "files/pipe").c_str(), 0600) == 0);
    const std::string open_to_all = run.folder.write("files/open.zip", package_wish().build(), 0666);
    for (const std::string& path :
         {outside, run.folder / "files/link.zip", run.folder / "files/../outside.zip",
          run.folder / "files/pipe", run.folder / "files", std::string("/etc/passwd"),
          std::string("/dev/zero"), std::string(), std::string("a\0b", 3), open_to_all,
          run.folder / "files/none.zip"}) {
        const answer refused = run.admin("POST", "/api/v1/plugins/install", run.by_path(path));
        CHECK_MESSAGE(refused.status == 403, path, " ", refused.body);
        CHECK(run.member(refused, "code") == "policy");
    }
    CHECK(has(run.admin("GET", "/api/v1/packages").body, R"({"packages":[],)"));
}

TEST_CASE("an installer was told which files there are on the machine, and where links lead") {
    package_web run;
    const std::string installer = run.token_for("ci", R"(["installer"])");
    std::filesystem::create_symlink("/etc/passwd", run.folder / "files/link.zip");
    for (const std::string& path : {std::string("/etc/passwd"), std::string("/etc/nothing-of-this-name"),
                                    run.folder / "files/link.zip", run.folder / "files/none.zip"}) {
        const answer refused = run.ask(installer, "POST", "/api/v1/plugins/resolve", run.by_path(path));
        CHECK(refused.status == 403);
        CHECK(run.member(refused, "detail") ==
              "path: expected a file in a trusted directory, which nobody else may change");
        CHECK_FALSE(
            has(run.admin("POST", "/api/v1/plugins/resolve", run.by_path(path)).body, "path: expected"));
    }
}

TEST_CASE("a name in a path that is none is 404 or 400 and nothing is touched") {
    package_web run;
    REQUIRE(run.install({}).status == 201);
    for (const std::string name : {"..", "%2e%2e", "..%2f..%2fetc", "dev.example.tool%2f..", "%00", "%ff",
                                   "tool%20", "TOOL", "dev.example.*"})
        for (const std::string what : {"", "/versions", "/archive", "/versions/..%2f1.0.0"}) {
            const answer heard =
                run.admin(has(what, "/versions/") ? "DELETE" : "GET", "/api/v1/plugins/" + name + what);
            CHECK_MESSAGE((heard.status == 404 || heard.status == 400 || heard.status == 405), name, what,
                          heard.status);
            CHECK_FALSE(has(heard.body, "root:"));
        }
    CHECK(run.admin("GET", "/api/v1/plugins/tool/archive?version=..%2f..%2f..%2fpackages.db").status == 404);
    CHECK(run.admin("GET", "/api/v1/plugins/" + std::string(4'000, 'a') + "/versions").status == 404);
    CHECK(run.admin("GET", "/api/v1/operations/1x").status == 404);
    CHECK(run.admin("GET", "/api/v1/operations/99999999999999999999999").status == 404);
    CHECK(run.number(run.admin("GET", "/api/v1/plugins/tool/config"), "nothing") == -1);
    CHECK(std::filesystem::exists(run.folder / "store/packages.db"));
}

TEST_CASE("a body that is too long, too deep or of another type is refused in words") {
    package_web run;
    std::string deep(5'000, '[');
    deep += std::string(5'000, ']');
    CHECK(run.admin("POST", "/api/v1/plugins/install", deep).status == 400);
    CHECK(run.admin("POST", "/api/v1/plugins/install", R"({"source":"path","path":7})").status == 400);
    CHECK(run.admin("POST", "/api/v1/plugins/install", R"({"source":"path","path":"/x","grant":"all"})")
              .status == 400);
    CHECK(run.admin("POST", "/api/v1/plugins/install", "{}").status == 400);
    CHECK(run.admin("POST", "/api/v1/plugins/install").status == 415);
    CHECK(run.admin("POST", "/api/v1/access/tokens", R"({"name":")" + std::string(1'000'000, 'a') + R"("})")
              .status == 400);
    raw_client sender = run.client();
    sender.say(run.head(package_web::token, "POST", "/api/v1/plugins/install", "",
                        "Content-Type: application/json\r\nContent-Length: 99000000\r\n"));
    CHECK(sender.hear().status == 413);
}

TEST_CASE("a script that came alone was refused as no zip file, and nobody said what may be sent") {
    package_web run;
    const auto sent = [&](std::string_view bytes) {
        const std::string path = run.folder.write("files/sent", std::string(bytes), 0700);
        const answer refused = run.admin("POST", "/api/v1/plugins/install",
                                         run.by_path(path, R"(,"manifest":{"id":"dev.example.tool"})"));
        CHECK(refused.status == 422);
        CHECK_MESSAGE(has(refused.body, "expected a package, which is a zip file, or a single program (ELF)"),
                      refused.body);
        return run.member(refused, "detail").substr(0, 17);
    };
    CHECK(sent("#!/bin/sh\n") == "it is a script: e");
    CHECK(sent("print('hello')\n") == "it is no zip file");
    CHECK(sent("") == "it is no zip file");
}

TEST_CASE("two installations of one package at once: one is done, the other is busy") {
    package_web run;
    package_wish slow{.args = {"slow_handshake"}};
    const std::string first = run.file_of(slow), second = run.file_of(slow);
    raw_client one = run.client(), two = run.client();
    one.say(run.head(run.token, "POST", "/api/v1/plugins/install?wait=0", run.by_path(first)));
    two.say(run.head(run.token, "POST", "/api/v1/plugins/install", run.by_path(second)));
    CHECK(one.hear().status == 202);
    const answer other = two.hear();
    CHECK_MESSAGE((other.status == 409 || other.status == 200), other.body);
    if (other.status == 409) CHECK(run.member(other, "code") == "busy");
}

TEST_CASE("sixteen installations at once are all done, and the lists answer meanwhile") {
    package_web run;
    std::vector<raw_client> clients;
    for (int at = 0; at < 16; ++at) {
        const std::string name = "tool" + std::to_string(at);
        clients.push_back(run.client());
        clients.back().say(run.head(run.token, "POST", "/api/v1/plugins/install",
                                    run.by_path(run.file_of({.id = "dev.example." + name, .name = name}))));
    }
    CHECK(run.admin("GET", "/api/v1/packages").status == 200);
    CHECK(run.admin("GET", "/api/v1/operations").status == 200);
    for (raw_client& one : clients) CHECK(one.hear().status == 201);
    const answer list = run.admin("GET", "/api/v1/packages");
    for (int at = 0; at < 16; ++at) CHECK(has(list.body, "\"dev.example.tool" + std::to_string(at) + "\""));
    CHECK(has(run.admin("GET", "/metrics").body, R"(tenon_packages{state="enabled"} 16)"));
}

TEST_CASE("a client that follows operations and never reads holds nobody up") {
    package_web run;
    raw_client deaf(run.address, 4'096);
    deaf.say(run.head(run.token, "GET", "/api/v1/operations", "", "Accept: text/event-stream\r\n"));
    REQUIRE(run.install({}).status == 201);
    for (int at = 0; at < 100; ++at) {
        REQUIRE(run.admin("PUT", "/api/v1/plugins/tool/pin", R"({"version":"1.0.0"})").status == 200);
        REQUIRE(run.admin("DELETE", "/api/v1/plugins/tool/pin").status == 200);
    }
    CHECK(run.number(run.admin("DELETE", "/api/v1/plugins/tool"), "status") == 0);
}
