// Paths of URLs, as they are read and as they are written.

#include <tenon/web/path.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon;
using tenon::http::url_part;

TEST_CASE("H7: a path is decoded once, and what could mean two things is refused") {
    const auto decoded = [](std::string_view raw) {
        const auto path = decode_path(raw);
        return path ? *path : "refused";
    };
    CHECK(decoded("/a%20b/%C3%A9") == "/a b/\xc3\xa9");
    CHECK(decoded("/a+b") == "/a+b");
    CHECK(decoded("/%2525") == "/%25");
    CHECK(decoded("/") == "/");
    CHECK(decoded("/a/") == "/a/");
    CHECK(decoded("/...") == "/...");
    CHECK(decoded("/a;x=1") == "/a;x=1");
    for (const char* bad : {"",     "a",      "*",      "//",      "/a//b", "/..",        "/%2e%2e/x",
                            "/%2E", "/a%2fb", "/a%2Fb", "/a%5cb",  "/a\\b", "/%00",       "/%0d%0a",
                            "/%",   "/%4",    "/%zz",   "/%c0%af", "/%ff",  "/%ed%a0%80", "/\x01"}) {
        CAPTURE(bad);
        CHECK(decoded(bad) == "refused");
    }
    CHECK(decoded("/" + std::string(65'536, 'x')) == "refused");
    std::string deep;
    for (int level = 0; level < 65; ++level) deep += "/x";
    CHECK(decoded(deep) == "refused");
}

TEST_CASE("a part of a path or a query is written so that it is read back as it was") {
    CHECK(url_part("message.*") == "message.*");
    CHECK(url_part("../a b?c&d=%\r\n\xC3\xA4") == "..%2Fa%20b%3Fc%26d%3D%25%0D%0A%C3%A4");
    CHECK(decode_path("/" + url_part("a b%2F")).value() == "/a b%2F");
}
