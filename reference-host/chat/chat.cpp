// The chat on its host: see chat.hpp. What may be done is the book's business, who hears of it is decided here.

#include "chat.hpp"
#include "events.hpp"

#include <tenon/host.hpp>
#include <tenon/rules/time_words.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

namespace reference {

using namespace events;
using tenon::caller;
using tenon::fault;
using tenon::result;
using tenon::to_json;

/// "/guess 7" is a command, "/etc/hosts" and "//" are not.
static std::optional<command_input> read_command(const message& said) {
    const std::string_view text = said.content;
    const std::size_t end = std::min(text.find(' '), text.size());
    const auto is_letter = [](char one) { return one >= 'a' && one <= 'z'; };
    if (end < 2 || text[0] != '/' ||
        !std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(end), is_letter))
        return {};
    return command_input{std::string(text.substr(1, end - 1)),
                         std::string(end == text.size() ? std::string_view() : text.substr(end + 1)),
                         said.from_uid, said.to_uid};
}

static std::optional<std::uint32_t> read_number(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return number;
}

struct chat::state : std::enable_shared_from_this<state> {
    struct connected {
        std::string uid;
        ear hears;
    };

    state(tenon::host& of, games::pick number, tenon::milliseconds every)
        : host(of), playing(std::move(number)), lists_every(every), next_lists(of.get_executor()) {}

    // --- who hears what ---

    void tell(stream_number stream, std::string_view event, std::string_view data) {
        // A copy: the function that is called may disconnect the stream.
        if (const auto at = streams.find(stream); at != streams.end())
            if (const auto hear = at->second.hears.hear) hear(event, data);
    }
    void tell_user(std::string_view uid, std::string_view event, std::string_view data) {
        const auto known = people.users().find(uid);
        if (known == people.users().end()) return;
        const auto all = known->second.streams;
        for (const stream_number stream : all) tell(stream, event, data);
    }
    /// Soon, and once for all that changes until then.
    void lists_changed() {
        if (std::exchange(lists_due, true)) return;
        asio::post(host.get_executor(), [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->tell_lists();
        });
    }
    /// At once to users who have just come. To all the others only every `lists_every`: where a crowd comes, each of them would
    /// be told of each other one.
    void tell_lists() {
        lists_due = false;
        std::vector<stream_number> whom = std::exchange(newcomers, {});
        if (!lists_wait) {
            whom.clear();
            for (const auto& [stream, one] : streams) whom.push_back(stream);
            lists_wait = true;
            next_lists.expires_after(lists_every);
            next_lists.async_wait([weak = weak_from_this()](const asio::error_code& error) {
                const auto self = weak.lock();
                if (error || !self) return;
                self->lists_wait = false;
                if (std::exchange(self->lists_missed, false)) self->lists_changed();
            });
        } else {
            lists_missed = true;
        }
        const std::string users = to_json(who_is_there()), rooms = rooms_json();
        for (const stream_number stream : whom) {
            tell(stream, "users", users);
            tell(stream, "rooms", rooms);
        }
    }
    template <class Event>
    void publish(const Event& event) {
        host.publish(event);
        lists_changed();
    }

    // --- coming and going ---

    result<stream_number> connect(const std::string& uid, ear hears) {
        const stream_number stream = ++last_stream;
        const auto came = people.enter(uid, stream);
        if (!came) return came.error();
        streams.emplace(stream, connected{uid, std::move(hears)});
        newcomers.push_back(stream);
        if (*came) publish(user_connected{uid});
        if (*came) static_cast<void>(join(std::string(lobby), uid));
        lists_changed();
        return stream;
    }
    void disconnect(stream_number stream) {
        const auto at = streams.find(stream);
        if (at == streams.end()) return;
        const std::string uid = at->second.uid;
        streams.erase(at);
        if (!people.leave(uid, stream)) return;
        for (const std::string& room : people.rooms_of(uid)) static_cast<void>(part(room, uid));
        publish(user_disconnected{uid});
    }
    result<void> kick(const std::string& uid, const std::string& reason) {
        if (!people.online(uid)) return fault{404, "there is no such user"};
        tell_user(uid, "kicked", to_json(ended{reason}));
        const auto all = people.users().find(uid)->second.streams;
        for (const stream_number stream : all) {
            const auto at = streams.find(stream);
            const auto close = at == streams.end() ? nullptr : at->second.hears.close;
            disconnect(stream);
            if (close) close();
        }
        return {};
    }

