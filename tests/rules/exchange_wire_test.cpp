#include <tenon/rules/calls/exchange_wire.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon;
using namespace tenon::detail;

namespace {

std::string encoded(const http::request& request) {
    plugin_routes table;
    CHECK(table.add(1, "a", "/p", {.path = "/users/{id}", .method = "GET"}));
    return encode_exchange(request, table.find("GET", request.path));
}
json told(const http::request& request, std::string_view name) {
    return json(json::parse(encoded(request)).value()[name]);
}

} // namespace

TEST_CASE("a request is told as the page has it") {
    const http::request request{.request_id = "r7",
                                .method = "GET",
                                .path = "/p/users/7",
                                .query = {{"tag", "a"}, {"limit", "2"}, {"tag", "b"}},
                                .headers = {{"Accept", "application/json"}, {"X-One", "1"}, {"x-one", "2"}},
                                .body = "hello"};
    CHECK(
        encoded(request) ==
        R"({"requestId":"r7","method":"GET","path":"/users/7","route":"/users/{id}","params":{"id":"7"},)"
        R"("query":{"tag":["a","b"],"limit":"2"},"headers":{"accept":"application/json","x-one":["1","2"]},)"
        R"("body":"hello","bodyEncoding":"utf8"})");
    const auto read = from_json<route_request>(encoded(request));
    REQUIRE(read);
    CHECK(read->route == "/users/{id}");
    CHECK_FALSE(read->auth.has_value());
}

TEST_CASE("a body that is no UTF-8 travels in base64") {
    const http::request request{.method = "GET", .path = "/p/users/7", .body = std::string("\0\xff", 2)};
    CHECK(told(request, "body").text() == R"("AP8=")");
    CHECK(told(request, "bodyEncoding").text() == R"("base64")");
}

TEST_CASE("H6: fields about the connection, Authorization and Cookie stay with the host") {
    const http::request request{.method = "GET",
                                .path = "/p/users/7",
                                .headers = {{"Connection", "keep-alive, X-Secret"},
                                            {"X-Secret", "s"},
                                            {"Keep-Alive", "5"},
                                            {"Transfer-Encoding", "chunked"},
                                            {"TE", "trailers"},
                                            {"Upgrade", "websocket"},
                                            {"Proxy-Authorization", "p"},
                                            {"AUTHORIZATION", "Bearer token"},
                                            {"Cookie", "session=1"},
                                            {"X-Public", "yes"}},
                                .auth = json::of(std::string("admin"))};
    CHECK(told(request, "headers").text() == R"({"x-public":"yes"})");
    CHECK(told(request, "auth").text() == R"("admin")");
    CHECK(encoded(request).find("token") == std::string::npos);
}

TEST_CASE("what a request holds is data: quotes, control characters and bad UTF-8 break nothing") {
    const http::request request{.request_id = "\"",
                                .method = "GET",
                                .path = "/p/users/\"}",
                                .query = {{"a\"b", "\x01"}, {"bad", "\xff"}},
                                .headers = {{"x", "\xff"}}};
    CHECK(json::parse(encoded(request)));
}

TEST_CASE("an answer becomes a response") {
    const auto answer = read_exchange_answer(
        R"({"status":201,"headers":{"Location":"/x","Set-Cookie":["a=1","b=2"]},"body":"done"})");
    REQUIRE(answer);
    CHECK(answer->status == 201);
    REQUIRE(answer->headers.size() == 3);
    CHECK(answer->headers[0].name == "Location");
    CHECK(answer->headers[1].value == "a=1");
    CHECK(answer->headers[2].value == "b=2");
    CHECK(answer->body == "done");
    CHECK(read_exchange_answer(R"({"status":204})")->body.empty());
    const auto binary = read_exchange_answer(R"({"status":200,"body":"AP8=","bodyEncoding":"base64"})");
    CHECK(binary->body == std::string("\0\xff", 2));
    CHECK(read_exchange_answer(R"({"status":200,"headers":null,"body":null})"));
}

TEST_CASE("H6: an answer that is no response is the plugin's fault, in words") {
    const auto refusal = [](std::string_view text) {
        const auto answer = read_exchange_answer(text);
        CHECK_FALSE(answer);
        if (answer) return std::string();
        CHECK(answer.error().code == codes::internal_error);
        return answer.error().message;
    };
    for (const char* text : {R"(null)",
                             R"([])",
                             R"({})",
                             R"("200")",
                             R"({"status":"200"})",
                             R"({"status":99})",
                             R"({"status":1000})",
                             R"({"status":100})",
                             R"({"status":101})",
                             R"({"status":199})",
                             R"({"status":600})",
                             R"({"status":-200})",
                             R"({"status":200.5})",
                             R"({"status":200,"headers":[]})",
                             R"({"status":200,"headers":{"a":1}})",
                             R"({"status":200,"headers":{"a":[1]}})",
                             R"({"status":200,"headers":{"a":{}}})",
                             R"({"status":200,"headers":{"":"x"}})",
                             R"({"status":200,"headers":{"a b":"x"}})",
                             R"({"status":200,"headers":{"a:b":"x"}})",
                             R"({"status":200,"headers":{"a\r\nb":"x"}})",
                             R"({"status":200,"headers":{"é":"x"}})",
                             R"({"status":200,"headers":{"a":"x\r\nSet-Cookie: y"}})",
                             R"({"status":200,"headers":{"a":"x\n"}})",
                             R"({"status":200,"headers":{"a":"x\r"}})",
                             R"({"status":200,"headers":{"a":"x\u0000"}})",
                             R"({"status":200,"headers":{"a":["good","x\u0000"]}})",
                             R"({"status":200,"headers":{"a":"\u007f"}})",
                             R"({"status":200,"body":7})",
                             R"({"status":200,"body":"AP8","bodyEncoding":"base64"})",
                             R"({"status":200,"body":"x","bodyEncoding":"gzip"})"}) {
        CAPTURE(text);
        CHECK(refusal(text) != "");
    }
    CHECK(refusal(R"({"status":101})") == "the plugin's response is not valid: status: expected 200 to 599");
    CHECK(refusal(R"({"status":200,"headers":{"a":"x\n"}})") ==
          "the plugin's response is not valid: header 'a': its value has control characters");
    CHECK(read_exchange_answer(R"({"status":200,"headers":{"a":"tab\tand é"}})"));
}

TEST_CASE("H6: fields that a server says itself are left out of a response") {
    const auto answer = read_exchange_answer(
        R"({"status":200,"headers":{"Content-Length":"5","Transfer-Encoding":"chunked","Connection":"close, x-mine",)"
        R"("X-Mine":"1","Upgrade":"h2c","X-Kept":"2"},"body":"hello"})");
    REQUIRE(answer);
    REQUIRE(answer->headers.size() == 1);
    CHECK(answer->headers[0].name == "X-Kept");
}

TEST_CASE("the headers of an answer are bounded") {
    std::string many = R"({"status":200,"headers":{"a":[")";
    for (int index = 0; index < 256; ++index) many += "x\",\"";
    CHECK_FALSE(read_exchange_answer(many + R"(x"]}})"));
    const auto large = [](std::size_t size) {
        return read_exchange_answer(R"({"status":200,"headers":{"a":")" + std::string(size, 'x') + R"("}})");
    };
    CHECK(large(max_answer_header_bytes - 1));
    CHECK_FALSE(large(max_answer_header_bytes));
}
