#ifndef TENON_WIRE_ENVELOPE_HPP
#define TENON_WIRE_ENVELOPE_HPP

// A JSON-RPC message, located in its body by one scan. `params` and `result` stay slices of the body until
// somebody knows their type. All of the body is checked to be strict JSON, the skipped parts too.
//
// What is acceptable is decided here once, so that nobody behind sees two meanings: a member that appears
// twice, or in another case ("Method"), is refused; unknown members are ignored. Ids are strings or integers
// that fit 64 bits, and are never unescaped or converted: 0, "0" and "\u0030" are three different ids.
//
// A refused message keeps its id where that could be read, so that the answer reaches whoever waits.

#include <tenon/core/fault.hpp>
#include <tenon/json/reader.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace tenon::detail {

/// A batch of more is refused: its answer must be kept until the last entry is answered.
inline constexpr std::size_t max_batch = 256;

/// An id is kept while its request is open, so a peer must not choose how much memory that takes.
inline constexpr std::size_t max_id_bytes = 256;

enum class envelope_kind : std::uint8_t { request, notification, response, batch, refused };

struct envelope {
    envelope() = default;
    envelope(const envelope&) = delete; // `method` may be a slice of `storage`
    envelope& operator=(const envelope&) = delete;

    envelope_kind kind = envelope_kind::refused;
    bool failed = false;          // of a response: `error` instead of `result`
    bool maybe_response = false;  // of a refused message: it has no method, so it may answer a call
    bool has_outcome = false;     // it has a result or an error
    std::string_view id = {};     // raw; empty if there is none, or none that can be read
    std::string_view method = {}; // unescaped
    std::string_view params = {}; // an object or an array; empty if absent or null
    std::string_view result = {};
    fault error = {};         // of a failed response, or why the message is refused
    std::string storage = {}; // of a method that was escaped

    bool has_id() const noexcept { return !id.empty() && id != "null"; }
};

/// Finds out what `body` is. Returns false, and kind `refused` with an error, if it is no JSON-RPC message. A
/// batch is only recognised: its entries are read by `read_batch`.
inline bool parse_envelope(std::string_view body, envelope& message);

/// Calls `take(context, entry)` for every entry of a batch, after all of it was checked to be JSON and of a size
/// that is allowed. False, with `error`, if it is not.
inline bool read_batch(std::string_view body, void (*take)(void*, std::string_view), void* context,
                       fault& error);

/// Whether a checked JSON value can name a request.
inline bool is_request_id(std::string_view value) noexcept {
    if (value.size() > max_id_bytes) return false;
    if (value.front() == '"') return true;
    const number_text number = scan_number(value.data(), value.data() + value.size());
    const std::uint64_t limit = (std::uint64_t{1} << 63) - (number.negative ? 0 : 1);
    return number.end != nullptr && number.integral && number.exact && number.digits <= limit;
}

/// Reads `{"code": integer, "message": string, "data"?}`. False if it is not that.
inline bool read_error(std::string_view text, fault& error);

class envelope_parser {
public:
    envelope_parser(std::string_view body, envelope& message) noexcept
        : in_(body), size_(body.size()), message_(message) {}
    /// The two forms that nearly all messages have, a request or a result with the members in the order in which
    /// this library writes them, no spaces around, and a number as id: told by comparing bytes. False, and nothing
    /// is known, for any other message.
    bool parse_usual();
    bool parse();

private:
    enum : unsigned { jsonrpc = 1, id = 2, method = 4, params = 8, result = 16, error = 32 };

    static unsigned member_named(std::string_view key) noexcept;
    [[gnu::cold]] static std::string_view variant_of(std::string_view key) noexcept;
    bool take_member(std::string_view key);
    bool take_version();
    bool take_id();
    bool take_method();
    bool take_params();
    [[gnu::cold]] bool take_error();
    void classify();
    // Scanning goes on after the first problem: the id may stand behind it.
    bool note(std::string_view sentence, std::string_view name = {}) noexcept {
        if (problem_.empty()) {
            problem_ = sentence;
            problem_name_ = name;
        }
        return true;
    }
    [[gnu::cold]] bool refuse(int code, std::string_view title, std::string_view sentence,
                              std::string_view name = {});

    json_reader in_;
    std::size_t size_;
    envelope& message_;
    unsigned seen_ = 0;
    bool id_usable_ = true;
    std::string_view problem_ = {};
    std::string_view problem_name_ = {};
};

} // namespace tenon::detail

#include <tenon/wire/envelope_inline.hpp>

#endif
