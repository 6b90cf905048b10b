// Secrets.

#include <tenon/http/client.hpp>
#include <tenon/http/token.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace tenon::http;

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
