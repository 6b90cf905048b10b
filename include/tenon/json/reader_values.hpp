#ifndef TENON_JSON_READER_VALUES_HPP
#define TENON_JSON_READER_VALUES_HPP

// How json/reader.hpp reads what is no container: words, numbers, strings. The short and plain forms that
// nearly all values have come first and look for nothing else; whatever they do not recognise is read again by
// a function that knows all of the grammar and says what is wrong.

#include <tenon/json/reader.hpp>

#include <new>

namespace tenon {

inline json_kind json_reader::peek() noexcept {
    at_ = behind_space(at_);
    return at_ == end_ ? json_kind::none : detail::kind_of(*at_);
}

inline const char* json_reader::word_at(const char* at, std::string_view word, std::string_view expected) {
    at = behind_space(at);
    if (at == end_ || *at != word[0]) return mismatch(expected, at), nullptr;
    if (static_cast<std::size_t>(end_ - at) < word.size() || std::memcmp(at, word.data(), word.size()) != 0)
        return syntax("not a JSON value", at);
    return at + word.size();
}

inline const char* json_reader::bool_at(const char* at, bool& value) {
    at = behind_space(at);
    value = at != end_ && *at == 't';
    if (end_ - at >= 5) {
        if (value && std::memcmp(at, "true", 4) == 0) return at + 4;
        if (!value && std::memcmp(at, "false", 5) == 0) return at + 5;
    }
    return value ? word_at(at, "true", "boolean") : word_at(at, "false", "boolean");
}

// --- numbers ---

inline const char* json_reader::int64_at(const char* at, std::int64_t& value) {
    at = behind_space(at);
    const char* end = detail::read_short_integer(at, end_, value);
    return end != nullptr ? end : any_int64_at(at, value);
}

inline const char* json_reader::double_at(const char* at, double& value) {
    at = behind_space(at);
    const char* end = detail::read_short_number(at, end_, value);
    return end != nullptr ? end : any_double_at(at, value);
}

inline const char* json_reader::integer_at(const char* at, detail::number_text& number) {
    if (at == end_ || detail::kind_of(*at) != json_kind::number) return mismatch("integer", at), nullptr;
    number = detail::scan_number(at, end_);
    if (number.end == nullptr) return syntax("not a JSON number", at);
    if (!number.integral) return refuse("expected integer, got fraction", at), nullptr;
    return number.end;
}

inline const char* json_reader::any_int64_at(const char* at, std::int64_t& value) {
    detail::number_text number;
    if (integer_at(at, number) == nullptr) return nullptr;
    const std::uint64_t limit = (std::uint64_t{1} << 63) - (number.negative ? 0 : 1);
    if (!number.exact || number.digits > limit) return refuse("integer out of range", at), nullptr;
    value = static_cast<std::int64_t>(number.negative ? 0 - number.digits : number.digits);
    return number.end;
}

inline const char* json_reader::uint64_at(const char* at, std::uint64_t& value) {
    at = behind_space(at);
    detail::number_text number;
    if (integer_at(at, number) == nullptr) return nullptr;
    if (!number.exact || (number.negative && number.digits != 0))
        return refuse("integer out of range", at), nullptr;
    value = number.digits;
    return number.end;
}

inline const char* json_reader::any_double_at(const char* at, double& value) {
    if (at == end_ || detail::kind_of(*at) != json_kind::number) return mismatch("number", at), nullptr;
    const detail::number_text number = detail::scan_number(at, end_);
    if (number.end == nullptr) return syntax("not a JSON number", at);
    if (!detail::double_from(number, at, value)) return syntax("number beyond the range of a double", at);
    return number.end;
}

/// From a number to behind it, checked and not computed.
inline const char* json_reader::number_end(const char* at) {
    std::int64_t ignored;
    if (const char* end = detail::read_short_integer(at, end_, ignored)) return end;
    const detail::number_text number = detail::scan_number(at, end_);
    if (number.end == nullptr) return syntax("not a JSON number", at);
    if (!detail::within_double(number, at)) return syntax("number beyond the range of a double", at);
    return number.end;
}

// --- strings ---

namespace detail {

/// Every implementation keeps strings of 15 bytes inside the string itself, where no memory is asked for.
inline constexpr std::size_t inner_string = 15;

/// Makes `value` the `size` bytes at `from`, at most `inner_string`, of which that many are readable. assign() is
/// a call into the library, which calls memmove; this is two moves of eight bytes.
inline void assign_short(std::string& value, const char* from, std::size_t size) {
    using std::string;
    value.~string();
    ::new (&value) string(from, inner_string);
    value.erase(size);
}

inline void assign_long(std::string& value, const char* from, std::size_t size) {
    if (size > value.capacity()) {
        value = std::string(from, size); // cheaper than growing the old one
    } else {
        value.clear();
        value.append(from, size);
    }
}

} // namespace detail

inline const char* json_reader::string_at(const char* at, std::string& value) {
    if (at == end_ || *at != '"') {
        at = behind_space(at);
        if (at == end_ || *at != '"') return mismatch("string", at), nullptr;
    }
    const char* start = at + 1;
    if (detail::scan_step > detail::inner_string &&
        static_cast<std::size_t>(end_ - start) >= detail::scan_step) {
        const detail::byte_set unplain = detail::unplain_bytes(start);
        if (unplain != 0) {
            const std::size_t size = detail::first_of(unplain);
            if (start[size] == '"') return detail::assign_short(value, start, size), start + size + 1;
        }
    }
    return long_string_at(at, value);
}

inline const char* json_reader::long_string_at(const char* at, std::string& value) {
    bool escaped = false;
    const char* end = string_end(at, escaped);
    if (end == nullptr) return nullptr;
    const std::string_view raw(at + 1, static_cast<std::size_t>(end - at) - 2);
    if (escaped) detail::unescape(raw, value);
    else detail::assign_long(value, raw.data(), raw.size());
    return end;
}

inline const char* json_reader::text_at(const char* at, std::string_view& value, std::string& scratch) {
    at = behind_space(at);
    if (at == end_ || *at != '"') return mismatch("string", at), nullptr;
    bool escaped = false;
    const char* end = string_end(at, escaped);
    if (end == nullptr) return nullptr;
    value = {at + 1, static_cast<std::size_t>(end - at) - 2};
    if (escaped) {
        detail::unescape(value, scratch);
        value = scratch;
    }
    return end;
}

// Names, and most values, end within one step.
inline const char* json_reader::string_end(const char* at, bool& escaped) {
    if (static_cast<std::size_t>(end_ - at) > detail::scan_step) {
        const detail::byte_set unplain = detail::unplain_bytes(at + 1);
        if (unplain != 0) {
            const char* last = at + 1 + detail::first_of(unplain);
            if (*last == '"') return last + 1;
        }
    }
    return long_string_end(at, escaped);
}

inline const char* json_reader::long_string_end(const char* at, bool& escaped) {
    const char* start = at++;
    for (;;) {
        at = detail::skip_plain(begin_, at, end_);
        if (at == end_) return syntax("string without an end", start);
        const auto byte = static_cast<unsigned char>(*at);
        if (byte == '"') return at + 1;
        if (byte == '\\') {
            escaped = true;
            if (const char* wrong = detail::check_escape(at, end_)) return syntax(wrong, at);
        } else if (byte >= 0x80) {
            // Where one such character is, the next is likely one as well.
            do {
                const std::size_t length = detail::utf8_sequence(at, end_);
                if (length == 0) return syntax("invalid UTF-8", at);
                at += length;
            } while (at != end_ && static_cast<unsigned char>(*at) >= 0x80);
        } else {
            return syntax("control character in a string", at);
        }
    }
}

} // namespace tenon

#endif
