// Archives of packages.
//
// Input: one byte for the kind, then for kind 0 the bytes of an archive, and for the others what is packed and damaged:
// a place, a byte, and files, each as the length of its name, the length of its bytes, and both.
//
// - What is read keeps the limits: the number of files, the size of each, of all, and the ratio; names are plain, sorted
//   and each is there once. No file is handed on longer than its size, and what was handed on whole has its length.
// - What was packed is read back to the byte. With one byte changed it is refused, or reads as before: no byte of it is
//   there that nobody looks at but the time and the names of systems and modes.
// - Packed again, it is the same archive.

#include "require.hpp"

#include <tenon/packages/format/zip_reader.hpp>
#include <tenon/packages/format/zip_writer.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

using namespace tenon;

namespace {

constexpr zip_limits bounds{
    .archive_bytes = 1 << 16, .file_bytes = 1 << 16, .unpacked_bytes = 1 << 18, .ratio = 200, .entries = 16};

using contents = std::map<std::string, std::string>;

/// What can be unpacked. False where something of it cannot.
bool read_all(std::string_view archive, contents& into) {
    memory_source source(archive);
    const auto zip = zip_reader::open(source, bounds);
    if (!zip) {
        FUZZ_REQUIRE(!zip.error().message.empty());
        return false;
    }
    FUZZ_REQUIRE(archive.size() <= bounds.archive_bytes && zip->entries().size() <= bounds.entries);
    std::uint64_t all = 0;
    std::string_view before;
    bool good = true;
    for (const zip_entry& entry : zip->entries()) {
        FUZZ_REQUIRE(detail::flaw_of_path(entry.path).empty());
        FUZZ_REQUIRE(before.empty() || before < entry.path);
        before = entry.path;
        FUZZ_REQUIRE(zip->find(entry.path) == &entry);
        FUZZ_REQUIRE(entry.size <= bounds.file_bytes);
        FUZZ_REQUIRE(entry.begins + entry.packed_size <= archive.size());
        FUZZ_REQUIRE(entry.deflated || entry.size == entry.packed_size);
        all += entry.size;
        FUZZ_REQUIRE(all <= bounds.unpacked_bytes);
        std::string bytes;
        const auto unpacked = zip->unpack(entry, [&](std::string_view piece) -> result<void> {
            FUZZ_REQUIRE(piece.size() <= 65'536);
            bytes += piece;
            FUZZ_REQUIRE(bytes.size() <= entry.size);
            return {};
        });
        FUZZ_REQUIRE(!unpacked || bytes.size() == entry.size);
        const auto small = zip->unpack(entry, 100);
        FUZZ_REQUIRE(small.has_value() == (unpacked.has_value() && entry.size <= 100));
        FUZZ_REQUIRE(!small || *small == bytes);
        good = good && unpacked;
        if (unpacked) into.emplace(entry.path, std::move(bytes));
    }
    return good;
}

std::string packed(const contents& files) {
    zip_writer writer;
    for (const auto& [path, bytes] : files) FUZZ_REQUIRE(writer.add(path, bytes, bytes.size() % 2 == 0));
    auto archive = writer.write();
    FUZZ_REQUIRE(archive);
    return *archive;
}

void pack_and_damage(std::string_view input) {
    if (input.size() < 3) return;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(input[at]); };
    const std::size_t place = byte(0) + 256u * byte(1);
    const char other = input[2];
    input.remove_prefix(3);
    zip_writer writer;
    contents files;
    while (input.size() >= 2 && files.size() < bounds.entries) {
        const std::size_t name = byte(0) % 32u, length = byte(1);
        input.remove_prefix(2);
        const std::string path(input.substr(0, name));
        input.remove_prefix(path.size());
        std::string bytes(input.substr(0, length));
        input.remove_prefix(bytes.size());
        if (writer.add(path, bytes, false)) files.emplace(path, std::move(bytes));
    }
    const auto archive = writer.write();
    FUZZ_REQUIRE(archive);
    contents read;
    if (files.empty() || !read_all(*archive, read)) return; // a bomb, by the small ratio
    FUZZ_REQUIRE(read == files);
    std::string damaged = *archive;
    damaged[place % damaged.size()] = other;
    read.clear();
    if (read_all(damaged, read)) FUZZ_REQUIRE(read == files);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] % 2 != 0) {
        pack_and_damage(input);
        return 0;
    }
    contents files;
    if (!read_all(input, files)) return 0;
    const std::string again = packed(files);
    contents read;
    if (read_all(again, read)) FUZZ_REQUIRE(read == files && packed(read) == again);
    return 0;
}
