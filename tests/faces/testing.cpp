// A plugin in the memory of its test, and a peer that says what it should.

#include <tenon/testing.hpp>

namespace {

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};
struct greet {
    static constexpr auto command = "greet";
    std::string who;
};
struct tested {
    static constexpr tenon::about about{.name = "tested", .version = "1.0.0"};
    using receives = tenon::list<message, greet>;
    tenon::flow receive(const message&) { return tenon::proceed(); }
    std::string receive(const greet& g) { return g.who; }
};

} // namespace

int main(int argc, char**) {
    if (argc == 1) return 0;
    tenon::testing::host_of<tested> host;
    host.provide("users/find", [](const greet& g) { return g.who; });
    host.provide_command("shout", [](const greet& g) { return g.who; });
    auto later = host.begin_execute<std::string>("greet", greet{"Bo"});
    host.cancel(later);
    return host.decide(message{"hi"}) && host.publish(message{"hi"}) && host.execute<std::string>(greet{"Bo"})
               ? 0
               : 1;
}
