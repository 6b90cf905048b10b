// What is a request, read whole, byte by byte, in pieces, and with another one behind it.

#include "parsed.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tenon::http;

namespace {

const std::string second = "GET /second HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string second_said = "GET /second, Host: a: \n";

void reads(const std::string& bytes, const std::string& said) {
    INFO(bytes);
    CHECK(parse(bytes, bytes.size()).said == said);
    CHECK(parse(bytes, 1).said == said);
    CHECK(parse(bytes, 7).said == said);
    CHECK(parse(bytes + second, bytes.size() + second.size()).said == said + second_said);
    CHECK(parse(bytes + second, 1).said == said + second_said);
    CHECK_FALSE(parse(bytes, 1).begun);
    for (std::size_t size = 1; size != bytes.size(); ++size) {
        const parsed part = parse(bytes.substr(0, size), size);
        REQUIRE(part.requests == 0);
        REQUIRE(part.refused == 0);
    }
}

} // namespace

TEST_CASE("a request is read the same however its bytes are split, and so is the one behind it") {
    reads("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /, Host: a: \n");
    reads("GET /a/b?c=d&e HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET /a/b?c=d&e, Host: a:80: \n");
    reads("get /;x=1/%7Ea HTTP/1.1\r\nhOST: [::1]:8080\r\n\r\n", "get /;x=1/%7Ea, hOST: [::1]:8080: \n");
    reads("GET / HTTP/1.1\r\nHost:a\r\nX:\r\nY: \t b c\t \r\n\r\n", "GET /, Host: a, X: , Y: b c: \n");
    reads("GET / HTTP/1.1\r\nHost: a\r\nX: \xC3\xA4\xFF\r\n\r\n", "GET /, Host: a, X: \xC3\xA4\xFF: \n");
    reads("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 2\r\n\r\n", "GET /, Host: a, X: 1, X: 2: \n");
    reads("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
          "POST /, Host: a, Content-Length: 5: hello\n");
}

TEST_CASE("a body may hold anything, and none where its length is 0") {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ";
    reads(head + "0\r\n\r\n", "POST /, Host: a, Content-Length: 0: \n");
    reads(head + "00012\r\n\r\n" + std::string("GET /\r\n\r\n\0\xFF!", 12),
          "POST /, Host: a, Content-Length: 00012: " + std::string("GET /\r\n\r\n\0\xFF!", 12) + "\n");
}

TEST_CASE("a body in chunks is put together; extensions and trailers are dropped") {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n";
    const std::string said = "POST /, Host: a, Transfer-Encoding: Chunked: ";
    reads(head + "0\r\n\r\n", said + "\n");
    reads(head + "5\r\nhello\r\n0\r\n\r\n", said + "hello\n");
    reads(head + "00000000000000A\r\n0123456789\r\n1\r\n!\r\n000\r\n\r\n", said + "0123456789!\n");
    reads(head + "2;a=\"b\";c\r\nhi\r\n0;last\r\n\r\n", said + "hi\n");
    reads(head + "2\r\nhi\r\n0\r\nHost: b\r\nContent-Length: 9\r\nX: y\r\n\r\n", said + "hi\n");
}

