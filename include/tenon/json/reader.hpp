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
// What is skipped is checked as strictly as what is read. A custom codec (json/codec.hpp) reads through the
// same verbs.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/kind.hpp>
#include <tenon/json/number.hpp>
#include <tenon/json/escape.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tenon {

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
    /// The same without the position, for whoever does not see the text.
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
            // Four to start with, while what nobody may ever use adds up to no more than the text.
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

} // namespace tenon

#include <tenon/json/reader_values.hpp>
#include <tenon/json/reader_walk.hpp>
#include <tenon/json/reader_faults.hpp>

#endif
