// expect: tenon: receive() of an event must return void, tenon::flow or tenon::rewrite of it

#include <tenon.hpp>

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<message>;

    std::string receive(const message& m) { return m.content; }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
