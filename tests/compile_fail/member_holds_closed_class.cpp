// expect: tenon: this type cannot be described: it is neither a plain aggregate nor a known container, and it has no describe() and no tenon::json_codec

#include <tenon.hpp>

class closed {
public:
    explicit closed(int value) : value_(value) {}

private:
    int value_;
};

struct person {
    std::string name;
    std::optional<closed> secret;
};

struct greet {
    static constexpr auto command = "greet";
    std::vector<person> people;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    void receive(const greet&) {}
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
