// expect: tenon: a plugin must say who it is, with a public `static constexpr tenon::about about{.name = ..., .version = ...};`

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

class wrong {
public:
    using receives = tenon::list<greet>;

    std::string receive(const greet& g) { return "hello " + g.who; }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
