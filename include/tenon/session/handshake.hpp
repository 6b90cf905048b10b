#ifndef TENON_SESSION_HANDSHAKE_HPP
#define TENON_SESSION_HANDSHAKE_HPP

// plugin/handshake as types, for hosts and for scripted peers. A plugin answers without them
// (plugin/requests.hpp), to keep its compile time. Members are named as on the wire by describe(); what may be
// absent is an optional, and what its absence means stands beside it.
//
// Nothing here owns more than text: `config`, schemas and the like are slices of the message.

#include <tenon/core/text.hpp>
#include <tenon/core/version.hpp>
#include <tenon/json/describe.hpp>
#include <tenon/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

/// How a plugin wants an event, as its handshake says it.
enum class event_mode { observe, validate, mutate };
enum class failure_policy { proceed, stop };
constexpr auto describe(type<failure_policy>) {
    return enumerators(enumerator("continue", failure_policy::proceed),
                       enumerator("stop", failure_policy::stop));
}

struct plugin_identity {
    std::string id, name;
};

struct peer_limits {
    std::optional<std::uint64_t> max_frame_bytes = {}; // default_max_frame_bytes
    static constexpr auto describe() { return camel_case(); }
};

struct handshake_request {
    std::string name, version; // of the host
    std::vector<int> protocol_versions = {protocol_version};
    std::optional<bool> supports_reverse_rpc = {};
    std::optional<std::int64_t> process_id = {};
    std::optional<plugin_identity> plugin = {};
    std::optional<json_view> config = {}; // {}
    std::optional<std::vector<std::string>> permissions = {};
    std::optional<std::vector<std::string>> features = {};
    std::optional<peer_limits> limits = {};

    static constexpr auto describe() { return camel_case(); }
};

/// An event that a plugin wants: a plain string on the wire where it says no more than the type.
struct event_interest {
    std::string type;                              // "message.incoming", "message.*" or "*"
    std::optional<event_mode> mode = {};           // mutate when asked, observe when told
    std::optional<int> priority = {};              // 0
    std::optional<failure_policy> on_failure = {}; // proceed

    bool operator==(const event_interest&) const = default;
    static constexpr auto describe() { return camel_case(); } // of the object, for its codec
};

struct route_declaration {
    std::string path, method;
    std::optional<std::string> description = {};
    std::optional<bool> auth = {}; // false
    std::optional<json_view> schema = {};
};

struct command_declaration {
    std::string name;
    std::optional<std::string> description = {};
    std::optional<json_view> params = {}, result = {}; // JSON Schema
};

struct handshake_answer {
    std::string name, version;                // of the plugin
    std::optional<int> protocol_version = {}; // 1
    std::optional<std::vector<std::string>> capabilities = {};
    std::optional<std::vector<event_interest>> events = {}; // the whole families of the capabilities
    std::optional<std::vector<route_declaration>> routes = {};
    std::optional<std::vector<command_declaration>> commands = {};
    std::optional<bool> reverse_rpc = {};         // false
    std::optional<unsigned> max_concurrency = {}; // 1
    std::optional<std::vector<std::string>> features = {};
    std::optional<std::string> disable = {};     // why it does not want to run here
    std::optional<json_view> config_schema = {}; // JSON Schema of its configuration
    std::optional<std::string> description = {};

    static constexpr auto describe() { return camel_case(); }
};

} // namespace tenon::detail

template <>
struct tenon::json_codec<tenon::detail::event_interest> {
    // Templates, so that a file that reads or writes none compiles neither.
    static bool read(auto& in, detail::event_interest& value) {
        value = {};
        if (in.peek() == json_kind::string) return in.read_string(value.type);
        return in.arrive(detail::decode_object(in, in.position(), value));
    }
    static void write(auto& out, const detail::event_interest& value) {
        if (!value.mode && !value.priority && !value.on_failure) return out.string(value.type);
        detail::encode_object(out, value);
    }
};

namespace tenon::detail {

/// What a language server answers before its own `initialize`.
inline constexpr int server_not_initialized = -32002;

inline std::string list_versions(const std::vector<int>& versions) {
    std::string list;
    for (const int version : versions) {
        if (!list.empty()) list += ", ";
        list += std::to_string(version);
    }
    return list.empty() ? "none" : list;
}

/// The highest version that both speak. A fault names what each side has.
inline result<int> choose_version(const std::vector<int>& ours, const std::vector<int>& theirs) {
    int best = 0;
    for (const int one : ours)
        for (const int other : theirs)
            if (one == other && one > best) best = one;
    if (best != 0) return best;
    return fault{codes::version_mismatch, "no common protocol version: here " + list_versions(ours) +
                                              ", there " + list_versions(theirs)};
}

/// Reads a plugin's answer. A fault says what was expected and what came; with `expected_name` a plugin that is
/// another one than configured is refused too.
/// A template for the same reason as above.
template <class Answer = handshake_answer>
result<Answer> read_handshake_answer(std::string_view text, const std::vector<int>& offered,
                                     std::string_view expected_name = {}) {
    result<Answer> answer = from_json<Answer>(text, {.root = "handshake"});
    if (!answer) return answer;
    if (answer->name.empty())
        return fault{codes::invalid_params, "handshake.name: expected a name, got \"\""};
    if (!expected_name.empty() && answer->name != expected_name)
        return fault{codes::invalid_params,
                     detail::join({"handshake.name: expected \"", expected_name, "\", got \"",
                                   detail::beginning_of(answer->name, longest_name), "\""})};
    if (const auto common = choose_version(offered, {answer->protocol_version.value_or(1)}); !common)
        return common.error();
    if (answer->max_concurrency == 0u)
        return fault{codes::invalid_params, "handshake.maxConcurrency: expected at least 1, got 0"};
    return answer;
}

} // namespace tenon::detail

#endif
