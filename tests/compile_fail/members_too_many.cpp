// expect: tenon: a struct of more than 32 members needs a describe()

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    int a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0, a8 = 0, a9 = 0, a10 = 0, a11 = 0;
    int b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0, b6 = 0, b7 = 0, b8 = 0, b9 = 0, b10 = 0, b11 = 0;
    int c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0, c6 = 0, c7 = 0, c8 = 0, c9 = 0, c10 = 0, c11 = 0;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    void receive(const greet&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
