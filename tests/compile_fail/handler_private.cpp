// expect: tenon: a struct is listed in `receives`, but the plugin has no public receive(const M&) for it

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

struct part {
    static constexpr auto command = "part";
    std::string who;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet, part>;

    std::string receive(const greet& g) { return "hello " + g.who; }

private:
    std::string receive(const part& p) { return "bye " + p.who; }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
