// Reading what was typed, and saying what may be.

#include "command_line/arguments.hpp"

#include "command_line/screen.hpp"

#include <algorithm>

namespace reference {

namespace {

tenon::fault wrong(std::string words) { return {tenon::codes::invalid_params, std::move(words)}; }

} // namespace

tenon::result<arguments> command::read(std::span<const std::string_view> given) const {
    arguments read;
    bool only_words = false;
    for (std::size_t at = 0; at < given.size(); ++at) {
        const std::string_view one = given[at];
        if (only_words || one.size() < 2 || one[0] != '-') {
            read.words_.emplace_back(one);
            only_words = only_words || runs_another;
            continue;
        }
        if (one == "--") {
            only_words = true;
            continue;
        }
        const std::size_t equals = one.find('=');
        const std::string_view key = one == "-h" ? "--help" : one.substr(0, equals);
        if (key == "--help") {
            read.options_["--help"];
            return read;
        }
        const auto known = std::find_if(options.begin(), options.end(),
                                        [&](const option& each) { return each.name == key; });
        if (known == options.end()) return wrong("there is no option " + std::string(key));
        std::string value;
        if (known->value.empty() && equals != one.npos) return wrong(std::string(key) + " takes no value");
        if (!known->value.empty()) {
            if (equals == one.npos && ++at == given.size())
                return wrong(std::string(key) + " needs a value: " + std::string(known->value));
            value = equals == one.npos ? given[at] : one.substr(equals + 1);
        }
        std::vector<std::string>& values = read.options_[std::string(key)];
        if (!values.empty() && !known->repeats) return wrong(std::string(key) + " is given twice");
        values.push_back(std::move(value));
    }
    if (read.words_.size() < least) return wrong("something is missing");
    if (read.words_.size() > most) return wrong("there is nothing to do with \"" + read.words_[most] + "\"");
    return read;
}

std::string command::usage() const {
    std::string text = "usage: tenon-host " + std::string(name);
    if (!options.empty()) text += " [OPTIONS]";
    return text + (words.empty() ? "" : " ") + std::string(words) + "\n";
}

std::string command::help() const {
    std::string text = usage() + "\n" + table_text({{summary}}, false, help_width);
    if (!more.empty()) text += "\n" + std::string(more);
    if (!options.empty()) text += "\n";
    std::vector<row> rows;
    for (const option& each : options)
        rows.push_back(
            {"  " + std::string(each.name) + (each.value.empty() ? "" : " ") + std::string(each.value),
             each.help});
    return text + table_text(rows, false, help_width);
}

} // namespace reference
