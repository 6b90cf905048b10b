// expect: tenon: a type that is read needs a default constructor

#include <tenon.hpp>

class person {
public:
    explicit person(std::string name) : name_(std::move(name)) {}
    static constexpr auto describe() { return tenon::members(tenon::member("name", &person::name_)); }

private:
    std::string name_;
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
