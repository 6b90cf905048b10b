// A program that is not otherwise asynchronous: the host runs on a thread of its own, and whoever wants something of
// it waits for a future.
//
//     embed_sync ./moderator "hello" "buy spam"

#include <tenon/host.hpp>

#include <asio/use_future.hpp>
#include <iostream>
#include <string>
#include <thread>

struct message {
    static constexpr auto event = "message.incoming";
    std::string content, from_uid, to_uid;
};

int main(int count, char** arguments) {
    if (count < 2) return std::cerr << "usage: embed_sync PLUGIN MESSAGE...\n", 64;
    asio::io_context io;
    tenon::host host(io);
    const auto work = asio::make_work_guard(io);
    std::thread loop([&] { io.run(); });

    const tenon::plugin_options moderator{.name = "moderator", .command = {arguments[1]}};
    const auto started = host.start(moderator, asio::use_future).get();
    if (!started) std::cerr << started.error().message << '\n';
    for (int index = 2; started && index < count; ++index) {
        const message said{.content = arguments[index], .from_uid = "ada", .to_uid = "bo"};
        const auto outcome = host.decide(said, asio::use_future).get();
        std::cout << said.content << ": " << (outcome.stopped() ? outcome.reason() : "passed") << '\n';
    }

    // The host belongs to the loop's thread until that has ended.
    const bool ended = host.shutdown(asio::use_future).get().has_value();
    io.stop();
    loop.join();
    return started && ended ? 0 : 1;
}
