#ifndef TENON_JSON_READER_INLINE_HPP
#define TENON_JSON_READER_INLINE_HPP

// The bodies of json/reader.hpp: values first, then containers, then skipping, then the words of a fault.

#include <tenon/json/reader.hpp>

namespace tenon {

namespace detail {

inline json_kind kind_of(char first) noexcept {
    switch (first) {
    case '{': return json_kind::object;
    case '[': return json_kind::array;
    case '"': return json_kind::string;
    case 't':
    case 'f': return json_kind::boolean;
    case 'n': return json_kind::null;
    default: return first == '-' || is_digit(first) ? json_kind::number : json_kind::none;
    }
}

inline std::string_view name_of(json_kind kind) noexcept {
    switch (kind) {
    case json_kind::null: return "null";
    case json_kind::boolean: return "boolean";
    case json_kind::number: return "number";
    case json_kind::string: return "string";
    case json_kind::array: return "array";
    case json_kind::object: return "object";
    case json_kind::none: break;
    }
    return "nothing";
}

/// The value of four hexadecimal digits, or -1.
inline int hex4(const char* at, const char* end) noexcept {
    if (end - at < 4) return -1;
    int value = 0;
    for (int index = 0; index < 4; ++index) {
        const char digit = at[index];
        const char lower = static_cast<char>(digit | 0x20);
        if (is_digit(digit)) value = value * 16 + (digit - '0');
        else if (lower >= 'a' && lower <= 'f') value = value * 16 + (lower - 'a' + 10);
        else return -1;
    }
    return value;
}

inline char* write_utf8(char* to, unsigned code) noexcept {
    const auto tail = [&](unsigned shift) { return static_cast<char>(0x80u | ((code >> shift) & 0x3Fu)); };
    if (code < 0x80) {
        *to++ = static_cast<char>(code);
    } else if (code < 0x800) {
        *to++ = static_cast<char>(0xC0u | (code >> 6));
        *to++ = tail(0);
    } else if (code < 0x10000) {
        *to++ = static_cast<char>(0xE0u | (code >> 12));
        *to++ = tail(6);
        *to++ = tail(0);
    } else {
        *to++ = static_cast<char>(0xF0u | (code >> 18));
        *to++ = tail(12);
        *to++ = tail(6);
        *to++ = tail(0);
    }
    return to;
}

} // namespace detail

inline json_kind json_reader::peek() noexcept {
    skip_space();
    return at_ == end_ ? json_kind::none : detail::kind_of(*at_);
}

inline bool json_reader::take_word(std::string_view word, std::string_view expected) {
    skip_space();
    if (at_ == end_ || *at_ != word[0]) return mismatch(expected, at_);
    if (static_cast<std::size_t>(end_ - at_) < word.size() ||
        std::memcmp(at_, word.data(), word.size()) != 0)
        return syntax("not a JSON value", at_);
    at_ += word.size();
    return true;
}

inline bool json_reader::read_null() { return take_word("null", "null"); }

inline bool json_reader::read_bool(bool& value) {
    skip_space();
    value = at_ != end_ && *at_ == 't';
    return value ? take_word("true", "boolean") : take_word("false", "boolean");
}

inline bool json_reader::scan_integer(detail::number_text& number, const char*& start,
                                      std::string_view expected) {
    start = value_start();
    if (at_ == end_ || detail::kind_of(*at_) != json_kind::number) return mismatch(expected, at_);
    number = detail::scan_number(at_, end_);
    if (number.end == nullptr) return syntax("not a JSON number", at_);
    if (!number.integral) return refuse("expected integer, got fraction", at_);
    at_ = number.end;
    return true;
}

inline bool json_reader::read_int64(std::int64_t& value) {
    detail::number_text number;
    const char* start;
    if (!scan_integer(number, start, "integer")) return false;
    const std::uint64_t limit = (std::uint64_t{1} << 63) - (number.negative ? 0 : 1);
    if (!number.exact || number.digits > limit) return refuse("integer out of range", start);
    value = static_cast<std::int64_t>(number.negative ? 0 - number.digits : number.digits);
    return true;
}

inline bool json_reader::read_uint64(std::uint64_t& value) {
    detail::number_text number;
    const char* start;
    if (!scan_integer(number, start, "integer")) return false;
    if (!number.exact || (number.negative && number.digits != 0))
        return refuse("integer out of range", start);
    value = number.digits;
    return true;
}

inline bool json_reader::read_double(double& value) {
    const char* start = value_start();
    if (at_ == end_ || detail::kind_of(*at_) != json_kind::number) return mismatch("number", at_);
    const detail::number_text number = detail::scan_number(at_, end_);
    if (number.end == nullptr) return syntax("not a JSON number", at_);
    if (!detail::double_from(number, start, value)) return syntax("number beyond the range of a double", at_);
    at_ = number.end;
    return true;
}

inline bool json_reader::scan_string(std::string_view& raw, bool& escaped) {
    // at_ stands on the opening quote.
    const char* start = ++at_;
    const char* at = start;
    escaped = false;
    for (;;) {
        at = detail::skip_plain(at, end_);
        if (at == end_) return syntax("string without an end", start - 1);
        const auto byte = static_cast<unsigned char>(*at);
        if (byte == '"') {
            raw = {start, static_cast<std::size_t>(at - start)};
            at_ = at + 1;
            return true;
        }
        if (byte == '\\') {
            escaped = true;
            if (!scan_escape(at)) return false;
        } else if (byte >= 0x80) {
            const std::size_t length = detail::utf8_sequence(at, end_);
            if (length == 0) return syntax("invalid UTF-8", at);
            at += length;
        } else {
            return syntax("control character in a string", at);
        }
    }
}

inline bool json_reader::scan_escape(const char*& at) {
    const char* start = at++;
    if (at == end_) return syntax("string without an end", start);
    switch (*at++) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return true;
    case 'u': break;
    default: return syntax("unknown escape in a string", start);
    }
    const int code = detail::hex4(at, end_);
    if (code < 0) return syntax("\\u without four hexadecimal digits", start);
    at += 4;
    if (code < 0xD800 || code > 0xDFFF) return true;
    // A high surrogate must be followed by a low one, and a low one may not stand alone.
    if (code < 0xDC00 && end_ - at >= 6 && at[0] == '\\' && at[1] == 'u') {
        const int low = detail::hex4(at + 2, end_);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            at += 6;
            return true;
        }
    }
    return syntax("surrogate without its partner", start);
}

