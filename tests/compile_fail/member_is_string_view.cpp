// expect: tenon: text is read into a std::string, which owns it

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    std::string_view who;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    void receive(const greet&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
