// expect: tenon: a received struct must say what it is by `static constexpr auto`, with a text that is known while compiling

#include <tenon.hpp>

struct greet {
    static inline const std::string command = "greet";
    std::string who;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    void receive(const greet&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
