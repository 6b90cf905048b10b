#ifndef TENON_HOST_CATALOGUE_TEXT_HPP
#define TENON_HOST_CATALOGUE_TEXT_HPP

// A host's catalogue for people: a page in Markdown that can be read in a terminal as well.
//
//     `room.joined` (plugins are told): somebody came into a room.
//
//     - `room`: string
//     - `uid`: string

#include <tenon/core/text.hpp>
#include <tenon/rules/catalogue.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

namespace detail {

/// The members of a JSON object, in their order.
inline std::vector<std::pair<std::string, json_view>> members_of(json_view object) {
    std::vector<std::pair<std::string, json_view>> all;
    json_reader in(object.text());
    if (object.kind() != json_kind::object || !in.enter_object()) return all;
    for (std::string_view name; in.next_member(name);) {
        std::pair<std::string, json_view> one{std::string(name), json_view()};
        if (!one.second.read(in)) break;
        all.push_back(std::move(one));
    }
    return all;
}
inline std::vector<json_view> elements_of(json_view array) {
    return array.as<std::vector<json_view>>().value_or({});
}
inline std::string text_of(json_view string) { return string.as<std::string>().value_or(""); }

/// Whether `required` of an object's schema names it.
inline bool is_required(json_view object_schema, std::string_view name) {
    for (const json_view one : elements_of(object_schema["required"]))
        if (text_of(one) == name) return true;
    return false;
}

/// What a schema stands for, beside null: `X` of `anyOf [X, null]`. The schema itself where it is not of this kind.
inline json_view without_null(json_view schema) {
    const auto choices = elements_of(schema["anyOf"]);
    if (choices.size() == 2 && text_of(choices[1]["type"]) == "null") return choices[0];
    return schema;
}

inline std::string schema_words(json_view schema);

inline std::string list_schemas(const std::vector<json_view>& all, std::string_view between) {
    std::string words;
    for (const json_view one : all) append(words, join({words.empty() ? "" : between, schema_words(one)}));
    return words;
}

inline std::string object_words(json_view schema) {
    std::string words;
    for (const auto& [name, of] : members_of(schema["properties"])) {
        const bool needed = is_required(schema, name);
        append(words, join({words.empty() ? "" : ", ", name,
                            needed ? ": " : "?: ", schema_words(needed ? of : without_null(of))}));
    }
    if (!words.empty()) return join({"{", words, "}"});
    const json_view each = schema["additionalProperties"];
    return each.kind() == json_kind::object ? join({"object of ", schema_words(each)}) : "object";
}

/// "list of string", "{uid: string, age?: integer}".
inline std::string schema_words(json_view schema) {
    const std::string kind = text_of(schema["type"]);
    if (schema["$ref"].kind() == json_kind::string) return "the same again";
    if (schema["anyOf"].kind() == json_kind::array) return list_schemas(elements_of(schema["anyOf"]), " or ");
    if (schema["enum"].kind() == json_kind::array) {
        std::string words;
        for (const json_view one : elements_of(schema["enum"]))
            append(words, join({words.empty() ? "" : " or ", one.text()}));
        return words;
    }
    if (schema["prefixItems"].kind() == json_kind::array)
        return join({"list of ", list_schemas(elements_of(schema["prefixItems"]), ", ")});
    if (kind == "array")
        return join(
            {schema["uniqueItems"].text() == "true" ? "set of " : "list of ", schema_words(schema["items"])});
    if (kind == "object") return object_words(schema);
    if (kind == "integer" && schema["minimum"].text() == "0") return "integer from 0";
    return kind.empty() ? "any JSON" : kind;
}

/// An object's members, one a line; nothing where it has none.
inline void append_members(std::string& page, json_view schema) {
    const auto all = members_of(schema["properties"]);
    if (all.empty() && schema_words(schema) != "object")
        append(page, join({"- ", schema_words(schema), "\n"}));
    for (const auto& [name, of] : all) {
        const bool needed = is_required(schema, name);
        append(page, join({"- `", name, "`: ", schema_words(needed ? of : without_null(of)),
                           needed ? "\n" : ", optional\n"}));
    }
}

inline void append_heading(std::string& page, std::string_view name, std::string_view in_brackets,
                           const std::optional<std::string>& description) {
    append(page, join({"\n`", name, "` (", in_brackets, ")", description ? ": " : "",
                       description ? *description : "", "\n\n"}));
}

inline bool is_of_every_host(const offered_service& one) {
    return one.method.starts_with("host/") || one.method.starts_with("plugin/");
}

} // namespace detail

/// Without what every host answers, which is in docs/protocol.md.
inline std::string catalogue_text(const host_catalogue& all) {
    using namespace detail;
    std::string page = "## Events\n";
    for (const offered_event& one : all.events) {
        append_heading(page, one.type, one.decide ? "plugins decide" : "plugins are told", one.description);
        append_members(page, one.schema.view());
    }
    append(page, "\n## Services\n");
    for (const offered_service& one : all.services) {
        if (is_of_every_host(one)) continue;
        append_heading(page, one.method,
                       one.permission.empty() ? "no permission" : join({"permission `", one.permission, "`"}),
                       one.description);
        append_members(page, one.params.view());
        const std::string answer = schema_words(one.result.view());
        append(page, join({"- result: ", answer == "null" ? "nothing" : std::string_view(answer), "\n"}));
    }
    return page;
}

} // namespace tenon

#endif
