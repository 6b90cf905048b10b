#ifndef REFERENCE_COMMAND_LINE_COMPLETION_HPP
#define REFERENCE_COMMAND_LINE_COMPLETION_HPP

// What may stand where somebody presses Tab: read from the table of commands, and from a running host where that knows. A
// shell's script (`tenon-host completion bash`) asks `tenon-host completion words TYPED...` and puts in what it hears.

#include <tenon/json/value.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

struct completed {
    std::vector<std::string> words = {}; // one that ends in = is gone on with
    bool files = false;                  // the shell knows better
};

/// Of the last one of what was typed behind the program's name. `ask` is null where no host answers.
completed complete(std::span<const std::string> typed,
                   const std::function<tenon::json(const std::string& target)>& ask);

/// For bash, zsh or fish; empty for another one.
std::string_view completion_script(std::string_view shell);

} // namespace reference

#endif
