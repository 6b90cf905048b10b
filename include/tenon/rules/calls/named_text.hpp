#ifndef TENON_RULES_CALLS_NAMED_TEXT_HPP
#define TENON_RULES_CALLS_NAMED_TEXT_HPP

// A text where a command's arguments would be, as people and older callers give it: `"World"` for {"who":"World"}. What the
// command declared says which member is meant, where exactly one of them takes a text.

#include <tenon/rules/calls/commands.hpp>
#include <tenon/json/value.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tenon::detail {

inline bool takes_text(json_view schema) {
    if (schema.kind() != json_kind::object) return false;
    if (schema["type"].text() == "\"string\"") return true;
    for (const auto* alternatives : {"anyOf", "oneOf"})
        for (const json_view one : schema[alternatives].as<std::vector<json_view>>().value_or({}))
            if (one["type"].text() == "\"string\"") return true;
    for (const std::string& type : schema["type"].as<std::vector<std::string>>().value_or({}))
        if (type == "string") return true;
    return false;
}

/// `given` as it is, unless it is a text whose member is known.
inline json with_named_text(json given, const known_command& command) {
    if (given.kind() != json_kind::string || !command.params) return given;
    const auto members = (*command.params)["properties"].as<std::map<std::string, json_view>>().value_or({});
    const std::string* named = nullptr;
    for (const auto& [name, schema] : members) {
        if (!takes_text(schema)) continue;
        if (named != nullptr) return given; // which of them is anybody's guess
        named = &name;
    }
    return named == nullptr ? given : json::of(std::map<std::string, json>{{*named, std::move(given)}});
}

} // namespace tenon::detail

#endif
