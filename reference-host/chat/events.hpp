#ifndef REFERENCE_CHAT_EVENTS_HPP
#define REFERENCE_CHAT_EVENTS_HPP

// What the chat tells plugins and people, and what plugins ask of it, as JSON has it.

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

struct delivered {
    static constexpr std::string_view event = "message.delivered";
    std::string id, content, from_uid, to_uid;
    std::size_t recipients;
};
struct someone {
    std::string uid;
};
struct opened {
    std::string room;
    std::optional<std::string> owner;
};
struct closed {
    std::string room;
};
struct moved {
    std::string room, uid;
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

// --- asked by plugins ---

struct outgoing { // emitted
    static constexpr std::string_view event = "message.outgoing";
    std::string room, content;
};
struct of_user {
    std::string userId;
    std::optional<std::string> reason;
};
struct shown_user {
    std::string userId;
    bool online, banned;
    std::vector<std::string> rooms;
};
struct new_room {
    std::string room;
    std::optional<std::uint32_t> maxUsers;
};
struct locking {
    std::string room;
    bool locked;
};
struct to_user {
    std::string userId, content;
};
struct to_all {
    std::string content;
};
struct said {
    std::string id;
    std::size_t recipients;
};
struct nothing {};
struct asked_time {
    std::optional<std::string> place;
};

} // namespace reference::events

#endif
