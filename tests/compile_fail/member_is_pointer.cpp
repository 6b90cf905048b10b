// expect: tenon: this type cannot be described: it is neither a plain aggregate nor a known container, and it has no describe() and no tenon::json_codec

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    int* count = nullptr;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    void receive(const greet&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
