// The rules of the chat: see book.hpp.

#include "book.hpp"

#include <tenon/core/text.hpp>

namespace reference {

using tenon::fault;
using tenon::result;

bool book::is_user(std::string_view uid) noexcept {
    for (const char letter : uid) {
        const bool word = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                          (letter >= '0' && letter <= '9');
        if (!word && letter != '-' && letter != '_' && letter != '.') return false;
    }
    return !uid.empty() && uid.size() <= 64;
}

bool book::is_room(std::string_view name) noexcept {
    return !name.empty() && name.front() == '#' && is_user(name.substr(1));
}

static fault no_user() {
    return {400, "expected a user's name of 1 to 64 letters, digits, '-', '_' and '.'"};
}

result<void> book::may_enter(const std::string& uid) const {
    if (!is_user(uid)) return no_user();
    if (!users_.contains(uid) && users_.size() == max_users) return fault{503, "there are too many users"};
    if (banned(uid)) return fault{403, tenon::detail::join({uid, " is banned"})};
    return {};
}

result<bool> book::enter(const std::string& uid, stream_number stream) {
    if (auto may = may_enter(uid); !may) return may.error();
    auto& streams = users_[uid].streams;
    streams.insert(stream);
    return streams.size() == 1;
}

void book::forget_if_nobody(std::map<std::string, user, std::less<>>::iterator at) {
    if (at->second.streams.empty() && !at->second.banned) users_.erase(at);
}

bool book::leave(const std::string& uid, stream_number stream) {
    const auto known = users_.find(uid);
    if (known == users_.end() || known->second.streams.erase(stream) == 0) return false;
    const bool last = known->second.streams.empty();
    forget_if_nobody(known);
    return last;
}

result<void> book::ban(const std::string& uid) {
    if (!is_user(uid)) return no_user();
    if (users_.find(uid) == users_.end() && users_.size() == max_users)
        return fault{503, "there are too many users"};
    users_[uid].banned = true;
    return {};
}

bool book::online(std::string_view uid) const {
    const auto known = users_.find(uid);
    return known != users_.end() && !known->second.streams.empty();
}

bool book::banned(std::string_view uid) const {
    const auto known = users_.find(uid);
    return known != users_.end() && known->second.banned;
}

result<book::room*> book::find(const std::string& name) {
    const auto known = rooms_.find(name);
    if (known == rooms_.end()) return fault{404, "there is no such room"};
    return &known->second;
}

result<void> book::create(const std::string& name, const std::string& owner, std::size_t max_users_in_it) {
    if (!is_room(name))
        return fault{400, "expected a room like #garden: 1 to 64 letters, digits, '-', '_' and '.'"};
    if (rooms_.find(name) != rooms_.end())
        return fault{409, tenon::detail::join({"there is a room ", name, " already"})};
    if (rooms_.size() == max_rooms) return fault{503, "there are too many rooms"};
    rooms_.emplace(name, room{.owner = owner, .max_users = max_users_in_it});
    return {};
}

result<void> book::disband(const std::string& name) {
    if (name == lobby) return fault{409, "the lobby stays"};
    if (rooms_.erase(name) == 0) return fault{404, "there is no such room"};
    return {};
}

result<void> book::lock(const std::string& name, bool locked) {
    const auto found = find(name);
    if (!found) return found.error();
    (*found)->locked = locked;
    return {};
}

result<void> book::join(const std::string& name, const std::string& uid) {
    const auto found = find(name);
    if (!found) return found.error();
    room& into = **found;
    if (!online(uid)) return fault{404, "there is no such user"};
    if (into.members.contains(uid)) return {};
    if (into.locked) return fault{403, tenon::detail::join({name, " is locked"})};
    if (into.max_users != 0 && into.members.size() >= into.max_users)
        return fault{409, tenon::detail::join({name, " is full"})};
    into.members.insert(uid);
    return {};
}

result<bool> book::part(const std::string& name, const std::string& uid) {
    const auto found = find(name);
    if (!found) return found.error();
    if ((*found)->members.erase(uid) == 0) return fault{404, tenon::detail::join({"they are not in ", name})};
    if (name == lobby || !(*found)->members.empty() || !is_user((*found)->owner)) return false;
    rooms_.erase(name);
    return true;
}

std::vector<std::string> book::rooms_of(const std::string& uid) const {
    std::vector<std::string> names;
    for (const auto& [name, one] : rooms_)
        if (one.members.contains(uid)) names.push_back(name);
    return names;
}

result<void> book::may_say(std::string_view content, const std::string& from, const std::string& to) const {
    if (!is_user(from)) return no_user();
    if (content.size() > max_content) return fault{413, "a message has at most 16 KiB"};
    if (banned(from)) return fault{403, tenon::detail::join({from, " is banned"})};
    if (is_user(to)) return {};
    const auto place = rooms_.find(to);
    if (place == rooms_.end()) return fault{404, "there is no such user or room"};
    if (place->second.locked && !place->second.members.contains(from))
        return fault{403, tenon::detail::join({to, " is locked"})};
    return {};
}

std::set<std::string> book::hearers(const std::string& to) const {
    if (const auto place = rooms_.find(to); place != rooms_.end()) return place->second.members;
    if (online(to)) return {to};
    return {};
}

} // namespace reference
