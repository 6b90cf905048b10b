// The smallest plugin: one command.

#include "tenon.hpp"

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

class hello {
public:
    static constexpr tenon::about about{.name = "hello", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    std::string receive(const greet& g) { return "hello " + g.who; }
};

int main(int argc, char** argv) { return tenon::serve<hello>(argc, argv); }
