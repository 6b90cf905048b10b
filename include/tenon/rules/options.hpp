#ifndef TENON_RULES_OPTIONS_HPP
#define TENON_RULES_OPTIONS_HPP

// What an embedder says about a plugin and about the host: plain data with the defaults that a server wants.
// Nothing here does anything; check_options() in rules/check_options.hpp says what is wrong with it.

#include <tenon/core/poll_budget.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/sandbox/policy.hpp>
#include <tenon/session/answers.hpp>
#include <tenon/session/limits.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

enum class backoff_growth { exponential, linear };

/// When a plugin that ended unasked is started again. The delay is backoff * 2^n, or backoff * (n + 1), at most
/// max_backoff, moved at random by up to the share `jitter` of itself. The count n goes back to 0 only after
/// the plugin was ready for reset_after. Beyond max_retries it has failed, until it is started by hand.
struct restart_policy {
    bool enabled = true;
    int max_retries = 3;
    milliseconds backoff{2'000};
    backoff_growth growth = backoff_growth::exponential;
    milliseconds max_backoff{60'000};
    double jitter = 0.5;
    milliseconds reset_after{60'000};
};

enum class stop_action { ask, close_stdin, terminate, kill };

/// One step of stopping a plugin, and how long to wait for its end before the next. What is signalled is the
/// plugin's whole process group.
struct stop_step {
    stop_action action;
    milliseconds wait;
};
using stop_policy = std::vector<stop_step>;

inline stop_policy default_stop_policy() {
    return {{stop_action::ask, milliseconds{3'000}},
            {stop_action::close_stdin, milliseconds{500}},
            {stop_action::terminate, milliseconds{2'000}},
            {stop_action::kill, milliseconds{0}}};
}

/// What the system refuses the plugin's process beyond. Absent: as the host's own.
struct resource_limits {
    std::optional<std::uint64_t> address_space_bytes = {};
    std::optional<std::uint64_t> cpu_seconds = {};
    std::optional<std::uint64_t> open_files = {};
    std::optional<std::uint64_t> memory_bytes =
        {}; // private memory that it may write to; a sandbox has a default
    std::optional<std::uint64_t> stack_bytes = {};
    std::optional<std::uint64_t> file_bytes = {}; // of each file that it writes
    std::optional<std::uint64_t> processes = {};  // of its whole user, and root has no such limit
    std::uint64_t core_bytes = 0;                 // a crash leaves no core file unless one is wanted
};

/// Which events a plugin gets of those that it wants. An empty `include` means everything; `exclude` wins.
struct event_filter {
    std::vector<std::string> include = {}, exclude = {};
};

/// What becomes of an event that a plugin should decide about while it is not there: it crashed, also while it was asked,
/// is being restarted, has failed, was stopped. As long as it has not said what it wants, it is every event.
enum class absence {
    pass, // goes on without it
    hold, // waits for its return, for as long as the decision may take; then, and where nobody starts it, onFailure decides
    stop, // is stopped
};

struct log_options {
    log_level level = log_level::debug; // what is less bad is dropped, and only counted
    std::size_t lines_per_second = 200; // 0: without a limit
    /// Texts that are replaced by "***" wherever they stand in a line: patterns with `*` for any run of
    /// characters that are no space, and secrets as they are.
    std::vector<std::string> mask = {}, secrets = {};
};

/// A kind of work that fails this often in a row is not asked for any more until a probe succeeds.
struct breaker_policy {
    int failures = 5; // 0: never opens
    milliseconds open_for{5'000};
};

/// How a plugin that the host starts is spoken with.
enum class plugin_channel {
    pipes,  // its standard input and output
    socket, // it connects to the host's socket, with TENON_SOCKET and TENON_TOKEN in its environment
};

/// How messages are told apart on the pipes of a plugin. On the host's socket the first byte of a connection decides
/// that.
enum class plugin_framing {
    headers, // Content-Length in front of each
    lines,   // one message a line, for programs that know nothing else
};

/// A program and its arguments, each a word of its own: no shell takes them apart.
struct command_words : std::vector<std::string> {
    using std::vector<std::string>::vector;
    command_words(std::vector<std::string> words) : std::vector<std::string>(std::move(words)) {}
    template <std::convertible_to<std::string_view> Text>
    command_words(const Text&) {
        static_assert(!std::convertible_to<Text, std::string_view>,
                      "tenon: the command of tenon::plugin_options is a list, the program and its arguments: "
                      "{.command = {\"./moderator\", \"--fast\"}}");
    }
};

struct plugin_options {
    std::string name = {};
    std::string id = {}; // the name where it is empty
    command_words command = {};
    std::string directory = {}; // of the process; the host's own where it is empty
    std::map<std::string, std::string> environment = {};
    std::vector<std::string> inherit_environment = {"PATH", "HOME", "LANG"};
    resource_limits limits = {};
    std::optional<sandbox_policy> sandbox = {};     // none: it may do what the host's user may
    plugin_channel channel = plugin_channel::pipes; // socket: it has to attach within handshake_timeout
    plugin_framing framing = plugin_framing::headers;
    session_limits connection = host_limits();

    restart_policy restart = {};
    stop_policy stop = default_stop_policy();
    milliseconds handshake_timeout{5'000};
    milliseconds call_timeout{5'000};
    milliseconds health_interval{10'000}; // 0: never asked
    milliseconds health_timeout{5'000};
    int health_misses = 3;              // in a row, then it is restarted
    milliseconds write_timeout{10'000}; // how long a plugin may read nothing while there is something to read
    breaker_policy breaker = {};
    std::size_t max_queued_calls = 1'024; // beyond its own concurrency

    event_filter events = {};
    int priority = 0; // of its events, added to what the plugin says itself
    absence absent = absence::pass;
    std::map<std::string, absence> absent_of = {}; // the same for events that match a pattern
    /// Patterns of events that are stopped where this plugin has not decided about them, for whatever reason: it was
    /// absent, failed, was too late or could not be asked. As long as it has not said what it wants, it is all of these.
    std::vector<std::string> required = {};
    bool allow_reverse_calls = false;
    std::vector<std::string> permissions = {};
    std::string route_prefix = {};  // "/api/plugins/NAME" where it is empty
    double requests_per_second = 0; // of its routes, and as many at once; 0: without a limit
    log_options logs = {};
    json config = {};                    // an object, or null for an empty one
    bool attach = false;                 // may connect to the host's socket by itself, without a token
    std::vector<std::string> needs = {}; // names of plugins that must be ready first
};

/// How the plugin comes to run. One that is mounted into the host's process needs no command.
enum class plugin_origin { process, mounted };

/// What connections to the host's socket may do.
struct socket_options {
    milliseconds introduction_timeout{5'000}; // until the first message is whole
    std::size_t max_newcomers = 16;           // that have not introduced themselves; the oldest makes room
    std::size_t max_clients = 64;             // that put in events by hand
    std::size_t max_line_bytes = std::size_t{1} << 20;
};

struct host_options {
    std::string name = "tenon-host";
    std::string version = {};             // tenon's own where it is empty
    milliseconds decision_timeout{5'000}; // of a whole chain
    /// Of chains about events that match a pattern, in place of it; the most particular one counts.
    std::map<std::string, milliseconds> decision_timeouts = {};
    int max_hops = 8; // an event that was emitted in answer to an event, in answer to an event, ...
    std::size_t log_records_kept = 50; // per plugin, for a report of a crash
    std::uint64_t seed = 0;            // of jitter and tokens' names; 0: from the system
    /// How long at most to look for an answer before sleeping, where looking has been seen to pay; 0: never. Plugins
    /// that the host starts are told (TENON_WAIT_US).
    std::chrono::microseconds longest_look = detail::default_longest_look;
};

} // namespace tenon

#endif
