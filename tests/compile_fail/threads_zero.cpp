// expect: tenon: `threads` must be a constant of at least 1, like `static constexpr int threads = 4;`

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;
    static constexpr int threads = 0;

    std::string receive(const greet& g) { return "hello " + g.who; }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