// `raw` has been checked by scan_string.
inline void json_reader::unescape(std::string_view raw, std::string& value) {
    value.clear();
    value.reserve(raw.size()); // an escape is never shorter than what it stands for
    const char* at = raw.data();
    const char* end = at + raw.size();
    while (at != end) {
        const auto* escape = static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(end - at)));
        const char* const plain_end = escape == nullptr ? end : escape;
        value.append(at, static_cast<std::size_t>(plain_end - at));
        at = plain_end;
        if (escape == nullptr) break;
        at += 2;
        char character[4];
        std::size_t length = 1;
        switch (escape[1]) {
        case 'b': character[0] = '\b'; break;
        case 'f': character[0] = '\f'; break;
        case 'n': character[0] = '\n'; break;
        case 'r': character[0] = '\r'; break;
        case 't': character[0] = '\t'; break;
        case 'u': {
            auto code = static_cast<unsigned>(detail::hex4(at, end));
            at += 4;
            if (code >= 0xD800 && code <= 0xDFFF) {
                const auto low = static_cast<unsigned>(detail::hex4(at + 2, end));
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                at += 6;
            }
            length = static_cast<std::size_t>(detail::write_utf8(character, code) - character);
            break;
        }
        default: character[0] = escape[1]; break;
        }
        value.append(character, length);
    }
}

inline bool json_reader::read_text(std::string_view& value, std::string& scratch) {
    skip_space();
    if (at_ == end_ || *at_ != '"') return mismatch("string", at_);
    bool escaped;
    if (!scan_string(value, escaped)) return false;
    if (escaped) {
        unescape(value, scratch);
        value = scratch;
    }
    return true;
}

inline bool json_reader::read_string(std::string& value) {
    skip_space();
    if (at_ == end_ || *at_ != '"') return mismatch("string", at_);
    std::string_view raw;
    bool escaped;
    if (!scan_string(raw, escaped)) return false;
    if (escaped) unescape(raw, value);
    else value.assign(raw.data(), raw.size());
    return true;
}

inline bool json_reader::enter(char open, std::string_view expected) {
    skip_space();
    if (at_ == end_ || *at_ != open) return mismatch(expected, at_);
    if (depth_ == max_json_depth) return syntax("nested too deep", at_);
    ++at_;
    ++depth_;
    fresh_ = true;
    return true;
}

// Stands the reader on the next item of a container, or leaves it.
inline bool json_reader::next(char close, std::string_view expected) {
    if (failed()) return false;
    skip_space();
    if (at_ == end_) return syntax(expected, at_);
    if (fresh_) {
        fresh_ = false;
        if (*at_ == close) return leave();
        return true;
    }
    if (*at_ == close) return leave();
    if (*at_ != ',') return syntax(expected, at_);
    ++at_;
    skip_space();
    return true;
}

inline bool json_reader::next_element() { return next(']', "expected ',' or ']'"); }

inline bool json_reader::next_member(std::string_view& key) {
    if (!next('}', "expected ',' or '}'")) return false;
    if (at_ == end_ || *at_ != '"') return syntax("expected a member's name", at_);
    bool escaped;
    if (!scan_string(key, escaped)) return false;
    if (escaped) {
        unescape(key, key_);
        key = key_;
    }
    return take_colon();
}

inline bool json_reader::skip_members() {
    std::string_view name;
    while (next_member(name))
        if (!skip_value()) return in_member(name);
    return !failed();
}

inline bool json_reader::take_spaced_colon() {
    skip_space();
    if (at_ == end_ || *at_ != ':') return syntax("expected ':'", at_);
    ++at_;
    return true;
}

inline bool json_reader::read_slice(std::string_view& value) {
    const char* start = value_start();
    if (!skip_value()) return false;
    value = {start, static_cast<std::size_t>(at_ - start)};
    return true;
}

