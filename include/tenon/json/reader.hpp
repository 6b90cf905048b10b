#ifndef TENON_JSON_READER_HPP
#define TENON_JSON_READER_HPP

// A strict RFC 8259 reader that walks over bytes and puts values where the caller wants them. It builds no
// tree, allocates only what the target needs, and never recurses by itself.
//
// Every read returns false on failure; the first failure is kept and error() puts it into words: where in the
// value, what was expected, what came, at which byte. After a failure nothing can be read.
//
//     json_reader in(text);
//     std::string_view key;
//     if (!in.enter_object()) return in.error();
//     while (in.next_member(key)) { if (!in.read_string(name)) break; }
//     if (!in.finish()) return in.error();
//
// What is skipped is checked as strictly as what is read. A custom codec (json/describe.hpp) reads through the
// same verbs.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/scan.hpp>
#include <tenon/json/number.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

namespace tenon {

/// The kinds of JSON values, told by the first byte of one.
enum class json_kind { none, null, boolean, number, string, array, object };

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

} // namespace detail

/// Arrays and objects nested deeper are refused. 64: one bit a level fits a register, and no message of any
/// protocol that we know comes near it.
inline constexpr unsigned max_json_depth = 64;

/// Where a text stands within a larger one, for the words of a fault.
struct json_origin {
    std::string_view root = {}; // what the path starts with, e.g. "params"
    std::size_t offset = 0;     // the position of the text's first byte
};

class json_reader {
public:
    explicit json_reader(std::string_view text, json_origin origin = {}) noexcept
        : begin_(text.data() == nullptr
                     ? ""
                     : text.data()), // failed() tells by a pointer whether there is a fault
          at_(begin_), end_(begin_ + text.size()), origin_(origin) {}

    /// What comes next, judged by its first byte; `none` at the end or where no value can start.
    json_kind peek() noexcept;

    bool read_null() { return arrive(null_at(at_)); }
    bool read_bool(bool& value) { return arrive(bool_at(at_, value)); }
    bool read_string(std::string& value) { return arrive(string_at(at_, value)); }
    bool read_int64(std::int64_t& value) { return arrive(int64_at(at_, value)); }
    bool read_uint64(std::uint64_t& value) { return arrive(uint64_at(at_, value)); }
    bool read_double(double& value) { return arrive(double_at(at_, value)); }

    /// The text without its quotes where nothing in it is escaped, else its unescaped copy in `scratch`.
    bool read_text(std::string_view& value, std::string& scratch) {
        return arrive(text_at(at_, value, scratch));
    }

    bool skip_value() { return arrive(skip_at(at_)); }
    /// The value's own text, checked, as a slice of the input.
    bool read_slice(std::string_view& value) { return arrive(slice_at(at_, value)); }

    bool enter_object() { return arrive(enter_at(at_, '{', "object")); }
    bool enter_array() { return arrive(enter_at(at_, '[', "array")); }
    /// The next member's key; false at the end of the object, which is then left, and on failure. The key is
    /// valid until the next call.
    bool next_member(std::string_view& key);
    bool next_element();
    /// Skips the rest of an object's members.
    bool skip_members();

    /// Whether everything was read and nothing failed: only space may follow.
    bool finish();
    bool failed() const noexcept { return failed_at_ != nullptr; }
    [[gnu::cold]] fault error() const;
    /// Where that was, as offset_of() counts. Only after a failure.
    std::size_t failed_offset() const noexcept { return offset_of(failed_at_); }
    /// The same without the position, for people who do not see the text.
    [[gnu::cold]] std::string complaint() const;

    /// Asked about a member that its struct does not know, before its value is skipped; false where it refused it.
    using unknown_member = bool (*)(json_reader& in, std::string_view name, const std::string_view* known,
                                    std::size_t count);
    void ask_about_unknown(unknown_member asked) noexcept { asked_about_unknown_ = asked; }

    // Whatever refuses is marked as cold, which keeps it out of the loops: a tenth of their time.

