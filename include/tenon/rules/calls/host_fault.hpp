#ifndef TENON_RULES_CALLS_HOST_FAULT_HPP
#define TENON_RULES_CALLS_HOST_FAULT_HPP

// What a host adds to a fault of its own making, so that whoever gets it knows who says so and whether asking again
// can do harm: {"source":"host","plugin":"backup","retryable":true}.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/result.hpp>
#include <tenon/json/writer.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

/// Data that the fault has already is kept.
inline fault said_by_host(fault error, std::string_view plugin, bool retryable) {
    if (!error.data.empty()) return error;
    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    out.key("source");
    out.string("host");
    out.key("plugin");
    out.string(plugin);
    out.key("retryable");
    out.boolean(retryable);
    out.end_object();
    error.data = std::string(buffer.view());
    return error;
}

} // namespace tenon::detail

#endif
