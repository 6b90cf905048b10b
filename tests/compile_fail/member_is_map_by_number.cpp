// expect: tenon: a map's key must be a std::string, an integer or an enum

#include <tenon.hpp>

#include <map>

struct greet {
    static constexpr auto command = "greet";
    std::map<double, int> prices;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    void receive(const greet&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
