// The table of commands. What stands here is what --help says.

#include "command_line/commands.hpp"

#include "command_line/asking.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/screen.hpp"

#include <tenon/core/nearest_name.hpp>
#include <tenon/core/version.hpp>

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
         "kept, a package that is refused, a name that is not known"},
        {"  64", "what was typed is wrong"},
        {"  66", "the configuration, or another file that is named, cannot be read"},
        {"  69", "no host answers; or another one has the address or the socket"},
        {"  74", "what it prints, or a file that is named, cannot be written"},
        {"  77", "the token is missing or wrong"},
        {"  78", "something is wrong in the configuration"},
    };
    return rows;
}

/// Of what a host is to take in.
std::vector<option> arrival_options() {
    return remote_options({{"--grant", "WHAT", "agrees to a permission, or to a signer", true},
                           {"--yes", "", "agrees to all that it asks for"},
                           {"--allow-downgrade", "", "also to an older version than was here"},
                           {"--config", "JSON", "what its plugin is configured with; @FILE, or - for stdin"},
                           {"--manifest", "FILE", "FILE is a single program, and this is what it is"},
                           {"--dry-run", "", "says what would be done, and does nothing"}});
}
constexpr std::string_view consent_words =
    "What it asks for, and whether it may be unsigned, is asked on a terminal.\n"
    "Elsewhere --grant or --yes agrees to what it asks for, and without them nothing\n"
    "is done, with exit code 1.\n";

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
        {"new",
         "NAME",
         "Writes a plugin to begin with: source, test and manifest. `package build NAME` makes a package of "
         "it.",
         {{"--language", "LANGUAGE", "cpp, python, node or rust (cpp)"},
          {"--id", "ID", "of its package: your domain from behind, and the name (local.NAME)"},
          {"--into", "FOLDER", "the folder to make (NAME)"}},
         new_plugin,
         1,
         1,
         "The folder needs nothing of tenon's beside it: the one in C++ has tenon.hpp with\n"
         "it, the others need no library but Rust's serde_json. NAME/test runs its test.\n"},
        {"package init",
         "[FOLDER]",
         "Writes a plugin.json for a plugin that has none.",
         {{"--id", "ID", "your domain from behind, and a name (local.FOLDER)"},
          {"--entry", "FILE", "what is run, where the folder does not tell"}},
         init_package,
         0,
         1},
        {"package validate",
         "[FOLDER | FILE]",
         "Says all that is wrong with a plugin.json, and how it is understood.",
         {{"--json", "", "prints {\"valid\",\"findings\"}"}},
         validate_package,
         0,
         1},
        {"package build",
         "[FOLDER]",
         "Makes a package of a plugin's folder: what its plugin.json names.",
         {{"--output", "FILE", "the package, or a folder for it (ID-VERSION.zip)"},
          {"--platform", "PLATFORM", "as linux-x86_64: the entry for this one alone"},
          {"--no-build", "", "packs what is there: the manifest's build.command is not run"},
          {"--json", "", "prints {\"file\",\"id\",\"version\",\"platform\",\"tree\",\"size\",\"files\"}"}},
         build_package,
         0,
         1,
         "First it runs build.command of the manifest, in the folder and without a shell.\n"
         "The same files make the same bytes, whenever and by whomever they are packed.\n"},
        {"package sign",
         "FILE",
         "Adds a signature to a package: of all its files, its id and its version.",
         {{"--key", "FILE", "the secret key, of `key new` or of minisign"},
          {"--signature", "FILE", "instead: what `minisign -Sm FILES` made of its FILES"},
          {"--comment", "TEXT", "one line that is signed, too (ID VERSION)"},
          {"--output", "FILE", "writes it there (into FILE itself)"},
          {"--json", "", "prints what `package build` prints"}},
         sign_package,
         1,
         1,
         "The password of a key that has one is asked for on a terminal, and read from\n"
         "stdin elsewhere. `package show --files FILE` prints what is signed.\n"},
        {"package verify",
         "FILE",
         "Says whether a package is whole, and whether a key signed it.",
         {{"--key", "FILE", "a public key, or a file of one: one of them has to have signed it", true},
          {"--json", "", "prints {\"id\",\"version\",\"tree\",\"trust\",\"signers\",\"note\"}"}},
         verify_package,
         1,
         1},
        {"package show",
         "FILE",
         "Says what a package is, what it asks for and who is said to have signed it.",
         {{"--files", "", "prints its FILES: what is signed"},
          {"--json", "", "prints one JSON object, with the manifest"}},
         show_package,
         1,
         1},
        {"package convert",
         "FILE | FOLDER",
         "Makes a package of another system's: a zip, a .vp, a folder with plugin.toml.",
         {{"--manifest", "FILE", "FILE is a single program or WebAssembly, and this is what it is"},
          {"--output", "FILE", "the package, or a folder for it (ID-VERSION.zip)"},
          {"--json", "", "prints what `package build` prints"}},
         convert_package,
         1,
         1,
         "What was understood, and how, is said line by line.\n"},
        {"package install", "FILE", "Has a running host install a package, or a newer version of one.",
         arrival_options(), install_package, 1, 1, consent_words},
        {"package update", "NAME FILE|VERSION",
         "Has a running host go to another version: of a file, or one that it has.", arrival_options(),
         update_package, 2, 2, consent_words},
        {"package rollback", "NAME [VERSION]", "Goes back to the version that ran before, or to that one.",
         remote_options({{"--reason", "TEXT", "is kept in the history"}}), roll_back_package, 1, 2},
        {"package remove", "NAME [VERSION]",
         "Removes a package with all its versions and data, or a version that is not active.",
         remote_options({{"--keep-data", "", "what the plugin wrote stays"}}), remove_package, 1, 2,
         "`package uninstall` is the same.\n"},
        {"package enable", "NAME", "Starts an installed package, also with the next start of the host.",
         remote_options(), enable_package, 1, 1},
        {"package disable", "NAME", "Ends a package's plugin. Its files stay.", remote_options(),
         disable_package, 1, 1},
        {"package pin", "NAME [VERSION]", "Keeps a package at a version: no update leaves it.",
         remote_options(), pin_package, 1, 2},
        {"package unpin", "NAME", "Lets a package be updated again.", remote_options(), unpin_package, 1, 1},
        {"package list", "", "Lists the packages of a running host.", remote_options(), list_packages, 0, 0},
        {"package versions", "NAME", "Lists the versions of a package that are here.", remote_options(),
         list_versions, 1, 1},
        {"package history", "NAME", "Says what was done with a package, the newest first.", remote_options(),
         show_history, 1, 1},
        {"key new",
         "FILE",
         "Makes a key to sign packages with: FILE.key, which stays secret, and FILE.pub.",
         {},
         new_key,
         1,
         1,
         "They are minisign's formats. FILE.key has no password: who can read it can sign\n"
         "as you. With a password make it with `minisign -G`: `package sign` asks for it.\n"},
        {"key show",
         "FILE",
         "Says which public key is in a file, also in that of a secret one.",
         {},
         show_key,
         1,
         1},
        {"key list",
         "[FOLDER]",
         "Lists the keys whose files lie in a folder (.).",
         {{"--json", "", "prints {\"keys\":[{\"id\",\"key\",\"file\",\"secret\"}]}"}},
         list_keys,
         0,
         1},
        {"key trust", "KEY", "Has a running host trust a public key, or that in a file.",
         remote_options({{"--name", "NAME", "whose it is"},
                         {"--plugins", "PATTERN", "for these ids alone: dev.example.*", true},
                         {"--last-day", "DAY", "as 2027-12-31: nothing new is let in after it"}}),
         trust_key, 1, 1},
        {"key revoke", "KEY", "Has a running host neither install nor start what this key signed.",
         remote_options({{"--reason", "TEXT", "is kept"}}), revoke_key, 1, 1,
         "KEY is a public key, a file of one, or the digest of one package.\n"},
        {"key unrevoke", "KEY", "Has a running host take back a revocation. Whom it trusts stays as it is.",
         remote_options(), unrevoke_key, 1, 1,
         "KEY is what was revoked: a key, a file of one, or the digest of one package.\n"},
        {"key forget", "KEY", "Has a running host trust a key no more that was added with `key trust`.",
         remote_options(), forget_key, 1, 1,
         "Where the host takes signed packages alone, what it signed is not started again.\n"},
        {"key trusted", "", "Lists the keys that a running host trusts, and what is revoked.",
         remote_options(), list_trust, 0, 0},
        {"store check", "",
         "Says what is lost or was changed in the store of a running host: every file is read.",
         remote_options(), check_store, 0, 0},
        {"store repair", "",
         "Has a running host make anew what is lost of its records and packages, as far as it can be had "
         "again.",
         remote_options(), repair_store, 0, 0,
         "Records come from packages.json and from the packages themselves, a package's\n"
         "files from its archive. What it did is said line by line.\n"},
        {"store gc", "",
         "Has a running host remove versions that are neither active nor pinned nor among the last used.",
         remote_options(), collect_store, 0, 0},
        {"token new", "NAME", "Makes a token for somebody else than the administrator, and prints it once.",
         remote_options({{"--role", "ROLE", "viewer, operator, installer, publisher or admin", true},
                         {"--scope", "PATTERN", "for these packages alone: dev.example.*", true},
                         {"--last-day", "DAY", "as 2027-12-31"}}),
         new_token, 1, 1},
        {"token list", "", "Lists the tokens, without what they are.", remote_options(), list_tokens, 0, 0},
        {"token revoke", "NAME", "Ends a token at once.", remote_options(), revoke_token, 1, 1},
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

