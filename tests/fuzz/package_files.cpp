// The list FILES of a stranger: what is read is written to the same bytes, so that a package has one identity. The list
// is sorted, within its limits, and finds each of its files.

#include "require.hpp"

#include <tenon/packages/format/package_files.hpp>

#include <cstdint>
#include <string>
#include <string_view>

using namespace tenon;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto read = read_package_files(text);
    if (!read) {
        FUZZ_REQUIRE(read.error().message.starts_with("FILES"));
        return 0;
    }
    FUZZ_REQUIRE(read->text() == text);
    FUZZ_REQUIRE(detail::flaw_of_package_id(read->id).empty() && detail::is_platform(read->platform));
    FUZZ_REQUIRE(!read->files.empty() && read->files.size() <= most_files);
    const package_file* before = nullptr;
    for (const package_file& file : read->files) {
        FUZZ_REQUIRE(before == nullptr || before->path < file.path);
        before = &file;
        FUZZ_REQUIRE(detail::flaw_of_path(file.path).empty() && file.path != files_name);
        FUZZ_REQUIRE(read->find(file.path) == &file);
    }
    return 0;
}
