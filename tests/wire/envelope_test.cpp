#include <tenon/wire/envelope.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tenon;
using namespace tenon::detail;

namespace {

// A body and what became of it, which may be slices of it.
struct parsed : envelope {
    explicit parsed(std::string_view text) : body(text) {
        CAPTURE(body);
        const bool good = parse_envelope(body, *this);
        CHECK(good == (kind != envelope_kind::refused));
        if (!good || kind == envelope_kind::batch) return;
        // A body is read to its end and no further: cut short it is nothing, with more behind it it is nothing.
        envelope other;
        for (std::size_t size = 0; size < body.find_last_not_of(" \r\n"); ++size)
            CHECK_FALSE(parse_envelope(std::string_view(body).substr(0, size), other));
        CHECK_FALSE(parse_envelope(body + "x", other));
        CHECK_FALSE(parse_envelope(body + body, other));
    }

    std::string body;
};

int refused(std::string_view body) {
    const parsed message(body);
    CHECK(message.kind == envelope_kind::refused);
    return message.error.code;
}

std::string request_with_id(std::string_view id) {
    return "{\"jsonrpc\":\"2.0\",\"id\":" + std::string(id) + ",\"method\":\"m\"}";
}

std::string with_nul(const char* bytes, std::size_t size) { return {bytes, size}; }

constexpr int bad_json = codes::parse_error, bad_message = codes::invalid_request;

} // namespace

