#ifndef REFERENCE_CHAT_CHAT_HPP
#define REFERENCE_CHAT_CHAT_HPP

// A small chat whose every message passes through the plugins of a host: users, rooms and messages, in memory.
//
// A message is an event that plugins decide; what they let pass is given out at most once to each user it is for, and
// once to its sender, who gets a receipt in any case. What happens is published: message.delivered,
// user.connected, room.joined and so on. A message that begins with a slash and a word is no message but a command,
// which plugins decide as command.input: /game, /guess and /giveup are a game. Plugins call what their permissions allow: users/kick, rooms/create,
// messages/send and so on, and what they emit as message.outgoing {room, content} is said there as "plugin:NAME".
//
// Everything belongs to the host's executor. The host must outlive the chat.

#include "book.hpp"
#include "game.hpp"

#include <tenon/rules/decision.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {
class host;
}

namespace reference {

/// The payload of every event about a message, and nothing more: a plugin that rewrites it can lose nothing.
struct message {
    static constexpr auto event = "message.incoming",
                          description = "somebody wants to say something to a user or in a #room.";
    std::string content, from_uid, to_uid;

    static constexpr bool allow_unknown = true; // what clients of others have beside it
};

/// Typed by somebody instead of a message: "/guess 7".
struct command_input {
    static constexpr auto event = "command.input",
                          description =
                              "somebody typed a command: a slash, a word, and what it is to be done with.";
    std::string command, args, from_uid, to_uid;
};

struct receipt {
    std::string id = {};
    bool delivered = false; // no plugin stopped it; `recipients` counts those who got it, without the sender
    std::optional<std::string> command = {}; // it was one, so it was not given out
    std::optional<std::string> stopped_by = {}, reason = {};
    std::string content = {}; // as the plugins left it
    std::size_t recipients = 0;
    std::vector<tenon::plugin_outcome> plugins = {};

    static constexpr auto describe() { return tenon::camel_case(); }
};

/// Where one stream of a user hears what is for it: `message`, `users`, `rooms`, `kicked`, with JSON.
struct ear {
    std::function<void(std::string_view event, std::string_view data)> hear;
    std::function<void()> close; // the chat ends it
};

class chat {
public:
    /// `lists_every`: who is there and in which room is told to everybody not more often.
    explicit chat(tenon::host& host, games::pick number = games::any_number,
                  tenon::milliseconds lists_every = tenon::milliseconds(200));
    ~chat();
    chat(const chat&) = delete;
    chat& operator=(const chat&) = delete;

    tenon::result<void> may_enter(const std::string& uid) const;
    tenon::result<stream_number> connect(const std::string& uid, ear ear);
    void disconnect(stream_number stream);

    /// Told to plugins: the whole program is there, or about to end.
    void opened(const std::string& address);
    void closing(const std::string& reason);

    /// A fault where it may not be said at all; otherwise a receipt, once the plugins have decided.
    void say(message said, std::function<void(tenon::result<receipt>)> done);

    tenon::result<void> create(const std::string& room, const std::string& owner, std::size_t max_users = 0);
    tenon::result<void> disband(const std::string& room);
    tenon::result<void> join(const std::string& room, const std::string& uid);
    tenon::result<void> part(const std::string& room, const std::string& uid);

    /// {"users":["ada","bo"]}
    std::string users_json() const;
    /// {"rooms":[{"room":"#lobby","locked":false,"members":["ada"]}]}
    std::string rooms_json() const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace reference

#endif
