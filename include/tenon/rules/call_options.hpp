#ifndef TENON_RULES_CALL_OPTIONS_HPP
#define TENON_RULES_CALL_OPTIONS_HPP

// What may be said of one question to plugins, beside the question itself.

#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>

#include <functional>

namespace tenon {

struct decide_options {
    milliseconds timeout{0}; // of the whole chain; 0: as the host's options say
    json metadata = {};      // an object, or null
};

struct call_options {
    milliseconds timeout{0}; // 0: as the plugin's options say
    /// It does no harm twice: if the plugin is gone before it has answered, its next instance is asked again.
    bool idempotent = false;
    /// Told what the plugin reports while it works on the call; the value is valid until this returns. Not after the
    /// call was completed or cancelled.
    std::function<void(json_view value)> progress = {};
};

} // namespace tenon

#endif