    /// Refuses the value that starts at `at`, or the one that comes next. `expected` completes "expected ...".
    bool mismatch(std::string_view expected) { return mismatch(expected, value_start()); }
    [[gnu::cold]] bool mismatch(std::string_view expected, const char* at);
    /// Refuses it with a whole sentence ("missing", "duplicate member") instead.
    [[gnu::cold]] bool refuse(std::string_view sentence, const char* at);
    bool refuse(std::string_view sentence) { return refuse(sentence, at_); }
    /// Called on the way out of a failed read, innermost first: builds the path.
    [[gnu::cold]] bool in_member(std::string_view name);
    [[gnu::cold]] bool in_element(std::size_t index);

    const char* position() const noexcept { return at_; }
    std::size_t offset_of(const char* at) const noexcept {
        return origin_.offset + static_cast<std::size_t>(at - begin_);
    }
    const char* value_start() noexcept { return at_ = behind_space(at_); }

    // --- steps, for the typed decoder ---
    //
    // A step takes the position where it reads and returns the one behind what it read, null where it refused.
    // Where the next value starts is known when this one has been read: handed from step to step the position
    // stays in a register, and that alone makes short values a quarter cheaper than a position in memory.

    const char* null_at(const char* at) { return word_at(at, "null", "null"); }
    const char* bool_at(const char* at, bool& value);
    const char* string_at(const char* at, std::string& value);
    const char* int64_at(const char* at, std::int64_t& value);
    const char* uint64_at(const char* at, std::uint64_t& value);
    const char* double_at(const char* at, double& value);
    const char* text_at(const char* at, std::string_view& value, std::string& scratch);
    const char* skip_at(const char* at);
    const char* skip_unknown_at(const char* at, std::string_view name, const std::string_view* known,
                                std::size_t count) {
        if (asked_about_unknown_ == nullptr) return skip_at(at);
        return arrive(at), asked_about_unknown_(*this, name, known, count) ? skip_at(at) : nullptr;
    }
    const char* slice_at(const char* at, std::string_view& value);

    /// Where a walk through an object or array stands: at the next member or element if there is one, else behind
    /// the end; null where it failed. Small enough to be returned in registers.
    struct place {
        const char* at;
        bool more;
    };
    place open_object(const char* at) { return open_at(at, '{', '}', "object"); }
    place open_array(const char* at) { return open_at(at, '[', ']', "array"); }
    place after_member(const char* at) { return after_item(at, '}'); }
    place after_element(const char* at) { return after_item(at, ']'); }
    /// A member's name, unescaped, and the colon. The name is valid until the next one is read.
    const char* name_at(const char* at, std::string_view& name);
    /// Whether exactly this `,"name":` comes next, but for the comma.
    template <std::size_t Size>
    bool is_label_at(const char* at, const std::array<char, Size>& label) const noexcept {
        return static_cast<std::size_t>(end_ - at) >= Size - 1 &&
               detail::same_bytes<Size - 1>(at, label.data() + 1);
    }
    bool null_next(const char*& at) const noexcept {
        at = behind_space(at);
        return at != end_ && *at == 'n';
    }

    /// Refuses the value at `at`, of which everything before `end` has been read.
    [[gnu::cold]] const char* refuse_at(std::string_view sentence, const char* at, const char* end);
    const char* behind_space(const char* at) const noexcept {
        return at == end_ || static_cast<unsigned char>(*at) > ' ' ? at : behind_spaces(at);
    }

    /// From steps to verbs and on: false if the step refused.
    bool arrive(const char* at) noexcept {
        if (at == nullptr) return false;
        at_ = at;
        return true;
    }
    const char* depart(bool good) const noexcept { return good ? at_ : nullptr; }

    /// Whether one more element of `size` bytes may be stored: what is stored in total is kept within a
    /// multiple of the text, so that `[{},{},...]` does not become gigabytes of structs. The first MiB is free:
    /// a list of structs with many absent members is no attack.
    bool afford(std::size_t size, const char* at) {
        stored_ += size;
        return stored_ / 32 <= static_cast<std::size_t>(end_ - begin_) + 32768 ||
               refuse("too large in memory", at);
    }

