// expect: tenon: an event is words with dots between, like `message.incoming`, or `message.*`, or `*`
// names: said

#include <tenon.hpp>

struct said {
    static constexpr auto event = "message incoming";
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<said>;

    void receive(const said&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
