#include <tenon/json/base64.hpp>

#include <doctest/doctest.h>

#include <string>

using tenon::detail::from_base64;
using tenon::detail::to_base64;

namespace {

TEST_CASE("the vectors of RFC 4648 go both ways") {
    constexpr const char* vectors[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : vectors) {
        CHECK(to_base64(plain) == encoded);
        CHECK(from_base64(encoded) == std::string(plain));
    }
}

TEST_CASE("every byte at every place goes both ways") {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    for (std::size_t length = 0; length < all.size(); ++length) {
        const std::string part = all.substr(length / 2, length);
        CHECK(from_base64(to_base64(part)) == part);
    }
    CHECK(to_base64("\xfb\xff\xbf") == "+/+/");
}

TEST_CASE("what is not strictly base64 is refused") {
    for (const char* bad : {"Z", "Zg", "Zg=", "=", "==", "===", "====", "Zg==Zg==", "Z===", "Zm9v=", "Zm9=v",
                            "Zg=A", "Zm 9v", "Zm9v\n", "Zm-_", "Zh==", "Zm9=", "Zm9v====", "Z\xc3\xa9g"}) {
        CAPTURE(bad);
        CHECK_FALSE(from_base64(bad).has_value());
    }
    CHECK_FALSE(from_base64(std::string_view("Zm\0v", 4)).has_value());
}

} // namespace
