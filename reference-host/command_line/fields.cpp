// Reading what was typed by a schema.

#include "command_line/fields.hpp"

#include "command_line/exit_codes.hpp"
#include "command_line/screen.hpp"
#include "command_line/words.hpp"

#include <tenon/core/byte_buffer.hpp>
#include <tenon/config/system_small_file.hpp>
#include <tenon/json/writer.hpp>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <set>

namespace reference {

namespace {

using tenon::json;
using tenon::json_kind;
using tenon::json_view;
using tenon::result;

constexpr std::size_t most_bytes = std::size_t{64} << 20; // of a file that is named

tenon::fault wrong(std::string words) { return {tenon::codes::invalid_params, std::move(words)}; }

/// Where a member's schema stands elsewhere in the whole one, that; as the SDK writes it, once.
json_view resolved(json_view schema, json_view whole) {
    const std::string reference = text_of(schema["$ref"]);
    constexpr std::string_view definitions = "#/$defs/";
    return reference.starts_with(definitions) ? whole["$defs"][reference.substr(definitions.size())] : schema;
}

void read_type(field& into, json_view schema, json_view whole) {
    for (const json_view one : schema["anyOf"].as<std::vector<json_view>>().value_or({}))
        read_type(into, resolved(one, whole), {}); // of one that is anything but null, or the last of several
    into.values = schema["enum"].as<std::vector<std::string>>().value_or(into.values);
    auto types = schema["type"].as<std::vector<std::string>>().value_or({});
    if (types.empty() && !schema["type"].is_null()) types = {text_of(schema["type"])};
    for (const std::string& type : types)
        if (type == "null") into.may_be_null = true;
        else into.type = into.type.empty() || into.type == type ? type : "any";
}

std::string_view sample_of(const field& one) {
    constexpr std::pair<std::string_view, std::string_view> samples[] = {
        {"string", "TEXT"}, {"integer", "INTEGER"}, {"number", "NUMBER"}, {"boolean", "true|false"}};
    for (const auto& [type, sample] : samples)
        if (one.type == type) return sample;
    return "JSON";
}

bool is_a(json_kind kind, const field& one) {
    if (kind == json_kind::null && one.may_be_null) return true;
    if (one.type == "integer" || one.type == "number") return kind == json_kind::number;
    if (one.type == "boolean") return kind == json_kind::boolean;
    if (one.type == "array") return kind == json_kind::array;
    return one.type != "object" || kind == json_kind::object;
}

result<json> value_of(std::string_view text, const field& one) {
    if (one.type == "string") return json::of(text);
    const bool anything = one.type.empty() || one.type == "any";
    const auto value = json::parse(text);
    if (value && is_a(value->kind(), one)) return *value;
    if (anything) return json::of(text);
    return wrong(one.name + ": expected " + std::string(sample_of(one)) + ", got \"" + std::string(text) +
                 "\"");
}

std::vector<field> fields_in(json_view list, std::string_view key, std::string_view name,
                             std::string_view schema) {
    for (const json_view one : list.as<std::vector<json_view>>().value_or({}))
        if (text_of(one[key]) == name) return fields_of(one[schema]);
    return {};
}

} // namespace

std::vector<field> fields_of_command(const json& commands, std::string_view name) {
    return fields_in(commands["commands"], "name", name, "params");
}
std::vector<field> fields_of_event(const json& catalogue, std::string_view type) {
    return fields_in(catalogue["events"], "type", type, "schema");
}

std::vector<field> fields_of(json_view schema) {
    std::vector<field> all;
    const auto required = schema["required"].as<std::vector<std::string>>().value_or({});
    tenon::json_reader in(schema["properties"].text());
    std::string_view name;
    if (!in.enter_object()) return all;
    while (in.next_member(name)) {
        field one{.name = std::string(name)};
        json_view described;
        if (!described.read(in)) break;
        read_type(one, resolved(described, schema), schema);
        one.required = std::find(required.begin(), required.end(), one.name) != required.end();
        all.push_back(std::move(one));
    }
    return all;
}

std::string fields_words(const std::vector<field>& fields) {
    std::string text;
    for (const field& one : fields) {
        std::string value;
        for (const std::string& each : one.values) value += (value.empty() ? "" : "|") + each;
        if (value.empty() || value.size() > 40) value = sample_of(one);
        text += (text.empty() ? "" : " ") + std::string(one.required ? "" : "[") + one.name + "=" + value +
                (one.required ? "" : "]");
    }
    return text;
}

std::string_view key_of(std::string_view word) {
    std::size_t end = word.find('=');
    if (end == word.npos) return {};
    if (end != 0 && word[end - 1] == ':') --end;
    const auto is_part = [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
               byte == '_' || byte == '-' || byte == '.';
    };
    const std::string_view key = word.substr(0, end);
    return std::all_of(key.begin(), key.end(), is_part) ? key : std::string_view();
}

result<std::string> text_behind(const std::string& word) {
    if (word == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
    if (!word.starts_with('@')) return word;
    return tenon::read_small_file(word.substr(1), most_bytes);
}

int complain_of_words(const tenon::fault& why, const std::string& hint) {
    const bool typed = why.code == tenon::codes::invalid_params;
    return complain(why.message + hint, typed ? exit_code::usage : exit_code::no_input);
}

result<json> payload_of(std::span<const std::string> words, const std::vector<field>& fields) {
    if (words.size() == 1 && key_of(words[0]).empty()) {
        const auto text = text_behind(words[0]);
        if (!text) return text.error();
        auto value = json::parse(*text);
        if (value) return value;
        return wrong("expected NAME=VALUE or JSON, got \"" + words[0] + "\": " + value.error().message);
    }
    tenon::byte_buffer buffer;
    tenon::json_writer out(buffer);
    std::set<std::string_view> given;
    out.begin_object();
    for (const std::string& word : words) {
        const std::string_view key = key_of(word);
        if (key.empty()) return wrong("expected NAME=VALUE, got \"" + word + "\"");
        if (!given.insert(key).second) return wrong(std::string(key) + " is given twice");
        const auto known =
            std::find_if(fields.begin(), fields.end(), [&](const field& each) { return each.name == key; });
        const bool as_json = word[key.size()] == ':';
        const std::string_view text = std::string_view(word).substr(key.size() + (as_json ? 2 : 1));
        const auto value = as_json                 ? json::parse(text)
                           : known == fields.end() ? value_of(text, {.name = std::string(key)})
                                                   : value_of(text, *known);
        if (!value) return as_json ? wrong(std::string(key) + ": " + value.error().message) : value.error();
        out.key(key);
        out.raw(value->text());
    }
    out.end_object();
    return json::parse(buffer.view());
}

} // namespace reference
