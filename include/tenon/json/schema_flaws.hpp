#ifndef TENON_JSON_SCHEMA_FLAWS_HPP
#define TENON_JSON_SCHEMA_FLAWS_HPP

// What is wrong with a JSON Schema itself, by the subset that check_schema() knows:
//
//     for (const tenon::schema_flaw& one : tenon::flaws_of_schema(schema, "configSchema"))
//     // configSchema.properties.words.type: "strnig" is no type; did you mean "string"?
//
// A keyword that cannot be what it is breaks the schema: nothing fits it, or everything. One that is not looked at does not: what
// it asks for is not held against anything, which its author should hear.
//
// It looks at each schema once, so its cost is the text's length for each level of it, and a reader bounds the levels.

#include <tenon/core/nearest_name.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/json/number.hpp>
#include <tenon/json/schema_check.hpp>
#include <tenon/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

struct schema_flaw {
    std::string path, words;
    bool breaks_it = true; // false: it is a schema, and does less than it says
};

/// Of each kind there are at most so many. `root` is what paths start with.
std::vector<schema_flaw> flaws_of_schema(json_view schema, std::string_view root = {}, std::size_t most = 20);

namespace detail {

/// What stands behind a keyword.
enum class keyword_kind : unsigned char {
    anything,
    type,
    values,
    names,
    text,
    reference,
    number,
    step,
    count,
    truth,
    schema,
    schemas,
    schema_or_schemas,
    schemas_by_name,
    schemas_by_pattern,
    not_looked_at,
};

struct schema_keyword {
    std::string_view name;
    keyword_kind kind;
};

inline constexpr schema_keyword schema_keywords[] = {
    {"type", keyword_kind::type},
    {"enum", keyword_kind::values},
    {"const", keyword_kind::anything},
    {"properties", keyword_kind::schemas_by_name},
    {"required", keyword_kind::names},
    {"additionalProperties", keyword_kind::schema},
    {"propertyNames", keyword_kind::schema},
    {"minProperties", keyword_kind::count},
    {"maxProperties", keyword_kind::count},
    {"items", keyword_kind::schema_or_schemas},
    {"prefixItems", keyword_kind::schemas},
    {"additionalItems", keyword_kind::schema},
    {"minItems", keyword_kind::count},
    {"maxItems", keyword_kind::count},
    {"uniqueItems", keyword_kind::truth},
    {"minimum", keyword_kind::number},
    {"maximum", keyword_kind::number},
    {"exclusiveMinimum", keyword_kind::number},
    {"exclusiveMaximum", keyword_kind::number},
    {"multipleOf", keyword_kind::step},
    {"minLength", keyword_kind::count},
    {"maxLength", keyword_kind::count},
    {"allOf", keyword_kind::schemas},
    {"anyOf", keyword_kind::schemas},
    {"oneOf", keyword_kind::schemas},
    {"not", keyword_kind::schema},
    {"if", keyword_kind::schema},
    {"then", keyword_kind::schema},
    {"else", keyword_kind::schema},
    {"$ref", keyword_kind::reference},
    {"definitions", keyword_kind::schemas_by_name},
    {"$defs", keyword_kind::schemas_by_name},
    // For people, and for whoever shows a form.
    {"$schema", keyword_kind::text},
    {"$id", keyword_kind::text},
    {"$comment", keyword_kind::text},
    {"title", keyword_kind::text},
    {"description", keyword_kind::text},
    {"default", keyword_kind::anything},
    {"examples", keyword_kind::anything},
    {"deprecated", keyword_kind::truth},
    {"readOnly", keyword_kind::truth},
    {"writeOnly", keyword_kind::truth},
    {"patternProperties", keyword_kind::schemas_by_pattern},
    {"pattern", keyword_kind::not_looked_at},
    {"format", keyword_kind::not_looked_at},
};

class schema_judge : schema_walk {
public:
    schema_judge(std::string_view root, std::string_view path, std::size_t most)
        : schema_walk(path), references_(root, {}), most_(most) {}

    std::vector<schema_flaw> run(std::string_view schema) {
        judge(schema);
        return std::move(found_);
    }

private:
    void add(bool breaks_it, std::string words) {
        std::size_t& count = breaks_it ? broken_ : ignored_;
        if (count++ < most_) found_.push_back({shown_path(), std::move(words), breaks_it});
    }
    void refuse(std::string words) { add(true, std::move(words)); }
    void expected(text what, text got) { refuse(join({"expected ", what, ", got ", name_of(kind(got))})); }
    bool is(json_kind wanted, text what, text value) {
        if (kind(value) != wanted) expected(what, value);
        return kind(value) == wanted;
    }

