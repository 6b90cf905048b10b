// expect: tenon: a struct that has a base class needs a describe()

#include <tenon.hpp>

struct person {
    std::string who;
};

struct greet : person {
    static constexpr auto command = "greet";
    int times = 1;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    std::string receive(const greet& g) { return "hello " + g.who; }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
