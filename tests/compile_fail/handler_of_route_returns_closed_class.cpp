// expect: tenon: receive() of a route must return a tenon::response or a type that can be described

#include <tenon.hpp>

class closed {
public:
    explicit closed(int value) : value_(value) {}

private:
    int value_;
};

struct counters {
    static constexpr auto route = "GET /counters";
};

class wrong {
public:
    static constexpr tenon::about about{.name = "wrong", .version = "1.0.0"};
    using receives = tenon::list<counters>;

    closed receive(const counters&) { return closed(1); }
};

int main(int argc, char** argv) { return tenon::serve<wrong>(argc, argv); }
