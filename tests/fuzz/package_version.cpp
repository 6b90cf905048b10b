// Versions and ranges of strangers.
//
// Input: lines. The first is a range, the others are versions.
//
// - A version is written as it was read. Their order is one: of any three.
// - A range that is read says the same when it is read again, with blanks around it, and beside itself. What it has among
//   released versions it has among all. An exact one has only what is equal.

#include "require.hpp"

#include <tenon/packages/format/version_range.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace tenon;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const std::string_view first = detail::take_part(rest, '\n');
    std::vector<package_version> versions;
    while (!rest.empty() && versions.size() < 3) {
        const std::string_view line = detail::take_part(rest, '\n');
        auto read = read_version(line);
        if (!read) {
            FUZZ_REQUIRE(!read.error().message.empty());
            continue;
        }
        FUZZ_REQUIRE(read->text() == line && *read == *read);
        versions.push_back(std::move(*read));
    }
    for (const package_version& one : versions)
        for (const package_version& other : versions) {
            FUZZ_REQUIRE((one < other) == (other > one) && (one == other) == (other == one));
            FUZZ_REQUIRE((one < other) + (one == other) + (one > other) == 1);
            for (const package_version& third : versions)
                FUZZ_REQUIRE(!(one <= other && other <= third) || one <= third);
        }

    const auto range = read_range(first);
    if (!range) {
        FUZZ_REQUIRE(!range.error().message.empty());
        return 0;
    }
    FUZZ_REQUIRE(range->text() == first);
    const std::string twice = std::string(first) + "||" + std::string(first),
                      wide = " " + std::string(first) + " ";
    const auto doubled = read_range(twice), widened = read_range(wide);
    FUZZ_REQUIRE(doubled || twice.size() > longest_range);
    FUZZ_REQUIRE(widened || wide.size() > longest_range);
    for (const package_version& version : versions)
        for (const auto which : {pre_releases::named, pre_releases::all}) {
            const bool has = range->contains(version, which);
            FUZZ_REQUIRE(!has || range->contains(version, pre_releases::all));
            if (doubled) FUZZ_REQUIRE(doubled->contains(version, which) == has);
            if (widened) FUZZ_REQUIRE(widened->contains(version, which) == has);
            if (range->is_exact())
                for (const package_version& other : versions)
                    FUZZ_REQUIRE(!has || !range->contains(other, which) || version == other);
        }
    return 0;
}
