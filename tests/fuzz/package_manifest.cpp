// plugin.json of a stranger.
//
// - It is a manifest or has an error that says why. Findings are bounded and have words.
// - A manifest keeps what its fields promise: an id, a version that is written as it is read, entries and other paths
//   that stay within the package.
// - Written, it is read again without an error, and written again to the same bytes. Read as one without an entry it is
//   the same.

#include "require.hpp"

#include <tenon/packages/format/package_manifest.hpp>

#include <cstdint>
#include <string>
#include <string_view>

using namespace tenon;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const manifest_reading read = read_manifest(text);
    FUZZ_REQUIRE(read.findings.size() <= most_findings + 1);
    bool error = false;
    for (const manifest_finding& finding : read.findings) {
        FUZZ_REQUIRE(!finding.message.empty());
        error = error || finding.severity == finding_level::error;
    }
    FUZZ_REQUIRE(error != read.manifest.has_value());
    if (!read.manifest) {
        FUZZ_REQUIRE(!read.why().message.empty());
        read_manifest(text, entry_rule::may_miss);
        return 0;
    }
    const package_manifest& manifest = *read.manifest;
    FUZZ_REQUIRE(detail::flaw_of_package_id(manifest.id).empty());
    FUZZ_REQUIRE(!manifest.name.empty() && manifest.name.size() <= 64);
    FUZZ_REQUIRE(read_version(manifest.version.text()).value() == manifest.version);
    FUZZ_REQUIRE(!manifest.entry.empty());
    for (const auto& [platform, path] : manifest.entry)
        FUZZ_REQUIRE(detail::is_platform(platform) && detail::flaw_of_path(path).empty());
    const std::string written = manifest_text(manifest);
    const manifest_reading again = read_manifest(written);
    FUZZ_REQUIRE(again.manifest.has_value());
    FUZZ_REQUIRE(manifest_text(*again.manifest) == written);
    FUZZ_REQUIRE(manifest_text(read_manifest(text, entry_rule::may_miss).manifest.value()) == written);
    return 0;
}
