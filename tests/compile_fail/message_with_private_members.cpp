// expect: tenon: a received struct cannot be described: make it a plain aggregate, or give it a describe()

#include <tenon.hpp>

class greet {
public:
    static constexpr auto command = "greet";
    const std::string& who() const { return who_; }

private:
    std::string who_;
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    std::string receive(const greet& g) { return "hello " + g.who(); }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
