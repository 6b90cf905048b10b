#include "codec.hpp"

#if __has_include(<simdjson.h>)

#include <simdjson.h>

// On-demand, with one parser that is kept and a padded text, as its documentation asks for. Three ways to get
// at the members: by name in any order (what its documentation starts with), by name when the order is known
// (`find_field`, its fastest), and by walking over the fields.

namespace bench {

namespace {

namespace ondemand = simdjson::ondemand;

enum class access { any_order, known_order, walk };

template <access how>
struct reader {
    static bool read(ondemand::value from, std::int64_t& to) { return from.get_int64().get(to) == 0; }
    static bool read(ondemand::value from, double& to) { return from.get_double().get(to) == 0; }
    static bool read(ondemand::value from, bool& to) { return from.get_bool().get(to) == 0; }
    static bool read(ondemand::value from, std::int32_t& to) {
        std::int64_t wide;
        if (from.get_int64().get(wide) != 0 || wide < INT32_MIN || wide > INT32_MAX) return false;
        to = static_cast<std::int32_t>(wide);
        return true;
    }
    static bool read(ondemand::value from, std::string& to) {
        std::string_view text;
        if (from.get_string().get(text) != 0) return false;
        to.assign(text);
        return true;
    }
    template <class T>
    static bool read(ondemand::value from, std::optional<T>& to) {
        return from.is_null() || read(from, to.emplace());
    }
    template <class T>
    static bool read(ondemand::value from, std::vector<T>& to) {
        ondemand::array elements;
        if (from.get_array().get(elements) != 0) return false;
        for (auto element : elements) {
            ondemand::value value;
            if (element.get(value) != 0 || !read(value, to.emplace_back())) return false;
        }
        return true;
    }
    template <class T>
        requires is_struct<T>
    static bool read(ondemand::value from, T& to) {
        ondemand::object members;
        return from.get_object().get(members) == 0 && read(members, to);
    }

    template <class T>
    static bool read(ondemand::object from, T& to) {
        if constexpr (how == access::walk) return walk(from, to);
        bool good = true;
        visit_members(to, [&](const char* name, auto& member) {
            if (!good) return;
            constexpr bool optional = is_optional<std::remove_cvref_t<decltype(member)>>;
            ondemand::value value;
            // Looking for an absent member in order runs to the end of the object and cannot come back.
            const auto error = how == access::known_order && !optional
                                   ? from.find_field(name).get(value)
                                   : from.find_field_unordered(name).get(value);
            if (error == 0) good = read(value, member);
            else good = optional && error == simdjson::NO_SUCH_FIELD;
        });
        return good;
    }
    template <class T>
    static bool walk(ondemand::object from, T& to) {
        for (auto next : from) {
            ondemand::field field;
            if (std::move(next).get(field) != 0) return false;
            const ondemand::raw_json_string key = field.key();
            bool good = true, found = false;
            visit_members(to, [&](const char* name, auto& member) {
                if (found || !key.unsafe_is_equal(name)) return;
                found = true;
                good = read(field.value(), member);
            });
            if (!good) return false;
        }
        return true;
    }

    template <class T>
    static bool parse(std::string_view text, T& value) {
        static ondemand::parser parser;
        ondemand::document document;
        ondemand::object members;
        return parser.iterate(simdjson::padded_string_view(text, text.size() + padding)).get(document) == 0 &&
               document.get_object().get(members) == 0 && read(members, value);
    }
};

} // namespace

static_assert(padding >= simdjson::SIMDJSON_PADDING);

library simdjson_library() { return library_of<reader<access::any_order>>("simdjson ondemand, by name"); }
library simdjson_ordered_library() {
    return library_of<reader<access::known_order>>("simdjson ondemand, find_field");
}
library simdjson_walking_library() { return library_of<reader<access::walk>>("simdjson ondemand, walking"); }

} // namespace bench

#endif
