#ifndef TENON_HOST_CATALOGUE_HEADER_HPP
#define TENON_HOST_CATALOGUE_HEADER_HPP

// A host's catalogue as a C++ header for plugins: a struct for each event, ready for receive(), and one for each service,
// ready for host_link::call().
//
//     namespace offered::events {
//     struct room_joined { static constexpr auto event = "room.joined"; std::string room; std::string uid; };
//     }
//     namespace offered::services {
//     struct users_kick { static constexpr auto method = "users/kick"; using result = void; std::string userId; };
//     }
//
// Names that C++ cannot have get a describe(). What has no object for its payload is left to be called by name.

#include <tenon/host/catalogue_text.hpp>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

namespace detail {

/// What may be no member or type here: words of C++, what the structs say themselves, macros of the C library.
inline bool is_taken_word(std::string_view name) {
    static const std::set<std::string_view> words = {
        "alignas",      "alignof",   "and",           "and_eq",
        "asm",          "assert",    "auto",          "bitand",
        "bitor",        "bool",      "break",         "case",
        "catch",        "char",      "char16_t",      "char32_t",
        "char8_t",      "class",     "co_await",      "co_return",
        "co_yield",     "compl",     "concept",       "const",
        "const_cast",   "consteval", "constexpr",     "constinit",
        "continue",     "decltype",  "default",       "delete",
        "do",           "double",    "dynamic_cast",  "else",
        "enum",         "explicit",  "export",        "extern",
        "false",        "float",     "for",           "friend",
        "goto",         "if",        "inline",        "int",
        "long",         "mutable",   "namespace",     "new",
        "noexcept",     "not",       "not_eq",        "nullptr",
        "operator",     "or",        "or_eq",         "private",
        "protected",    "public",    "register",      "reinterpret_cast",
        "requires",     "return",    "short",         "signed",
        "sizeof",       "static",    "static_assert", "static_cast",
        "struct",       "switch",    "template",      "this",
        "thread_local", "throw",     "true",          "try",
        "typedef",      "typeid",    "typename",      "union",
        "unsigned",     "using",     "virtual",       "void",
        "volatile",     "wchar_t",   "while",         "xor",
        "xor_eq",       "NULL",      "EOF",           "errno",
        "stdin",        "stdout",    "stderr",        "linux",
        "unix",         "std",       "tenon",         "event",
        "method",       "result",    "answer",        "describe",
        "self",         "command",   "route"};
    return words.count(name) != 0;
}

/// The nearest thing that C++ takes as a name.
inline std::string cpp_name(std::string_view name) {
    std::string made;
    for (const char letter : name)
        made.push_back(is_name(letter) && static_cast<unsigned char>(letter) < 0x80 ? letter : '_');
    if (made.empty() || (made[0] >= '0' && made[0] <= '9')) made.insert(0, "_");
    if (is_taken_word(made)) made.push_back('_');
    return made;
}
inline bool is_cpp_name(std::string_view name) { return cpp_name(name) == name; }

inline std::string cpp_string(std::string_view text) {
    std::string made = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') append(made, join({"\\", std::string_view(&letter, 1)}));
        else if (!is_control(letter)) made.push_back(letter);
        else
            for (const int part : {-1, 6, 3, 0})
                made.push_back(part < 0 ? '\\' : static_cast<char>('0' + ((letter >> part) & 7)));
    }
    return made + "\"";
}

/// On one line that is no beginning of another.
inline std::string cpp_comment(std::string_view text) {
    std::string made;
    for (const char letter : text) made.push_back(static_cast<unsigned char>(letter) < ' ' ? ' ' : letter);
    while (!made.empty() && (made.back() == ' ' || made.back() == '\\')) made.pop_back();
    return made;
}

/// Writes one struct from the schema of an object, with the structs and enums that its members are made of.
class struct_writer {
public:
    /// `saying`: lines at its beginning, each indented and with its end.
    static std::string write(std::string_view name, std::string_view saying, json_view params,
                             json_view answer = {}) {
        struct_writer one;
        std::string head(saying);
        if (answer.text() != "null") {
            scope of_answer;
            const std::string type = one.type_of(answer, "answer", of_answer, "    ");
            append(head, join({of_answer.types,
                               "    using result = ", type == "std::nullptr_t" ? "void" : type, ";\n"}));
            one.named_.clear();
        }
        return one.structure(name, head, params, "");
    }

private:
    struct scope {
        std::string types = {};
        std::set<std::string, std::less<>> taken = {};
    };
    struct field {
        std::string json_name, name, type;
        bool optional;
    };

    static std::string free_name(std::string name, scope& in) {
        while (!in.taken.insert(name).second) name.push_back('_');
        return name;
    }
    template <class Act>
    auto within(std::string_view step, Act act) {
        const std::size_t length = path_.size();
        append_pointer_step(path_, step);
        auto outcome = act();
        path_.truncate(length);
        return outcome;
    }

