#ifndef TENON_WIRE_ENVELOPE_HPP
#define TENON_WIRE_ENVELOPE_HPP

// A JSON-RPC message, located in its body by one scan. `params` and `result` stay slices of the body until
// their type is known. All of the body is checked to be strict JSON, the skipped parts too.
//
// What is acceptable is decided here once, so that no later code sees another meaning: a member that appears
// twice, or in another case ("Method"), is refused; unknown members are ignored. Ids are strings or integers
// that fit 64 bits, and are never unescaped or converted: 0, "0" and "\u0030" are three different ids.
//
// A refused message keeps its id where that could be read, so that the answer finds its call.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/result.hpp>
#include <tenon/json/reader.hpp>
#include <tenon/json/writer.hpp>
#include <tenon/wire/violation.hpp>

#include <cstdint>
#include <cstring>
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

// By length first, and then by bytes whose number the compiler knows.
inline unsigned envelope_parser::member_named(std::string_view key) noexcept {
    const char* name = key.data();
    switch (key.size()) {
    case 2: return std::memcmp(name, "id", 2) == 0 ? id : 0u;
    case 5: return std::memcmp(name, "error", 5) == 0 ? error : 0u;
    case 6:
        if (std::memcmp(name, "method", 6) == 0) return method;
        if (std::memcmp(name, "params", 6) == 0) return params;
        return std::memcmp(name, "result", 6) == 0 ? result : 0u;
    case 7: return std::memcmp(name, "jsonrpc", 7) == 0 ? jsonrpc : 0u;
    default: return 0;
    }
}

/// The member that `key` is when case is ignored, or nothing.
inline std::string_view envelope_parser::variant_of(std::string_view key) noexcept {
    for (const std::string_view name : {"jsonrpc", "id", "method", "params", "result", "error"})
        if (equals_ignoring_case(key, name)) return name;
    return {};
}

inline bool envelope_parser::refuse(int code, std::string_view title, std::string_view sentence,
                                    std::string_view name) {
    message_.kind = envelope_kind::refused;
    message_.error.code = code;
    const std::string_view quote = name.empty() ? "" : "'";
    message_.error.message = join({title, ": ", sentence, name.empty() ? "" : " ", quote, name, quote});
    return false;
}

inline bool envelope_parser::parse_usual() {
    constexpr std::string_view head = R"({"jsonrpc":"2.0","id":)", method_label = R"(,"method":")";
    constexpr std::string_view params_label = R"(","params":)", result_label = R"(,"result":)";
    constexpr std::size_t longest_id = 18; // digits, so that it fits 64 bits
    const char* at = in_.position();
    const char* const end = at + size_;
    const auto has = [&](std::size_t size) { return static_cast<std::size_t>(end - at) > size; };
    if (!has(head.size() + longest_id) || !same_bytes<head.size()>(at, head.data())) return false;
    at += head.size();
    const std::string_view number(at, longest_id);
    while (has(0) && is_digit(*at)) ++at;
    const auto digits = static_cast<std::size_t>(at - number.data());
    if (digits == 0 || digits > longest_id || (number[0] == '0' && digits != 1)) return false;
    std::string_view called;
    const bool asks = has(method_label.size()) && same_bytes<method_label.size()>(at, method_label.data());
    if (asks) {
        at += method_label.size();
        const char* const name = at;
        at = skip_plain(name, at, end);
        called = {name, static_cast<std::size_t>(at - name)};
        if (!has(params_label.size()) || !same_bytes<params_label.size()>(at, params_label.data()))
            return false;
        at += params_label.size();
        if (*at != '{' && *at != '[') return false;
    } else {
        if (!has(result_label.size()) || !same_bytes<result_label.size()>(at, result_label.data()))
            return false;
        at += result_label.size();
        if (static_cast<unsigned char>(*at) <= ' ') return false; // a space is no part of the value
    }
    const char* const value = at;
    if (!in_.enter_object()) return false; // a level of nesting
    at = in_.skip_at(value);
    if (at == nullptr || end - at != 1 || *at != '}') return false;
    const std::string_view text(value, static_cast<std::size_t>(at - value));
    message_.kind = asks ? envelope_kind::request : envelope_kind::response;
    message_.failed = message_.maybe_response = message_.has_outcome = false;
    message_.id = number.substr(0, digits);
    message_.method = called;
    message_.params = asks ? text : std::string_view();
    message_.result = asks ? std::string_view() : text;
    return true;
}

