// What the mistakes of programs with plugins look like without the mistake.

#include <tenon/host.hpp>

struct said {
    static constexpr auto event = "message.incoming";
    std::string who;
};
struct greet {
    static constexpr auto command = "greet";
    std::string who;
};
struct anything {
    std::string who;
};

int main() {
    asio::io_context io;
    tenon::host host(io);
    const std::string program = "./moderator", greeting = "greet";
    const std::vector<std::string> words = {program, "--fast"};
    const tenon::plugin_options all[] = {{.name = "a", .command = {"./moderator"}},
                                         {.name = "b", .command = {"./moderator", "--fast"}},
                                         {.name = "c", .command = {program, "--fast", "--more"}},
                                         {.name = "d", .command = words},
                                         {.name = "e", .command = {words.begin(), words.end()}},
                                         {.name = "f", .command = {}}};
    const auto decided = [](const auto&) {};
    const auto done = [](const tenon::result<std::string>&) {};
    host.decide(said{"Bo"}, decided);
    host.decide(said{"Bo"}, {.timeout = tenon::milliseconds(10)}, decided);
    host.decide("message.incoming", anything{"Bo"}, {}, decided);
    host.publish(said{"Bo"});
    host.publish("message.incoming", anything{"Bo"});
    host.execute<std::string>(greet{"Bo"}, done);
    host.execute<std::string>(greet{"Bo"}, {.idempotent = true}, done);
    host.execute<std::string>(greeting, anything{"Bo"}, done);
    host.execute<std::string>("greet", anything{"Bo"}, {}, done);
    host.execute(greet{"Bo"}, asio::detached);
    return all[0].command.size() == 1 ? 0 : 1;
}
