// Who may ask, by Host, Origin and token; and what a token is.

#include <tenon/http/router.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace tenon::http;
using tenon::detail::has_body;
using tenon::detail::has_json;

namespace {

request with(std::vector<field> headers) { return {.method = "GET", .path = "/", .headers = headers}; }

const guard at_home("Tok-1", "127.0.0.1:8080", {"Chat.Example.org", "10.0.0.7:8080"});

} // namespace

TEST_CASE("H3: only loopback names with the port, and names that were configured, are this host") {
    for (const char* host : {"localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:8080",
                             "chat.example.org", "10.0.0.7:8080"})
        CHECK_MESSAGE(!at_home.refuse(with({{"host", host}})), host);
    for (const char* host :
         {"", "evil.com", "127.0.0.1.evil.com", "127.0.0.1.evil.com:8080", "localhost", "localhost:80",
          "localhost:8080.evil.com", "127.0.0.1:8080@evil.com", "127.1:8080", "2130706433:8080",
          "0.0.0.0:8080", "[::ffff:127.0.0.1]:8080", "::1:8080", "chat.example.org:8080", "10.0.0.7",
          "localhost.:8080", " localhost:8080"}) {
        const auto refused = at_home.refuse(with({{"host", host}}));
        REQUIRE_MESSAGE(refused, host);
        CHECK(refused->status == 403);
    }
    CHECK_FALSE(guard("t", "[::1]:80", {}).refuse(with({{"host", "localhost"}})));
}

TEST_CASE("a guard that does not know yet where the server listens lets nobody in but by a configured name") {
    guard early("Tok-1", {"a"});
    CHECK_FALSE(early.refuse(with({{"host", "a"}})));
    for (const char* host : {"", "localhost", "localhost:8080"}) CHECK(early.refuse(with({{"host", host}})));
    early.serves_at("[::1]:8080");
    early.serves_at("0.0.0.0:80");
    for (const char* host : {"localhost:8080", "localhost:80", "localhost", "[::1]:8080"})
        CHECK_FALSE(early.refuse(with({{"host", host}})));
    CHECK(early.refuse(with({{"host", "localhost:8081"}})));
}

TEST_CASE("H4: a page of another origin may not ask, whatever it is called") {
    for (const char* origin :
         {"http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080", "https://chat.example.org"})
        CHECK_MESSAGE(!at_home.refuse(with({{"host", "localhost:8080"}, {"Origin", origin}})), origin);
    for (const char* origin :
         {"", "null", "http://evil.com", "http://localhost", "http://localhost:8080.evil.com",
          "http://localhost:8080/", "file://", "http://evil.com:8080", "localhost:8080",
          "chrome-extension://localhost:8080", "http://localhost:8080 http://evil.com"}) {
        const auto refused = at_home.refuse(with({{"host", "localhost:8080"}, {"Origin", origin}}));
        REQUIRE_MESSAGE(refused, origin);
        CHECK(refused->status == 403);
    }
}

TEST_CASE("H4: what a page of another site loads is told from what people follow and tools ask") {
    for (const char* site : {"cross-site", "same-site", "new-word"}) {
        CHECK(guard::is_loaded_elsewhere(with({{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "no-cors"}})));
        CHECK_FALSE(
            guard::is_loaded_elsewhere(with({{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "navigate"}})));
    }
    for (const char* site : {"same-origin", "none"})
        CHECK_FALSE(guard::is_loaded_elsewhere(with({{"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", "cors"}})));
    CHECK_FALSE(guard::is_loaded_elsewhere(with({})));
}

TEST_CASE("H1: the token is one header with the whole token and nothing else") {
    for (const char* good : {"Bearer Tok-1", "bearer Tok-1"})
        CHECK(at_home.who(with({{"Authorization", good}})).who != nullptr);
    for (const char* bad :
         {"", "Tok-1", "Bearer", "Bearer ", "Bearer Tok-", "Bearer Tok-11", "Bearer tok-1", "Bearer TOK-1",
          "Bearer  Tok-1", "Bearer Tok-1 ", "Basic Tok-1", "Bearer Tok-1Tok-1"})
        CHECK_MESSAGE(at_home.who(with({{"Authorization", bad}})).who == nullptr, bad);
    CHECK(at_home.who(with({{"Cookie", "token=Tok-1"}})).who == nullptr);
    CHECK(guard("", "127.0.0.1:8080", {}).who(with({{"Authorization", "Bearer "}})).who == nullptr);
}

TEST_CASE("a body is JSON where its type says so, with any parameters") {
    for (const char* good : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                             "application/json ;charset=utf-8"})
        CHECK(has_json(with({{"content-type", good}})));
    for (const char* bad : {"", "text/plain", "application/json-patch", "application/x-www-form-urlencoded",
                            "multipart/form-data", "text/plain; application/json"})
        CHECK_FALSE(has_json(with({{"content-type", bad}})));
    CHECK_FALSE(has_body(with({})));
    CHECK_FALSE(has_body(with({{"content-length", "0"}})));
    CHECK(has_body(with({{"content-length", "10"}})));
    CHECK(has_body(with({{"transfer-encoding", "chunked"}})));
}

TEST_CASE("tokens are 32 bytes in letters that need no quoting, and never the same") {
    std::set<std::string> made;
    for (int count = 0; count < 100; ++count) {
        const std::string token = make_token().value();
        CHECK(token.size() == 43);
        CHECK(url_part(token) == token);
        made.insert(token);
    }
    CHECK(made.size() == 100);
}