    std::string structure(std::string_view name, std::string_view saying, json_view schema,
                          const std::string& indent) {
        scope here;
        here.taken.emplace(name);
        named_[std::string(path_.view())] = std::string(name);
        std::vector<field> fields;
        bool described = false;
        within("properties", [&] {
            for (const auto& [json_name, of] : members_of(schema["properties"])) {
                const bool needed = is_required(schema, json_name);
                field one{json_name, free_name(cpp_name(json_name), here), {}, !needed};
                one.type =
                    within(json_name, [&, &of = of] { return type_of(of, one.name, here, indent + "    "); });
                if (one.optional && !one.type.starts_with("std::optional<"))
                    one.type = join({"std::optional<", one.type, ">"});
                described = described || one.name != one.json_name;
                fields.push_back(std::move(one));
            }
            return true;
        });
        described = described || fields.size() > 32; // more than reflection counts
        std::string text = join({indent, "struct ", name, " {\n", saying, here.types});
        for (const field& one : fields)
            append(text, join({indent, "    ", one.type, " ", one.name, one.optional ? " = {};\n" : ";\n"}));
        if (described) append(text, description(name, fields, indent + "    "));
        return join({text, indent, "};\n"});
    }

    static std::string description(std::string_view name, const std::vector<field>& fields,
                                   const std::string& indent) {
        std::string text = join({"\n", indent, "static constexpr auto describe() {\n", indent,
                                 "    using self = ", name, ";\n", indent, "    return tenon::members("});
        for (const field& one : fields)
            append(text, join({&one == fields.data() ? "" : ",", "\n", indent, "        tenon::member(",
                               cpp_string(one.json_name), ", &self::", one.name, ")"}));
        return join({text, ");\n", indent, "}\n"});
    }

    std::string list_types(std::string_view step, const std::vector<json_view>& all, const std::string& name,
                           scope& in, const std::string& indent) {
        return within(step, [&] {
            std::string types;
            for (std::size_t at = 0; at < all.size(); ++at) {
                const std::string number = join({digits(at)});
                append(types, join({types.empty() ? "" : ", ", within(number, [&] {
                                        return type_of(all[at], name + number, in, indent);
                                    })}));
            }
            return types;
        });
    }

    /// The type of a member called `name`. What has to be declared for it goes before the members.
    std::string type_of(json_view schema, const std::string& name, scope& in, const std::string& indent) {
        if (const json_view place = schema["$ref"]; !place.is_null()) {
            const auto known = named_.find(text_of(place).substr(1));
            return known == named_.end() ? "tenon::json" : known->second;
        }
        if (!schema["anyOf"].is_null()) return choice(elements_of(schema["anyOf"]), name, in, indent);
        if (!schema["enum"].is_null()) return enumeration(schema["enum"], name, in, indent);
        const std::string kind = text_of(schema["type"]);
        if (kind == "array") return list(schema, name, in, indent);
        if (kind == "integer") return integer(schema);
        if (kind == "object") return object(schema, name, in, indent);
        for (const auto& [word, type] : {std::pair("string", "std::string"), std::pair("boolean", "bool"),
                                         std::pair("number", "double"), std::pair("null", "std::nullptr_t")})
            if (kind == word) return type;
        return "tenon::json";
    }

    std::string choice(const std::vector<json_view>& all, const std::string& name, scope& in,
                       const std::string& indent) {
        if (all.size() == 2 && text_of(all[1]["type"]) == "null")
            return join(
                {"std::optional<",
                 within("anyOf",
                        [&] { return within("0", [&] { return type_of(all[0], name, in, indent); }); }),
                 ">"});
        return join({"std::variant<", list_types("anyOf", all, name, in, indent), ">"});
    }

    static std::string enumeration(json_view values, const std::string& name, scope& in,
                                   const std::string& indent) {
        std::string names;
        std::size_t count = 0;
        for (const json_view one : elements_of(values)) {
            if (!is_cpp_name(text_of(one)) || ++count > enum_search_range) return "std::string";
            append(names, join({names.empty() ? "" : ", ", text_of(one)}));
        }
        const std::string type = free_name(name + "_kind", in);
        append(in.types, join({indent, "enum class ", type, " { ", names, " };\n"}));
        return type;
    }

    static std::string integer(json_view schema) {
        constexpr std::string_view bounds[][3] = {{"-128", "127", "8"},
                                                  {"-32768", "32767", "16"},
                                                  {"-2147483648", "2147483647", "32"},
                                                  {"0", "255", "8"},
                                                  {"0", "65535", "16"},
                                                  {"0", "4294967295", "32"},
                                                  {"0", "18446744073709551615", "64"}};
        for (const auto& [least, most, bits] : bounds)
            if (schema["minimum"].text() == least && schema["maximum"].text() == most)
                return join({least == "0" ? "std::uint" : "std::int", bits, "_t"});
        return "std::int64_t";
    }

