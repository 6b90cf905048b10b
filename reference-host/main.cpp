// tenon-host.

#include "command_line/commands.hpp"

int main(int count, char** arguments) {
    return reference::run_command_line(
        std::span(arguments, static_cast<std::size_t>(count)).subspan(count > 0 ? 1 : 0));
}
