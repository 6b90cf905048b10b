#ifndef REFERENCE_CHAT_GAME_HPP
#define REFERENCE_CHAT_GAME_HPP

// A game for a room: the host thinks of a number, and the first user who names it has won. These are its rules, one game a room,
// without chat and plugins. Faults have the status that HTTP has for them.

#include <tenon/core/result.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace reference {

class games {
public:
    static constexpr std::uint32_t usual_highest = 100, most_highest = 1'000'000;

    /// A number from 1 to `highest`.
    using pick = std::function<std::uint32_t(std::uint32_t highest)>;
    static std::uint32_t any_number(std::uint32_t highest);

    enum class answer { too_low, too_high, right };
    struct game {
        std::uint32_t number, highest, tries = 0;
    };

    explicit games(pick number) : pick_(std::move(number)) {}

    tenon::result<void> start(const std::string& room, std::uint32_t highest);
    /// The right number ends the game only by end(), so that it is still known until then.
    tenon::result<answer> guess(const std::string& room, std::uint32_t number);
    /// The game that was on.
    tenon::result<game> end(const std::string& room);
    bool on(const std::string& room) const { return games_.find(room) != games_.end(); }

private:
    pick pick_;
    std::map<std::string, game> games_; // by room
};

} // namespace reference

#endif