    std::string list(json_view schema, const std::string& name, scope& in, const std::string& indent) {
        if (!schema["prefixItems"].is_null())
            return join({"std::tuple<",
                         list_types("prefixItems", elements_of(schema["prefixItems"]), name, in, indent),
                         ">"});
        const std::string each = within("items", [&] { return type_of(schema["items"], name, in, indent); });
        const std::string_view count = schema["maxItems"].text();
        if (count != "null" && count == schema["minItems"].text())
            return join({"std::array<", each, ", ", count, ">"});
        const bool sorted = schema["uniqueItems"].text() == "true" &&
                            (each == "std::string" || each.find("int") != each.npos);
        return join({sorted ? "std::set<" : "std::vector<", each, ">"});
    }

    std::string object(json_view schema, const std::string& name, scope& in, const std::string& indent) {
        if (const json_view each = schema["additionalProperties"]; each.kind() == json_kind::object)
            return join({"std::map<std::string, ",
                         within("additionalProperties", [&] { return type_of(each, name, in, indent); }),
                         ">"});
        const std::string type = name == "answer" ? name : free_name(name + "_object", in);
        append(in.types, structure(type, {}, schema, indent));
        return type;
    }

    byte_buffer path_ = {};                                      // a JSON pointer to what is being written
    std::map<std::string, std::string, std::less<>> named_ = {}; // pointers and the structs made from there
};

/// Objects become structs. A map, a list or any JSON does not.
inline bool is_struct(json_view schema) {
    return text_of(schema["type"]) == "object" && schema["additionalProperties"].kind() != json_kind::object;
}

class catalogue_header_writer {
public:
    std::string write(const host_catalogue& all) {
        body_ = "namespace offered::events {\n";
        for (const offered_event& one : all.events) event(one);
        append(body_, "\n} // namespace offered::events\n\nnamespace offered::services {\n");
        names_.clear();
        for (const offered_service& one : all.services)
            if (!is_of_every_host(one)) service(one);
        append(body_, "\n} // namespace offered::services\n");
        std::string includes = "#include <tenon.hpp>\n";
        std::string_view after = "\n";
        for (const auto& [header, word] :
             {std::pair("array", "std::array<"), std::pair("cstddef", "std::nullptr_t"),
              std::pair("cstdint", "int"), std::pair("map", "std::map<"),
              std::pair("optional", "std::optional<"), std::pair("set", "std::set<"),
              std::pair("string", "std::string"), std::pair("tuple", "std::tuple<"),
              std::pair("variant", "std::variant<"), std::pair("vector", "std::vector<")}) {
            if (body_.find(word) == body_.npos) continue;
            append(includes, join({after, "#include <", header, ">\n"}));
            after = "";
        }
        return join(
            {"#ifndef OFFERED_HPP\n#define OFFERED_HPP\n\n"
             "// What a host offers to plugins: the events that it tells them or lets them decide, and the "
             "methods that it answers.\n// Made from its catalogue; not to be edited.\n\n",
             includes, "\n", body_, "\n#endif\n"});
    }

private:
    std::string free_name(std::string_view of) {
        std::string name = cpp_name(of);
        while (!names_.insert(name).second) name.push_back('_');
        return name;
    }
    void comment(std::string_view text, std::string_view more) {
        const std::string words = cpp_comment(text);
        append(body_, join({"\n// ", words, words.empty() || words.back() == '.' ? "" : ".",
                            words.empty() ? "" : " ", more, "\n"}));
    }

    void event(const offered_event& one) {
        comment(one.description.value_or(""), one.decide ? "Plugins decide." : "Plugins are told.");
        if (!is_struct(one.schema.view())) return unnamed(one.type, "its payload is no object");
        append(body_,
               struct_writer::write(free_name(one.type),
                                    join({"    static constexpr auto event = ", cpp_string(one.type), ";\n"}),
                                    one.schema.view()));
    }
    void service(const offered_service& one) {
        comment(one.description.value_or(""), one.permission.empty()
                                                  ? "Needs no permission."
                                                  : join({"Needs the permission ", one.permission, "."}));
        if (!is_struct(one.params.view())) return unnamed(one.method, "its params are no object");
        append(body_, struct_writer::write(
                          free_name(one.method),
                          join({"    static constexpr auto method = ", cpp_string(one.method), ";\n"}),
                          one.params.view(), one.result.view()));
    }
    void unnamed(std::string_view name, std::string_view why) {
        append(body_, join({"// ", cpp_comment(name), " has no struct: ", why, ".\n"}));
    }

    std::string body_ = {};
    std::set<std::string, std::less<>> names_ = {};
};

} // namespace detail

/// The text of a header that needs <tenon.hpp> and nothing else.
inline std::string catalogue_header(const host_catalogue& all) {
    return detail::catalogue_header_writer().write(all);
}

} // namespace tenon

#endif
