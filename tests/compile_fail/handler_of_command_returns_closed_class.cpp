// expect: tenon: receive() of a command must return a type that can be described

#include <tenon.hpp>

class closed {
public:
    explicit closed(int value) : value_(value) {}

private:
    int value_;
};

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    tenon::result<closed> receive(const greet&) { return closed(1); }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
