// expect: tenon: receive() of a command or a route must not return tenon::flow or tenon::rewrite, which answer events
// names: room_page

#include <tenon.hpp>

struct room_page {
    static constexpr auto route = "GET /rooms";
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<room_page>;

    tenon::result<tenon::rewrite<room_page>> receive(const room_page&) { return tenon::fault(); }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
