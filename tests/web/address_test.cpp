// Where a server is: a host and a port, and nothing that could be read in two ways.

#include <tenon/web/address.hpp>

#include <doctest/doctest.h>

using tenon::http::split_address;

TEST_CASE("an address is a host and a port, and a host with colons stands in brackets") {
    struct row {
        const char *text, *host;
        int port;
    };
    for (const row& good : {row{"127.0.0.1:8080", "127.0.0.1", 8080}, row{"localhost:0", "localhost", 0},
                            row{"[::1]:65535", "::1", 65535}}) {
        const auto read = split_address(good.text);
        REQUIRE_MESSAGE(read, good.text);
        CHECK(read->host == good.host);
        CHECK(read->port == good.port);
    }
    for (const char* none :
         {"", ":", ":80", "a", "a:", "a:b", "a:-1", "a:+1", "a: 1", "a:1 ", "a:65536", "a:99999999999",
          "::1:80", "[::1]", "[::1]80", "[]:80", "[a]:80", "[::1:80", "::1]:80"})
        CHECK_MESSAGE(!split_address(none), none);
}
