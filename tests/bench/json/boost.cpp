#include "codec.hpp"

#if __has_include(<boost/json/src.hpp>)

#include <boost/json/src.hpp>

// A parser over a static buffer and a monotonic resource over another, both kept; conversion by hand, which
// is quicker than value_to; a serializer that is kept.

namespace bench {

namespace {

namespace json = boost::json;

bool read(const json::value& from, std::int64_t& to) {
    if (const auto* found = from.if_int64()) return to = *found, true;
    return false;
}
bool read(const json::value& from, std::int32_t& to) {
    const auto* found = from.if_int64();
    if (found == nullptr || *found < INT32_MIN || *found > INT32_MAX) return false;
    to = static_cast<std::int32_t>(*found);
    return true;
}
bool read(const json::value& from, double& to) {
    if (const auto* found = from.if_double()) return to = *found, true;
    if (const auto* found = from.if_int64()) return to = static_cast<double>(*found), true;
    return false;
}
bool read(const json::value& from, bool& to) {
    if (const auto* found = from.if_bool()) return to = *found, true;
    return false;
}
bool read(const json::value& from, std::string& to) {
    if (const auto* found = from.if_string()) return to.assign(found->data(), found->size()), true;
    return false;
}
template <class T>
bool read(const json::value& from, std::optional<T>& to);
template <class T>
bool read(const json::value& from, std::vector<T>& to);
template <class T>
    requires is_struct<T>
bool read(const json::value& from, T& to);

template <class T>
bool read(const json::value& from, std::optional<T>& to) {
    return from.is_null() || read(from, to.emplace());
}
template <class T>
bool read(const json::value& from, std::vector<T>& to) {
    const auto* elements = from.if_array();
    if (elements == nullptr) return false;
    to.reserve(elements->size());
    for (const auto& element : *elements)
        if (!read(element, to.emplace_back())) return false;
    return true;
}
template <class T>
    requires is_struct<T>
bool read(const json::value& from, T& to) {
    const auto* members = from.if_object();
    if (members == nullptr) return false;
    bool good = true;
    visit_members(to, [&](const char* name, auto& member) {
        const auto* found = members->if_contains(name);
        if (found == nullptr) good = good && is_optional<std::remove_cvref_t<decltype(member)>>;
        else good = good && read(*found, member);
    });
    return good;
}

template <class T>
json::value value_of(const T& from, const json::storage_ptr& memory) {
    if constexpr (is_vector<T>) {
        json::array made(memory);
        made.reserve(from.size());
        for (const auto& element : from) made.push_back(value_of(element, memory));
        return made;
    } else if constexpr (std::is_same_v<T, std::string>) {
        return json::value(from, memory);
    } else if constexpr (is_struct<T>) {
        json::object made(memory);
        made.reserve(16);
        visit_members(from, [&](const char* name, const auto& member) {
            if constexpr (is_optional<std::remove_cvref_t<decltype(member)>>) {
                if (member.has_value()) made.emplace(name, value_of(*member, memory));
            } else {
                made.emplace(name, value_of(member, memory));
            }
        });
        return made;
    } else {
        return json::value(from, memory);
    }
}

constexpr std::size_t memory_size = 1 << 20;

struct dom {
    template <class T>
    static bool parse(std::string_view text, T& value) {
        static unsigned char scratch[16384];
        static unsigned char memory[memory_size];
        static json::parser parser(json::storage_ptr(), json::parse_options(), scratch);
        json::monotonic_resource resource(memory);
        parser.reset(&resource);
        json::error_code error;
        parser.write(text.data(), text.size(), error);
        return !error && read(parser.release(), value);
    }
    template <class T>
    static std::string_view write(const T& value) {
        static unsigned char memory[memory_size];
        static char output[memory_size];
        static json::serializer serializer;
        json::monotonic_resource resource(memory);
        const json::value tree = value_of(value, &resource);
        serializer.reset(&tree);
        const auto text = serializer.read(output);
        return {text.data(), text.size()};
    }
};

} // namespace

library boost_library() { return library_of<dom>("Boost.JSON"); }

} // namespace bench

#endif
