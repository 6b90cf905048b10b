// expect: tenon: the name of a command has 1 to 128 bytes and no control characters
// names: greet

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "gr\neet";
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    void receive(const greet&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
