#include <tenon/packages/format/opened_package.hpp>
#include <tenon/packages/format/package_builder.hpp>

#include "program_fixture.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace tenon;

namespace {

package_builder builder_of(std::string_view manifest, std::string_view program) {
    package_builder builder;
    CHECK(builder.add("plugin.json", std::string(manifest)));
    CHECK(builder.add("bin/run", std::string(program), true));
    return builder;
}

std::string program() { return tests::program_for(62); }

constexpr std::string_view
    one_entry = R"({"id":"dev.example.run","version":"1.0.0","entry":"bin/run"})",
    by_platform = R"({"id":"dev.example.run","version":"1.0.0","entry":{"linux-x86_64":"bin/run"}})";

} // namespace

TEST_CASE("a package is for the platform that is said, else for that of its only program") {
    CHECK(builder_of(one_entry, "#!/bin/sh\n").files()->platform == "any");
    CHECK(builder_of(one_entry, program()).files()->platform == "linux-x86_64");
    package_builder script = builder_of(by_platform, "#!/bin/sh\n");
    script.for_platform("linux-x86_64");
    CHECK(script.files()->platform == "linux-x86_64");
    package_builder anywhere = builder_of(one_entry, program());
    anywhere.for_platform("any");
    CHECK(anywhere.files()->platform == "any");
}

TEST_CASE("a package is not for a platform on which its program does not run, or has no entry") {
    package_builder other = builder_of(one_entry, program());
    other.for_platform("linux-aarch64");
    CHECK(other.files().error().message ==
          "entry: bin/run is a program for linux-x86_64, and not for linux-aarch64");
    package_builder without = builder_of(by_platform, "#!/bin/sh\n");
    without.for_platform("linux-aarch64");
    CHECK(without.files().error().message ==
          "it is for linux-aarch64, and its manifest has no entry for that");
    package_builder unknown = builder_of(one_entry, "#!/bin/sh\n");
    unknown.for_platform("Linux");
    CHECK_FALSE(unknown.files());
}

TEST_CASE("a shared library is no entry") {
    std::string library = program();
    library[16] = 3;
    CHECK(builder_of(one_entry, library).files().error().message.starts_with("entry: bin/run: "));
}

TEST_CASE("a signature of minisign's older kind is not added, and no ninth one") {
    package_builder builder = builder_of(one_entry, "#!/bin/sh\n");
    for (char letter = 'a'; letter < 'i'; ++letter)
        REQUIRE(builder.sign(make_secret_key(std::string(40, letter)).value(), "time 1"));
    REQUIRE(
        builder.sign(make_secret_key(std::string(40, 'a')).value(), "time 2")); // in the place of its first
    CHECK(builder.sign(make_secret_key(std::string(40, 'i')).value(), "time 1").error().message ==
          "it has 8 signatures already");
    auto old = sign(make_secret_key(std::string(40, 'a')).value(), "x", "time 1").value();
    old.prehashed = false;
    CHECK(builder.add_signature(old.text("older")).error().message.find("older kind") != std::string::npos);
    CHECK_FALSE(builder.add_signature("no signature"));
}

TEST_CASE("of a package whose files are not what FILES lists none are taken over") {
    const std::string archive = builder_of(one_entry, "#!/bin/sh\n").build().value();
    memory_source source(archive);
    const auto zip = zip_reader::open(source);
    REQUIRE(zip);
    auto opened = open_package(*zip, package_wrapping::refused);
    REQUIRE(opened);
    CHECK(package_builder().add_all(*zip, *opened));
    opened_package changed = *opened;
    changed.files.files[0].content = digest_of("something else").value();
    CHECK(package_builder().add_all(*zip, changed).error().message ==
          "bin/run is not what FILES lists: it was changed");
    changed = *opened;
    changed.files.files[0].path = "bin/gone";
    CHECK(package_builder().add_all(*zip, changed).error().message ==
          "FILES lists bin/gone, and it is not there");
}