// One loop over a value of any depth. Bit n of `objects` says whether level n is an object or an array.
inline bool json_reader::skip_value() {
    std::uint64_t objects = 0;
    unsigned level = 0;
    std::string_view ignored;
    bool escaped;
    for (;;) {
        skip_space();
        if (at_ == end_) return syntax("expected a value", at_);
        bool opened = false;
        switch (detail::kind_of(*at_)) {
        case json_kind::object:
        case json_kind::array:
            if (depth_ + level == max_json_depth) return syntax("nested too deep", at_);
            objects = objects << 1 | (*at_ == '{' ? 1u : 0u);
            ++level;
            ++at_;
            opened = true;
            break;
        case json_kind::string:
            if (!scan_string(ignored, escaped)) return false;
            break;
        case json_kind::number: {
            const detail::number_text number = detail::scan_number(at_, end_);
            if (number.end == nullptr) return syntax("not a JSON number", at_);
            if (!detail::within_double(number, at_)) return syntax("number beyond the range of a double", at_);
            at_ = number.end;
            break;
        }
        case json_kind::boolean:
            if (*at_ == 't' ? !take_bytes<4>("true") : !take_bytes<5>("false"))
                return syntax("not a JSON value", at_);
            break;
        case json_kind::null:
            if (!take_bytes<4>("null")) return syntax("not a JSON value", at_);
            break;
        case json_kind::none: return syntax("not a JSON value", at_);
        }
        // Behind a value, or inside a container just opened: close what ends here, stop before the next value.
        for (;;) {
            if (level == 0) return true;
            const bool object = (objects & 1) != 0;
            skip_space();
            if (at_ == end_) return syntax(object ? "expected ',' or '}'" : "expected ',' or ']'", at_);
            if (*at_ == (object ? '}' : ']')) {
                ++at_;
                objects >>= 1;
                --level;
                opened = false;
                continue;
            }
            if (!opened) {
                if (*at_ != ',') return syntax(object ? "expected ',' or '}'" : "expected ',' or ']'", at_);
                ++at_;
                skip_space();
            }
            if (object) {
                if (at_ == end_ || *at_ != '"') return syntax("expected a member's name", at_);
                if (!scan_string(ignored, escaped) || !take_colon()) return false;
            }
            break;
        }
    }
}

inline bool json_reader::finish() {
    if (failed()) return false;
    skip_space();
    return at_ == end_ || syntax("text behind the value", at_);
}

inline bool json_reader::retry_from(mark place) {
    if (malformed_) return false; // no type reads what is no JSON
    // Not up to failed_at_: a missing member is found at the end of an object and reported at its start.
    retried_ += static_cast<std::size_t>((failed() ? reached_ : at_) - place.at);
    at_ = place.at;
    depth_ = place.depth;
    stored_ = place.stored;
    fresh_ = false;
    failed_at_ = nullptr;
    path_.clear();
    return retried_ / 16 <= static_cast<std::size_t>(end_ - begin_) || refuse("too ambiguous");
}

inline bool json_reader::refuse(std::string_view sentence, const char* at) {
    if (failed()) return false;
    failed_at_ = at;
    sentence_ = detail::join({sentence});
    reached_ = at_;
    at_ = end_; // a codec that overlooks the failure finds nothing more to read
    return false;
}

inline bool json_reader::syntax(std::string_view sentence, const char* at) {
    if (!failed()) malformed_ = true;
    return refuse(sentence, at);
}

inline bool json_reader::mismatch(std::string_view expected, const char* at) {
    if (failed()) return false;
    const json_kind kind = at == end_ ? json_kind::none : detail::kind_of(*at);
    if (kind == json_kind::none) return syntax(at == end_ ? "expected a value" : "not a JSON value", at);
    return refuse(detail::join({"expected ", expected, ", got ", detail::name_of(kind)}), at);
}

/// Keys are the peer's words: no more of one is repeated in a fault.
inline constexpr std::size_t longest_name = 64;

inline bool json_reader::in_member(std::string_view name) {
    std::size_t length = name.size();
    if (length > longest_name) // cut between characters
        for (length = longest_name; length > 0 && (name[length] & 0xC0) == 0x80;) --length;
    path_ = detail::join({".", {name.data(), length}, path_});
    return false;
}

inline bool json_reader::in_element(std::size_t index) {
    path_ = detail::join({"[", detail::digits(index), "]", path_});
    return false;
}

inline fault json_reader::error() const {
    TENON_ASSERT(failed());
    // Where there is no root the path starts with a name, not with the dot before it.
    const std::size_t dot = origin_.root.empty() && !path_.empty() && path_[0] == '.' ? 1 : 0;
    const std::string_view path(path_.data() + dot, path_.size() - dot);
    const bool placed = !origin_.root.empty() || !path.empty();
    std::string message = detail::join({origin_.root, path, placed ? ": " : "", sentence_, " at byte ",
                                        detail::digits(offset_of(failed_at_))});
    return {malformed_ ? codes::parse_error : codes::invalid_params, std::move(message)};
}

} // namespace tenon

#endif
