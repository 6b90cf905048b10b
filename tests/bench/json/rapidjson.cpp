#include "codec.hpp"

#if __has_include(<rapidjson/document.h>)

#define RAPIDJSON_HAS_STDSTRING 1
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstring>

// The DOM in situ over an allocator that is kept, and events (codec_rapidjson_sax.cpp). Full precision: by
// default it reads doubles to the last digit or three, which is not the same result.

namespace bench {

namespace {

using rapidjson::Value;

bool read(const Value& from, std::int64_t& to) {
    if (!from.IsInt64()) return false;
    to = from.GetInt64();
    return true;
}
bool read(const Value& from, std::int32_t& to) {
    if (!from.IsInt()) return false;
    to = from.GetInt();
    return true;
}
bool read(const Value& from, double& to) {
    if (!from.IsNumber()) return false;
    to = from.GetDouble();
    return true;
}
bool read(const Value& from, bool& to) {
    if (!from.IsBool()) return false;
    to = from.GetBool();
    return true;
}
bool read(const Value& from, std::string& to) {
    if (!from.IsString()) return false;
    to.assign(from.GetString(), from.GetStringLength());
    return true;
}
template <class T>
bool read(const Value& from, std::optional<T>& to);
template <class T>
bool read(const Value& from, std::vector<T>& to);
template <class T>
    requires is_struct<T>
bool read(const Value& from, T& to);

template <class T>
bool read(const Value& from, std::optional<T>& to) {
    return from.IsNull() || read(from, to.emplace());
}
template <class T>
bool read(const Value& from, std::vector<T>& to) {
    if (!from.IsArray()) return false;
    to.reserve(from.Size());
    for (const auto& element : from.GetArray())
        if (!read(element, to.emplace_back())) return false;
    return true;
}
template <class T>
    requires is_struct<T>
bool read(const Value& from, T& to) {
    if (!from.IsObject()) return false;
    bool good = true;
    visit_members(to, [&](const char* name, auto& member) {
        const auto found = from.FindMember(name);
        if (found == from.MemberEnd()) good = good && is_optional<std::remove_cvref_t<decltype(member)>>;
        else good = good && read(found->value, member);
    });
    return good;
}

using buffer_type = rapidjson::StringBuffer;
using writer_type = rapidjson::Writer<buffer_type>;

void write_value(writer_type& out, std::int64_t value) { out.Int64(value); }
void write_value(writer_type& out, std::int32_t value) { out.Int(value); }
void write_value(writer_type& out, double value) { out.Double(value); }
void write_value(writer_type& out, bool value) { out.Bool(value); }
void write_value(writer_type& out, const std::string& value) {
    out.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}
template <class T>
void write_value(writer_type& out, const std::vector<T>& value);
template <class T>
    requires is_struct<T>
void write_value(writer_type& out, const T& value);

template <class T>
void write_value(writer_type& out, const std::vector<T>& value) {
    out.StartArray();
    for (const auto& element : value) write_value(out, element);
    out.EndArray();
}
template <class T>
    requires is_struct<T>
void write_value(writer_type& out, const T& value) {
    out.StartObject();
    visit_members(value, [&](const char* name, const auto& member) {
        const auto length = static_cast<rapidjson::SizeType>(std::strlen(name)); // known while compiling
        if constexpr (is_optional<std::remove_cvref_t<decltype(member)>>) {
            if (!member.has_value()) return;
            out.Key(name, length);
            write_value(out, *member);
        } else {
            out.Key(name, length);
            write_value(out, member);
        }
    });
    out.EndObject();
}

struct dom {
    template <class T>
    static bool parse(std::string_view text, T& value) {
        using allocator = rapidjson::MemoryPoolAllocator<>;
        using document_type = rapidjson::GenericDocument<rapidjson::UTF8<>, allocator, allocator>;
        static std::string copy; // parsed in place, so it needs a copy that it may overwrite
        static char value_memory[1 << 20], stack_memory[1 << 18];
        copy.assign(text.data(), text.size());
        allocator values(value_memory, sizeof value_memory), stack(stack_memory, sizeof stack_memory);
        document_type document(&values, 4096, &stack);
        document.ParseInsitu<rapidjson::kParseInsituFlag | rapidjson::kParseFullPrecisionFlag>(copy.data());
        return !document.HasParseError() && read(document, value);
    }
    template <class T>
    static std::string_view write(const T& value) {
        static buffer_type output;
        static writer_type writer;
        output.Clear();
        writer.Reset(output);
        write_value(writer, value);
        return {output.GetString(), output.GetSize()};
    }
};

} // namespace

library rapidjson_dom_library() { return library_of<dom>("RapidJSON in-situ DOM"); }

} // namespace bench

#endif
