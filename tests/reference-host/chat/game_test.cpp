// The rules of the game, and the game in a room of the chat: what its players hear, and what plugins do.

#include "chat_host.hpp"

#include <chat/game.hpp>

#include <doctest/doctest.h>

using namespace reference;
using tenon::json;
using tenon::testing::scripted_plugin;

TEST_CASE("a number is guessed from above and below, one game in a room") {
    games playing([](std::uint32_t highest) { return highest / 2; });
    CHECK(playing.guess("#a", 1).error().code == 404);
    CHECK(playing.end("#a").error().code == 404);
    CHECK(playing.start("#a", 1).error().code == 400);
    CHECK(playing.start("#a", 1'000'001).error().code == 400);
    REQUIRE(playing.start("#a", 100));
    CHECK(playing.start("#a", 100).error().code == 409);
    REQUIRE(playing.start("#b", 10));
    CHECK(playing.guess("#a", 49).value() == games::answer::too_low);
    CHECK(playing.guess("#a", 51).value() == games::answer::too_high);
    CHECK(playing.guess("#b", 5).value() == games::answer::right);
    CHECK(playing.guess("#a", 50).value() == games::answer::right);
    CHECK(playing.end("#a")->tries == 3);
    CHECK_FALSE(playing.on("#a"));
    CHECK(playing.on("#b"));
    for (int round = 0; round < 100; ++round) {
        const auto number = games::any_number(2);
        CHECK((number == 1 || number == 2));
    }
}

namespace {

/// Keeps what it is told; of commands it stops /secret, obeys /dice, and makes /hint a guess.
struct referee {
    scripted_plugin plugin{{.name = "referee", .events = {"*"}}};
    std::vector<std::string> told;

    referee() {
        plugin.on("plugin/onEvent", [](const json& event) {
            const std::string command = event["payload"]["command"].as<std::string>().value_or("");
            if (command == "secret") return json::parse(R"({"flow":"stop","reason":"not here"})").value();
            if (command == "hint")
                return json::
                    parse(R"({"flow":"continue","payload":{"command":"guess","args":"7","from_uid":"mallory","to_uid":"bo"}})")
                        .value();
            return json::parse(R"({"flow":"continue"})").value();
        });
        plugin.on_told("plugin/onEvent", [this](std::string_view params) {
            const json event = json::parse(params).value();
            const std::string type = event["eventType"].as<std::string>().value_or("");
            if (type.starts_with("game.") || type.starts_with("server.") || type == "room.disbanded")
                told.push_back(type + std::string(event["payload"].text()));
        });
    }
};

std::vector<std::string> said_by_host(const chat_host& run, const std::string& uid) {
    std::vector<std::string> words;
    if (const auto heard = run.all.find(uid); heard != run.all.end())
        for (const auto& [event, data] : heard->second) {
            const json what = json::parse(data).value();
            if (what["from_uid"].text() == R"("host:game")")
                words.push_back(what["content"].as<std::string>().value_or(""));
        }
    return words;
}

} // namespace

