// expect: tenon: a received struct must say what it is, with exactly one of `static constexpr auto event`, `command` or `route`

#include <tenon.hpp>

struct greet {
    static constexpr auto event = "user.arrived";
    static constexpr auto command = "greet";
    std::string who;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    void receive(const greet&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
