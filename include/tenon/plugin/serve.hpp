#ifndef TENON_PLUGIN_SERVE_HPP
#define TENON_PLUGIN_SERVE_HPP

// The whole main() of a plugin:
//
//     int main(int argc, char** argv) { return tenon::serve<moderator>(argc, argv); }
//
// It takes the standard streams for the protocol before anything else runs, constructs the plugin (with a
// tenon::host_link if its constructor wants one), serves, and returns the exit code: 0 after a goodbye or when
// the host is gone, 64 if a person started it in a terminal, 69 if the socket it was told of cannot be had, 70 if
// no host takes its name.
// Arguments that it does not know are the author's.

#include <tenon/plugin/dispatch.hpp>
#include <tenon/plugin/system.hpp>

#include <string>
#include <string_view>

namespace tenon {

namespace exit_codes {
inline constexpr int good = 0;
inline constexpr int run_by_hand = 64; // EX_USAGE
inline constexpr int unavailable = 69; // EX_UNAVAILABLE
inline constexpr int misnamed = 70;    // EX_SOFTWARE
} // namespace exit_codes

namespace detail {

struct command_line {
    bool describe = false;
    bool help = false;
    std::string socket = {};
};

inline command_line read_command_line(int argc, char** argv) {
    command_line line{.socket = join({environment("TENON_SOCKET")})};
    for (int index = 1; index < argc; ++index) {
        const std::string_view argument = argv[index];
        if (argument == "--describe") line.describe = true;
        else if (argument == "--help") line.help = true;
        else if (argument == "--socket" && index + 1 < argc) line.socket = join({argv[++index]});
    }
    return line;
}

/// Its line about --describe tells a host which programs may be asked so (process/system_described.hpp).
inline std::string help_text(const about& identity) {
    return join(
        {identity.name, " ", identity.version, identity.description.empty() ? "" : " - ",
         identity.description,
         "\n\n"
         "This is a plugin. A host starts it and speaks JSON-RPC with it over its standard input and\n"
         "output; run by hand it has nothing to do.\n\n"
         "  --describe     print what it receives, as it tells a host, and exit\n"
         "  --socket PATH  attach to a running host on its Unix socket\n"
         "  --help         print this\n"});
}

/// Everything that can be done without the plugin itself: the way to the host, or false and the exit code.
inline bool open_connection(const command_line& line, const plugin_hooks& hooks, int& input, int& output,
                            int& code) {
    code = exit_codes::good;
    if (!is_plugin_name(hooks.identity.name)) { // one that no compiler knew
        write_error(join({"no host takes the plugin's name \"", hooks.identity.name, "\": expected ",
                          a_plugin_name, "\n"}));
        code = exit_codes::misnamed;
        return false;
    }
    if (line.describe) {
        byte_buffer buffer;
        json_writer out(buffer);
        write_declaration(out, hooks);
        buffer.append('\n');
        write_output(buffer.view());
        return false;
    }
    if (line.help) {
        write_output(help_text(hooks.identity));
        return false;
    }
    if (line.socket.empty() && stdin_is_terminal()) {
        write_error(help_text(hooks.identity));
        code = exit_codes::run_by_hand;
        return false;
    }
    survive_broken_pipes();
    input = output = -1;
    std::string why = join({"its standard streams are not open"});
    if (!line.socket.empty()) {
        input = output = connect_socket(line.socket.c_str(), why);
        if (input >= 0) guard_output();
    } else if (!claim_standard_streams(input, output)) {
        input = -1;
    }
    if (input < 0) {
        write_error(join({hooks.identity.name, ": no connection to a host", line.socket.empty() ? "" : " at ",
                          line.socket, ": ", why, "\n"}));
        code = exit_codes::unavailable;
        return false;
    }
    return true;
}

inline stream* open_stream(const command_line& line, const plugin_hooks& hooks, int& code) {
    int input = -1, output = -1;
    if (!open_connection(line, hooks, input, output, code)) return nullptr;
    // Workers answer when they are done, and use the CPUs meanwhile: their reader sleeps.
    return new descriptor_stream(input, output, hooks.threads > 1 ? poll_budget() : poll_budget_from_host());
}

template <class P>
int serve_plugin(engine& runs, P& plugin, const command_line& line) {
    runs.set_plugin(&plugin);
    if (!line.socket.empty()) {
        const auto attached = runs.attach(environment("TENON_TOKEN"));
        if (!attached) {
            write_error(join({"the host did not accept the plugin: ", attached.error().message, "\n"}));
            return exit_codes::unavailable;
        }
    }
    return runs.run();
}

} // namespace detail

/// Serves a plugin object that exists already.
template <class P>
int serve(P& plugin, int argc, char** argv) {
    if constexpr (detail::check_plugin<P>()) {
        const auto hooks = detail::make_hooks<P>(plugin.about);
        const auto line = detail::read_command_line(argc, argv);
        int code;
        detail::stream* io = detail::open_stream(line, hooks, code);
        if (io == nullptr) return code;
        detail::engine_ref runs = detail::engine_ref::adopt(new detail::engine(hooks, io));
        return detail::serve_plugin(*runs, plugin, line);
    } else {
        return exit_codes::run_by_hand;
    }
}

/// Makes the plugin, from a host_link if it wants one, and serves it.
template <class P>
int serve(int argc, char** argv) {
    if constexpr (detail::check_plugin_class<P>()) {
        const auto hooks = detail::make_hooks<P>(P::about);
        const auto line = detail::read_command_line(argc, argv);
        int code;
        detail::stream* io = detail::open_stream(line, hooks, code);
        if (io == nullptr) return code;
        detail::engine_ref runs = detail::engine_ref::adopt(new detail::engine(hooks, io));
        if constexpr (std::is_constructible_v<P, host_link>) {
            P plugin{host_link(*runs)};
            return detail::serve_plugin(*runs, plugin, line);
        } else {
            P plugin{};
            return detail::serve_plugin(*runs, plugin, line);
        }
    } else {
        return exit_codes::run_by_hand;
    }
}

} // namespace tenon

#endif
