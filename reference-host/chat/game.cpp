// The rules of the game: see game.hpp.

#include "game.hpp"

#include <tenon/core/text.hpp>

#include <random>

namespace reference {

using tenon::fault;
using tenon::result;

static fault no_game() { return {404, "there is no game in this room: /game starts one"}; }

std::uint32_t games::any_number(std::uint32_t highest) {
    std::random_device source;
    return std::uniform_int_distribution<std::uint32_t>(1, highest)(source);
}

result<void> games::start(const std::string& room, std::uint32_t highest) {
    if (highest < 2 || highest > most_highest) return fault{400, "expected a number from 2 to 1000000"};
    if (on(room)) return fault{409, "there is a game in this room already: /guess NUMBER, or /giveup"};
    games_.emplace(room, game{.number = pick_(highest), .highest = highest});
    return {};
}

result<games::answer> games::guess(const std::string& room, std::uint32_t number) {
    const auto at = games_.find(room);
    if (at == games_.end()) return no_game();
    ++at->second.tries;
    if (number < at->second.number) return answer::too_low;
    return number > at->second.number ? answer::too_high : answer::right;
}

result<games::game> games::end(const std::string& room) {
    const auto at = games_.find(room);
    if (at == games_.end()) return no_game();
    const game ended = at->second;
    games_.erase(at);
    return ended;
}

} // namespace reference