inline bool envelope_parser::parse() {
    message_.failed = message_.maybe_response = message_.has_outcome = false;
    message_.id = message_.method = message_.params = message_.result = {};
    const json_kind kind = in_.peek();
    if (kind == json_kind::array) {
        message_.kind = envelope_kind::batch;
        return true;
    }
    if (kind == json_kind::object) {
        in_.enter_object();
        std::string_view key;
        while (in_.next_member(key) && take_member(key)) {
        }
    } else {
        in_.skip_value();
        note("expected an object");
    }
    if (!in_.finish()) {
        message_.id = {};
        return refuse(codes::parse_error, "Parse error", in_.error().message);
    }
    if (!id_usable_) message_.id = {};
    classify();
    if (problem_.empty()) return true;
    message_.maybe_response = (seen_ & method) == 0;
    message_.has_outcome = (seen_ & (result | error)) != 0;
    return refuse(codes::invalid_request, "Invalid Request", problem_, problem_name_);
}

inline bool envelope_parser::take_member(std::string_view key) {
    const unsigned member = member_named(key);
    if (member == 0) {
        const std::string_view meant = variant_of(key);
        if (!meant.empty()) note("a member differs in case from", meant);
        return in_.skip_value();
    }
    if ((seen_ & member) != 0) {
        if (member == id) id_usable_ = false;
        note("duplicate member", variant_of(key));
        return in_.skip_value();
    }
    seen_ |= member;
    switch (member) {
    case jsonrpc: return take_version();
    case id: return take_id();
    case method: return take_method();
    case params: return take_params();
    case result: return in_.read_slice(message_.result);
    default: return take_error();
    }
}

inline bool envelope_parser::take_version() {
    std::string_view version;
    std::string scratch;
    if (in_.peek() != json_kind::string) {
        if (!in_.skip_value()) return false;
    } else if (!in_.read_text(version, scratch)) {
        return false;
    }
    return version == "2.0" || note("expected \"2.0\" in member", "jsonrpc");
}

inline bool envelope_parser::take_id() {
    std::string_view value;
    if (!in_.read_slice(value)) return false;
    // Null is for the answers to messages whose id could not be read; classify() sees to that.
    if (value != "null" && !is_request_id(value))
        return note("expected a short string or a 64-bit integer in member", "id");
    message_.id = value;
    return true;
}

inline bool envelope_parser::take_method() {
    if (in_.peek() == json_kind::string) return in_.read_text(message_.method, message_.storage);
    return in_.skip_value() && note("expected a string in member", "method");
}

inline bool envelope_parser::take_params() {
    const json_kind kind = in_.peek();
    if (kind == json_kind::object || kind == json_kind::array) return in_.read_slice(message_.params);
    if (kind == json_kind::null) return in_.read_null();
    return in_.skip_value() && note("expected an object or an array in member", "params");
}

inline bool envelope_parser::take_error() {
    std::string_view text;
    if (!in_.read_slice(text)) return false;
    message_.failed = true;
    return read_error(text, message_.error) ||
           note("expected an integer code and a string message in member", "error");
}

inline void envelope_parser::classify() {
    if ((seen_ & jsonrpc) == 0) note("missing member", "jsonrpc");
    if ((seen_ & method) != 0) {
        if ((seen_ & (result | error)) != 0) note("a request with a result or an error");
        message_.kind = (seen_ & id) != 0 ? envelope_kind::request : envelope_kind::notification;
        if (message_.id == "null") note("null in member", "id");
        return;
    }
    message_.kind = envelope_kind::response;
    if ((seen_ & (result | error)) == 0) note("missing member", "method");
    else if ((seen_ & (result | error)) == (result | error)) note("a result and an error");
    else if ((seen_ & id) == 0) note("missing member", "id");
    else if (message_.id == "null" && !message_.failed) note("null in member", "id");
}

