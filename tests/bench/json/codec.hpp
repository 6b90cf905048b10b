#ifndef TENON_TESTS_BENCH_CODEC_HPP
#define TENON_TESTS_BENCH_CODEC_HPP

// How the benchmark sees a JSON library: two functions a message type. Each library has a source file of its
// own, so that none is compiled with another's templates around it.

#include "messages.hpp"

#include <string_view>
#include <utility>

namespace bench {

/// Bytes behind every text that may be read, not written: simdjson demands them. The others do not know.
inline constexpr std::size_t padding = 64;

template <class T>
struct codec {
    /// Reads into a fresh value and destroys it; what is returned only keeps the work from being optimised away.
    bool (*parse)(std::string_view text) = nullptr;
    /// The same for keeps, to compare results once before anything is timed.
    T (*parse_value)(std::string_view text) = nullptr;
    /// The text is valid until the next call. Null for a library that cannot write.
    std::string_view (*write)(const T& value) = nullptr;
};

struct library {
    const char* name;
    codec<chat_event> small;
    codec<room_message> middle;
    codec<record_page> large;
};

/// `Library::parse(text, value)` and `Library::write(value)` as a codec.
template <class Library, class T>
codec<T> codec_of() {
    codec<T> made;
    made.parse = [](std::string_view text) {
        T value;
        return Library::parse(text, value);
    };
    made.parse_value = [](std::string_view text) {
        T value;
        if (!Library::parse(text, value)) value = T();
        return value;
    };
    if constexpr (requires(const T& value) { Library::write(value); })
        made.write = [](const T& value) -> std::string_view { return Library::write(value); };
    return made;
}

template <class Library>
library library_of(const char* name) {
    return {name, codec_of<Library, chat_event>(), codec_of<Library, room_message>(),
            codec_of<Library, record_page>()};
}

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

library tenon_library();
library simdjson_library();
library simdjson_ordered_library();
library simdjson_walking_library();
library rapidjson_sax_library();
library rapidjson_dom_library();
library boost_library();
library nlohmann_library();

} // namespace bench

#endif
