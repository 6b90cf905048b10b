// A plugin that speaks first: it puts events in at an interval, asks the host, and is configured while it runs.

#include "tenon.hpp"

#include <string>

struct settings { // "config" in the host's configuration; what is missing there keeps its default
    static constexpr bool allow_missing = true;
    tenon::milliseconds interval_ms{1'000};
};

struct ticked { // an event that this plugin puts in
    static constexpr auto event = "clock.tick";
    std::int64_t count = 0;
};

struct joined { // an event that it is told of ...
    static constexpr auto event = "room.joined";
    std::string room, uid;
};

struct posted { // ... and answers with one of its own
    static constexpr auto event = "message.outgoing";
    std::string room, content;
};

struct now { // a command
    static constexpr auto command = "now";
    static constexpr auto description = "The time in a place, as the application knows it";
    std::string place;
};

class ticker {
public:
    static constexpr tenon::about about{.name = "clock",
                                        .version = "1.0.0",
                                        .description = "Ticks, and knows the time in a place",
                                        .calls_host = true};
    using receives = tenon::list<joined, now>;

    // With the handshake, and whenever the host has a new configuration. What it refuses changes nothing.
    tenon::result<void> configure(const settings& wanted) {
        if (wanted.interval_ms < tenon::milliseconds(10))
            return tenon::fault{tenon::codes::invalid_params, "config.interval_ms: expected 10 or more"};
        settings_ = wanted;
        return {};
    }

    // After the handshake, after each new configuration, and then as often as it says itself.
    tenon::milliseconds tick(const tenon::host_link& host) {
        put_in(host, ticked{.count = ++count_});
        return settings_.interval_ms;
    }

    void receive(const joined& who, tenon::context& here) const {
        put_in(here,
               posted{who.room, "Welcome " + who.uid + ", " + std::to_string(count_) + " ticks by now"});
    }

    // The answer or the refusal of the host is the answer of the command.
    tenon::result<std::string> receive(const now& asked, tenon::context& here) const {
        return here.call<std::string>("time/now", asked);
    }

    tenon::health health() const { return {.metrics = {{"ticks", static_cast<double>(count_)}}}; }

private:
    template <class Event>
    static void put_in(const tenon::host_link& host, const Event& event) {
        if (const auto done = host.emit(event); !done) host.warn("not put in: " + done.error().message);
    }

    settings settings_;
    std::int64_t count_ = 0;
};

int main(int argc, char** argv) { return tenon::serve<ticker>(argc, argv); }