inline bool parse_envelope(std::string_view body, envelope& message) {
    return envelope_parser(body, message).parse_usual() || envelope_parser(body, message).parse();
}

inline bool read_error(std::string_view text, fault& error) {
    json_reader in(text);
    if (in.peek() != json_kind::object || !in.enter_object()) return false;
    enum : unsigned { code = 1, message = 2, data = 4 };
    unsigned seen = 0;
    error.data.clear();
    std::string_view key;
    while (in.next_member(key)) {
        const unsigned member = key == "code" ? code : key == "message" ? message : key == "data" ? data : 0u;
        if ((seen & member) != 0) return false;
        seen |= member;
        if (member == code) {
            std::int64_t number;
            if (!in.read_int64(number)) return false;
            if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max())
                return false;
            error.code = static_cast<int>(number);
        } else if (member == message) {
            if (!in.read_string(error.message)) return false;
        } else {
            std::string_view value;
            if (!in.read_slice(value)) return false;
            if (member == data) error.data = join({value});
        }
    }
    return (seen & (code | message)) == (code | message);
}

inline bool read_batch(std::string_view body, void (*take)(void*, std::string_view), void* context,
                       fault& error) {
    // Twice, so that nothing of a batch is done before all of it is known to be good.
    json_reader check(body);
    std::string_view entry;
    std::size_t count = 0;
    check.enter_array();
    while (check.next_element() && check.skip_value()) ++count;
    if (!check.finish()) {
        error = check.error();
        error.message = join({"Parse error: ", error.message});
        return false;
    }
    if (count == 0 || count > max_batch) {
        error.code = codes::invalid_request;
        error.message =
            join({"Invalid Request: ", count == 0 ? "an empty batch" : "a batch of more than 256"});
        return false;
    }
    json_reader in(body);
    in.enter_array();
    while (in.next_element() && in.read_slice(entry)) take(context, entry);
    return true;
}

// The constant parts of a JSON-RPC message, in front of and behind a value that is encoded in place:
//
//     append_call_head(buffer, 7, "plugin/execute");     // {"jsonrpc":"2.0","id":7,"method":"plugin/execute","params":
//     encode(buffer, params);
//     buffer.append('}');

inline constexpr std::string_view version_member = "{\"jsonrpc\":\"2.0\",";
/// The last thing in a head; taken away again if there are no params.
inline constexpr std::string_view params_member = ",\"params\":";

inline void append_method(byte_buffer& to, std::string_view method) {
    to.append_literal("\"method\":");
    json_writer(to).string(method);
    to.append_literal(",\"params\":"); // params_member
}

inline void append_call_head(byte_buffer& to, std::int64_t id, std::string_view method) {
    to.append_literal("{\"jsonrpc\":\"2.0\",\"id\":");
    to.commit(write_signed(to.prepare(21), id));
    to.append(',');
    append_method(to, method);
}

inline void append_notification_head(byte_buffer& to, std::string_view method) {
    to.append(version_member);
    append_method(to, method);
}

/// `id` is raw JSON text; empty means that it could not be read, which is said as null.
inline void append_id(byte_buffer& to, std::string_view id) {
    to.append_literal("{\"jsonrpc\":\"2.0\",\"id\":");
    to.append(id.empty() ? std::string_view("null") : id);
}

inline void append_result_head(byte_buffer& to, std::string_view id) {
    append_id(to, id);
    to.append_literal(",\"result\":");
}

/// A whole message. `data` is JSON text, or empty for none.
inline void append_error(byte_buffer& to, std::string_view id, int code, std::string_view message,
                         std::string_view data = {}) {
    append_id(to, id);
    to.append(",\"error\":{\"code\":");
    json_writer(to).integer(code);
    to.append(",\"message\":");
    json_writer(to).string(message);
    if (!data.empty()) {
        to.append(",\"data\":");
        to.append(data);
    }
    to.append("}}");
}

} // namespace tenon::detail

#endif
