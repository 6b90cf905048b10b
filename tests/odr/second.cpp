// The other one: see first.cpp. The types bear the same names, which is fine as long as nothing leaks out of here.

#include <tenon.hpp>

#include <string>

namespace {

struct message {
    static constexpr auto command = "shout";
    std::string text;
    int times = 1;
};

class second_plugin {
public:
    static constexpr tenon::about about{.name = "second", .version = "2.0.0"};
    using receives = tenon::list<message>;

    std::string receive(const message& m) { return m.text + "!"; }
};

} // namespace

int describe_second(int argc, char** argv);
int describe_second(int argc, char** argv) { return tenon::serve<second_plugin>(argc, argv); }