    result<void> create(const std::string& room, const std::string& owner, std::size_t max_users) {
        auto made = people.create(room, owner, max_users);
        if (made)
            publish(room_created{room, owner.empty() ? std::optional<std::string>() : std::optional(owner)});
        return made;
    }
    result<void> disband(const std::string& room) {
        auto gone = people.disband(room);
        if (gone) forget_room(room);
        return gone;
    }
    result<void> join(const std::string& room, const std::string& uid) {
        auto joined = people.join(room, uid);
        if (joined) publish(room_joined{room, uid});
        return joined;
    }
    result<void> part(const std::string& room, const std::string& uid) {
        const auto parted = people.part(room, uid);
        if (!parted) return parted.error();
        publish(room_left{room, uid});
        if (*parted) forget_room(room);
        return {};
    }
    void forget_room(const std::string& room) {
        if (const auto game = playing.end(room)) publish(game_ended{room, {}, game->number, game->tries});
        publish(room_disbanded{room});
    }

    // --- messages ---

    std::string next_id() { return tenon::detail::join({"m", tenon::detail::digits(++last_message)}); }

    /// To everybody whom it is for, once each, and to the sender. How many others there were.
    std::size_t give_out(const heard& what, std::set<std::string> whom) {
        const bool to_themselves = what.to_uid == what.from_uid;
        const std::size_t recipients = whom.size() - (to_themselves ? 0 : whom.count(what.from_uid));
        whom.insert(what.from_uid);
        const std::string data = to_json(what);
        for (const std::string& uid : whom) tell_user(uid, "message", data);
        return recipients;
    }

    void say(message asked, std::function<void(result<receipt>)> done) {
        if (auto good = people.may_say(asked.content, asked.from_uid, asked.to_uid); !good)
            return done(good.error());
        if (const auto typed = read_command(asked)) return obey(*typed, std::move(done));
        host.decide(asked, [weak = weak_from_this(), id = next_id(), from = asked.from_uid,
                            done = std::move(done)](const tenon::decision<message>& outcome) {
            if (const auto self = weak.lock()) done(self->decided(id, from, outcome));
            else done(fault{503, "the chat is closed"});
        });
    }
    /// Plugins may change what is said and to whom, but not who says it.
    receipt decided(const std::string& id, const std::string& from, const tenon::decision<message>& outcome) {
        const message& after = outcome.payload();
        receipt slip{.id = id, .content = after.content, .plugins = outcome.plugins()};
        if (outcome.stopped()) {
            slip.stopped_by = outcome.stopped_by();
            slip.reason = outcome.reason();
            return slip;
        }
        // Meanwhile the sender may have been banned, or the room be gone.
        if (const auto still = people.may_say(after.content, from, after.to_uid); !still) {
            slip.reason = still.error().message;
            return slip;
        }
        heard what{id, after.content, from, after.to_uid, {}};
        for (const tenon::plugin_outcome& one : outcome.plugins())
            if (one.outcome == tenon::outcome_kind::modified) what.by = one.plugin;
        slip.delivered = true;
        slip.recipients = give_out(what, people.hearers(after.to_uid));
        host.publish(message_delivered{id, after.content, from, after.to_uid, slip.recipients});
        return slip;
    }
    // --- commands, and the game ---

