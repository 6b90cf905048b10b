#ifndef TENON_RULES_JSON_TEXT_HPP
#define TENON_RULES_JSON_TEXT_HPP

// JSON that a record keeps as text. It is not looked into, and is written as it stands, but on one line. The code that
// fills it in knows that it is JSON. An empty text is written as null.

#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace tenon {

struct json_text : std::string {
    using std::string::string;
    using std::string::operator=;
    json_text(std::string text) : std::string(std::move(text)) {}
};

namespace detail {

/// JSON may stand on any number of lines. Within a string there are no such bytes.
inline std::string on_one_line(std::string text) {
    for (char& byte : text)
        if (byte == '\n' || byte == '\r') byte = ' ';
    return text;
}

} // namespace detail

template <>
struct json_codec<json_text> {
    static bool read(json_reader& in, json_text& value) {
        std::string_view slice;
        if (!in.read_slice(slice)) return false;
        value.assign(slice);
        return true;
    }
    static void write(json_writer& out, const json_text& value) {
        if (value.empty()) out.null();
        else if (value.find_first_of("\r\n") == value.npos) out.raw(value);
        else out.raw(detail::on_one_line(value));
    }
};

} // namespace tenon

#endif
