#include <tenon/packages/format/package_files.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace tenon;

namespace {

const std::string ones(64, '1'),
    head = "tenon-package 1\nid dev.example.moderator\nversion 1.2.0\nplatform any\n";

std::string said(const std::string& text) {
    const auto read = read_package_files(text);
    return read ? "read" : read.error().message;
}

} // namespace

TEST_CASE("FILES is read, and written as it was") {
    const std::string text = head + ones + " x 31528 bin/moderator\n" + ones + " - 0 plugin.json\n";
    const auto read = read_package_files(text);
    REQUIRE(read);
    CHECK(read->id == "dev.example.moderator");
    CHECK(read->version.text() == "1.2.0");
    CHECK(read->files.size() == 2);
    CHECK(read->find("bin/moderator")->executable);
    CHECK(read->find("bin/moderator")->size == 31'528);
    CHECK(read->find("plugin.json")->content.text() == ones);
    CHECK(read->find("plugin") == nullptr);
    CHECK(read->text() == text);
}

TEST_CASE("one content of FILES has one spelling, all others are refused") {
    const std::string file = ones + " - 412 plugin.json\n";
    CHECK(said(head + file) == "read");
    for (const auto& [text, why] : {
             std::pair<std::string, std::string>{"", "does not end"},
             {head + file.substr(0, file.size() - 1), "does not end"},
             {head, "lists no file"},
             {"tenon-package 2\n" + file, "got format \"2\", which this host does not know"},
             {"tenon-packages\n" + file, "expected \"tenon-package 1\""},
             {head + file + "\n", "SHA-256"},
             {head + "\n" + file, "SHA-256"},
             {head + ones + " - 412 plugin.json\r\n", "other letters"},
             {head + ones + "  - 412 plugin.json\n", "SHA-256"},
             {head + ones + " - 0412 plugin.json\n", "SHA-256"},
             {head + ones + " - +412 plugin.json\n", "SHA-256"},
             {head + ones + " - -1 plugin.json\n", "SHA-256"},
             {head + ones + " - 9999999999999999999 plugin.json\n", "SHA-256"},
             {head + ones + " y 412 plugin.json\n", "SHA-256"},
             {head + std::string(64, 'A') + " - 412 plugin.json\n", "SHA-256"},
             {head + ones.substr(1) + " - 412 plugin.json\n", "SHA-256"},
             {head + ones + " - 412\n", "no name"},
             {head + ones + " - 412 \n", "no name"},
             {head + ones + " - 412  plugin.json\n", "begins or ends with a blank"},
             {head + ones + " - 412 ../a\n", "leads elsewhere"},
             {head + ones + " - 1 b\n" + ones + " - 1 a\n", "not sorted"},
             {head + ones + " - 1 a\n" + ones + " - 1 a\n", "there twice"},
             {head + ones + " - 1 a\n" + ones + " - 1 a/b\n", "one of its folders is a file"},
             {head + ones + " - 1 FILES\n", "neither FILES nor signatures"},
             {head + ones + " - 1 files\n", "neither FILES nor signatures"},
             {head + ones + " - 1 signatures/a.minisig\n", "neither FILES nor signatures"},
             {head + ones + " - 1 Signatures/a\n", "neither FILES nor signatures"},
             {"tenon-package 1\nid Big\nversion 1.2.0\nplatform any\n" + file,
              "line 2: id: expected small letters"},
             {"tenon-package 1\nid a.b\nversion 1.2\nplatform any\n" + file, "line 3: version \"1.2\""},
             {"tenon-package 1\nid a.b\nversion 1.2.0\nplatform Linux\n" + file,
              "line 4: expected \"platform any\""},
             {"tenon-package 1\nversion 1.2.0\nid a.b\nplatform any\n" + file, "line 2: expected \"id ID\""},
         }) {
        const std::string shown = text;
        CAPTURE(shown);
        CHECK(said(text).find(why) != std::string::npos);
    }
}

TEST_CASE("FILES is bounded before it is read") {
    CHECK(said(std::string(longest_files + 1, 'a')).find("at most 4194304 bytes") != std::string::npos);
    std::string many = head;
    for (int number = 100'000; number < 110'001; ++number)
        many += ones + " - 1 " + std::to_string(number) + "\n";
    CHECK(said(many) == "FILES, line 10005: more than 10000 files");
}

TEST_CASE("ids of packages are what a registry takes, too") {
    for (const char* id :
         {"dev.example.moderator", "local.hello", "abc", "a-b", "a--b", "a_b", "a1.2b", "0.0"})
        CHECK(detail::flaw_of_package_id(id).empty());
    for (const char* id : {"", "ab", "A.b", "a..b", ".ab", "ab.", "a___b", "a_-b", "a._b", "-ab", "ab-",
                           "a/b", "a b", "a.\xC3\xA4", "a\nb"})
        CHECK_FALSE(detail::flaw_of_package_id(id).empty());
    CHECK_FALSE(detail::flaw_of_package_id(std::string(129, 'a')).empty());
}
