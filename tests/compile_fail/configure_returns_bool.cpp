// expect: tenon: configure() must be one public function that takes `const Settings&` and returns tenon::result<void> or void, with settings that can be described

#include <tenon.hpp>

struct settings {
    std::string greeting;
};

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;
    bool configure(const settings&) { return true; }

    std::string receive(const greet& g) { return "hello " + g.who; }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
