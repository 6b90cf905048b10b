#include "codec.hpp"

#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>

namespace bench {

namespace {

tenon::byte_buffer output;

// As the rest of the SDK does it: decoded into a result, encoded into a buffer that is kept.
template <class T>
codec<T> typed() {
    codec<T> made;
    made.parse = [](std::string_view text) { return tenon::from_json<T>(text).has_value(); };
    made.parse_value = [](std::string_view text) { return tenon::from_json<T>(text).value_or(T()); };
    made.write = [](const T& value) {
        output.clear();
        tenon::json_writer out(output);
        tenon::detail::encode(out, value);
        return output.view();
    };
    return made;
}

} // namespace

library tenon_library() {
    return {"tenon", typed<chat_event>(), typed<room_message>(), typed<record_page>()};
}

} // namespace bench
