// What is no request, or hides a second one (H3, H5, H7, H9 of the reliability plan). Every row is refused with its
// status, whole and byte by byte, and the request that stands behind it is never read.

#include "parsed.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tenon::http;
using namespace std::string_literals;

namespace {

struct row {
    int status;
    std::string bytes;
};

const std::string host = "Host: a\r\n";

std::string with(const std::string& fields, const std::string& body = "") {
    return "POST / HTTP/1.1\r\n" + host + fields + "\r\n\r\n" + body;
}
std::string chunks(const std::string& body) { return with("Transfer-Encoding: chunked", body); }
std::string to(const std::string& target) { return "GET " + target + " HTTP/1.1\r\n" + host + "\r\n"; }
std::string line(const std::string& text) { return text + "\r\n" + host + "\r\n"; }

void all_refused(const std::vector<row>& rows) {
    for (const row& one : rows) {
        INFO(one.bytes.substr(0, 300));
        for (const std::string second : {"", "GET /second HTTP/1.1\r\nHost: a\r\n\r\n"}) {
            const std::string bytes = one.bytes + second;
            const parsed whole = parse(bytes, bytes.size());
            CHECK(whole.refused == one.status);
            CHECK(whole.requests == 0);
            CHECK_FALSE(whole.words.empty());
            for (const std::size_t piece : {1u, 3u, 1000u}) {
                const parsed split = parse(bytes, piece);
                CHECK(split.said == whole.said);
                CHECK(split.words == whole.words);
            }
        }
    }
}

} // namespace

