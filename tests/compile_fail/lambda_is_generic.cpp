// expect: tenon: a lambda handler must take its message by const reference, and not as `auto`

#include <tenon.hpp>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

int main(int argc, char** argv) {
    return tenon::plugin({.name = "wrong", .version = "1.0.0"})
        .receive([](const auto& g) { return "hello " + g.who; })
        .serve(argc, argv);
}
