// expect: tenon: receive() of a command or a route must not return tenon::flow or tenon::rewrite, which answer events
// names: greet

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    tenon::flow receive(const greet&) { return tenon::stop("no"); }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