    /// For how many elements of `size` bytes to make room when `count` of them stood between `begin` and `at`: as
    /// many as the rest of the text can hold at that rate and afford() will let pass, so that a long array is moved
    /// two or three times and not ten. A guess, so it is also kept within a multiple of what has come already, and
    /// only made for an array that is most of what has been read: for many short ones it would add up.
    std::size_t expected_count(std::size_t count, std::size_t size, const char* begin,
                               const char* at) noexcept {
        if (count == 0) {
            // Four to start with, while the room that may stay unused adds up to no more than the text.
            if (hoped_ + size * 4 > static_cast<std::size_t>(end_ - begin_) + 2048) return 1;
            hoped_ += size * 4;
            return 4;
        }
        if (at - begin < begin - begin_) return count * 2;
        const std::size_t text_size = static_cast<std::size_t>(at - begin) / count;
        const std::size_t left = static_cast<std::size_t>(end_ - at) / text_size;
        const std::size_t affordable =
            (static_cast<std::size_t>(end_ - begin_) + 32768 - stored_ / 32) / (size / 32 + 1);
        std::size_t more = left + left / 16 + 1;
        if (more > affordable) more = affordable;
        return count + (more < count * 15 ? more : count * 15);
    }

    /// Going back to try the value as another type. Each retry is paid from a budget that is a multiple of the
    /// input's length, so that nested alternatives cannot make a small text expensive.
    struct mark {
        const char* at;
        unsigned depth;
        std::size_t stored;
    };
    mark here() noexcept { return {value_start(), depth_, stored_}; }
    bool retry_from(mark start);

private:
    const char* behind_spaces(const char* at) const noexcept {
        while (at != end_ && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
        return at;
    }
    const char* word_at(const char* at, std::string_view word, std::string_view expected);
    [[gnu::cold]] const char* any_int64_at(const char* at, std::int64_t& value);
    [[gnu::cold]] const char* any_double_at(const char* at, double& value);
    const char* long_string_at(const char* at, std::string& value);
    const char* number_end(const char* at);
    const char* integer_at(const char* at, detail::number_text& number);
    /// From an opening quote to behind the closing one; `escaped` if there is a backslash between them.
    const char* string_end(const char* at, bool& escaped);
    const char* long_string_end(const char* at, bool& escaped);
    const char* colon_at(const char* at);
    const char* enter_at(const char* at, char open, std::string_view expected);
    place open_at(const char* at, char open, char close, std::string_view expected);
    place after_item(const char* at, char close);
    place after_spaced_item(const char* at, char close);
    bool next(char close);
    const char* leave(const char* at) noexcept {
        --depth_;
        fresh_ = false;
        return at + 1;
    }

    [[gnu::cold]] const char* syntax(std::string_view sentence, const char* at);

    const char* begin_;
    const char* at_;
    const char* end_;
    unsigned depth_ = 0;
    bool fresh_ = false; // a container was just entered: no comma is due
    bool malformed_ = false;
    std::size_t retried_ = 0;
    std::size_t stored_ = 0;
    std::size_t hoped_ = 0; // bytes of room made for the first elements of arrays
    unknown_member asked_about_unknown_ = nullptr;
    json_origin origin_;
    const char* failed_at_ = nullptr;
    const char* reached_ = nullptr; // how far the reader had come when it failed
    std::string key_;               // an unescaped key
    std::string path_;
    std::string sentence_;
};

// ---- values that are no container -----------------------------------------------------------------------------
// The short and plain forms that nearly all values have come first and look for nothing else. What they do not
// recognise is read again by a function that knows all of the grammar and says what is wrong.

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

// ---- objects, arrays, and values that are skipped, which are checked as strictly as any -----------------------

namespace detail {

inline std::string_view expected_after(char close) noexcept {
    return close == '}' ? std::string_view("expected ',' or '}'") : std::string_view("expected ',' or ']'");
}

} // namespace detail

inline const char* json_reader::enter_at(const char* at, char open, std::string_view expected) {
    at = behind_space(at);
    if (at == end_ || *at != open) return mismatch(expected, at), nullptr;
    if (depth_ == max_json_depth) return syntax("nested too deep", at);
    ++depth_;
    fresh_ = true;
    return at + 1;
}

inline json_reader::place json_reader::open_at(const char* at, char open, char close,
                                               std::string_view expected) {
    at = enter_at(at, open, expected);
    if (at == nullptr) return {nullptr, false};
    fresh_ = false;
    at = behind_space(at);
    if (at == end_) return {syntax(detail::expected_after(close), at), false};
    if (*at == close) return {leave(at), false};
    return {at, true};
}

inline json_reader::place json_reader::after_item(const char* at, char close) {
    if (at != end_ && *at == ',') return {behind_space(at + 1), true};
    return after_spaced_item(at, close);
}

inline json_reader::place json_reader::after_spaced_item(const char* at, char close) {
    at = behind_space(at);
    if (at != end_ && *at == ',') return {behind_space(at + 1), true};
    if (at == end_ || *at != close) return {syntax(detail::expected_after(close), at), false};
    return {leave(at), false};
}

inline const char* json_reader::name_at(const char* at, std::string_view& name) {
    if (at == end_ || *at != '"') return syntax("expected a member's name", at);
    bool escaped = false;
    const char* end = string_end(at, escaped);
    if (end == nullptr) return nullptr;
    name = {at + 1, static_cast<std::size_t>(end - at) - 2};
    if (escaped) {
        detail::unescape(name, key_);
        name = key_;
    }
    return colon_at(end);
}

inline const char* json_reader::colon_at(const char* at) {
    at = behind_space(at);
    return at != end_ && *at == ':' ? at + 1 : syntax("expected ':'", at);
}

inline bool json_reader::next(char close) {
    if (failed()) return false;
    if (!fresh_) {
        const place next = after_item(at_, close);
        return arrive(next.at) && next.more;
    }
    fresh_ = false;
    at_ = behind_space(at_);
    if (at_ == end_) return arrive(syntax(detail::expected_after(close), at_));
    if (*at_ != close) return true;
    at_ = leave(at_);
    return false;
}

inline bool json_reader::next_element() { return next(']'); }

inline bool json_reader::next_member(std::string_view& key) { return next('}') && arrive(name_at(at_, key)); }

inline bool json_reader::skip_members() {
    std::string_view name;
    while (next_member(name))
        if (!skip_value()) return in_member(name);
    return !failed();
}

inline const char* json_reader::slice_at(const char* at, std::string_view& value) {
    const char* start = behind_space(at);
    at = skip_at(start);
    if (at != nullptr) value = {start, static_cast<std::size_t>(at - start)};
    return at;
}

// One loop over a value of any depth. Bit n of `objects` says whether level n is an object or an array.
inline const char* json_reader::skip_at(const char* at) {
    std::uint64_t objects = 0;
    unsigned level = 0;
    bool ignored;
    for (;;) {
        at = behind_space(at);
        if (at == end_) return syntax("expected a value", at);
        bool opened = false;
        switch (detail::kind_of(*at)) {
        case json_kind::object:
        case json_kind::array:
            if (depth_ + level == max_json_depth) return syntax("nested too deep", at);
            objects = objects << 1 | (*at == '{' ? 1u : 0u);
            ++level;
            ++at;
            opened = true;
            break;
        case json_kind::string: at = string_end(at, ignored); break;
        case json_kind::number: at = number_end(at); break;
        case json_kind::boolean: at = bool_at(at, ignored); break;
        case json_kind::null: at = null_at(at); break;
        case json_kind::none: return syntax("not a JSON value", at);
        }
        if (at == nullptr) return nullptr;
        // Behind a value, or inside a container just opened: close what ends here, stop before the next value.
        for (;;) {
            if (level == 0) return at;
            const bool object = (objects & 1) != 0;
            const char close = object ? '}' : ']';
            at = behind_space(at);
            if (at == end_) return syntax(detail::expected_after(close), at);
            if (*at == close) {
                ++at;
                objects >>= 1;
                --level;
                opened = false;
                continue;
            }
            if (!opened) {
                if (*at != ',') return syntax(detail::expected_after(close), at);
                at = behind_space(at + 1);
            }
            if (object) {
                if (at == end_ || *at != '"') return syntax("expected a member's name", at);
                at = string_end(at, ignored);
                if (at == nullptr || (at = colon_at(at)) == nullptr) return nullptr;
            }
            break;
        }
    }
}

// ---- failures -------------------------------------------------------------------------------------------------
// The first one is kept and put into words. Where another type may be tried, the reader goes back.

inline bool json_reader::finish() {
    if (failed()) return false;
    at_ = behind_space(at_);
    return at_ == end_ || arrive(syntax("text behind the value", at_));
}

inline bool json_reader::retry_from(mark start) {
    if (malformed_) return false; // no type reads what is no JSON
    // Not up to failed_at_: a missing member is found at the end of an object and reported at its start.
    retried_ += static_cast<std::size_t>((failed() ? reached_ : at_) - start.at);
    at_ = start.at;
    depth_ = start.depth;
    stored_ = start.stored;
    fresh_ = false;
    failed_at_ = nullptr;
    path_.clear();
    return retried_ / 16 <= static_cast<std::size_t>(end_ - begin_) || refuse("too ambiguous");
}

inline bool json_reader::refuse(std::string_view sentence, const char* at) {
    if (failed()) return false;
    failed_at_ = at;
    sentence_ = detail::join({sentence});
    reached_ = at > at_ ? at : at_; // steps do not say how far they have come until they are through
    at_ = end_;                     // a codec that overlooks the failure finds nothing more to read
    return false;
}

inline const char* json_reader::refuse_at(std::string_view sentence, const char* at, const char* end) {
    if (!failed() && end > at_) at_ = end;
    return refuse(sentence, at), nullptr;
}

inline const char* json_reader::syntax(std::string_view sentence, const char* at) {
    if (!failed()) malformed_ = true;
    return refuse(sentence, at), nullptr;
}

inline bool json_reader::mismatch(std::string_view expected, const char* at) {
    if (failed()) return false;
    const json_kind kind = at == end_ ? json_kind::none : detail::kind_of(*at);
    if (kind == json_kind::none)
        return arrive(syntax(at == end_ ? "expected a value" : "not a JSON value", at));
    return refuse(detail::join({"expected ", expected, ", got ", detail::name_of(kind)}), at);
}

/// Keys are the peer's words: no more of one is repeated in a fault.
inline constexpr std::size_t longest_name = 64;

inline bool json_reader::in_member(std::string_view name) {
    path_ = detail::join({".", detail::beginning_of(name, longest_name), path_});
    return false;
}

inline bool json_reader::in_element(std::size_t index) {
    path_ = detail::join({"[", detail::digits(index), "]", path_});
    return false;
}

inline std::string json_reader::complaint() const {
    TENON_ASSERT(failed());
    // Where there is no root the path starts with a name, not with the dot before it.
    const std::size_t dot = origin_.root.empty() && !path_.empty() && path_[0] == '.' ? 1 : 0;
    const std::string_view path(path_.data() + dot, path_.size() - dot);
    const bool placed = !origin_.root.empty() || !path.empty();
    return detail::join({origin_.root, path, placed ? ": " : "", sentence_});
}

inline fault json_reader::error() const {
    std::string message = detail::join({complaint(), " at byte ", detail::digits(offset_of(failed_at_))});
    return {malformed_ ? codes::parse_error : codes::invalid_params, std::move(message)};
}

} // namespace tenon

#endif
