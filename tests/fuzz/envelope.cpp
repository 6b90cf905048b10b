// The reading of JSON-RPC messages and batches.
//
// Input: a body.
//
// - What it is and what its parts are is what a slow, obvious checker says, which is built on nlohmann::json
//   and on the rules of docs/protocol.md: strict JSON of at most 64 levels, jsonrpc exactly "2.0", ids that
//   are short strings or 64-bit integers, no member twice or in another case, params that are an object, an
//   array or null, exactly one of result and error in a response, an error of an integer code and a message.
// - A refusal is a parse error exactly if the body is no JSON, and carries the id exactly if one readable id
//   stands in the text.
// - What is accepted, written again from its slices, is accepted again with equal parts.
// - A batch is taken whole or not at all, and its entries are those that the checker sees.

#include "require.hpp"

#include <tenon/wire/envelope.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace tenon;
using namespace tenon::detail;

namespace {

// --- the checker ---

// nlohmann::json says whether it is JSON. What it lets through and RFC 8259 or our limit does not is said
// here.
bool is_json(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF") || text.find('\0') != std::string_view::npos) return false;
    std::size_t depth = 0, deepest = 0;
    bool in_string = false;
    for (std::size_t at = 0; at != text.size(); ++at) {
        if (in_string) {
            if (text[at] == '\\') ++at;
            else if (text[at] == '"') in_string = false;
            if (at == text.size()) return false;
            continue;
        }
        if (text[at] == '"') in_string = true;
        if (text[at] == '{' || text[at] == '[') deepest = std::max(deepest, ++depth);
        if (text[at] == '}' || text[at] == ']') --depth;
    }
    return deepest <= max_json_depth && nlohmann::json::accept(text);
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const std::size_t first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

// What stands between the brackets of a valid container, cut at its commas or colons.
std::vector<std::string_view> parts_of(std::string_view container, char separator) {
    std::vector<std::string_view> parts;
    std::size_t depth = 0, start = 0;
    bool in_string = false;
    for (std::size_t at = 0; at != container.size(); ++at) {
        const char byte = container[at];
        if (in_string) {
            if (byte == '\\') ++at;
            else if (byte == '"') in_string = false;
        } else if (byte == '"') {
            in_string = true;
        } else if (byte == '{' || byte == '[') {
            ++depth;
        } else if (byte == '}' || byte == ']') {
            --depth;
        } else if (byte == separator && depth == 0) {
            parts.push_back(trimmed(container.substr(start, at - start)));
            start = at + 1;
        }
    }
    const std::string_view last = trimmed(container.substr(start));
    if (!last.empty() || !parts.empty()) parts.push_back(last);
    return parts;
}

std::string_view inside(std::string_view container) { return container.substr(1, container.size() - 2); }

struct member {
    std::string name = {};
    std::string_view text = {};
};

std::vector<member> members_of(std::string_view object) {
    std::vector<member> members;
    for (const std::string_view part : parts_of(inside(object), ',')) {
        const auto pair = parts_of(part, ':');
        members.push_back({nlohmann::json::parse(pair[0]).get<std::string>(), pair[1]});
    }
    return members;
}

struct judged {
    envelope_kind kind = envelope_kind::refused;
    int code = 0;
    std::string_view id = {}, params = {}, result = {};
    std::string method = {};
    bool failed = false;
    int error_code = 0;
    std::string error_message = {};
    std::string_view error_data = {};
    bool has_method = false, has_outcome = false;
};

bool is_integer(std::string_view text) {
    return text.find_first_not_of("-0123456789") == std::string_view::npos;
}

bool is_id(std::string_view text) {
    if (text.size() > max_id_bytes) return false;
    if (text[0] == '"' || text == "null") return true;
    if (!is_integer(text)) return false;
    const auto number = nlohmann::json::parse(text);
    return number.is_number_integer() &&
           (!number.is_number_unsigned() || number.get<std::uint64_t>() <= INT64_MAX);
}

bool is_error(std::string_view text, judged& said) {
    if (text[0] != '{') return false;
    int codes = 0, messages = 0, datas = 0;
    for (const member& each : members_of(text)) {
        const auto value = nlohmann::json::parse(each.text);
        if (each.name == "code") {
            ++codes;
            if (!value.is_number_integer() || !is_integer(each.text)) return false;
            if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT32_MAX) return false;
            if (value.get<std::int64_t>() < INT32_MIN) return false;
            said.error_code = value.get<int>();
        } else if (each.name == "message") {
            ++messages;
            if (!value.is_string()) return false;
            said.error_message = value.get<std::string>();
        } else if (each.name == "data") {
            ++datas;
            said.error_data = each.text;
        }
    }
    return codes == 1 && messages == 1 && datas <= 1;
}

std::string in_lower_case(std::string text) {
    for (char& byte : text)
        if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
    return text;
}

judged judge(std::string_view body) {
    judged said;
    body = trimmed(body);
    if (body.starts_with('[')) {
        said.kind = envelope_kind::batch;
        return said;
    }
    said.code = codes::parse_error;
    if (!is_json(body)) return said;
    said.code = codes::invalid_request;
    if (body[0] != '{') return said;

    constexpr std::string_view names[] = {"jsonrpc", "id", "method", "params", "result", "error"};
    const member* found[6] = {};
    int count[6] = {};
    bool good = true;
    const std::vector<member> members = members_of(body);
    for (const member& each : members) {
        for (std::size_t index = 0; index != 6; ++index) {
            if (each.name == names[index]) {
                if (count[index]++ == 0) found[index] = &each;
            } else if (in_lower_case(each.name) == names[index]) {
                good = false;
            }
        }
    }
    for (const int times : count) good = good && times <= 1;
    const auto& [version, id, method, params, result, error] = found;
    said.has_method = method != nullptr;
    said.has_outcome = result != nullptr || error != nullptr;

    good = good && version != nullptr && nlohmann::json::parse(version->text) == "2.0";
    if (id != nullptr) {
        const bool readable = is_id(id->text);
        good = good && readable;
        if (readable && count[1] == 1) said.id = id->text;
    }
    if (params != nullptr) {
        const bool structured = params->text[0] == '{' || params->text[0] == '[';
        good = good && (structured || params->text == "null");
        if (structured) said.params = params->text;
    }
    if (result != nullptr) said.result = result->text;
    said.failed = error != nullptr;
    good = (error == nullptr || is_error(error->text, said)) && good;
    if (method != nullptr) {
        const auto name = nlohmann::json::parse(method->text);
        good = good && name.is_string() && !said.has_outcome && said.id != "null";
        if (name.is_string()) said.method = name.get<std::string>();
        said.kind = id != nullptr ? envelope_kind::request : envelope_kind::notification;
    } else {
        good = good && id != nullptr && (result == nullptr) != (error == nullptr);
        good = good && (said.id != "null" || error != nullptr);
        said.kind = envelope_kind::response;
    }
    if (!good) said.kind = envelope_kind::refused;
    return said;
}

// --- the comparison ---

void require_equal(const envelope& message, const judged& said) {
    FUZZ_REQUIRE(message.kind == said.kind);
    if (message.kind == envelope_kind::batch) return;
    FUZZ_REQUIRE(message.id == said.id);
    if (message.kind == envelope_kind::refused) {
        FUZZ_REQUIRE(message.error.code == said.code);
        FUZZ_REQUIRE(!message.error.message.empty());
        if (said.code == codes::parse_error) return;
        FUZZ_REQUIRE(message.maybe_response == !said.has_method);
        FUZZ_REQUIRE(message.has_outcome == said.has_outcome);
        return;
    }
    FUZZ_REQUIRE(message.method == said.method);
    FUZZ_REQUIRE(message.params == said.params);
    FUZZ_REQUIRE(message.result == said.result);
    FUZZ_REQUIRE(message.failed == said.failed);
    if (!message.failed) return;
    FUZZ_REQUIRE(message.error.code == said.error_code);
    FUZZ_REQUIRE(message.error.message == said.error_message);
    FUZZ_REQUIRE(message.error.data == said.error_data);
}

void require_equal(const envelope& left, const envelope& right) {
    FUZZ_REQUIRE(left.kind == right.kind && left.failed == right.failed);
    FUZZ_REQUIRE(left.id == right.id && left.method == right.method);
    // A response may carry params, which mean nothing and are not written again.
    FUZZ_REQUIRE(left.kind == envelope_kind::response || left.params == right.params);
    FUZZ_REQUIRE(left.result == right.result);
    if (!left.failed) return;
    FUZZ_REQUIRE(left.error.code == right.error.code && left.error.message == right.error.message);
    FUZZ_REQUIRE(left.error.data == right.error.data);
}

void write(byte_buffer& to, const envelope& message) {
    if (message.kind == envelope_kind::response) {
        if (message.failed)
            return append_error(to, message.id, message.error.code, message.error.message,
                                message.error.data);
        append_result_head(to, message.id);
        to.append(message.result);
    } else {
        if (message.kind == envelope_kind::request) {
            append_id(to, message.id);
            to.append(',');
            append_method(to, message.method);
        } else {
            append_notification_head(to, message.method);
        }
        if (message.params.empty()) to.truncate(to.size() - params_member.size());
        to.append(message.params);
    }
    to.append('}');
}

void read_as_batch(std::string_view body) {
    std::vector<std::string_view> entries;
    fault error;
    const auto take = [](void* to, std::string_view entry) {
        static_cast<std::vector<std::string_view>*>(to)->push_back(entry);
    };
    const bool good = read_batch(body, take, &entries, error);
    const std::string_view text = trimmed(body);
    if (!is_json(text)) {
        FUZZ_REQUIRE(!good && entries.empty() && error.code == codes::parse_error);
        return;
    }
    const std::vector<std::string_view> expected = parts_of(inside(text), ',');
    if (expected.empty() || expected.size() > max_batch) {
        FUZZ_REQUIRE(!good && entries.empty() && error.code == codes::invalid_request);
        return;
    }
    FUZZ_REQUIRE(good && entries == expected);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    static envelope message, again; // used for one body after the other, as a session does
    const bool good = parse_envelope(body, message);
    FUZZ_REQUIRE(good == (message.kind != envelope_kind::refused));
    require_equal(message, judge(body));
    if (message.kind == envelope_kind::batch) {
        read_as_batch(body);
    } else if (good) {
        byte_buffer written;
        write(written, message);
        FUZZ_REQUIRE(parse_envelope(written.view(), again));
        require_equal(message, again);
    }
    return 0;
}
