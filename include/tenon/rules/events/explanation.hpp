#ifndef TENON_RULES_EVENTS_EXPLANATION_HPP
#define TENON_RULES_EVENTS_EXPLANATION_HPP

// Whether one plugin would get the events of one type, and if not, why not: "enabled, but gets nothing" is
// what people ask most about plugins. The words are for them, the exclusion is for programs.

#include <tenon/rules/options.hpp>
#include <tenon/json/value.hpp>
#include <tenon/session/handshake.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon {

/// What stands between an event and a plugin, in the order in which it is looked at; the first one is named.
enum class exclusion {
    none,
    state,        // it is not running, or not ready
    not_declared, // its handshake is not there yet
    capability,   // its handshake does not name the event's family
    subscription, // it lists events, and this is none of them
    excluded,     // by the configuration
    not_included, // by the configuration, which includes others
    permission,
    breaker, // it failed too often in a row
};
constexpr auto describe(type<exclusion>) { return camel_case(); }

namespace detail {
using plugin_index = std::uint32_t; // given by the host, never used again
}

struct explanation {
    detail::plugin_index plugin = 0;
    std::string name;
    exclusion why_not = exclusion::none;
    std::string words; // "lists \"message.*\"", "its handshake does not name the capability \"room\""
    detail::event_mode mode = detail::event_mode::mutate;
    bool mode_given = false; // else it mutates when asked and observes when told
    int priority = 0;
    detail::failure_policy on_failure = detail::failure_policy::proceed;
    bool missed = false;            // it is not there, and should be asked for a decision
    absence absent = absence::pass; // what becomes of such an event then
    bool required = false;          // it is stopped where this plugin has not decided

    bool receives() const noexcept { return why_not == exclusion::none; }
};

namespace detail {

/// {"plugin":"words","receives":false,"whyNot":"capability","words":"..."}. A plugin that receives it has mode (where it
/// is given), priority and onFailure besides. One that is missed, or that decides and is not to be passed over, has absent;
/// one that is required has required.
struct explanation_form {
    std::string_view plugin;
    bool receives;
    std::optional<exclusion> why_not = {};
    std::string_view words;
    std::optional<event_mode> mode = {};
    std::optional<int> priority = {};
    std::optional<failure_policy> on_failure = {};
    std::optional<absence> absent = {};
    bool required = false;

    static constexpr auto describe() {
        return camel_case(member("required", &explanation_form::required, omit_empty));
    }
};

} // namespace detail

template <>
struct json_codec<explanation> {
    /// A template, so that a file that writes none does not compile it.
    static void write(auto& out, const explanation& value) {
        detail::explanation_form form{.plugin = value.name,
                                      .receives = value.receives(),
                                      .words = value.words,
                                      .required = value.required};
        if (!form.receives) form.why_not = value.why_not;
        else form.priority = value.priority, form.on_failure = value.on_failure;
        if (form.receives && value.mode_given) form.mode = value.mode;
        const bool decides =
            form.receives && !(value.mode_given && value.mode == detail::event_mode::observe);
        if (value.missed || (decides && value.absent != absence::pass)) form.absent = value.absent;
        detail::encode(out, form);
    }
};

namespace detail {
using tenon::exclusion;
using tenon::explanation;
} // namespace detail

} // namespace tenon

#endif