TEST_CASE("the usual messages mean the same to the short way and to the long one") {
    const std::string usual[] = {
        R"({"jsonrpc":"2.0","id":17,"method":"plugin/execute","params":{"a":"b","c":[1,2]}})",
        R"({"jsonrpc":"2.0","id":0,"method":"","params":[]})",
        R"({"jsonrpc":"2.0","id":123456789012345678,"method":"a rather long name of a method","params":{}})",
        R"({"jsonrpc":"2.0","id":1,"result":{"flow":{"stop":false}}})",
        R"({"jsonrpc":"2.0","id":99,"result":"text and more text"})",
        R"({"jsonrpc":"2.0","id":5,"result":null,"more":[]})",
    };
    constexpr std::string_view bytes("\0\"\\{}[]:,.-+0123456789aeEnmu \n\x80\xFF", 33);
    std::size_t short_ways = 0;
    const auto compare = [&](const std::string& body) {
        envelope one, other;
        if (!envelope_parser(body, one).parse_usual()) return;
        ++short_ways;
        CAPTURE(body);
        REQUIRE(envelope_parser(body, other).parse());
        const bool same = one.kind == other.kind && one.failed == other.failed && one.id == other.id &&
                          one.method == other.method && one.params == other.params &&
                          one.result == other.result;
        if (!same) FAIL_CHECK("they differ");
    };
    for (const std::string& body : usual) {
        compare(body);
        for (std::size_t at = 0; at != body.size(); ++at) {
            std::string changed = body;
            for (const char byte : bytes) {
                changed[at] = byte;
                compare(changed);
                compare(std::string(body).insert(at, 1, byte));
            }
            compare(std::string(body).erase(at, 1));
        }
    }
    CHECK(short_ways > 1'000);
    // As deep as the long way goes, and no deeper.
    for (std::size_t depth = 61; depth != 66; ++depth) {
        envelope one, other;
        const std::string body = R"({"jsonrpc":"2.0","id":123456,"result":)" + std::string(depth, '[') +
                                 std::string(depth, ']') + "}";
        CHECK(envelope_parser(body, one).parse_usual() == envelope_parser(body, other).parse());
    }
}

TEST_CASE("a request's parts are slices of its body") {
    const std::string body = R"({"jsonrpc":"2.0","id":7,"method":"m","params":{"a":[1]}})";
    envelope message;
    REQUIRE(parse_envelope(body, message));
    CHECK(message.kind == envelope_kind::request);
    CHECK(message.id == "7");
    CHECK(message.method == "m");
    CHECK(message.params == "{\"a\":[1]}");
    CHECK(message.params.data() == body.data() + body.find("{\"a\""));
}

TEST_CASE("members may come in any order, with space and with unknown members between them") {
    const parsed message(" { \"params\" : [ ] , \"trace\" : {\"x\":[{}]} , \"method\" : \"a/b\", "
                         "\"id\":\"x\" ,\"jsonrpc\":\"2.0\"} \r\n");
    CHECK(message.kind == envelope_kind::request);
    CHECK(message.id == "\"x\"");
    CHECK(message.params == "[ ]");
}

TEST_CASE("what a message is follows from its members") {
    CHECK(parsed(R"({"jsonrpc":"2.0","method":"m"})").kind == envelope_kind::notification);
    CHECK(parsed(R"({"jsonrpc":"2.0","id":1,"result":null})").kind == envelope_kind::response);
    CHECK(parsed(R"([1,2)").kind == envelope_kind::batch); // its entries are somebody else's business
    const parsed failed(
        R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no \u0041","data":{"a":1},"more":2}})");
    CHECK(failed.kind == envelope_kind::response);
    CHECK(failed.failed);
    CHECK(failed.error.code == -32601);
    CHECK(failed.error.message == "no A");
    CHECK(failed.error.data == "{\"a\":1}");
    CHECK(parsed(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":""}})").kind ==
          envelope_kind::response);
}

TEST_CASE("params are an object, an array, null or absent") {
    CHECK(parsed(R"({"jsonrpc":"2.0","method":"m","params":null})").params.empty());
    CHECK(parsed(R"({"jsonrpc":"2.0","method":"m","params":[]})").params == "[]");
    CHECK(parsed(R"({"jsonrpc":"2.0","method":"m","params":{}})").params == "{}");
    for (const char* scalar : {"1", "\"x\"", "true", "false", "-0.5"}) {
        CAPTURE(scalar);
        CHECK(refused("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":" + std::string(scalar) + "}") ==
              bad_message);
    }
}

TEST_CASE("J3: bytes that are no UTF-8 are refused wherever they stand") {
    for (const char* bad : {"\xff", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3",
                            "\\ud800", "\\udc00\\ud800", "\\ud800x", "\\u12g4", "\x01"}) {
        const std::string word(bad);
        CAPTURE(word);
        CHECK(refused(R"({"jsonrpc":"2.0","id":1,"method":"m)" + word + "\"}") == bad_json);
        CHECK(refused(R"({"jsonrpc":"2.0","id":"1)" + word + R"(","method":"m"})") == bad_json);
        CHECK(refused(R"({"jsonrpc":"2.0","id":1,"method":"m","k)" + word + "\":1}") == bad_json);
        CHECK(refused(R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"a":")" + word + "\"}}") == bad_json);
        CHECK(refused(R"({"jsonrpc":"2.0","id":1,"method":"m","ignored":[")" + word + "\"]}") == bad_json);
        CHECK(parsed(R"({"jsonrpc":"2.0","id":1,"method":"m)" + word + "\"}").id.empty());
    }
    CHECK(refused("\xEF\xBB\xBF{\"jsonrpc\":\"2.0\",\"method\":\"m\"}") == bad_json);
    CHECK(refused(with_nul("{\0\"\0j\0", 6)) == bad_json);
}

TEST_CASE("J4: a member that appears twice is refused") {
    for (const char* member : {R"("method":"m")", R"("id":1)", R"("params":{})", R"("jsonrpc":"2.0")"}) {
        CAPTURE(member);
        const std::string body =
            R"({"jsonrpc":"2.0","id":1,"method":"m","params":{},)" + std::string(member) + "}";
        CHECK(refused(body) == bad_message);
    }
    CHECK(refused(R"({"jsonrpc":"2.0","id":1,"result":1,"result":2})") == bad_message);
    CHECK(refused(R"({"jsonrpc":"2.0","id":1,"method":"a","\u006dethod":"b"})") == bad_message);
    // Which of two ids is meant nobody knows.
    CHECK(parsed(R"({"jsonrpc":"2.0","id":1,"method":"m","id":2})").id.empty());
    CHECK(parsed(R"({"jsonrpc":"2.0","id":1,"method":"m","method":"n"})").id == "1");
}

