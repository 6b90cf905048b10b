#ifndef TENON_RULES_STATE_IPP
#define TENON_RULES_STATE_IPP

#include <tenon/core/compiled.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/rules/state.hpp>

namespace tenon::detail {

struct change_line {
    std::string_view plugin;
    plugin_state from, to;
    change_cause cause;
    std::string_view reason;
    std::uint64_t generation;
    std::string_view log;
    std::int64_t time;

    static constexpr auto describe() { return all_members(member("log", &change_line::log, omit_empty)); }
};

} // namespace tenon::detail

namespace tenon {

TENON_COMPILED_ONCE std::string_view words_of(plugin_state state) noexcept {
    if (state == plugin_state::handshaking) return "shaking hands";
    return state == plugin_state::backoff ? "waiting to retry" : name_of(state);
}

TENON_COMPILED_ONCE std::string detail::it_is(plugin_state state, std::string_view reason) {
    return join({"it is ", words_of(state), reason.empty() ? "" : ": ", reason});
}

TENON_COMPILED_ONCE std::string describe_exit(const exit_status& status) {
    struct named {
        int number;
        std::string_view name;
    };
    // As Linux numbers them on every machine that we build for.
    constexpr named signals[] = {{1, "SIGHUP"},   {2, "SIGINT"},   {3, "SIGQUIT"},  {4, "SIGILL"},
                                 {6, "SIGABRT"},  {7, "SIGBUS"},   {8, "SIGFPE"},   {9, "SIGKILL"},
                                 {11, "SIGSEGV"}, {13, "SIGPIPE"}, {15, "SIGTERM"}, {24, "SIGXCPU"},
                                 {31, "SIGSYS"}};
    const auto number = detail::digits(static_cast<std::uint64_t>(status.value));
    if (status.how == exit_status::kind::exited) return detail::join({"exit code ", number});
    if (status.how == exit_status::kind::unknown) return "unknown";
    for (const named& one : signals)
        if (one.number == status.value) return detail::join({"signal ", number, " (", one.name, ")"});
    return detail::join({"signal ", number});
}

TENON_COMPILED_ONCE std::string change_json(const state_change& change, std::int64_t unix_ms) {
    return to_json(detail::change_line{change.plugin, change.from, change.to, change.reason.cause,
                                       change.reason.text, change.generation, change.log, unix_ms});
}

} // namespace tenon

#endif
