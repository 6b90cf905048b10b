#ifndef REFERENCE_CHAT_BOOK_HPP
#define REFERENCE_CHAT_BOOK_HPP

// Who is there and who is in which room: the rules of the chat, without plugins and connections. A user is there
// while at least one stream of theirs is open. A room that a user made goes with its last member; the lobby and
// what plugins made stay. Faults have the status that HTTP has for them: 403, 404, 409, ...

#include <tenon/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

inline constexpr std::string_view lobby = "#lobby";

using stream_number = std::uint64_t;

class book {
public:
    static constexpr std::size_t max_users = 10'000, max_rooms = 1'000, max_content = std::size_t{16} << 10;

    struct user {
        std::set<stream_number> streams = {};
        bool banned = false;
    };
    struct room {
        std::string owner = {};    // a user, "plugin:NAME", or empty
        std::size_t max_users = 0; // 0: as many as there are
        bool locked = false;       // nobody joins, and only its members speak in it
        std::set<std::string> members = {};
    };

    book() { rooms_.emplace(lobby, room()); }

    /// 1 to 64 letters, digits, '-', '_' and '.'; of a room with '#' in front.
    static bool is_user(std::string_view uid) noexcept;
    static bool is_room(std::string_view name) noexcept;

    tenon::result<void> may_enter(const std::string& uid) const;
    /// True: they were not there before.
    tenon::result<bool> enter(const std::string& uid, stream_number stream);
    /// True: that was their last stream. Their rooms are still to be left.
    bool leave(const std::string& uid, stream_number stream);
    tenon::result<void> ban(const std::string& uid);
    bool online(std::string_view uid) const;
    bool banned(std::string_view uid) const;

    tenon::result<void> create(const std::string& name, const std::string& owner, std::size_t max_users);
    tenon::result<void> disband(const std::string& name);
    tenon::result<void> lock(const std::string& name, bool locked);
    tenon::result<void> join(const std::string& name, const std::string& uid);
    /// True: the room went with them.
    tenon::result<bool> part(const std::string& name, const std::string& uid);
    std::vector<std::string> rooms_of(const std::string& uid) const;

    /// Whether this may be said at all.
    tenon::result<void> may_say(std::string_view content, const std::string& from,
                                const std::string& to) const;
    /// The users whom a message to a user or a room is for.
    std::set<std::string> hearers(const std::string& to) const;

    const auto& users() const noexcept { return users_; }
    const auto& rooms() const noexcept { return rooms_; }

private:
    tenon::result<room*> find(const std::string& name);
    void forget_if_nobody(std::map<std::string, user, std::less<>>::iterator at);

    std::map<std::string, user, std::less<>> users_;
    std::map<std::string, room, std::less<>> rooms_;
};

} // namespace reference

#endif
