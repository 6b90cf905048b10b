// expect: tenon: the command of tenon::plugin_options is a list, the program and its arguments
// names: plugin_options

#include <tenon/rules/options.hpp>

int main() {
    const tenon::plugin_options moderator{.name = "moderator", .command = "./moderator"};
    return moderator.command.empty() ? 1 : 0;
}
