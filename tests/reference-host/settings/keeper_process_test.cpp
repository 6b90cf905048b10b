// What of a file, and of what was set, does not hold: the keeper with a plugin that is a process.

#include "../../host/run_on_host.hpp"
#include "../../scratch_folder.hpp"

#include <settings/keeper.hpp>

#include <string>
#include <vector>

using namespace reference;
using tenon::json;

namespace {

/// Keeps one plugin "n". It has not the feature `configure`, and ends without a word where its configuration is bad.
struct kept : tenon::tests::running_host {
    void apply(const char* config) {
        settings next;
        next.data = folder / "data";
        tenon::plugin_options& n = next.plugins.emplace_back().options;
        n.name = "n";
        n.command = {program};
        n.framing = tenon::plugin_framing::lines;
        n.handshake_timeout = tenon::milliseconds(60'000);
        n.config = json::parse(config).value();
        next.written["n"] = n.config;
        bool over = false;
        keeps.apply(std::move(next), [&] { over = true; });
        REQUIRE(wait_for([&] { return over; }, std::chrono::seconds(100)));
    }

    tenon::tests::scratch_folder folder;
    std::string program = folder.write("stubborn", R"(#!/usr/bin/env python3
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked: break
    if asked["params"].get("config", {}).get("bad"): sys.exit(3)
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {"name": "n", "version": "1"}}), flush=True)
)",
                                       0700);
    std::vector<std::string> said, refusals;
    keeper keeps{host, [this](tenon::log_level, std::string words) { said.push_back(std::move(words)); },
                 [this] { refusals = keeps.refusals(); }};
};

} // namespace

TEST_CASE("a config of the file with which a plugin without `configure` did not start was reported as good") {
    kept run;
    run.apply(R"({"x":1})");
    CHECK(run.refusals.empty());
    CHECK(run.keeps.config_trouble("n").empty());
    run.apply(R"({"bad":true})");
    CHECK(run.host.config("n").text() == R"({"x":1})");
    REQUIRE(run.refusals.size() == 1);
    CHECK_MESSAGE(run.refusals[0].starts_with("n: exit code 3 before the handshake"), run.refusals[0]);
    CHECK(run.keeps.config_trouble("n") == "what the file says does not hold: " + run.refusals[0]);
    run.apply(R"({"x":2})");
    CHECK(run.refusals.empty());
    CHECK(run.keeps.config_trouble("n").empty());
}

TEST_CASE("a broken saved configuration was told to the log alone, and its mistakes on one line") {
    kept run;
    const std::string unused = "n: what was set here is not used, but what the file says: ";
    run.folder.write("data/config/n.json", R"({"time":"x","buy":1,"config":{}})", 0600);
    run.apply(R"({"x":1})");
    REQUIRE(run.refusals.size() == 2);
    for (const std::string& one : run.refusals) {
        CHECK_MESSAGE(one.starts_with(unused), one);
        CHECK(one.find('\n') == std::string::npos);
    }
    CHECK(run.said.size() >= 2);
    CHECK(run.keeps.config_trouble("n") == run.refusals[0]);
    CHECK(run.host.config("n").text() == R"({"x":1})");
    REQUIRE(run.keeps.forget_config("n")); // back to the file's own
    CHECK(run.refusals.empty());

    run.folder.write("data/config/n.json", R"({"time":1,"config":{"a":1})", 0600); // cut off
    run.apply(R"({"x":1})");
    CHECK(run.refusals.size() == 1);
    REQUIRE(run.keeps.keep_config("n", json::parse(R"({"x":3})").value())); // and written anew
    CHECK(run.refusals.empty());
}
