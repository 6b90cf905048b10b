#ifndef TENON_PLUGIN_DECLARATION_HPP
#define TENON_PLUGIN_DECLARATION_HPP

// The plugin's answer to the handshake, which is also what `--describe` prints.

#include <tenon/core/version.hpp>
#include <tenon/plugin/handler.hpp>

namespace tenon::detail {

/// The family of an event: `message` of `message.incoming` and of `message.*`.
inline std::string_view family_of(std::string_view event) { return event.substr(0, event.find('.')); }

inline void declare_all(json_writer& out, const plugin_hooks& hooks, message_kind kind,
                        std::string_view member) {
    bool any = false;
    for (std::size_t index = 0; index < hooks.handler_count; ++index) {
        if (hooks.handlers[index].kind != kind) continue;
        if (!any) {
            out.key(member);
            out.begin_array();
        }
        any = true;
        hooks.handlers[index].declare(out);
    }
    if (any) out.end_array();
}

inline void declare_capabilities(json_writer& out, const plugin_hooks& hooks) {
    out.key("capabilities");
    out.begin_array();
    for (std::size_t index = 0; index < hooks.handler_count; ++index) {
        const handler& entry = hooks.handlers[index];
        if (entry.kind != message_kind::event) continue;
        bool named = false;
        for (std::size_t before = 0; before < index; ++before)
            named = named || (hooks.handlers[before].kind == message_kind::event &&
                              family_of(hooks.handlers[before].name) == family_of(entry.name));
        if (!named) out.string(family_of(entry.name));
    }
    out.end_array();
}

inline void write_declaration(json_writer& out, const plugin_hooks& hooks) {
    out.begin_object();
    out.key("name");
    out.string(hooks.identity.name);
    out.key("version");
    out.string(hooks.identity.version);
    if (!hooks.identity.description.empty()) {
        out.key("description");
        out.string(hooks.identity.description);
    }
    out.key("protocolVersion");
    out.integer(protocol_version);
    declare_capabilities(out, hooks);
    declare_all(out, hooks, message_kind::event, "events");
    declare_all(out, hooks, message_kind::route, "routes");
    declare_all(out, hooks, message_kind::command, "commands");
    if (hooks.identity.calls_host) {
        out.key("reverseRpc");
        out.boolean(true);
    }
    out.key("maxConcurrency");
    out.integer(hooks.max_concurrency);
    out.key("features");
    out.begin_array();
    if (hooks.configure != nullptr) out.string("configure");
    out.end_array();
    if (hooks.declare_config != nullptr) {
        out.key("configSchema");
        hooks.declare_config(out);
    }
    out.end_object();
}

} // namespace tenon::detail

#endif
