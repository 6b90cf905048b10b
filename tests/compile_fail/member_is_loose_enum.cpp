// expect: tenon: an enum needs a fixed underlying type (enum class, or enum x : int) or a describe()

#include <tenon.hpp>

enum colour { red, green };

struct greet {
    static constexpr auto command = "greet";
    colour shirt = red;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    void receive(const greet&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
