#ifndef TENON_RULES_CHANGE_JSON_HPP
#define TENON_RULES_CHANGE_JSON_HPP

// One change of a plugin's state as JSON, for streams and log files:
//
//     {"plugin":"echo","from":"ready","to":"backoff","cause":"crashed","reason":"signal 9 (SIGKILL)","generation":3,
//      "time":1700000000000}
//
// A change knows the steady clock only, so whoever writes it says what time of day it is. `log` is there where an
// instance ended unasked and had said something.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/json/writer.hpp>

#include <cstdint>
#include <string>

namespace tenon {

inline std::string change_json(const state_change& change, std::int64_t unix_ms) {
    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    out.key("plugin");
    out.string(change.plugin);
    out.key("from");
    out.string(name_of(change.from));
    out.key("to");
    out.string(name_of(change.to));
    out.key("cause");
    out.string(name_of(change.reason.cause));
    out.key("reason");
    out.string(change.reason.text);
    out.key("generation");
    out.unsigned_integer(change.generation);
    if (!change.log.empty()) {
        out.key("log");
        out.string(change.log);
    }
    out.key("time");
    out.integer(unix_ms);
    out.end_object();
    return std::string(buffer.view());
}

} // namespace tenon

#endif
