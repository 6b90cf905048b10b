// expect: tenon: a route is a method and a path, like `GET /rooms/{name}`

#include <tenon.hpp>

struct rooms {
    static constexpr auto route = "/rooms";
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<rooms>;

    void receive(const rooms&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
