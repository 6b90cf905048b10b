#include "codec.hpp"

#if __has_include(<nlohmann/json.hpp>)

#include <nlohmann/json.hpp>

// from_json and to_json found by argument-dependent lookup, as its documentation shows.

namespace bench {

template <class T>
    requires is_struct<T>
void from_json(const nlohmann::json& from, T& to) {
    visit_members(to, [&](const char* name, auto& member) {
        if constexpr (is_optional<std::remove_cvref_t<decltype(member)>>) {
            const auto found = from.find(name);
            if (found != from.end()) found->get_to(member.emplace());
        } else {
            from.at(name).get_to(member);
        }
    });
}

template <class T>
    requires is_struct<T>
void to_json(nlohmann::json& to, const T& from) {
    visit_members(from, [&](const char* name, const auto& member) {
        if constexpr (is_optional<std::remove_cvref_t<decltype(member)>>) {
            if (member.has_value()) to[name] = *member;
        } else {
            to[name] = member;
        }
    });
}

namespace {

struct dom {
    template <class T>
    static bool parse(std::string_view text, T& value) {
        nlohmann::json::parse(text).get_to(value);
        return true;
    }
    template <class T>
    static std::string_view write(const T& value) {
        static std::string output;
        output = nlohmann::json(value).dump();
        return output;
    }
};

} // namespace

library nlohmann_library() { return library_of<dom>("nlohmann/json"); }

} // namespace bench

#endif