const std::vector<group>& groups() {
    static const std::vector<group> all = {
        {"package", "Makes packages of plugins, signs them, and has a host install them."},
        {"key", "Makes keys to sign packages with, shows them, and says whose are trusted."},
        {"store", "Looks after the store in which a running host keeps its packages."},
        {"token", "Makes tokens with which others may do some of it, and ends them."},
    };
    return all;
}

const command* find_command(std::string_view name) {
    for (const command& each : commands())
        if (each.name == name) return &each;
    return nullptr;
}
const group* find_group(std::string_view name) {
    for (const group& each : groups())
        if (each.name == name) return &each;
    return nullptr;
}

std::string help() {
    std::vector<row> rows;
    for (const command& each : commands())
        if (each.name.find(' ') == each.name.npos)
            rows.push_back({"  " + std::string(each.name), each.summary});
    for (const group& each : groups()) rows.push_back({"  " + std::string(each.name) + " ...", each.summary});
    return "usage: tenon-host COMMAND [OPTIONS]\n\nA chat service whose every message passes through "
           "plugins.\n\n" +
           table_text(rows, false, help_width) +
           "\n`tenon-host COMMAND --help` says more, --version which one this is.\n\nexit codes:\n" +
           table_text(exit_code_rows(), false, help_width);
}

