// expect: tenon: two structs in `receives` have the same name

#include <tenon.hpp>

struct one {
    static constexpr auto event = "message.incoming";
    std::string who;
};

struct two {
    static constexpr auto event = "message.incoming";
    int count = 0;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<one, two>;

    void receive(const one&) {}
    void receive(const two&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
