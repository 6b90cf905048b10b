// The rules of the chat: names, presence, rooms, who may say what to whom.

#include <chat/book.hpp>

#include <doctest/doctest.h>

using namespace reference;
using names = std::set<std::string>;

TEST_CASE("names are 1 to 64 letters, digits and marks, rooms have a # in front") {
    for (const char* good : {"a", "Ada-1_x.y"}) CHECK(book::is_user(good));
    for (const char* bad : {"", "#a", "a b", "a:b", "plugin:x", "\xC3\xA4", "<b>", "a\n"})
        CHECK_FALSE(book::is_user(bad));
    CHECK(book::is_user(std::string(64, 'a')));
    CHECK_FALSE(book::is_user(std::string(65, 'a')));
    CHECK(book::is_room("#a"));
    CHECK_FALSE(book::is_room("a"));
    CHECK_FALSE(book::is_room("#"));
}

TEST_CASE("a user is there from their first stream to their last") {
    book people;
    CHECK(people.enter("ada", 1).value());
    CHECK_FALSE(people.enter("ada", 2).value());
    CHECK(people.online("ada"));
    CHECK_FALSE(people.leave("ada", 1));
    CHECK_FALSE(people.leave("ada", 1));
    CHECK(people.leave("ada", 2));
    CHECK_FALSE(people.online("ada"));
    CHECK(people.users().empty());
}

TEST_CASE("who is banned neither enters nor speaks") {
    book people;
    REQUIRE(people.enter("ada", 1));
    REQUIRE(people.ban("ada"));
    CHECK(people.enter("ada", 2).error().code == 403);
    CHECK(people.may_say("hi", "ada", "bo").error().code == 403);
    CHECK(people.leave("ada", 1));
    CHECK(people.banned("ada"));
    CHECK(people.enter("ada", 3).error().code == 403);
}

TEST_CASE("rooms are full or locked for those who are not in them, and go with their last member") {
    book people;
    for (const char* uid : {"ada", "bo", "cy"}) REQUIRE(people.enter(uid, 1));
    CHECK(people.create("garden", "ada", 0).error().code == 400);
    REQUIRE(people.create("#garden", "ada", 2));
    CHECK(people.create("#garden", "bo", 0).error().code == 409);
    REQUIRE(people.join("#garden", "ada"));
    REQUIRE(people.join("#garden", "ada"));
    REQUIRE(people.join("#garden", "bo"));
    CHECK(people.join("#garden", "cy").error().code == 409);
    CHECK(people.join("#garden", "nobody").error().code == 404);
    CHECK(people.join("#cellar", "ada").error().code == 404);
    CHECK(people.hearers("#garden") == names{"ada", "bo"});
    CHECK(people.rooms_of("ada") == std::vector<std::string>{"#garden"});
    CHECK_FALSE(people.part("#garden", "ada").value());
    REQUIRE(people.lock("#garden", true));
    CHECK(people.join("#garden", "cy").error().code == 403);
    CHECK(people.may_say("hi", "cy", "#garden").error().code == 403);
    CHECK(people.may_say("hi", "bo", "#garden"));
    CHECK(people.part("#garden", "cy").error().code == 404);
    CHECK(people.part("#garden", "bo").value());
    CHECK_FALSE(people.rooms().contains("#garden"));

    REQUIRE(people.create("#plugins", "plugin:clock", 0));
    REQUIRE(people.join("#plugins", "ada"));
    CHECK_FALSE(people.part("#plugins", "ada").value());
    CHECK(people.disband("#plugins"));
    CHECK(people.disband("#plugins").error().code == 404);
    CHECK(people.disband("#lobby").error().code == 409);
}

TEST_CASE("a message is for a user or a room that is there, and has its size") {
    book people;
    REQUIRE(people.enter("bo", 1));
    CHECK(people.may_say("hi", "user123", "bo"));
    CHECK(people.may_say("hi", "user123", "away"));
    CHECK(people.may_say("hi", "user123", "#lobby"));
    CHECK(people.may_say("hi", "user123", "#cellar").error().code == 404);
    CHECK(people.may_say("hi", "plugin:clock", "bo").error().code == 400);
    CHECK(people.may_say(std::string(book::max_content + 1, 'x'), "ada", "bo").error().code == 413);
    CHECK(people.hearers("away").empty());
    CHECK(people.hearers("bo") == names{"bo"});
}

TEST_CASE("there is room for so many, and no more") {
    book people;
    for (std::size_t count = 0; count != book::max_users; ++count)
        REQUIRE(people.enter("u" + std::to_string(count), 1));
    CHECK(people.enter("one-more", 1).error().code == 503);
    CHECK_FALSE(people.enter("u1", 2).value());
    for (std::size_t count = 1; count != book::max_rooms; ++count)
        REQUIRE(people.create("#r" + std::to_string(count), "u1", 0));
    CHECK(people.create("#one-more", "u1", 0).error().code == 503);
}
