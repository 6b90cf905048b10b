#ifndef TENON_PLUGIN_RUN_COMMAND_HPP
#define TENON_PLUGIN_RUN_COMMAND_HPP

// `plugin/execute`: the command by its name, its arguments as the message. Not compiled for plugins without
// commands.

#include <tenon/plugin/engine.hpp>
#include <tenon/plugin/requests.hpp>

namespace tenon::detail {

/// Narrows an invocation to one value within its parameters.
inline void narrow(invocation& call, std::string_view root, std::string_view value) {
    if (value.empty()) {
        call.origin.root = root;
        call.params = "{}";
        return;
    }
    call.origin = {root, call.origin.offset + static_cast<std::size_t>(value.data() - call.params.data())};
    call.params = value;
}

/// What a member that must be there is refused with where it is not, or is of the wrong type.
inline fault no_text(std::string_view member) {
    return {codes::invalid_params, join({"params.", member, ": expected string"})};
}

inline void run_command(engine& runs_in, invocation& call) {
    field fields[] = {{"command", 0}, {"args", 1}};
    const auto& [command, args] = fields;
    json_reader in(call.params, call.origin);
    if (!read_fields(in, call.params, fields, 2)) return runs_in.refuse(call, in.error());
    std::string scratch;
    call.name = text_of(command.value, scratch);
    if (call.name.empty()) return runs_in.refuse(call, no_text("command"));
    const plugin_hooks& hooks = runs_in.hooks();
    for (std::size_t index = 0; index < hooks.handler_count; ++index) {
        const handler& target = hooks.handlers[index];
        if (target.kind != message_kind::command || !same_text(target.name, call.name)) continue;
        narrow(call, "params.args", args.value);
        return runs_in.run(target, call);
    }
    runs_in.refuse(call, {codes::method_not_found, join({"unknown command '", call.name, "'"})});
}

} // namespace tenon::detail

#endif
