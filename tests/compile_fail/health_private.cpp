// expect: tenon: health() must be public, take nothing and return tenon::health

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    std::string receive(const greet& g) { return "hello " + g.who; }

private:
    tenon::health health() { return {}; }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
