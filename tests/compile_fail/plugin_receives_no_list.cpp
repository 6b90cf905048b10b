// expect: tenon: a plugin must list what it receives, with a public `using receives = tenon::list<...>;`

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = greet;

    std::string receive(const greet& g) { return "hello " + g.who; }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
