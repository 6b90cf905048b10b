#ifndef REFERENCE_COMMAND_LINE_ARGUMENTS_HPP
#define REFERENCE_COMMAND_LINE_ARGUMENTS_HPP

// What stands behind a command: options and words, read by the command's own table, which is its --help as well.
// `--name value` and `--name=value` are the same; behind `--` everything is a word.

#include <tenon/core/result.hpp>

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

/// What --help says fits on any terminal.
inline constexpr std::size_t help_width = 80;

struct option {
    std::string_view name;       // "--config"
    std::string_view value = {}; // "FILE", or empty for one that is only there or not
    std::string_view help = {};
    bool repeats = false;
};

class arguments {
public:
    bool has(std::string_view name) const { return options_.find(name) != options_.end(); }
    std::string value(std::string_view name, std::string otherwise = {}) const {
        const auto at = options_.find(name);
        return at == options_.end() ? std::move(otherwise) : at->second.back();
    }
    /// Of an option that repeats, in their order.
    std::vector<std::string> values(std::string_view name) const {
        const auto at = options_.find(name);
        return at == options_.end() ? std::vector<std::string>() : at->second;
    }
    const std::vector<std::string>& words() const { return words_; }

private:
    friend struct command;
    std::map<std::string, std::vector<std::string>, std::less<>> options_ = {};
    std::vector<std::string> words_ = {};
};

struct command {
    std::string_view name;  // "run", or two words: "package build"
    std::string_view words; // "[NAME [start|stop]]"
    std::string_view summary;
    std::vector<option> options;
    int (*run)(const arguments& given);
    std::size_t least = 0, most = 0; // words
    std::string_view more = {};      // of --help
    bool runs_another = false;       // its words are another program's, whose options are not looked at

    tenon::result<arguments> read(std::span<const std::string_view> given) const;
    std::string help() const;
    std::string usage() const;
};

} // namespace reference

#endif