TEST_CASE("a game is played in a room with commands, and plugins are told of its start and its end") {
    chat_host run([](std::uint32_t) { return std::uint32_t{7}; });
    referee watching;
    REQUIRE(run.add(watching.plugin, {.name = "referee"}));
    run.enter("ada");
    run.enter("bo");
    run.enter("cy");
    REQUIRE(run.talk.create("#game", "ada"));
    for (const char* uid : {"ada", "bo"}) REQUIRE(run.talk.join("#game", uid));

    const auto started = run.say("ada", "#game", "/game 10");
    REQUIRE(started);
    CHECK(started->delivered);
    CHECK(started->content == "/game 10");
    CHECK(started->command == "game");
    CHECK_FALSE(run.say("ada", "#game", "hi")->command);
    CHECK(run.say("bo", "#game", "/guess 5"));
    CHECK(run.say("ada", "#game", "/guess 9"));
    CHECK(run.say("bo", "#game", "/hint")); // the plugin makes it a guess of bo's in this room
    const std::vector<std::string> heard{"ada starts a game. Which number from 1 to 10 is it? /guess NUMBER",
                                         "bo says 5: it is more", "ada says 9: it is less",
                                         "bo says 7, and wins", "It was 7, after 3 guesses"};
    CHECK(said_by_host(run, "ada") == heard);
    CHECK(said_by_host(run, "bo") == heard);
    CHECK(said_by_host(run, "cy").empty());
    for (const auto& [event, data] : run.all["bo"]) CHECK(data.find("/g") == data.find("/guess NUMBER"));

    REQUIRE(run.say("ada", "#game", "/game"));
    REQUIRE(run.say("bo", "#game", "/giveup"));
    REQUIRE(run.say("ada", "#game", "/game"));
    REQUIRE(run.talk.part("#game", "ada"));
    REQUIRE(run.talk.part("#game", "bo")); // the room goes with them, and the game with the room
    run.talk.opened("127.0.0.1:1");
    run.talk.closing("SIGTERM");
    const std::vector<std::string> expected{
        R"(game.started{"room":"#game","uid":"ada","highest":10})",
        R"(game.ended{"room":"#game","winner":"bo","number":7,"tries":3})",
        R"(game.started{"room":"#game","uid":"ada","highest":100})",
        R"(game.ended{"room":"#game","number":7,"tries":0})",
        R"(game.started{"room":"#game","uid":"ada","highest":100})",
        R"(game.ended{"room":"#game","number":7,"tries":0})",
        R"(room.disbanded{"room":"#game"})",
        R"(server.started{"address":"127.0.0.1:1"})",
        R"(server.stopping{"reason":"SIGTERM"})"};
    run.wait_for([&] { return watching.told.size() >= expected.size(); });
    CHECK(watching.told == expected);
}

TEST_CASE("what is typed as a command is said to nobody, and refused where nobody obeys it") {
    chat_host run([](std::uint32_t) { return std::uint32_t{7}; });
    run.enter("ada");
    run.enter("bo");
    const auto code = [&](const char* from, const char* to, const char* text) {
        const auto outcome = run.say(from, to, text);
        return outcome ? 0 : outcome.error().code;
    };
    CHECK(code("ada", "#lobby", "/dice") == 404);
    CHECK(code("ada", "#lobby", "/guess 1") == 404);
    CHECK(code("ada", "#lobby", "/giveup") == 404);
    CHECK(code("ada", "bo", "/game") == 403);
    CHECK(code("away", "#lobby", "/game") == 403);
    for (const char* odd : {"/game 1", "/game x", "/game 99999999999", "/game -5"})
        CHECK(code("ada", "#lobby", odd) == 400);
    CHECK(code("ada", "#lobby", "/game") == 0);
    CHECK(code("ada", "#lobby", "/game") == 409);
    for (const char* odd : {"/guess", "/guess x", "/guess 7 ", "/guess 4294967296"})
        CHECK(code("ada", "#lobby", odd) == 400);
    for (const char* message : {"/etc/hosts", "//", "/", "/ game", "/Game", " /game"})
        CHECK(code("ada", "#lobby", message) == 0);
    CHECK(run.all["bo"].size() == 1 + 6); // the game's first words, and the messages

    referee watching;
    REQUIRE(run.add(watching.plugin, {.name = "referee"}));
    const auto stopped = run.say("ada", "#lobby", "/secret 5");
    REQUIRE(stopped);
    CHECK_FALSE(stopped->delivered);
    CHECK(stopped->stopped_by == "referee");
    CHECK(stopped->reason == "not here");
    const auto obeyed = run.say("ada", "#lobby", "/dice"); // a plugin was asked, and may have thrown it
    REQUIRE(obeyed);
    CHECK(obeyed->delivered);
    CHECK(obeyed->plugins.size() == 1);
    CHECK(run.all["bo"].size() == 1 + 6);
}
