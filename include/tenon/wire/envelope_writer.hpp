#ifndef TENON_WIRE_ENVELOPE_WRITER_HPP
#define TENON_WIRE_ENVELOPE_WRITER_HPP

// The constant parts of a JSON-RPC message, in front of and behind a value that is encoded in place:
//
//     append_call_head(buffer, 7, "plugin/execute");     // {"jsonrpc":"2.0","id":7,"method":"plugin/execute","params":
//     encode(buffer, params);
//     buffer.append('}');

#include <tenon/core/byte_buffer.hpp>
#include <tenon/json/writer.hpp>

#include <cstdint>
#include <string_view>

namespace tenon::detail {

inline constexpr std::string_view version_member = "{\"jsonrpc\":\"2.0\",";
/// The last thing in a head; taken away again if there are no params.
inline constexpr std::string_view params_member = ",\"params\":";

inline void append_method(byte_buffer& to, std::string_view method) {
    to.append_literal("\"method\":");
    json_writer(to).string(method);
    to.append_literal(",\"params\":"); // params_member
}

inline void append_call_head(byte_buffer& to, std::int64_t id, std::string_view method) {
    to.append_literal("{\"jsonrpc\":\"2.0\",\"id\":");
    to.commit(write_signed(to.prepare(21), id));
    to.append(',');
    append_method(to, method);
}

inline void append_notification_head(byte_buffer& to, std::string_view method) {
    to.append(version_member);
    append_method(to, method);
}

/// `id` is raw JSON text; empty means that it could not be read, which is said as null.
inline void append_id(byte_buffer& to, std::string_view id) {
    to.append_literal("{\"jsonrpc\":\"2.0\",\"id\":");
    to.append(id.empty() ? std::string_view("null") : id);
}

inline void append_result_head(byte_buffer& to, std::string_view id) {
    append_id(to, id);
    to.append_literal(",\"result\":");
}

/// A whole message. `data` is JSON text, or empty for none.
inline void append_error(byte_buffer& to, std::string_view id, int code, std::string_view message,
                         std::string_view data = {}) {
    append_id(to, id);
    to.append(",\"error\":{\"code\":");
    json_writer(to).integer(code);
    to.append(",\"message\":");
    json_writer(to).string(message);
    if (!data.empty()) {
        to.append(",\"data\":");
        to.append(data);
    }
    to.append("}}");
}

} // namespace tenon::detail

#endif