    void obey(const command_input& typed, std::function<void(result<receipt>)> done) {
        host.decide(typed, [weak = weak_from_this(), id = next_id(), typed,
                            done = std::move(done)](const tenon::decision<command_input>& outcome) {
            if (const auto self = weak.lock()) done(self->obeyed(id, typed, outcome));
            else done(fault{503, "the chat is closed"});
        });
    }
    /// Plugins may change what is done, but not who does it and where.
    result<receipt> obeyed(const std::string& id, const command_input& typed,
                           const tenon::decision<command_input>& outcome) {
        const auto& [command, args, nobody, nowhere] = outcome.payload();
        receipt slip{.id = id,
                     .command = command,
                     .content = "/" + command + (args.empty() ? "" : " ") + args,
                     .plugins = outcome.plugins()};
        if (outcome.stopped()) {
            slip.stopped_by = outcome.stopped_by();
            slip.reason = outcome.reason();
            return slip;
        }
        const auto known = play(command, args, typed.from_uid, typed.to_uid);
        if (!known) return known.error();
        if (!*known && slip.plugins.empty())
            return fault{404,
                         tenon::detail::join({"there is no command /", command,
                                              ": there are /game [HIGHEST], /guess NUMBER and /giveup"})};
        slip.delivered = true;
        return slip;
    }
    /// False: it is no command of the game, and a plugin may have obeyed it.
    result<bool> play(std::string_view command, std::string_view args, const std::string& uid,
                      const std::string& room) {
        if (command != "game" && command != "guess" && command != "giveup") return false;
        const auto place = people.rooms().find(room);
        if (place == people.rooms().end() || !place->second.members.contains(uid))
            return fault{403, "a game is played in a room by those who are in it"};
        const result<void> played = command == "game"    ? start_game(args, uid, room)
                                    : command == "guess" ? guess(args, uid, room)
                                                         : give_up(uid, room);
        if (!played) return played.error();
        return true;
    }
    result<void> start_game(std::string_view args, const std::string& uid, const std::string& room) {
        const auto highest = args.empty() ? games::usual_highest : read_number(args).value_or(0);
        if (const auto started = playing.start(room, highest); !started) return started;
        announce(room, {uid, " starts a game. Which number from 1 to ", tenon::detail::digits(highest),
                        " is it? /guess NUMBER"});
        publish(game_started{room, uid, highest});
        return {};
    }
    result<void> guess(std::string_view args, const std::string& uid, const std::string& room) {
        const auto number = read_number(args);
        if (!number) return fault{400, "expected a number: /guess 7"};
        const auto found = playing.guess(room, *number);
        if (!found) return found.error();
        using enum games::answer;
        announce(room, {uid, " says ", tenon::detail::digits(*number),
                        *found == too_low    ? ": it is more"
                        : *found == too_high ? ": it is less"
                                             : ", and wins"});
        if (*found == right) end_game(room, uid);
        return {};
    }
    result<void> give_up(const std::string& uid, const std::string& room) {
        if (!playing.on(room)) return playing.end(room).error();
        announce(room, {uid, " gives up"});
        end_game(room, {});
        return {};
    }
    void end_game(const std::string& room, const std::optional<std::string>& winner) {
        const auto game = playing.end(room);
        announce(room, {"It was ", tenon::detail::digits(game->number), ", after ",
                        tenon::detail::digits(game->tries), game->tries == 1 ? " guess" : " guesses"});
        publish(game_ended{room, winner, game->number, game->tries});
    }
    void announce(const std::string& room, std::initializer_list<std::string_view> words) {
        static_cast<void>(
            give_out({next_id(), tenon::detail::join(words), "host:game", room, {}}, people.hearers(room)));
    }

    /// What a plugin says is not decided again, and not told to plugins: two that answer would never end.
    result<said> say_as(const std::string& plugin, const std::string& content, const std::string& to,
                        const std::set<std::string>& whom) {
        if (content.size() > book::max_content) return fault{413, "a message has at most 16 KiB"};
        const heard what{next_id(), content, "plugin:" + plugin, to, {}};
        return said{what.id, give_out(what, whom)};
    }

    // --- what plugins may ask ---

    template <class Handler>
    void provide(std::string_view method, std::string_view permission, Handler handler) {
        const auto provided = host.provide(method, permission, std::move(handler));
        TENON_ASSERT(provided);
    }

    void provide_users() {
        const auto weak = weak_from_this(); // the host may live longer
        provide("users/kick", "users:kick", [weak](const events::kick& asked) -> result<void> {
            return weak.lock()->kick(asked.userId, asked.reason.value_or(""));
        });
        provide("users/ban", "users:ban", [weak](const ban& asked) -> result<void> {
            const auto self = weak.lock();
            auto banned = self->people.ban(asked.userId);
            if (banned) static_cast<void>(self->kick(asked.userId, asked.reason.value_or("")));
            return banned;
        });
        provide("users/get", "users:read", [weak](const find_user& asked) -> result<shown_user> {
            const book& known = weak.lock()->people;
            if (!known.users().contains(asked.userId)) return fault{404, "there is no such user"};
            return shown_user{asked.userId, known.online(asked.userId), known.banned(asked.userId),
                              known.rooms_of(asked.userId)};
        });
        provide("users/online", "users:read",
                [weak](const list_users&) { return weak.lock()->who_is_there(); });
    }

    void provide_rooms() {
        const auto weak = weak_from_this();
        provide("rooms/create", "rooms:create", [weak](const create_room& asked, const caller& who) {
            return weak.lock()->create(asked.room, "plugin:" + who.plugin, asked.maxUsers.value_or(0));
        });
        provide("rooms/disband", "rooms:disband",
                [weak](const disband_room& asked) { return weak.lock()->disband(asked.room); });
        provide("rooms/get", "rooms:read", [weak](const find_room& asked) -> result<shown_room> {
            const auto& all = weak.lock()->people.rooms();
            const auto found = all.find(asked.room);
            if (found == all.end()) return fault{404, "there is no such room"};
            return shown(found->first, found->second);
        });
        provide("rooms/lock", "rooms:lock", [weak](const lock_room& asked) {
            const auto self = weak.lock();
            self->lists_changed();
            return self->people.lock(asked.room, asked.locked);
        });
    }