TEST_CASE("J4: a member in another case is refused") {
    for (const char* member : {R"("Method":"m")", R"("ID":1)", R"("Params":{})", R"("JsonRpc":"2.0")",
                               R"("RESULT":1)", R"("Error":1)", R"("m\u0045thod":"m")"}) {
        CAPTURE(member);
        CHECK(refused(R"({"jsonrpc":"2.0","id":1,"method":"m",)" + std::string(member) + "}") == bad_message);
    }
    CHECK(parsed(R"({"jsonrpc":"2.0","id":1,"method":"m","methods":1,"i":2,"identity":3})").kind ==
          envelope_kind::request);
}

TEST_CASE("J5: an id is an integer of 64 bits or a string, and keeps its text") {
    for (const char* id : {"0", "-0", "1", "-1", "9007199254740993", "9223372036854775807",
                           "-9223372036854775808", "\"\"", "\"1\"", "\"\\u0031\"", "\"\xC3\xA4\""}) {
        CAPTURE(id);
        const parsed message(request_with_id(id));
        CHECK(message.kind == envelope_kind::request);
        CHECK(message.id == id);
    }
    for (const char* id : {"9223372036854775808", "-9223372036854775809", "18446744073709551616", "0.1",
                           "1.0", "1e3", "1E0", "-0.0", "12345678901234567890123"}) {
        CAPTURE(id);
        CHECK(refused(request_with_id(id)) == bad_message);
        CHECK(parsed(request_with_id(id)).id.empty());
    }
    for (const char* id : {"1e400", "-", "01", "+1", "0x1", "1.", ".5", "NaN"}) {
        CAPTURE(id);
        CHECK(refused(request_with_id(id)) == bad_json);
    }
}

TEST_CASE("R3: null, fractions, booleans and containers are no ids") {
    for (const char* id : {"null", "1.5", "true", "false", "{}", "[]", "[1]"}) {
        CAPTURE(id);
        CHECK(refused(request_with_id(id)) == bad_message);
        CHECK_FALSE(parsed(request_with_id(id)).has_id());
    }
}

TEST_CASE("J7: a NUL in a method does not end it") {
    const std::string name = with_nul("admin\0x", 7);
    CHECK(parsed(R"({"jsonrpc":"2.0","id":1,"method":"admin\u0000x"})").method == name);
    CHECK(parsed(R"({"jsonrpc":"2.0","id":1,"method":"admin\u0000x"})").method != "admin");
    CHECK(refused(R"({"jsonrpc":"2.0","id":1,"method":")" + name + "\"}") == bad_json); // raw it is no JSON
    CHECK(parsed(R"({"jsonrpc":"2.0","id":"a\u0000b","method":"m"})").id == R"("a\u0000b")");
}

TEST_CASE("R2: anything but jsonrpc \"2.0\" is refused, with the id") {
    for (const char* version : {"", R"("jsonrpc":"1.0",)", R"("jsonrpc":2.0,)", R"("jsonrpc":"2",)",
                                R"("jsonrpc":null,)", R"("jsonrpc":["2.0"],)", R"("jsonrpc":"2.0 ",)"}) {
        CAPTURE(version);
        const std::string body = "{" + std::string(version) + R"("id":5,"method":"m"})";
        CHECK(refused(body) == bad_message);
        CHECK(parsed(body).id == "5");
    }
    CHECK(parsed(R"({"jsonrpc":"2\u002e0","id":5,"method":"m"})").kind == envelope_kind::request);
}

TEST_CASE("R2: an id behind the fault is still found") {
    const parsed message(R"({"method":1,"params":"x","jsonrpc":"1.0","id":"late"})");
    CHECK(message.kind == envelope_kind::refused);
    CHECK(message.id == "\"late\"");
    CHECK(message.error.message == "Invalid Request: expected a string in member 'method'");
    CHECK_FALSE(message.maybe_response);
}

TEST_CASE("R2: a message that is no object is refused") {
    for (const char* body : {"1", "\"x\"", "null", "true", " 0 "}) CHECK(refused(body) == bad_message);
    for (const char* body : {"", " ", "{", "nul", "{\"a\":1,}", "{}{}", "// x\n{}", "{'a':1}"})
        CHECK(refused(body) == bad_json);
    CHECK(refused("{}") == bad_message);
    CHECK(refused(R"({"jsonrpc":"2.0","id":1,"method":1})") == bad_message);
    CHECK(refused(R"({"jsonrpc":"2.0","id":1,"method":"m","result":1})") == bad_message);
    CHECK(refused(R"({"jsonrpc":"2.0","method":"m","error":{"code":1,"message":""}})") == bad_message);
}