namespace {

std::string help_of(const group& asked) {
    std::vector<row> rows;
    for (const command& each : commands())
        if (each.name.starts_with(std::string(asked.name) + " "))
            rows.push_back({"  " + std::string(each.name), each.summary});
    const std::string name(asked.name);
    return "usage: tenon-host " + name + " COMMAND [OPTIONS]\n\n" +
           table_text({{asked.summary}}, false, help_width) + "\n" + table_text(rows, false, help_width) +
           "\n`tenon-host " + name + " COMMAND --help` says more.\n";
}

/// There is none of that name; perhaps another one is meant.
int complain_of_command(const std::string& name, std::string_view lists_them) {
    std::vector<std::string_view> names;
    for (const command& each : commands()) names.push_back(each.name);
    for (const group& each : groups()) names.push_back(each.name);
    const std::string meant = tenon::detail::or_meant(name, names);
    return complain("there is no command \"" + name + "\"" +
                        (meant.empty() ? "; `" + std::string(lists_them) + "` lists them" : meant),
                    exit_code::usage);
}

int run_typed(std::span<char*> typed) {
    const std::vector<std::string_view> given(typed.begin(), typed.end());
    if (given.empty()) return std::cerr << help(), exit_code::usage;
    if (given[0] == "--help" || given[0] == "-h" || given[0] == "help")
        return std::cout << help(), exit_code::good;
    if (given[0] == "--version") return std::cout << version() << '\n', exit_code::good;
    std::string name(given[0]);
    const group* const of = find_group(name);
    if (of != nullptr) {
        if (given.size() == 1) return std::cerr << help_of(*of), exit_code::usage;
        if (given[1] == "--help" || given[1] == "-h" || given[1] == "help")
            return std::cout << help_of(*of), exit_code::good;
        (name += ' ') += given[1];
    }
    if (name == "package uninstall") name = "package remove";
    const command* const known = find_command(name);
    if (known == nullptr)
        return complain_of_command(name, of == nullptr ? "tenon-host --help"
                                                       : "tenon-host " + std::string(of->name) + " --help");
    const auto read = known->read(std::span(given).subspan(of == nullptr ? 1 : 2));
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