    void provide_messages() {
        const auto weak = weak_from_this();
        provide("messages/send", "messages:send",
                [weak](const send_message& asked, const caller& who) -> result<said> {
                    const auto self = weak.lock();
                    if (!self->people.online(asked.userId)) return fault{404, "there is no such user"};
                    return self->say_as(who.plugin, asked.content, asked.userId, {asked.userId});
                });
        provide("messages/broadcast", "messages:broadcast",
                [weak](const broadcast_message& asked, const caller& who) -> result<said> {
                    const auto self = weak.lock();
                    std::set<std::string> all;
                    for (const auto& [uid, one] : self->people.users())
                        if (!one.streams.empty()) all.insert(uid);
                    return self->say_as(who.plugin, asked.content, "*", all);
                });
        provide("time/now", "time:read", [](const ask_time& asked) -> result<std::string> {
            if (asked.place.value_or("UTC") != "UTC") return fault{404, "the time is known for UTC alone"};
            return tenon::detail::format_timestamp(std::chrono::system_clock::now());
        });
    }

    /// Plugins that may emit, may say something in a room by doing so.
    void watch_outgoing() {
        tenon::watch_settings<tenon::event_record> settings;
        settings.wants = [](const tenon::event_record& event) {
            return event.type == message_outgoing::event && !event.decided && !event.directed &&
                   !event.source.empty();
        };
        emitted.emplace(host.watch_events(std::move(settings)));
        next_outgoing();
    }
    void next_outgoing() {
        emitted->next([weak = weak_from_this()](const result<tenon::watched<tenon::event_record>>& next) {
            const auto self = weak.lock();
            if (!self || !next) return;
            const auto asked = tenon::from_json<message_outgoing>(next->item->payload);
            if (asked && self->people.rooms().contains(asked->room))
                static_cast<void>(self->say_as(next->item->source, asked->content, asked->room,
                                               self->people.hearers(asked->room)));
            self->next_outgoing();
        });
    }

    // --- looking in ---

    static shown_room shown(const std::string& name, const book::room& one) {
        return {name, one.owner.empty() ? std::optional<std::string>() : std::optional(one.owner), one.locked,
                one.members};
    }
    online_users who_is_there() const {
        online_users all;
        for (const auto& [uid, one] : people.users())
            if (!one.streams.empty()) all.users.push_back(uid);
        return all;
    }
    std::string rooms_json() const {
        std::map<std::string, std::vector<shown_room>> all{{"rooms", {}}};
        for (const auto& [name, one] : people.rooms()) all["rooms"].push_back(shown(name, one));
        return to_json(all);
    }

    tenon::host& host;
    book people;
    games playing;
    std::map<stream_number, connected> streams;
    std::optional<tenon::watch<tenon::event_record>> emitted;
    stream_number last_stream = 0;
    std::uint64_t last_message = 0;
    const tenon::milliseconds lists_every;
    asio::steady_timer next_lists;
    std::vector<stream_number> newcomers; // who have not heard the lists
    // The lists are about to be told; all have heard them just now; and something is another one since then.
    bool lists_due = false, lists_wait = false, lists_missed = false;
};

chat::chat(tenon::host& host, games::pick number, tenon::milliseconds lists_every)
    : state_(std::make_shared<state>(host, std::move(number), lists_every)) {
    host.decides<message, command_input>();
    host.publishes<server_started, server_stopping, game_started, game_ended, user_connected,
                   user_disconnected, room_created, room_disbanded, room_joined, room_left, message_delivered,
                   message_outgoing>();
    state_->provide_users();
    state_->provide_rooms();
    state_->provide_messages();
    state_->watch_outgoing();
}
chat::~chat() = default;

result<void> chat::may_enter(const std::string& uid) const { return state_->people.may_enter(uid); }
result<stream_number> chat::connect(const std::string& uid, ear hears) {
    return state_->connect(uid, std::move(hears));
}
void chat::disconnect(stream_number stream) { state_->disconnect(stream); }
void chat::opened(const std::string& address) { state_->host.publish(server_started{address}); }
void chat::closing(const std::string& reason) { state_->host.publish(server_stopping{reason}); }
void chat::say(message asked, std::function<void(result<receipt>)> done) {
    state_->say(std::move(asked), std::move(done));
}
result<void> chat::create(const std::string& room, const std::string& owner, std::size_t max_users) {
    return state_->create(room, owner, max_users);
}
result<void> chat::disband(const std::string& room) { return state_->disband(room); }
result<void> chat::join(const std::string& room, const std::string& uid) { return state_->join(room, uid); }
result<void> chat::part(const std::string& room, const std::string& uid) { return state_->part(room, uid); }
std::string chat::users_json() const { return to_json(state_->who_is_there()); }
std::string chat::rooms_json() const { return state_->rooms_json(); }

} // namespace reference
