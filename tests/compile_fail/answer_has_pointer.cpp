// expect: tenon: this type cannot be described: it is neither a plain aggregate nor a known container, and it has no describe() and no tenon::json_codec

#include <tenon.hpp>

struct report {
    int* count = nullptr;
};

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    report receive(const greet&) { return {}; }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
