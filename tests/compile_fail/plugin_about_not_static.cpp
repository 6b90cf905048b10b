// expect: tenon: `about` of a plugin's class must be static

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

class wrong {
public:
    const tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    std::string receive(const greet& g) { return "hello " + g.who; }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
