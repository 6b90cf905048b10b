// expect: tenon: the name of an event or a command must not be empty

#include <tenon.hpp>

struct message {
    static constexpr auto event = "";
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<message>;

    void receive(const message&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
