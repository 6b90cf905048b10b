// expect: tenon: the name of a plugin has 1 to 64 letters, digits, '-', '_' and '.', with a letter or digit in front
// names: wrong

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wro/ng", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    std::string receive(const greet& g) { return "hello " + g.who; }
};

int main(int argc, char** argv) {
    wrong made;
    return tenon::serve(made, argc, argv);
}
