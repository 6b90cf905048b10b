// What the mistakes of lambdas look like without the mistake.

#include <tenon.hpp>

#include <string>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};

struct visits {
    static constexpr auto route = "GET /visits";
};

int main(int argc, char** argv) {
    int count = 0;
    return tenon::plugin({.name = "right", .version = "1.0.0"})
        .receive([](const greet& g) { return "hello " + g.who; })
        .receive([](const message& m, tenon::context& here) noexcept { here.info(m.content); })
        .receive([count](const visits&) mutable { return ++count; })
        .serve(argc, argv);
}
