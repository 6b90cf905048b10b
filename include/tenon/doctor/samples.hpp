#ifndef TENON_DOCTOR_SAMPLES_HPP
#define TENON_DOCTOR_SAMPLES_HPP

// Values that a plugin might take: payloads of events by guess, arguments of commands by their schema. A guess that
// is wrong costs nothing but depth, because a plugin may refuse it.

#include <tenon/rules/events/event_names.hpp>
#include <tenon/session/handshake.hpp>
#include <tenon/doctor/finding.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

/// What a value of this schema may look like, with numbers so large that they mean work.
inline std::string sample_of(json_view schema, unsigned depth = 0) {
    if (schema.kind() != json_kind::object || depth > 8) return "{}";
    if (const json_view first = schema["enum"][0]; !first.is_null()) return std::string(first.text());
    json_view wanted = schema["type"];
    if (wanted.kind() == json_kind::array) wanted = wanted[0];
    const std::string_view type = wanted.text();
    if (type == "\"string\"") return "\"doctor\"";
    if (type == "\"boolean\"") return "false";
    if (type == "\"array\"") return "[]";
    if (type == "\"null\"") return "null";
    if (type == "\"integer\"" || type == "\"number\"") {
        const auto most = schema["maximum"].as<double>();
        return most && *most < 3'000'000 ? std::string(schema["maximum"].text()) : "3000000";
    }
    const json_view properties = schema["properties"];
    std::string text = "{";
    json_reader in(properties.text());
    std::string_view name;
    if (properties.kind() == json_kind::object && in.enter_object()) {
        while (in.next_member(name)) {
            const std::string member = json::of(name).text();
            json_view property;
            if (!property.read(in)) break;
            append(text, join({text.size() > 1 ? "," : "", member, ":", sample_of(property, depth + 1)}));
        }
    }
    return text + "}";
}

/// The payload of an event: as the patient's owner says, else an object with whatever chats speak of.
inline std::string payload_of(const testing::patient& given, const std::string& type) {
    if (const auto found = given.payloads.find(type); found != given.payloads.end())
        return found->second.text();
    if (type == "message.incoming" || type == "message.outgoing")
        return R"({"content":"hello","from_uid":"ada","to_uid":"bo"})";
    return R"({"id":"1","uid":"ada","userId":"ada","room":"lobby","name":"doctor","content":"hello","text":"hello",)"
           R"("from_uid":"ada","to_uid":"bo","reason":"examined","recipients":[],"pages":[],"count":1})";
}

/// An object with members more than anybody asked for.
inline std::string with_more_members(std::string_view object) {
    if (object.size() < 2 || object.front() != '{') return std::string(object);
    const bool empty = object.find_first_not_of(" \t\r\n", 1) == object.size() - 1;
    return join({object.substr(0, object.size() - 1), empty ? "" : ",",
                 R"("addedLater":{"by":["a","newer","host"]}})"});
}

/// The types of events that it wants, one for each pattern, at most 16.
inline std::vector<event_interest> wanted_events(const handshake_answer& declared) {
    std::vector<event_interest> wanted;
    if (declared.events) {
        wanted = *declared.events;
    } else {
        for (const std::string& family : declared.capabilities.value_or(std::vector<std::string>{}))
            wanted.push_back({.type = family == "message" ? "message.incoming"
                                      : family == "*"     ? "*"
                                                          : family + ".*"});
    }
    std::erase_if(wanted, [](const event_interest& one) { return !is_event_pattern(one.type); });
    if (wanted.size() > 16) wanted.resize(16);
    for (event_interest& one : wanted) {
        if (one.type == "*") one.type = "message.incoming";
        else if (one.type == "message.*") one.type = "message.incoming";
        else if (one.type.ends_with('*')) one.type.replace(one.type.size() - 1, 1, "doctor");
    }
    return wanted;
}

inline std::string event_params(std::string_view type, std::string_view payload, bool more) {
    std::string params =
        join({R"({"eventId":"doctor-1","eventType":)", json::of(type).text(), R"(,"payload":)", payload,
              R"(,"metadata":{},"timestamp":"2025-06-01T12:00:00.000Z","deadlineMs":5000})"});
    return more ? with_more_members(params) : params;
}

} // namespace tenon::detail

#endif
