#ifndef REFERENCE_CHAT_EVENTS_HPP
#define REFERENCE_CHAT_EVENTS_HPP

// What the chat tells plugins and people, and what plugins ask of it, as JSON has it. What plugins see describes itself:
// `tenon-host catalogue` shows it.

#include "book.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace reference::events {

// --- published ---

struct server_started {
    static constexpr auto event = "server.started",
                          description = "the host is up, and each of its plugins is ready or did not start.";
    std::string address;
};
struct server_stopping {
    static constexpr auto event = "server.stopping",
                          description = "the host is about to end: plugins are stopped next.";
    std::string reason;
};
struct user_connected {
    static constexpr auto event = "user.connected",
                          description = "somebody is there: their first stream is open.";
    std::string uid;
};
struct user_disconnected {
    static constexpr auto event = "user.disconnected",
                          description =
                              "somebody is gone: their last stream is closed, or they were thrown out.";
    std::string uid;
};
struct room_created {
    static constexpr auto event = "room.created",
                          description =
                              "there is a new room; its owner is a user, \"plugin:NAME\" or nobody.";
    std::string room;
    std::optional<std::string> owner;
};
struct room_disbanded {
    static constexpr auto event = "room.disbanded",
                          description = "a room is gone: a plugin ended it, or its last member left.";
    std::string room;
};
struct room_joined {
    static constexpr auto event = "room.joined", description = "somebody came into a room.";
    std::string room, uid;
};
struct room_left {
    static constexpr auto event = "room.left", description = "somebody left a room.";
    std::string room, uid;
};
struct message_delivered {
    static constexpr auto event = "message.delivered",
                          description = "a message passed, and was given to so many others.";
    std::string id, content, from_uid, to_uid;
    std::size_t recipients;
};
struct message_outgoing { // emitted by plugins
    static constexpr auto event = "message.outgoing",
                          description =
                              "a plugin that emits it says something in a room, as \"plugin:NAME\".";
    std::string room, content;
};

struct game_started {
    static constexpr auto event = "game.started",
                          description =
                              "somebody started a game in a room: a number up to `highest` is to be guessed.";
    std::string room, uid;
    std::uint32_t highest;
};
struct game_ended {
    static constexpr auto event = "game.ended",
                          description =
                              "a game is over: somebody won it, or it was given up, or its room is gone.";
    std::string room;
    std::optional<std::string> winner;
    std::uint32_t number, tries;
};

// --- to streams ---

struct heard {
    std::string id, content, from_uid, to_uid;
    std::optional<std::string> by; // the plugin that changed it
};
struct ended {
    std::string reason;
};
struct shown_room {
    std::string room;
    std::optional<std::string> owner;
    bool locked;
    std::set<std::string> members;
};

// --- asked by plugins, and answered ---

struct kick {
    static constexpr auto description = "throws somebody out; they may come back.";
    std::string userId;
    std::optional<std::string> reason;
};
struct ban {
    static constexpr auto description = "throws somebody out for as long as the host runs.";
    std::string userId;
    std::optional<std::string> reason;
};
struct find_user {
    static constexpr auto description = "whether somebody is there, and in which rooms.";
    std::string userId;
};
struct shown_user {
    std::string userId;
    bool online, banned;
    std::vector<std::string> rooms;
};
struct list_users {
    static constexpr auto description = "who is there.";
};
struct online_users {
    std::vector<std::string> users;
};
struct create_room {
    static constexpr auto description = "makes a room, which stays until a plugin ends it.";
    std::string room;
    std::optional<std::uint32_t> maxUsers;
};
struct disband_room {
    static constexpr auto description = "ends a room.";
    std::string room;
};
struct find_room {
    static constexpr auto description = "whose a room is, and who is in it.";
    std::string room;
};
struct lock_room {
    static constexpr auto description =
        "lets nobody into a room, and only its members speak there; or undoes that.";
    std::string room;
    bool locked;
};
struct send_message {
    static constexpr auto description = "says something to one user, as \"plugin:NAME\".";
    std::string userId, content;
};
struct broadcast_message {
    static constexpr auto description = "says something to everybody who is there, as \"plugin:NAME\".";
    std::string content;
};
struct said {
    std::string id;
    std::size_t recipients;
};
struct ask_time {
    static constexpr auto description = "the time, which is known for the place UTC alone.";
    std::optional<std::string> place;
};

} // namespace reference::events

#endif
