// One function for each path; their table is at the end.

#include "paths.hpp"

#include <tenon/host.hpp>
#include <tenon/http.hpp>

namespace reference {

namespace {

using tenon::http::call;
using tenon::http::json_answer;
using tenon::http::problem;

/// Codes of the chat are statuses.
tenon::response chat_problem(const tenon::fault& why) {
    return why.code >= 400 && why.code < 600 ? problem(why.code, why.message) : problem(why);
}

/// A message has at most 16 KiB, and JSON may write each byte of it as six.
constexpr std::size_t longest_body = std::size_t{128} << 10;

struct new_room {
    std::string room;
    std::optional<std::string> uid; // who owns it, and joins it
    std::optional<std::uint32_t> max_users;

    static constexpr bool allow_unknown = true;
    static constexpr auto describe() { return tenon::camel_case(); }
};
struct someone {
    std::string uid;

    static constexpr bool allow_unknown = true;
};
struct tested_message {
    std::string content, from_uid;
    std::optional<std::string> to_uid;

    static constexpr bool allow_unknown = true;
};

/// In a URL '#' ends the path, so rooms may be written without it.
std::string room_named(std::string name) {
    return name.starts_with('#') ? std::move(name) : "#" + std::move(name);
}

/// A user with a stream is there; a user without one has left.
void listen(chat& talk, const call& asked) {
    const std::string uid = asked.queried("uid");
    if (auto may = talk.may_enter(uid); !may) return asked.answer(chat_problem(may.error()));
    const tenon::http::stream to = asked.exchange->answer_with_events();
    const auto entered = talk.connect(
        uid, {.hear = [to](std::string_view event, std::string_view data) { to.send(event, data); },
              .close = [to] { to.close(); }});
    if (!entered) return to.close();
    to.on_gone([&talk, number = *entered] { talk.disconnect(number); });
}

void say(chat& talk, const call& asked) {
    auto said = asked.body<message>();
    if (!said) return;
    talk.say(std::move(*said), [asked](const tenon::result<receipt>& slip) {
        asked.answer(slip ? json_answer(tenon::to_json(*slip)) : chat_problem(slip.error()));
    });
}

void make_room(chat& talk, const call& asked) {
    const auto wanted = asked.body<new_room>();
    if (!wanted) return;
    const std::string room = room_named(wanted->room), owner = wanted->uid.value_or("");
    if (!owner.empty() && !book::is_user(owner))
        return asked.answer(problem(400, "body.uid: no user's name"));
    if (auto made = talk.create(room, owner, wanted->max_users.value_or(0)); !made)
        return asked.answer(chat_problem(made.error()));
    if (!owner.empty()) static_cast<void>(talk.join(room, owner));
    asked.answer(json_answer(tenon::to_json(new_room{room, wanted->uid, wanted->max_users}), 201));
}

void show_users(chat& talk, const call& asked) { asked.answer(json_answer(talk.users_json())); }
void show_rooms(chat& talk, const call& asked) { asked.answer(json_answer(talk.rooms_json())); }

void move(chat& talk, const call& asked) {
    const auto who = asked.body<someone>();
    if (!who) return;
    const std::string room = room_named(asked.name);
    const bool in = asked.asked().method == "POST";
    const auto done = in ? talk.join(room, who->uid) : talk.part(room, who->uid);
    asked.answer(done ? json_answer("{}") : chat_problem(done.error()));
}

/// What every plugin would make of a message that nobody gets.
void test_plugins(tenon::host& host, const call& asked) {
    struct made_of_it {
        std::string_view flow;
        tenon::outcome_kind outcome;
        std::optional<std::string> reason;
    };
    struct answered {
        std::string plugin_name;
        made_of_it response;
    };
    const auto wanted = asked.body<tested_message>();
    if (!wanted) return;
    const message said{wanted->content, wanted->from_uid, wanted->to_uid.value_or(std::string(lobby))};
    host.decide(
        said, tenon::http::while_wanted(asked, [asked](const tenon::decision<message>& outcome) {
            std::vector<answered> all;
            for (const auto& one : outcome.plugins())
                all.push_back(
                    {one.plugin,
                     {one.outcome == tenon::outcome_kind::stop ? "stop" : "continue", one.outcome,
                      one.reason.empty() ? std::optional<std::string>() : std::optional(one.reason)}});
            std::string text = outcome.to_json();
            text.replace(0, 1, R"({"status":"ok",)");
            text.pop_back();
            asked.answer(json_answer(text + ",\"plugin_responses\":" + tenon::to_json(all) + "}"));
        }));
}

} // namespace

void add_chat_paths(tenon::http::router& to, chat& talk, tenon::host& host) {
    struct entry {
        const char *method, *pattern;
        void (*run)(chat& talk, const call& asked);
    };
    for (const entry& one : std::initializer_list<entry>{
             {"POST", "/api/v1/messages", say},
             {"GET", "/api/v1/chat/stream", listen},
             {"GET", "/api/v1/chat/users", show_users},
             {"GET", "/api/v1/chat/rooms", show_rooms},
             {"POST", "/api/v1/chat/rooms", make_room},
             {"POST", "/api/v1/chat/rooms/{room}/members", move},
             {"DELETE", "/api/v1/chat/rooms/{room}/members", move},
         })
        to.add({.method = one.method,
                .pattern = one.pattern,
                .needs = tenon::http::access::open,
                .body = longest_body},
               [&talk, run = one.run](const call& asked) { run(talk, asked); });
    to.add({.method = "POST",
            .pattern = "/api/v1/plugin/test",
            .needs = tenon::http::access::open,
            .body = longest_body},
           [&host](const call& asked) { test_plugins(host, asked); });
}

} // namespace reference
