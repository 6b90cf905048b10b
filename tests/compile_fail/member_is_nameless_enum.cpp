// expect: tenon: an enum that names none of the values 0 to 127 needs a describe()

#include <tenon.hpp>

enum class level { low = 1000, high = 2000 };

struct greet {
    static constexpr auto command = "greet";
    level now = level::low;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    void receive(const greet&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