TEST_CASE("J2: a body nested to the limit is read, and one deeper is not") {
    const auto nested = [](std::size_t depth) {
        return R"({"jsonrpc":"2.0","method":"m","params":)" + std::string(depth, '[') +
               std::string(depth, ']') + "}";
    };
    CHECK(parsed(nested(max_json_depth - 1)).kind == envelope_kind::notification);
    CHECK(refused(nested(max_json_depth)) == bad_json);
    CHECK(refused(nested(100000)) == bad_json);
    CHECK(refused(std::string(100000, '{')) == bad_json);
}

TEST_CASE("R5: a malformed reply is refused, keeps its id and is known for one") {
    for (const char* outcome :
         {R"("result":1,"error":{"code":1,"message":""})", R"("error":"text")", R"("error":null)",
          R"("error":[])", R"("error":{"code":"1","message":""})", R"("error":{"code":1.5,"message":""})",
          R"("error":{"code":1})", R"("error":{"message":""})", R"("error":{"code":1,"message":2})",
          R"("error":{"code":99999999999,"message":""})", R"("error":{"code":-99999999999,"message":""})",
          R"("error":{"code":1,"message":"","code":2})", R"("trace":1)"}) {
        CAPTURE(outcome);
        const parsed message(R"({"jsonrpc":"2.0",)" + std::string(outcome) + R"(,"id":3})");
        CHECK(message.kind == envelope_kind::refused);
        CHECK(message.id == "3");
        CHECK(message.maybe_response);
    }
    const parsed unversioned(R"({"id":3,"result":1})");
    CHECK(unversioned.kind == envelope_kind::refused);
    CHECK(unversioned.maybe_response);
    CHECK(unversioned.has_outcome);
    CHECK(refused(R"({"jsonrpc":"2.0","result":1})") == bad_message);
    CHECK(refused(R"({"jsonrpc":"2.0","id":null,"result":1})") == bad_message);
}

namespace {

struct batch_result {
    bool good = false;
    std::vector<std::string> entries = {};
    fault error = {};
};

batch_result batch(std::string_view body) {
    batch_result seen;
    seen.good = read_batch(
        body,
        [](void* entries, std::string_view entry) {
            static_cast<std::vector<std::string>*>(entries)->emplace_back(entry);
        },
        &seen.entries, seen.error);
    return seen;
}

} // namespace

TEST_CASE("R1: a batch is all JSON or nothing of it is taken") {
    CHECK(batch("[1, {\"a\":[2]} ,null]").entries == std::vector<std::string>{"1", "{\"a\":[2]}", "null"});
    for (const char* bad : {"[", "[1", "[1,", "[1,]", "[1]x", "[{]"}) {
        CAPTURE(bad);
        const batch_result seen = batch(bad);
        CHECK_FALSE(seen.good);
        CHECK(seen.entries.empty());
        CHECK(seen.error.code == bad_json);
    }
    CHECK(batch("[]").error.code == bad_message);
    std::string many = "[1";
    for (std::size_t index = 1; index < max_batch; ++index) many += ",1";
    CHECK(batch(many + "]").entries.size() == max_batch);
    CHECK(batch(many + ",1]").error.code == bad_message);
}

TEST_CASE("messages are written in one spelling") {
    byte_buffer out;
    append_call_head(out, 12, "a/\"b");
    CHECK(out.view() == R"({"jsonrpc":"2.0","id":12,"method":"a/\"b","params":)");
    out.clear();
    append_notification_head(out, "m");
    CHECK(out.view() == R"({"jsonrpc":"2.0","method":"m","params":)");
    out.clear();
    append_result_head(out, "\"x\"");
    CHECK(out.view() == R"({"jsonrpc":"2.0","id":"x","result":)");
    out.clear();
    append_error(out, "", -32700, "bad\xff");
    CHECK(out.view() ==
          "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"bad\xEF\xBF\xBD\"}}");
    out.clear();
    append_error(out, "0", 7, "no", "{\"a\":1}");
    CHECK(out.view() == R"({"jsonrpc":"2.0","id":0,"error":{"code":7,"message":"no","data":{"a":1}}})");
}
