// expect: tenon: a struct with a C array as a member needs a describe(); a std::array needs nothing

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
    int numbers[3] = {};
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    void receive(const greet&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