TEST_CASE("H5: a body whose length is said twice, or oddly, is refused with all that stands behind it") {
    all_refused({
        {400, with("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: chunked, chunked", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: chunked, identity", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: identity")},
        {400, with("Transfer-Encoding: xchunked", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: chunked,", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: \"chunked\"", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: chunked;q=1", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: chu\tnked", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: \x0B"s + "chunked", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: \xA0"s + "chunked", "0\r\n\r\n")},
        {400, with("Transfer-Encoding: \0chunked"s, "0\r\n\r\n")},
        {400, with("Transfer-Encoding:")},
        {400, with("Transfer-Encoding : chunked", "0\r\n\r\n")},
        {400, with("Transfer-Encoding\t: chunked", "0\r\n\r\n")},
        {400, with("Transfer-Encoding:\r\n chunked", "0\r\n\r\n")},
        {400, with("X: y\r\n Transfer-Encoding: chunked", "0\r\n\r\n")},
        {400, with("X: y\nTransfer-Encoding: chunked", "0\r\n\r\n")},
        {400, with("X: y\rTransfer-Encoding: chunked", "0\r\n\r\n")},
        {400, "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {400, with("Content-Length: 5\r\nContent-Length: 5", "hello")},
        {400, with("Content-Length: 5\r\ncontent-length: 6", "hello")},
        {400, with("Content-Length: 5, 5", "hello")},
        {400, with("Content-Length: 5 5", "hello")},
        {400, with("Content-Length: +5", "hello")},
        {400, with("Content-Length: -5", "hello")},
        {400, with("Content-Length: 0x5", "hello")},
        {400, with("Content-Length: 5.0", "hello")},
        {400, with("Content-Length: 1e1", "hello")},
        {400, with("Content-Length: 5;", "hello")},
        {400, with("Content-Length: \"5\"", "hello")},
        {400, with("Content-Length: \xD9\xA5", "hello")},
        {400, with("Content-Length:", "hello")},
        {400, with("Content-Length: 99999999999999999999")},
        {400, with("Content-Length: 184467440737095516165")},
        {400, with("Content-Length: 000000000000000000005", "hello")},
        {400, with("Content-Length : 5", "hello")},
        {400, with("Content-Length\x0B: 5", "hello")},
        {417, with("Expect: 200-ok\r\nContent-Length: 5", "hello")},
        {417, "POST / HTTP/1.0\r\n" + host + "Expect: 200-ok\r\n\r\n"},
        {400, with("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5", "hello")},
    });
}

TEST_CASE("H5: chunks that are not as they say are refused with all that stands behind them") {
    all_refused({
        {400, chunks("\r\n")},
        {400, chunks(";a\r\n")},
        {400, chunks("g\r\n")},
        {400, chunks("0x5\r\nhello\r\n0\r\n\r\n")},
        {400, chunks("+5\r\nhello\r\n0\r\n\r\n")},
        {400, chunks("-1\r\nhello\r\n0\r\n\r\n")},
        {400, chunks(" 5\r\nhello\r\n0\r\n\r\n")},
        {400, chunks("5 \r\nhello\r\n0\r\n\r\n")},
        {400, chunks("5 ;a\r\nhello\r\n0\r\n\r\n")},
        {400, chunks("5,5\r\nhello\r\n0\r\n\r\n")},
        {400, chunks("5\nhello\r\n0\r\n\r\n")},
        {400, chunks("5\rhello\r\n0\r\n\r\n")},
        {400, chunks("5;a\x01\r\nhello\r\n0\r\n\r\n")},
        {400, chunks("5;a\rb\r\nhello\r\n0\r\n\r\n")},
        {400, chunks("5;a\nhello\r\n0\r\n\r\n")},
        {400, chunks("5\r\nhello\n0\r\n\r\n")},
        {400, chunks("5\r\nhello!\r\n0\r\n\r\n")},
        {400, chunks("5\r\nhell\r\n0\r\n\r\n")},
        {400, chunks("5\r\nhello0\r\n\r\n")},
        {400, chunks("5\r\nhello\r\r\n0\r\n\r\n")},
        {400, chunks("10000000000000000\r\n")},
        {400, chunks("00000000000000005\r\nhello\r\n0\r\n\r\n")},
        {400, chunks("10000000000000005\r\nhello\r\n0\r\n\r\n")},
        {413, chunks("FFFFFFFFFFFFFFFF\r\n")},
        {413, chunks("8000000000000000\r\n")},
        {413, chunks("5\r\nhello\r\nfffffffffffffffb\r\n")},
        {413, chunks("A00001\r\n")},
        {431, chunks("5;" + std::string(70'000, 'e'))},
        {431, chunks(std::string(70'000, '0'))},
        {400, chunks("0\r\n folded: x\r\n\r\n")},
        {400, chunks("0\r\nX : y\r\n\r\n")},
        {400, chunks("0\r\nno colon\r\n\r\n")},
        {400, chunks("0\r\nX: \x7F\r\n\r\n")},
        {400, chunks("0\r\nX: y\n\r\n")},
        {400, chunks("0\r\n\n")},
        {431, chunks("0\r\nX: " + std::string(70'000, 'x'))},
    });
}

TEST_CASE("H5: lines and fields that programs read differently are refused") {
    all_refused({
        {400, "GET / HTTP/1.1\n" + host + "\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" + host + "\n"},
        {400, "GET / HTTP/1.1\r\r\n" + host + "\r\n"},
        {400, "GET / HTTP/1.1\r\n" + host + "\r\r\n"},
        {400, "\n" + to("/")},
        {400, "\r\n\r\n" + to("/")},
        {400, " " + to("/")},
        {400, "\xEF\xBB\xBF" + to("/")},
        {400, with("X: a\rb")},
        {400, with("X: a\r")},
        {400, with("X: a\0b"s)},
        {400, with("X: a\x01")},
        {400, with("X: a\x7F")},
        {400, with("X: a\x0C")},
        {400, with("X\0: a"s)},
        {400, with("X\x80: a")},
        {400, with(": a")},
        {400, with("X Y: a")},
        {400, with("X(Y): a")},
        {400, with("X")},
        {400, with("X : a")},
        {400, with("X: a\r\n b")},
        {400, with("X: a\r\n\tb")},
        {400, "GET / HTTP/1.1\r\n X: a\r\n" + host + "\r\n"},
        {400, with("Authorization: Bearer a\r\nauthorization: Bearer b")},
        {400, with("Origin: http://a\r\nOrigin: http://b")},
        {400, with("Content-Type: application/json\r\nContent-Type: text/plain")},
        {400, line("GET /")},
        {400, line("GET")},
        {400, line("GET / ")},
        {400, line("GET /  HTTP/1.1")},
        {400, line("GET  / HTTP/1.1")},
        {400, line("GET\t/\tHTTP/1.1")},
        {400, line("GET / HTTP/1.1 ")},
        {400, line("GET / http/1.1")},
        {400, line("GET / HTTP/1.10")},
        {400, line("GET / HTTP/11")},
        {400, line("GET / HTTP/1,1")},
        {400, line("GET / HTTP/+.1")},
        {400, line("GET / ICE/1.0")},
        {400, line("G:T / HTTP/1.1")},
        {400, line("G\0T / HTTP/1.1"s)},
        {400, line(" / HTTP/1.1")},
        {501, line(std::string(33, 'G') + " / HTTP/1.1")},
        {505, line("GET / HTTP/2.0")},
        {505, line("GET / HTTP/1.2")},
        {505, line("GET / HTTP/0.9")},
        {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        {400, "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\r\n"s},
        {405, line("CONNECT a:80 HTTP/1.1")},
        {405, line("TRACE / HTTP/1.1")},
    });
}

TEST_CASE("H3: no host, two of them, or one that could be read as two") {
    const auto hosts = [](const std::string& fields) { return "GET / HTTP/1.1\r\n" + fields + "\r\n"; };
    all_refused({
        {400, hosts("")},
        {400, hosts("X-Host: a\r\n")},
        {400, hosts("Host: a\r\nHost: a\r\n")},
        {400, hosts("Host: a\r\nhOST: evil.com\r\n")},
        {400, hosts("Host:\r\n")},
        {400, hosts("Host: a, evil.com\r\n")},
        {400, hosts("Host: a evil.com\r\n")},
        {400, hosts("Host: a@evil.com\r\n")},
        {400, hosts("Host: a/evil\r\n")},
        {400, hosts("Host: http://a\r\n")},
        {400, hosts("Host: a?b\r\n")},
        {400, hosts("Host: a%2eb\r\n")},
        {400, hosts("Host: \xC3\xA4\r\n")},
        {400, "GET / HTTP/1.0\r\n\r\n"},
        {400, to("http://evil.com/")},
        {400, to("http://a:81/")},
        {400, to("http://a@a/")},
        {400, to("http://")},
        {400, to("https://a/")},
        {400, to("ftp://a/")},
        {400, to("a:80")},
        {400, to("*")},
    });
}

TEST_CASE("H7: a target that could mean another path than it says is refused") {
    all_refused({
        {400, to("")},
        {400, to("a")},
        {400, to("?a")},
        {400, to("/..")},
        {400, to("/api/plugins/../v1/plugins")},
        {400, to("/api/./plugins")},
        {400, to("/%2e%2e/admin")},
        {400, to("/.%2E/admin")},
        {400, to("/a%2fb")},
        {400, to("/a%5cb")},
        {400, to("/a\\b")},
        {400, to("//evil.com/")},
        {400, to("/a//b")},
        {400, to("http://a//b")},
        {400, to("/%00")},
        {400, to("/a%0d%0aX:%20y")},
        {400, to("/%c0%ae%c0%ae/")},
        {400, to("/%c0%af")},
        {400, to("/%ff")},
        {400, to("/%ed%a0%80")},
        {400, to("/%")},
        {400, to("/%4")},
        {400, to("/%zz")},
        {400, to("/%u002e")},
        {400, to("/a#b")},
        {400, to("/a?b#c")},
        {400, to("/a b")},
        {400, to("/a\tb")},
        {400, to("/a\0b"s)},
        {400, to("/a\x7F")},
        {400, to("/\xC3\xA4")},
        {414, to("/" + std::string(65'536, 'a'))},
        {414, to("/?" + std::string(65'536, 'a'))},
        {414, "GET /" + std::string(65'536, 'a')},
        {414, std::string(65'536, 'G')},
        {400, to(std::string(1'000, '/'))},
        {400, to("/a" + std::string(100, '/'))},
        {400,
         [] {
             std::string deep;
             for (int count = 0; count != 100; ++count) deep += "/a";
             return to(deep);
         }()},
    });
}

TEST_CASE("H9: heads and bodies beyond what is taken are refused before they are kept") {
    std::string many;
    for (int count = 0; count != 10'000; ++count) many += "X-" + std::to_string(count) + ": y\r\n";
    all_refused({
        {431, "GET / HTTP/1.1\r\n" + many + host + "\r\n"},
        {431, "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x')},
        {431, "GET / HTTP/1.1\r\n" + std::string(100'000, 'x')},
        {431, "GET / HTTP/1.1\r\nX: " + std::string(30'000, 'x') + "\r\nY: " + std::string(40'000, 'y')},
        {413, with("Content-Length: 10485761")},
        {413, with("Content-Length: 9223372036854775807")},
        {413, with("Content-Length: 9999999999999999999")},
        {413, with("Expect: 100-continue\r\nContent-Length: 10485761")},
    });
}
