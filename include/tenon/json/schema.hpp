#ifndef TENON_JSON_SCHEMA_HPP
#define TENON_JSON_SCHEMA_HPP

// The JSON Schema (draft 2020-12) of a C++ type, from the same shapes that the decoder goes by: what it
// accepts is what decoding accepts, up to what a schema cannot say. A struct that contains itself refers to
// the place where it was first written.

#include <tenon/json/encode.hpp>
#include <tenon/json/value.hpp>

#include <limits>
#include <string>
#include <string_view>
#include <variant>

namespace tenon::detail {

/// One step of a JSON pointer within a URI.
inline void append_pointer_step(byte_buffer& path, std::string_view step) {
    path.append('/');
    for (const char byte : step) {
        constexpr char hex[] = "0123456789ABCDEF";
        const auto code = static_cast<unsigned char>(byte);
        const char escaped[] = {'%', hex[code >> 4], hex[code & 15]};
        if (byte == '~') path.append("~0");
        else if (byte == '/') path.append("~1");
        else if (code < 0x80 && is_name(byte)) path.append(byte);
        else path.append({escaped, sizeof escaped});
    }
}

// Writes one schema. Remembers which structs are open above the place where it stands, by an address that is
// particular to each type, so that recursion becomes a reference.
struct schema_writer {
    json_writer out;
    bool closed = false;   // unknown members are refused, where a struct does not allow them
    byte_buffer path = {}; // a JSON pointer to the schema being written
    struct open_struct {
        const open_struct* above;
        const void* identity;
        std::size_t path_length; // of a place within `path`
    };
    const open_struct* open = nullptr;

