// Responses on the wire: headers that come more than once, bodies that are no text.

#include <tenon/plugin/encode_answer.hpp>
#include <tenon/testing/http_parts.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

std::string written(const tenon::response& answer) {
    tenon::byte_buffer buffer;
    tenon::json_writer out(buffer);
    tenon::detail::write_answer(out, answer);
    return std::string(buffer.view());
}

TEST_CASE("a response writes only what it has") {
    CHECK(written({}) == R"({"status":200})");
    CHECK(written({.status = 204}) == R"({"status":204})");
    CHECK(written({.status = 200, .body = "x"}) == R"({"status":200,"body":"x"})");
    CHECK(written(tenon::ok(7)) ==
          R"({"status":200,"headers":{"content-type":"application/json"},"body":"7"})");
    CHECK(written(tenon::text("hé", 404)) ==
          R"({"status":404,"headers":{"content-type":"text/plain; charset=utf-8"},"body":"hé"})");
}

TEST_CASE("a header that is given more than once becomes an array, in its first place and spelling") {
    CHECK(
        written(
            {.headers = {{"Set-Cookie", "a=1"}, {"x", "y"}, {"set-cookie", "b=2"}, {"SET-COOKIE", "c=3"}}}) ==
        R"({"status":200,"headers":{"Set-Cookie":["a=1","b=2","c=3"],"x":"y"}})");
    CHECK(written({.headers = {{"a", ""}, {"ab", "1"}, {"A", "2"}}}) ==
          R"({"status":200,"headers":{"a":["","2"],"ab":"1"}})");
}

TEST_CASE("a body that is no valid UTF-8 travels in base64") {
    CHECK(written({.body = std::string("\xff\x00\x01", 3)}) ==
          R"({"status":200,"body":"/wAB","bodyEncoding":"base64"})");
    CHECK(written({.body = std::string("a\0b", 3)}) == "{\"status\":200,\"body\":\"a\\u0000b\"}");
    CHECK(written({.body = "\xed\xa0\x80"}) == R"({"status":200,"body":"7aCA","bodyEncoding":"base64"})");
    CHECK(written({.body = "\xc3"}) == R"({"status":200,"body":"ww==","bodyEncoding":"base64"})");
}

TEST_CASE("what was written is read back as it was") {
    for (const tenon::response& answer :
         {tenon::response{}, tenon::text("hello", 404), tenon::response{.status = 500, .body = "\xff\xfe"},
          tenon::response{.headers = {{"a", "1"}, {"a", "2"}, {"b", "3"}}, .body = "x"}}) {
        const auto read = tenon::detail::read_response(written(answer));
        REQUIRE(read);
        CHECK(read->status == answer.status);
        CHECK(read->body == answer.body);
        REQUIRE(read->headers.size() == answer.headers.size());
        for (std::size_t index = 0; index < answer.headers.size(); ++index) {
            CHECK(read->headers[index].name == answer.headers[index].name);
            CHECK(read->headers[index].value == answer.headers[index].value);
        }
    }
}

} // namespace