TEST_CASE("an empty line before a request is forgiven, once") {
    reads("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /, Host: a: \n");
    const std::string each = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    CHECK(parse(each + each + each, 1).requests == 3);
    CHECK(parse("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 1).said == "refused 400\n");
    CHECK_FALSE(parse("\r\n", 2).begun);
}

TEST_CASE("a target with the host in it is taken where it is the same host, and becomes a path") {
    reads("GET http://a:80/b?c HTTP/1.1\r\nHost: A:80\r\n\r\n", "GET /b?c, Host: A:80: \n");
    reads("GET HTTP://a HTTP/1.1\r\nHost: a\r\n\r\n", "GET /, Host: a: \n");
    reads("GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /?b, Host: a: \n");
}

TEST_CASE("the path is decoded once and kept; the query stands in the target") {
    tenon::detail::http_parser from({});
    from.append("GET /a%20b/%252F?c=%2F?d HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(from.next() == tenon::detail::http_step::head);
    CHECK(from.asked().path == "/a b/%2F");
    CHECK(from.asked().query.empty());
    CHECK(tenon::query_of(from.asked().target) == "c=%2F?d");
    CHECK(from.asked().header("HOST") == "a");
    CHECK(from.asked().header("hos").empty());
}

TEST_CASE("HTTP/1.0 and Connection: close end the connection") {
    reads("GET / HTTP/1.0\r\nHost: a\r\n\r\n", "GET /, Host: a (last): \n");
    reads("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n",
          "GET /, Host: a, Connection: x, Close (last): \n");
    reads("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed, Upgrade\r\nUpgrade: h2c\r\n\r\n",
          "GET /, Host: a, Connection: closed, Upgrade, Upgrade: h2c: \n");
    reads("GET / HTTP/1.1\r\nHost: a\r\nX: close\r\n\r\n", "GET /, Host: a, X: close: \n");
}

TEST_CASE("the head is told before the body, once, with whether the client waits for a word") {
    tenon::detail::http_parser from({});
    from.append("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
    REQUIRE(from.next() == tenon::detail::http_step::head);
    CHECK(from.asked().body.empty());
    CHECK(from.in_body());
    CHECK(from.expects_continue());
    CHECK(from.next() == tenon::detail::http_step::need_more);
    CHECK(from.begun());
    from.append("hi");
    CHECK(from.next() == tenon::detail::http_step::whole);
    CHECK(from.asked().body == "hi");
    from.append("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
    REQUIRE(from.next() == tenon::detail::http_step::head);
    CHECK_FALSE(from.in_body());
    CHECK_FALSE(from.expects_continue()); // for what?
    CHECK(from.next() == tenon::detail::http_step::whole);
    from.append("PUT / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    REQUIRE(from.next() == tenon::detail::http_step::head);
    CHECK_FALSE(from.expects_continue());
}

TEST_CASE("every limit is taken up to its last byte, and no further") {
    const limits bounds{.target = 10, .head = 100, .headers = 3, .body = 5};
    const auto says = [&](const std::string& bytes) {
        const parsed whole = parse(bytes, bytes.size(), bounds);
        CHECK(parse(bytes, 1, bounds).said == whole.said);
        CHECK(parse(bytes, 1, bounds).words == whole.words);
        return whole.refused;
    };
    const std::string end = "Host: a\r\n\r\n";
    CHECK(says("GET /234567890 HTTP/1.1\r\n" + end) == 0);
    CHECK(says("GET /2345678901 HTTP/1.1\r\n" + end) == 414);
    CHECK(says("GET /" + std::string(60, 'a')) == 414); // before its end has come
    const std::string line = "GET / HTTP/1.1\r\n";      // 16
    CHECK(says(line + "X: " + std::string(100 - 16 - 11 - 5, 'x') + "\r\n" + end) == 0);
    CHECK(says(line + "X: " + std::string(100 - 16 - 11 - 4, 'x') + "\r\n" + end) == 431);
    CHECK(says(line + std::string(100 - 16, 'x')) == 0);
    CHECK(says(line + std::string(100 - 15, 'x')) == 431);
    CHECK(says(line + "A: 1\r\nB: 2\r\n" + end) == 0);
    CHECK(says(line + "A: 1\r\nB: 2\r\nC: 3\r\n" + end) == 431);
    CHECK(says(line + "Content-Length: 5\r\n" + end) == 0);
    CHECK(says(line + "Content-Length: 6\r\n" + end) == 413);
    const std::string chunked = line + "Transfer-Encoding: chunked\r\n" + end; // 55
    CHECK(says(chunked + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") == 0);
    CHECK(says(chunked + "3\r\nabc\r\n3\r\n") == 413);
    CHECK(says(chunked + "ffffffffffffffff\r\n") == 413);
    CHECK(says(chunked + "1;" + std::string(44, 'e') + "\r\na\r\n0\r\n") == 0);
    CHECK(says(chunked + "1;" + std::string(44, 'e') + "\r\na\r\n0\r\n\r\n") == 431);
    CHECK(says(chunked + "0\r\nT: " + std::string(38, 't') + "\r\n\r\n") == 0);
    CHECK(says(chunked + "0\r\nT: " + std::string(39, 't') + "\r\n\r\n") == 431);
    CHECK(parse(line + "Content-Length: 6\r\n" + end, 1, bounds).words ==
          "the body is too large: expected at most 5 bytes");
    // The next request has all of it again.
    CHECK(says(chunked + "0\r\nT: " + std::string(38, 't') + "\r\n\r\n" + chunked + "0\r\n\r\n") == 0);
}

TEST_CASE("a long body costs as many steps in small pieces as in large ones") {
    std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int count = 0; count != 20'000; ++count) bytes += "A\r\n0123456789\r\n";
    bytes += "0\r\n\r\n";
    CHECK(parse(bytes, bytes.size()).said == parse(bytes, 13).said);
}

TEST_CASE("what is refused was told in the words of the code: \"a http::field is NAME: VALUE\"") {
    const std::string head = "POST /x HTTP/1.1\r\nHost: a\r\n";
    for (const std::string& bad :
         {std::string("GET\r\n\r\n"), head + "no colon\r\n\r\n", head + "X: \x01\r\n\r\n",
          head + "X : y\r\n\r\n", head + "Host: b\r\n\r\n", head + "Content-Length: x\r\n\r\n",
          head + "Transfer-Encoding: chunked\r\n\r\nz\r\n", head + "Expect: much\r\n\r\n"}) {
        const parsed heard = parse(bad, bad.size());
        CAPTURE(heard.words);
        CHECK(heard.refused != 0);
        CHECK(heard.words.find("::") == std::string::npos);
    }
    CHECK(parse(head + "no colon\r\n\r\n", 1).words ==
          "a field is NAME: VALUE, on one line, without a space before the colon");
}
