// The table of commands. What stands here is what --help says.

#include "command_line/commands.hpp"

#include "command_line/asking.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/screen.hpp"

#include <tenon/core/nearest_name.hpp>
#include <tenon/core/version.hpp>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <limits>
#include <system_error>
#include <vector>

#include <poll.h>
#include <unistd.h>

namespace reference {

namespace {

/// A pipe whose reader has gone, as `head` does when it has what it wanted: nobody misses the rest.
bool reader_is_gone() {
    pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
    return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

std::string version() {
    std::string text = "tenon-host";
    for (const int part : {TENON_VERSION_MAJOR, TENON_VERSION_MINOR, TENON_VERSION_PATCH})
        text += (text.size() == 10 ? " " : ".") + std::to_string(part);
    return text;
}

const std::vector<row>& exit_code_rows() {
    static const std::vector<row> rows = {
        {"  0", "done"},
        {"  1",
         "the answer is no: a message that was stopped, a plugin that does not start, a contract that is not "
         "kept, a name that is not known"},
        {"  64", "what was typed is wrong"},
        {"  66", "the configuration, or another file that is named, cannot be read"},
        {"  69", "no host answers; or another one has the address or the socket"},
        {"  74", "what it prints, or a file that is named, cannot be written"},
        {"  77", "the token is missing or wrong"},
        {"  78", "something is wrong in the configuration"},
    };
    return rows;
}

} // namespace

const std::vector<command>& commands() {
    static const std::vector<command> all = {
        {"run",
         "",
         "Starts the plugins, serves the page and the API, and ends with SIGINT or SIGTERM.",
         {{"--config", "FILE",
           "JSON, or YAML by its name; what is changed in it is applied (tenon-host.json)"},
          {"--listen", "HOST:PORT", "instead of what the file says"},
          {"--quiet", "", "logs warnings and errors only"}},
         run_host,
         0,
         0,
         "SIGHUP reads the file again, a second SIGINT or SIGTERM hurries. Logs go to\n"
         "stderr, in colour on a terminal unless NO_COLOR is set.\n"},
        {"check",
         "FILE",
         "Says what is wrong with a configuration, if anything is.",
         {{"--json", "", "prints {\"good\",\"complaint\",\"complaints\",\"warnings\",\"missing\"}"}},
         check_file,
         1,
         1,
         "All mistakes at once, up to 20, and warnings about what is allowed and still\nlooks wrong.\n"},
        {"status", "", "Says how a running host is: plugins, configuration, the last mistake.",
         remote_options(), status, 0, 0},
        {"doctor",
         "COMMAND...",
         "Starts a plugin and holds it to the contract of the wire: what to mend.",
         {{"--config", "JSON", "the plugin's configuration ({})"},
          {"--payload", "TYPE=JSON", "for events of TYPE, instead of a guess", true},
          {"--env", "NAME=VALUE", "for its environment, besides PATH, HOME, LANG and TMPDIR", true},
          {"--directory", "FOLDER", "where it runs"},
          {"--timeout", "MS", "how long the handshake and each answer may take (5000)"},
          {"--skip", "ID", "leaves this check out", true},
          {"--json", "", "prints one JSON object: name, version, healthy, findings"},
          {"--checks", "", "lists the checks with their IDs"}},
         doctor,
         0,
         std::numeric_limits<std::size_t>::max(),
         "The plugin may be in any language. Its events, commands and routes are really\n"
         "called, mostly with nonsense; what it asks of the host is refused. Takes some\n"
         "seconds. The contract: docs/protocol.md.\n",
         true},
        {"catalogue",
         "",
         "Lists the events that plugins hear of and the services that they may call.",
         {{"--header", "", "prints a C++ header with a struct for each, for plugins"},
          {"--json", "", "prints what host/describe answers, with JSON Schemas"}},
         show_catalogue,
         0,
         0},
        {"explain", "EVENT", "Says for each plugin whether it gets such an event, and why not.",
         remote_options(), explain_event, 1, 1},
        {"plugins", "[NAME [VERB]]", "Lists the plugins, shows one, or does something to it.",
         remote_options(), plugins, 0, 3,
         "VERB is start, stop, restart, enable, disable, config or level. `config` shows\n"
         "the plugin's configuration, `config JSON` sets it (- is stdin), `config reset`\n"
         "goes back to what the file says. `level` shows how bad a line of its log has to\n"
         "be to be told, `level LEVEL` sets it.\n"},
        {"logs", "[NAME]", "Follows the log of all plugins or of one.",
         remote_options({{"--level", "LEVEL", "debug, info, warn or error: that and worse"}}), follow_logs, 0,
         1},
        {"events", "[TYPE]", "Follows events and what the plugins made of them.", remote_options(),
         follow_events, 0, 1},
        {"send", "TEXT", "Sends a message through the plugins.",
         remote_options({{"--from", "USER", "who says it"}, {"--to", "USER", "a user, or a #room"}}),
         send_message, 1, 1},
        {"exec", "COMMAND [NAME=VALUE... | JSON | @FILE | -]",
         "Runs a command of a plugin, and prints its result.", remote_options(), execute_command, 1,
         std::numeric_limits<std::size_t>::max(),
         "A value is read by the command's schema: `times=3` is a number where a number\n"
         "is wanted, and a text where that is. `NAME:=JSON` says it in JSON. - is stdin.\n"},
        {"emit", "EVENT [NAME=VALUE... | JSON | @FILE | -]", "Tells the plugins about an event.",
         remote_options({{"--decide", "", "asks them, too: they may stop it or change it"}}), emit_event, 1,
         std::numeric_limits<std::size_t>::max()},
        {"route", "METHOD PATH",
         "Asks an HTTP route, as /api/plugins/NAME/..., and prints the answer's body.",
         remote_options({{"-d", "BODY", "JSON, @FILE, or - for stdin"},
                         {"--output", "FILE", "writes the body there as it is"}}),
         ask_route, 2, 2},
        {"completion",
         "SHELL",
         "Prints a script for bash, zsh or fish: Tab completes commands, options and what the running host "
         "knows.",
         {},
         complete_words,
         1,
         std::numeric_limits<std::size_t>::max(),
         "In ~/.bashrc:  eval \"$(tenon-host completion bash)\"\n"
         "In ~/.zshrc, behind compinit:  eval \"$(tenon-host completion zsh)\"\n"
         "In ~/.config/fish/config.fish:  tenon-host completion fish | source\n",
         true},
    };
    return all;
}

std::string help() {
    std::vector<row> rows;
    for (const command& each : commands()) rows.push_back({"  " + std::string(each.name), each.summary});
    return "usage: tenon-host COMMAND [OPTIONS]\n\nA chat service whose every message passes through "
           "plugins.\n\n" +
           table_text(rows, false, help_width) +
           "\n`tenon-host COMMAND --help` says more, --version which one this is.\n\nexit codes:\n" +
           table_text(exit_code_rows(), false, help_width);
}

namespace {

int run_typed(std::span<char*> typed) {
    const std::vector<std::string_view> given(typed.begin(), typed.end());
    if (given.empty()) return std::cerr << help(), exit_code::usage;
    if (given[0] == "--help" || given[0] == "-h" || given[0] == "help")
        return std::cout << help(), exit_code::good;
    if (given[0] == "--version") return std::cout << version() << '\n', exit_code::good;
    const auto known = std::find_if(commands().begin(), commands().end(),
                                    [&](const command& each) { return each.name == given[0]; });
    if (known == commands().end()) {
        std::vector<std::string_view> names;
        for (const command& each : commands()) names.push_back(each.name);
        const std::string meant = tenon::detail::or_meant(given[0], names);
        return complain("there is no command \"" + std::string(given[0]) + "\"" +
                            (meant.empty() ? "; `tenon-host --help` lists them" : meant),
                        exit_code::usage);
    }
    const auto read = known->read(std::span(given).subspan(1));
    if (!read) {
        complain(read.error().message, exit_code::usage);
        std::cerr << known->usage();
        return exit_code::usage;
    }
    if (read->has("--help")) return std::cout << known->help(), exit_code::good;
    return known->run(*read);
}

} // namespace

int run_command_line(std::span<char*> typed) {
    const int code = run_typed(typed);
    errno = 0;
    if (std::cout.flush() || reader_is_gone()) return code;
    const int why = errno; // 0 where a write before this one failed
    return complain("what it printed cannot be written" +
                        (why == 0 ? "" : ": " + std::generic_category().message(why)),
                    exit_code::unwritten);
}

} // namespace reference
