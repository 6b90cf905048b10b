// The class is an ordinary class: no host and no process is needed to try it. With tenon's include folder at hand,
// <tenon/testing.hpp> has a host in memory as well.

#include "plugin.hpp"

#include <iostream>

namespace {

int failed = 0;

void check(bool good, const char* what) {
    if (good) return;
    std::cerr << "failed: " << what << '\n';
    ++failed;
}

} // namespace

int main() {
    greeter plugin;
    check(plugin.receive(greet{"Bo"}) == "hello Bo", "it greets");
    check(!plugin.receive(message{"good morning"}).stopped, "it lets a message pass");
    check(plugin.receive(message{"buy spam"}).stopped, "it stops an unwanted word");
    check(plugin.configure(settings{"sale"}).has_value(), "it is configured");
    check(!plugin.receive(message{"buy spam"}).stopped, "it has another word now");
    check(!plugin.configure(settings{""}).has_value(), "it refuses an empty word");
    if (failed == 0) std::cout << "all tests passed\n";
    return failed == 0 ? 0 : 1;
}