    template <class Write>
    void within(std::string_view step, Write write) {
        const std::size_t length = path.size();
        append_pointer_step(path, step);
        write();
        path.truncate(length);
    }
    void type(std::string_view name) {
        out.key("type");
        out.string(name);
    }
};

template <class T>
inline constexpr char type_identity = 0;

template <class T>
void write_schema(schema_writer& schema);

template <class T>
void write_integer_schema(schema_writer& schema) {
    schema.type("integer");
    schema.out.key("minimum");
    detail::encode(schema.out, std::numeric_limits<T>::min());
    schema.out.key("maximum");
    detail::encode(schema.out, std::numeric_limits<T>::max());
}

template <class T>
void write_enum_schema(schema_writer& schema) {
    schema.type("string");
    schema.out.key("enum");
    schema.out.begin_array();
    for (const auto& known : enum_names<T>) schema.out.string(known.name);
    schema.out.end_array();
}

template <class... Alternative>
void write_any_of(schema_writer& schema) {
    schema.out.key("anyOf");
    schema.out.begin_array();
    std::size_t index = 0;
    schema.within("anyOf", [&] {
        const auto write = [&]<class T>(type<T>) {
            char digits[20];
            schema.within({digits, write_unsigned(digits, index++)}, [&] { write_schema<T>(schema); });
        };
        (write(type<Alternative>()), ...);
    });
    schema.out.end_array();
}

template <class T>
struct alternatives_of;
template <class... T>
struct alternatives_of<std::variant<T...>> {
    static void write(schema_writer& schema) { write_any_of<T...>(schema); }
};

template <class T, std::size_t... Index>
void write_tuple_schema(schema_writer& schema, std::index_sequence<Index...>) {
    schema.type("array");
    schema.out.key("prefixItems");
    schema.out.begin_array();
    const auto write = [&]<std::size_t At>(std::integral_constant<std::size_t, At>) {
        char digits[20];
        schema.within({digits, write_unsigned(digits, At)},
                      [&] { write_schema<std::tuple_element_t<At, T>>(schema); });
    };
    schema.within("prefixItems", [&] { (write(std::integral_constant<std::size_t, Index>()), ...); });
    schema.out.end_array();
    schema.out.key("minItems");
    schema.out.unsigned_integer(sizeof...(Index));
    schema.out.key("items");
    schema.out.boolean(false);
}

template <class T>
void write_list_schema(schema_writer& schema) {
    schema.type("array");
    schema.out.key("items");
    schema.within("items", [&] { write_schema<typename T::value_type>(schema); });
    if constexpr (is_array<T>) {
        schema.out.key("minItems");
        schema.out.unsigned_integer(std::tuple_size_v<T>);
        schema.out.key("maxItems");
        schema.out.unsigned_integer(std::tuple_size_v<T>);
    } else if constexpr (set_like<T>) {
        schema.out.key("uniqueItems");
        schema.out.boolean(true);
    }
}

template <class T, std::size_t... Index, class... Member>
void write_members_schema(schema_writer& schema, std::index_sequence<Index...>, type_list<Member...>) {
    schema.out.key("properties");
    schema.out.begin_object();
    const auto property = [&]<class Value>(std::string_view name, type<Value>) {
        schema.out.key(name);
        schema.within(name, [&] { write_schema<Value>(schema); });
    };
    schema.within("properties", [&] { (property(member_names<T>[Index], type<Member>()), ...); });
    schema.out.end_object();
    constexpr bool required[] = {
        (!allows_missing<T> && !may_be_absent<Member> && member_marks<T>[Index] == member_mark::none)...,
        false};
    if (!(required[Index] || ...)) return;
    schema.out.key("required");
    schema.out.begin_array();
    for (std::size_t index = 0; index < sizeof...(Index); ++index)
        if (required[index]) schema.out.string(member_names<T>[index]);
    schema.out.end_array();
}

template <class T>
void write_object_schema(schema_writer& schema) {
    const void* identity = &type_identity<T>;
    for (const auto* above = schema.open; above != nullptr; above = above->above) {
        if (above->identity != identity) continue;
        schema.out.key("$ref");
        schema.out.string(join({"#", {schema.path.data(), above->path_length}}));
        return;
    }
    schema.type("object");
    const schema_writer::open_struct here{schema.open, identity, schema.path.size()};
    schema.open = &here;
    if constexpr (member_count<T> != 0)
        write_members_schema<T>(schema, std::make_index_sequence<member_count<T>>(), member_types<T>());
    schema.open = here.above;
    if constexpr (member_count<T> != 0 && !allows_unknown<T>) {
        if (!schema.closed) return;
        schema.out.key("additionalProperties");
        schema.out.boolean(false);
    }
}

template <class T>
void write_schema(schema_writer& schema) {
    constexpr shape form = shape_of<T>;
    schema.out.begin_object();
    if constexpr (form == shape::codec) {
        if constexpr (requires { json_codec<T>::schema(schema.out); }) json_codec<T>::schema(schema.out);
    } else if constexpr (form == shape::null) schema.type("null");
    else if constexpr (form == shape::boolean) schema.type("boolean");
    else if constexpr (form == shape::integer) write_integer_schema<T>(schema);
    else if constexpr (form == shape::number) schema.type("number");
    else if constexpr (form == shape::enumeration) write_enum_schema<T>(schema);
    else if constexpr (form == shape::text) schema.type("string");
    else if constexpr (form == shape::optional) write_any_of<typename T::value_type, std::nullptr_t>(schema);
    else if constexpr (form == shape::duration)
        schema.type(std::is_integral_v<typename T::rep> ? "integer" : "number");
    else if constexpr (form == shape::variant) alternatives_of<T>::write(schema);
    else if constexpr (form == shape::tuple)
        write_tuple_schema<T>(schema, std::make_index_sequence<std::tuple_size_v<T>>());
    else if constexpr (form == shape::map) {
        schema.type("object");
        schema.out.key("additionalProperties");
        schema.within("additionalProperties", [&] { write_schema<typename T::mapped_type>(schema); });
    } else if constexpr (form == shape::array || form == shape::sequence) write_list_schema<T>(schema);
    else if constexpr (form == shape::object) write_object_schema<T>(schema);
    schema.out.end_object(); // the empty schema, for JSON of any type, accepts everything
}

} // namespace tenon::detail

namespace tenon {

/// The JSON Schema of T, without the `$schema` member, which belongs to a whole document.
template <class T>
std::string json_schema() {
    byte_buffer buffer;
    detail::schema_writer schema{.out = json_writer(buffer)};
    detail::write_schema<T>(schema);
    return std::string(buffer.view());
}

} // namespace tenon

#endif
