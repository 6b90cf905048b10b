// A host in thirty lines: every message passes through a plugin, which is a process of its own.
//
//     embed ./moderator "hello" "buy spam"

#include <tenon/host.hpp>

#include <iostream>
#include <span>
#include <string>

struct message { // an event; plugins know it by its name
    static constexpr auto event = "message.incoming";
    std::string content, from_uid, to_uid;
};

asio::awaitable<void> chat(tenon::host& host, std::span<char*> arguments) {
    const tenon::plugin_options moderator{.name = "moderator", .command = {arguments[0]}};
    const auto started = co_await host.start(moderator);
    if (!started) std::cerr << started.error().message << '\n';
    for (const char* text : arguments.subspan(1)) {
        const message said{.content = text, .from_uid = "ada", .to_uid = "bo"};
        const auto outcome = co_await host.decide(said); // without a plugin everything passes
        if (outcome.stopped())
            std::cout << outcome.stopped_by() << " stopped it: " << outcome.reason() << '\n';
        else std::cout << "ada: " << outcome.payload().content << '\n';
    }
    co_await host.shutdown();
}

int main(int count, char** arguments) {
    if (count < 2) return std::cerr << "usage: embed PLUGIN MESSAGE...\n", 64;
    asio::io_context io;
    tenon::host host(io);
    asio::co_spawn(io, chat(host, std::span(arguments, arguments + count).subspan(1)), asio::detached);
    io.run();
}
