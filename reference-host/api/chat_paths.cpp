// The chat over HTTP: streams of what is for one user, messages, rooms.

#include "paths.hpp"

namespace reference::paths {

namespace {

struct new_room {
    std::string room;
    std::optional<std::string> uid; // who owns it, and joins it
    std::optional<std::uint32_t> max_users;

    static constexpr auto describe() {
        using self = new_room;
        using tenon::member;
        return tenon::members(member("room", &self::room), member("uid", &self::uid),
                              member("maxUsers", &self::max_users));
    }
};
struct someone {
    std::string uid;
};

/// In a URL '#' ends the path, so rooms may be written without it.
std::string room_named(std::string name) {
    return name.starts_with('#') ? std::move(name) : "#" + std::move(name);
}

/// Whoever hears is there; whoever goes away has left.
void stream(in_api& api, const call& asked) {
    const std::string uid = asked.queried("uid");
    if (auto may = api.talk.may_enter(uid); !may) return asked.answer(chat_problem(may.error()));
    const http::stream to = asked.exchange->answer_with_events();
    const auto entered = api.talk.connect(
        uid, {.hear = [to](std::string_view event, std::string_view data) { to.send(event, data); },
              .close = [to] { to.close(); }});
    if (!entered) return to.close();
    to.on_gone([weak = api.weak_from_this(), number = *entered] {
        if (const auto self = weak.lock()) self->talk.disconnect(number);
    });
}

void say(in_api& api, const call& asked) {
    auto said = asked.body<message>();
    if (!said) return;
    api.talk.say(std::move(*said), [asked](const tenon::result<receipt>& slip) {
        asked.answer(slip ? json_answer(tenon::to_json(*slip)) : chat_problem(slip.error()));
    });
}

void make_room(in_api& api, const call& asked) {
    const auto wanted = asked.body<new_room>();
    if (!wanted) return;
    const std::string room = room_named(wanted->room), owner = wanted->uid.value_or("");
    if (!owner.empty() && !book::is_user(owner))
        return asked.answer(problem(400, "body.uid: no user's name"));
    if (auto made = api.talk.create(room, owner, wanted->max_users.value_or(0)); !made)
        return asked.answer(chat_problem(made.error()));
    if (!owner.empty()) static_cast<void>(api.talk.join(room, owner));
    asked.answer(json_answer(tenon::to_json(new_room{room, wanted->uid, wanted->max_users}), 201));
}

void show_users(in_api& api, const call& asked) { asked.answer(json_answer(api.talk.users_json())); }
void show_rooms(in_api& api, const call& asked) { asked.answer(json_answer(api.talk.rooms_json())); }

void move(in_api& api, const call& asked) {
    const auto who = asked.body<someone>();
    if (!who) return;
    const std::string room = room_named(asked.name);
    const bool in = asked.asked().method == "POST";
    const auto done = in ? api.talk.join(room, who->uid) : api.talk.part(room, who->uid);
    asked.answer(done ? json_answer("{}") : chat_problem(done.error()));
}

using enum access;
constexpr entry all[] = {
    {{"POST", "/api/v1/messages", open}, say},
    {{"GET", "/api/v1/chat/stream", open}, stream},
    {{"GET", "/api/v1/chat/users", open}, show_users},
    {{"GET", "/api/v1/chat/rooms", open}, show_rooms},
    {{"POST", "/api/v1/chat/rooms", open}, make_room},
    {{"POST", "/api/v1/chat/rooms/{room}/members", open}, move},
    {{"DELETE", "/api/v1/chat/rooms/{room}/members", open}, move},
};

} // namespace

std::span<const entry> of_chat() { return all; }

} // namespace reference::paths
