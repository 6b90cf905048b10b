#ifndef TENON_TESTS_JSON_OUTCOME_HPP
#define TENON_TESTS_JSON_OUTCOME_HPP

// Reading a text as a type, told in one line: what it is written as again, or the fault. Tables of texts beside
// their outcomes need nothing else.

#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>

#include <string>
#include <string_view>

namespace json_tests {

/// `-32602 name: expected string, got number at byte 8`
inline std::string told(const tenon::fault& fault) {
    return std::to_string(fault.code) + " " + fault.message;
}

template <class T>
std::string outcome(std::string_view text, tenon::json_origin origin = {}) {
    const tenon::result<T> value = tenon::from_json<T>(text, origin);
    return value ? tenon::to_json(*value) : told(value.error());
}

/// Whether a text is JSON at all, judged by the reader that keeps nothing.
inline bool is_json(std::string_view text) {
    tenon::json_reader in(text);
    return in.skip_value() && in.finish();
}

/// The text repeated.
inline std::string times(std::size_t count, std::string_view text) {
    std::string all;
    for (std::size_t index = 0; index < count; ++index) all += text;
    return all;
}

struct row {
    std::string_view text;
    std::string_view outcome;
};

} // namespace json_tests

#endif
