// expect: tenon: an event is words with dots between, like `message.incoming`, or `message.*`, or `*`
// names: message

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
