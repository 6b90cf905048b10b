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
#include <tenon/json/number.hpp>
#include <tenon/json/scan.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tenon {

/// Arrays and objects nested deeper are refused. 64: one bit a level fits a register, and no message of any
/// protocol that we know comes near it.
inline constexpr unsigned max_json_depth = 64;

enum class json_kind { none, null, boolean, number, string, array, object };

/// Where a text stands within a larger one, for the words of a fault.
struct json_origin {
    std::string_view root = {}; // what the path starts with, e.g. "params"
    std::size_t offset = 0;     // the position of the text's first byte
};

class json_reader {
public:
    explicit json_reader(std::string_view text, json_origin origin = {}) noexcept
        : begin_(text.data() == nullptr ? "" : text.data()), // failed() tells by a pointer whether there is a fault
          at_(begin_), end_(begin_ + text.size()), origin_(origin) {}

    /// What comes next, judged by its first byte; `none` at the end or where no value can start.
    json_kind peek() noexcept;

    bool read_null();
    bool read_bool(bool& value);
    bool read_string(std::string& value);
    bool read_int64(std::int64_t& value);
    bool read_uint64(std::uint64_t& value);
    bool read_double(double& value);

    /// The text without its quotes where nothing in it is escaped, else its unescaped copy in `scratch`.
    bool read_text(std::string_view& value, std::string& scratch);

    bool skip_value();
    /// The value's own text, checked, as a slice of the input.
    bool read_slice(std::string_view& value);

    bool enter_object() { return enter('{', "object"); }
    bool enter_array() { return enter('[', "array"); }
    /// The next member's key; false at the end of the object, which is then left, and on failure. The key is
    /// valid until the next call.
    bool next_member(std::string_view& key);
    bool next_element();
    /// Skips the rest of an object's members.
    bool skip_members();

    /// Whether everything was read and nothing failed: only space may follow.
    bool finish();
    bool failed() const noexcept { return failed_at_ != nullptr; }
    fault error() const;

    /// Refuses the value that starts at `at`, or the one that comes next. `expected` completes "expected ...".
    bool mismatch(std::string_view expected) { return mismatch(expected, value_start()); }
    bool mismatch(std::string_view expected, const char* at);
    /// Refuses it with a whole sentence ("missing", "duplicate member") instead.
    bool refuse(std::string_view sentence, const char* at);
    bool refuse(std::string_view sentence) { return refuse(sentence, at_); }
    /// Called on the way out of a failed read, innermost first: builds the path.
    bool in_member(std::string_view name);
    bool in_element(std::size_t index);

    // --- for the typed decoder ---

    const char* position() const noexcept { return at_; }
    std::size_t offset_of(const char* at) const noexcept {
        return origin_.offset + static_cast<std::size_t>(at - begin_);
    }
    const char* value_start() noexcept {
        skip_space();
        return at_;
    }

    /// Takes a member's name in its place within an object, written as `,"name":` and without the comma in the
    /// first place, if the input goes on with exactly these bytes.
    template <std::size_t Size>
    bool take_member(const std::array<char, Size>& text) noexcept {
        if (!fresh_) return take_bytes<Size>(text.data());
        if (!take_bytes<Size - 1>(text.data() + 1)) return false;
        fresh_ = false;
        return true;
    }

    /// Whether one more element of `size` bytes may be stored: what is stored in total is kept within a
    /// multiple of the text, so that `[{},{},...]` does not become gigabytes of structs. The first MiB is free:
    /// a list of structs with many absent members is no attack.
    bool afford(std::size_t size) {
        stored_ += size;
        return stored_ / 32 <= static_cast<std::size_t>(end_ - begin_) + 32768 || refuse("too large in memory");
    }

    /// Going back to try the value as another type. Each retry is paid from a budget that is a multiple of the
    /// input's length, so that nested alternatives cannot make a small text expensive.
    struct mark {
        const char* at;
        unsigned depth;
        std::size_t stored;
    };
    mark here() noexcept { return {value_start(), depth_, stored_}; }
    bool retry_from(mark place);

private:
// g++ 12 takes a label's characters for a string of one at -O1 and -Os.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstringop-overread"
#endif
    template <std::size_t Size>
    bool take_bytes(const char* text) noexcept {
        if (static_cast<std::size_t>(end_ - at_) < Size || std::memcmp(at_, text, Size) != 0) return false;
        at_ += Size;
        return true;
    }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
    /// Takes the colon behind a key.
    bool take_colon() {
        if (at_ != end_ && *at_ == ':') {
            ++at_;
            return true;
        }
        return take_spaced_colon();
    }
    void skip_space() noexcept {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }
    bool enter(char open, std::string_view expected);
    bool leave() noexcept {
        ++at_;
        --depth_;
        fresh_ = false;
        return false;
    }
    bool take_spaced_colon();
    bool take_word(std::string_view word, std::string_view expected);
    bool next(char close, std::string_view expected);
    bool scan_integer(detail::number_text& number, const char*& start, std::string_view expected);

    // The string's raw text between its quotes; `escaped` if it holds a backslash.
    bool scan_string(std::string_view& raw, bool& escaped);
    bool scan_escape(const char*& at);
    static void unescape(std::string_view raw, std::string& value);

    bool syntax(std::string_view sentence, const char* at);

    const char* begin_;
    const char* at_;
    const char* end_;
    unsigned depth_ = 0;
    bool fresh_ = false; // a container was just entered: no comma is due
    bool malformed_ = false;
    std::size_t retried_ = 0;
    std::size_t stored_ = 0;
    json_origin origin_;
    const char* failed_at_ = nullptr;
    const char* reached_ = nullptr; // how far the reader had come when it failed
    std::string key_; // an unescaped key
    std::string path_;
    std::string sentence_;
};

} // namespace tenon

#include <tenon/json/reader_inline.hpp>

#endif
