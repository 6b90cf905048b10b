// expect: tenon: a parameter of a route, like `{name}`, needs a member of that name in its struct
// names: room_page

#include <tenon.hpp>

struct room_page {
    static constexpr auto route = "GET /rooms/{name}/{page}";
    std::string name;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<room_page>;

    void receive(const room_page&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
