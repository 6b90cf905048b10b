#ifndef REFERENCE_COMMAND_LINE_ASKING_HPP
#define REFERENCE_COMMAND_LINE_ASKING_HPP

// Commands that ask a running host: which one, and by whose word. Its address and token are those of --address and --token;
// else what its admin file says (command_line/admin_file.hpp); the token may be $TENON_ADMIN_TOKEN, too.

#include "command_line/arguments.hpp"

#include <tenon/core/result.hpp>
#include <tenon/http/client.hpp>
#include <tenon/json/value.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

/// What all of these commands may be given, behind what is the command's own.
std::vector<option> remote_options(std::vector<option> own = {});

struct found_host {
    tenon::http::client client;
    std::string found_by, token_from; // "--address", or the path of a file
};

inline constexpr std::chrono::milliseconds usual_patience = std::chrono::seconds(60);

/// A fault where an admin file is needed and not there, or is left over from a host that was killed.
tenon::result<found_host> find_host(const arguments& given,
                                    std::chrono::milliseconds patience = usual_patience);

/// Says why no host was found: it is not there, or what was typed is wrong.
int complain_of_address(const tenon::fault& why);
/// Says why there was no answer, or what was refused, and which exit code that is.
int complain(const tenon::fault& why, const found_host& asked);
int complain(const tenon::http::client::answer& refused, const found_host& asked);

/// What the host answers; or nothing, and it was said why, and `code` is the exit code.
std::optional<tenon::json> answer_of(const arguments& given, std::string_view method,
                                     const std::string& target, const std::string& body, int& code,
                                     std::chrono::milliseconds patience = usual_patience);

/// Asks, and prints the answer: as it is with --json, else by `print`, which says the exit code.
int ask(const arguments& given, std::string_view method, const std::string& target, const std::string& body,
        const std::function<int(const tenon::json& answer)>& print);

/// Prints what a stream says until the host ends it: as it is with --json, else by `print`.
int follow(const arguments& given, const std::string& target,
           const std::function<void(std::string_view event, std::string_view data)>& print);

} // namespace reference

#endif
