// What is hidden of a configuration, and what comes back in its place.

#include <tenon/config/hidden_secrets.hpp>

#include <doctest/doctest.h>

using namespace tenon;

namespace {

std::string hidden(std::string_view config, const std::vector<std::string>& secrets = {}) {
    return hide_secrets(json::parse(config).value().view(), secrets).text();
}

} // namespace

TEST_CASE("what looks secret by its key is hidden, however deep and whatever it is") {
    CHECK(hidden(R"({"apiToken":"a","mood":"good"})") == R"({"apiToken":"***","mood":"good"})");
    CHECK(hidden(R"({"db":[{"PASSWORD":{"a":1}}]})") == R"({"db":[{"PASSWORD":"***"}]})");
    CHECK(hidden(R"({"client_secret":5,"key":"k","secret":null})") ==
          R"({"client_secret":"***","key":"***","secret":null})");
    CHECK_FALSE(detail::looks_secret("keyboard"));
    CHECK_FALSE(detail::looks_secret("keep"));
    for (const char* key : {"token", "Secret", "password", "key", "api_key", "apiKeys", "db-password"})
        CHECK(detail::looks_secret(key));
}

TEST_CASE("what holds a text that came from a variable is hidden") {
    CHECK(hidden(R"({"url":"http://u:hunter2@db","port":8080})", {"hunter2"}) ==
          R"({"port":8080,"url":"***"})");
    CHECK(hidden(R"({"port":8080,"n":80,"s":"80 days"})", {"8080", "80", ""}) ==
          R"({"n":"***","port":"***","s":"80 days"})");
}

TEST_CASE("what comes back as *** is what was there, and nothing else is") {
    const json before =
        json::parse(R"({"token":"t","list":[{"key":"a"},{"key":"b"}],"mood":"good"})").value();
    const auto restored = [&](std::string_view text) {
        const auto whole = restore_secrets(json::parse(text).value().view(), before.view());
        return whole ? whole->text() : whole.error().message;
    };
    CHECK(restored(R"({"token":"***","list":[{"key":"***"},{"key":"c"}],"mood":"bad"})") ==
          R"({"list":[{"key":"a"},{"key":"c"}],"mood":"bad","token":"t"})");
    CHECK(restored(R"({"token":"new"})") == R"({"token":"new"})");
    CHECK(restored(R"({"other":"***"})") == R"("***" stands where there was nothing before)");
    CHECK(restored(hide_secrets(before.view()).text()) ==
          R"({"list":[{"key":"a"},{"key":"b"}],"mood":"good","token":"t"})");
    CHECK(restored(R"({"mood":"bad","c":[{"d":1,"d":2}]})") == "config.c[0].d: is there twice");
}