    void judge(text schema) {
        if (schema == "true" || schema == "false") return;
        if (!is(json_kind::object, "a schema, which is an object or a truth value", schema)) return;
        checked_members members(schema);
        for (text name, value; members.next(name, value);)
            within({".", shortened(name)}, [&, key = name, what = value] { judge_member(key, what); });
    }
    void judge_member(text name, text value) {
        for (const schema_keyword& one : schema_keywords)
            if (one.name == name) return judge_keyword(one.kind, value);
        if (name.starts_with("x-")) return;
        // To guess costs more than to look.
        if (ignored_ >= most_) return void(++ignored_);
        text known[std::size(schema_keywords)];
        for (std::size_t at = 0; at < std::size(known); ++at) known[at] = schema_keywords[at].name;
        add(false, join({"is not looked at", or_meant(name, known)}));
    }
    void judge_keyword(keyword_kind what, text value) {
        switch (what) {
        case keyword_kind::anything: break;
        case keyword_kind::type: judge_type(value); break;
        case keyword_kind::values:
            if (is(json_kind::array, "an array of values", value) && is_empty(value))
                refuse("it is empty, and nothing fits it");
            break;
        case keyword_kind::names:
            each(value, "an array of names", [&](text one) { is(json_kind::string, "a name", one); });
            break;
        case keyword_kind::text: is(json_kind::string, "a text", value); break;
        case keyword_kind::reference: judge_reference(value); break;
        case keyword_kind::number: is(json_kind::number, "a number", value); break;
        case keyword_kind::step:
            if (is(json_kind::number, "a number", value) && decimal(value).compare(decimal("0")) <= 0)
                refuse("expected more than 0");
            break;
        case keyword_kind::count:
            if (kind(value) != json_kind::number || !decimal(value).is_whole() || value.front() == '-')
                refuse("expected a whole number from 0 on");
            break;
        case keyword_kind::truth: is(json_kind::boolean, "a truth value", value); break;
        case keyword_kind::schema: judge(value); break;
        case keyword_kind::schemas: judge_list(value); break;
        case keyword_kind::schema_or_schemas:
            if (kind(value) == json_kind::array) each(value, {}, [&](text one) { judge(one); });
            else judge(value);
            break;
        case keyword_kind::schemas_by_name: judge_named(value); break;
        case keyword_kind::schemas_by_pattern:
            if (is(json_kind::object, "an object of schemas, each by its pattern", value))
                add(false, "is not looked at, nor is additionalProperties beside it");
            break;
        case keyword_kind::not_looked_at:
            if (is(json_kind::string, "a text", value)) add(false, "is not looked at");
            break;
        }
    }
    template <class Visit>
    void each(text array, text what, Visit visit) {
        if (!is(json_kind::array, what, array)) return;
        std::size_t at = 0;
        checked_elements elements(array);
        for (text one; elements.next(one); ++at)
            within({"[", digits(at), "]"}, [&, element = one] { visit(element); });
    }
    static bool is_empty(text array) {
        text one;
        return !checked_elements(array).next(one);
    }
    void judge_list(text value) {
        each(value, "an array of schemas", [&](text one) { judge(one); });
        if (kind(value) == json_kind::array && is_empty(value))
            refuse("it is empty: expected a schema in it");
    }
    void judge_named(text value) {
        if (!is(json_kind::object, "an object of schemas, each by its name", value)) return;
        checked_members members(value);
        for (text name, schema; members.next(name, schema);)
            within({".", shortened(name)}, [&, one = schema] { judge(one); });
    }
    void judge_type(text value) {
        if (kind(value) != json_kind::array) return judge_type_name(value);
        each(value, {}, [&](text one) { judge_type_name(one); });
        if (is_empty(value)) refuse("it is empty, and nothing fits it");
    }
    void judge_type_name(text value) {
        static constexpr text types[] = {"string", "number", "integer", "boolean", "object", "array", "null"};
        if (!is(json_kind::string, "the name of a type", value)) return;
        std::string scratch;
        const text name = plain_text(value, scratch);
        for (const text one : types)
            if (name == one) return;
        refuse(broken_ >= most_ ? std::string()
                                : join({"\"", shortened(name), "\" is no type", or_meant(name, types)}));
    }
    void judge_reference(text value) {
        if (!is(json_kind::string, "a text", value)) return;
        std::string scratch;
        const text place = plain_text(value, scratch);
        if (!schema_checker::is_within(place))
            return add(false,
                       "is not looked at: it is no place in this schema, as in \"#/definitions/word\"");
        if (!references_.place_of(place).empty()) return;
        if (references_.trouble().empty()) refuse(join({"there is nothing at \"", shortened(place), "\""}));
    }

    schema_checker references_; // finds places, for as long as that is cheap
    std::size_t most_, broken_ = 0, ignored_ = 0;
    std::vector<schema_flaw> found_;
};

} // namespace detail

inline std::vector<schema_flaw> flaws_of_schema(json_view schema, std::string_view root, std::size_t most) {
    return detail::schema_judge(schema.text(), root, most).run(schema.text());
}

} // namespace tenon

#endif
