#ifndef TENON_RULES_DECISION_IPP
#define TENON_RULES_DECISION_IPP

#include <tenon/core/compiled.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/rules/decision.hpp>

namespace tenon::detail {

inline void write_text_member(json_writer& out, std::string_view name, std::string_view text) {
    if (text.empty()) return;
    out.key(name);
    out.string(text);
}

TENON_COMPILED_ONCE raw_decision::raw_decision() = default;
TENON_COMPILED_ONCE raw_decision::raw_decision(raw_decision&& other) noexcept = default;
TENON_COMPILED_ONCE raw_decision::raw_decision(const raw_decision& other) = default;
TENON_COMPILED_ONCE raw_decision& raw_decision::operator=(raw_decision&& other) noexcept = default;
TENON_COMPILED_ONCE raw_decision& raw_decision::operator=(const raw_decision& other) = default;
TENON_COMPILED_ONCE raw_decision::~raw_decision() = default;

TENON_COMPILED_ONCE std::string raw_decision::to_json() const {
    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    out.key("flow");
    out.string(stopped ? "stop" : "continue");
    write_text_member(out, "stoppedBy", stopped_by);
    write_text_member(out, "reason", reason);
    out.key("payload");
    out.raw(payload);
    if (!data.empty()) {
        out.key("data");
        out.raw(data);
    }
    out.key("plugins");
    encode(out, plugins);
    out.end_object();
    return on_one_line(std::string(buffer.view())); // payload and data stand as a plugin wrote them
}

} // namespace tenon::detail

#endif
