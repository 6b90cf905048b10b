#include <tenon/packages/format/zip_reader.hpp>
#include <tenon/packages/format/zip_writer.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

using namespace tenon;
using namespace std::string_literals;
using detail::put_four;
using detail::put_two;

namespace {

/// One entry of an archive, with every field open to lies.
struct lie {
    std::string name = "a", bytes = "hello";
    unsigned method = 0, flags = 0, needs = 20, made_by = 3;
    std::uint32_t attributes = 0100644u << 16;
    std::string extra = {}, local_extra = {}, comment = {}, local_name = {}, before = {}, after = {};
    std::uint32_t crc_off = 0, size_off = 0, packed_off = 0, header_off = 0, local_crc_off = 0,
                  local_size_off = 0, disk = 0;
    unsigned local_method_off = 0, local_flags_off = 0;
    bool follow = false, local_zero = false, local_packed_zero = false;
};
/// What the end record lies about.
struct end_lie {
    std::string front = {}, gap = {}, after = {};
    std::uint32_t count_off = 0, here_off = 0, size_off = 0, begins_off = 0, disk = 0, directory_disk = 0,
                  comment = 0;
};

std::string packed(const std::string& bytes) {
    std::string out = detail::deflated(bytes);
    REQUIRE(!out.empty());
    return out;
}

std::string archive_of(const std::vector<lie>& lies, const end_lie& end = {}) {
    std::string all = end.front, directory;
    for (const lie& one : lies) {
        const std::string body = one.method == 8 ? packed(one.bytes) : one.bytes;
        const auto crc = static_cast<std::uint32_t>(::crc32(
            0, reinterpret_cast<const Bytef*>(one.bytes.data()), static_cast<uInt>(one.bytes.size())));
        const auto size = static_cast<std::uint32_t>(one.bytes.size()),
                   body_size = static_cast<std::uint32_t>(body.size());
        const unsigned flags = one.flags | (one.follow ? 8u : 0u);
        const std::string local_name = one.local_name.empty() ? one.name : one.local_name;
        all += one.before;
        const std::size_t begins = all.size();
        put_four(all, 0x04034b50);
        put_two(all, one.needs);
        put_two(all, flags ^ one.local_flags_off);
        put_two(all, one.method + one.local_method_off);
        put_four(all, 0);
        put_four(all, one.local_zero ? 0 : crc + one.local_crc_off);
        put_four(all, one.local_zero || one.local_packed_zero ? 0 : body_size + one.packed_off);
        put_four(all, one.local_zero ? 0 : size + one.size_off + one.local_size_off);
        put_two(all, local_name.size());
        put_two(all, one.local_extra.size());
        all += local_name + one.local_extra + body + one.after;

        put_four(directory, 0x02014b50);
        put_two(directory, (one.made_by << 8) | 20);
        put_two(directory, one.needs);
        put_two(directory, flags);
        put_two(directory, one.method);
        put_four(directory, 0);
        put_four(directory, crc + one.crc_off);
        put_four(directory, body_size + one.packed_off);
        put_four(directory, size + one.size_off);
        put_two(directory, one.name.size());
        put_two(directory, one.extra.size());
        put_two(directory, one.comment.size());
        put_two(directory, one.disk);
        put_two(directory, 0);
        put_four(directory, one.attributes);
        put_four(directory, begins + one.header_off);
        directory += one.name + one.extra + one.comment;
    }
    all += end.gap;
    const std::size_t begins = all.size();
    all += directory;
    put_four(all, 0x06054b50);
    put_two(all, end.disk);
    put_two(all, end.directory_disk);
    put_two(all, lies.size() + end.here_off + end.count_off);
    put_two(all, lies.size() + end.count_off);
    put_four(all, directory.size() + end.size_off);
    put_four(all, begins + end.begins_off);
    put_two(all, end.comment);
    return all + end.after;
}

std::string descriptor_of(const std::string& bytes, bool marked) {
    std::string tail;
    if (marked) put_four(tail, 0x08074b50);
    put_four(tail, ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
    put_four(tail, packed(bytes).size());
    put_four(tail, bytes.size());
    return tail;
}

/// All that is in it, or why it was refused.
std::string read(std::string_view archive, const zip_limits& limits = {}) {
    memory_source source(archive);
    const auto reader = zip_reader::open(source, limits);
    if (!reader) return reader.error().message;
    std::string all;
    for (const zip_entry& entry : reader->entries()) {
        const auto bytes = reader->unpack(entry, 1u << 26);
        if (!bytes) return bytes.error().message;
        all += entry.path + "=" + (bytes->size() > 40 ? std::to_string(bytes->size()) : *bytes) + ";";
    }
    return all;
}

const std::string long_text(5'000, 'x');

} // namespace

TEST_CASE("what was written is read, sorted, and twice the same") {
    const auto write = [](bool other_order) {
        zip_writer writer;
        const auto add = [&](int which) {
            if (which == 0) REQUIRE(writer.add("bin/moderator", long_text, true));
            if (which == 1) REQUIRE(writer.add("plugin.json", "{}", false));
            if (which == 2) REQUIRE(writer.add("a b (1)/c+d.txt", "", false));
        };
        for (int number = 0; number < 3; ++number) add(other_order ? 2 - number : number);
        return writer.write().value();
    };
    CHECK(write(false) == write(true));
    CHECK(read(write(false)) == "a b (1)/c+d.txt=;bin/moderator=5000;plugin.json={};");
    CHECK(read(zip_writer().write().value()).empty());
    const std::string kept = write(false);
    memory_source again(kept);
    const auto reader = zip_reader::open(again);
    REQUIRE(reader);
    CHECK(reader->find("plugin.json") != nullptr);
    CHECK(reader->find("plugin.jso") == nullptr);
    CHECK(reader->find("zzz") == nullptr);
    CHECK(reader->unpack(*reader->find("bin/moderator"), 100).error().message ==
          "archive: \"bin/moderator\": it has 5000 bytes, at most 100 are taken");
}

TEST_CASE("archives of other packers are read: folders, dates, sizes that follow") {
    CHECK(read(archive_of({{}})) == "a=hello;");
    CHECK(read(archive_of({{.bytes = ""}})) == "a=;");
    CHECK(read(archive_of({{.bytes = long_text, .method = 8}})) == "a=5000;");
    CHECK(read(archive_of({{.name = "d/", .bytes = "", .attributes = (040755u << 16) | 0x10},
                           {.name = "d/a"}})) == "d/a=hello;");
    CHECK(read(archive_of({{.made_by = 0, .attributes = 0x20}})) == "a=hello;");
    CHECK(read(archive_of({{.extra = "UT\5\0\3abcd"s, .local_extra = "UT\1\0\3"s}})) == "a=hello;");
    for (const bool marked : {true, false})
        for (const bool zero : {true, false})
            CHECK(read(archive_of({{.bytes = long_text,
                                    .method = 8,
                                    .after = descriptor_of(long_text, marked),
                                    .follow = true,
                                    .local_zero = zero},
                                   {.name = "b"}})) == "a=5000;b=hello;");
    CHECK(read(archive_of({{.bytes = long_text, .method = 8, .flags = 0x0806}})) == "a=5000;");
}

TEST_CASE("an archive that Info-ZIP packed into a pipe was hostile: it says a file's size before it, and 0 "
          "for the packed one") {
    CHECK(read(archive_of({{.bytes = long_text,
                            .method = 8,
                            .after = descriptor_of(long_text, true),
                            .follow = true,
                            .local_packed_zero = true}})) == "a=5000;");
    CHECK(read(archive_of({{.bytes = long_text, .method = 8, .local_packed_zero = true}}))
              .find("what stands before it") != std::string::npos);
}

TEST_CASE("an archive that can be read in two ways, or leads out of its folder, is refused with a reason") {
    const auto bomb = std::string(3'000'000, '\0');
    struct hostile {
        std::string why;
        std::string archive;
        zip_limits limits = {};
    };
    std::vector<hostile> all;
    const auto entry = [&](const char* why, lie one) { all.push_back({why, archive_of({std::move(one)})}); };
    const auto ending = [&](const char* why, end_lie one) {
        all.push_back({why, archive_of({{}}, std::move(one))});
    };

    // names
    for (const char* name : {"../a", "a/../b", "a/..", "./a", "a/./b", ".", ".."})
        entry("leads elsewhere", {.name = name});
    entry("begins with /", {.name = "/etc/passwd"});
    entry("empty part", {.name = "a//b"});
    entry("no name", {.name = ""});
    entry("no name", {.name = "/", .bytes = ""});
    for (const char* name : {"a\\b", "C:a", "a:b", "a\nb", "a\x1b[2J", "\xC3\xA4", "a*", "a\"b", "a|b",
                             "a%2e", "a;b", "a$b", "a`b",
                             "a\xE2\x80\xAE"
                             "b"})
        entry("other letters", {.name = name});
    entry("other letters", {.name = "a\0b"s});
    for (const char* name : {"a.", "a ", " a", "d./a", "d /a", "..."})
        entry("ends with a dot", {.name = name});
    for (const char* name : {"con", "NUL", "aux.txt", "d/com1", "LPT9.x"})
        entry("device of Windows", {.name = name});
    entry("longer than 255", {.name = std::string(256, 'a')});
    entry("16 folders deep", {.name = "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"});
    all.push_back({"there twice", archive_of({{}, {}})});
    all.push_back({"there twice", archive_of({{.name = "readme"}, {.name = "README"}})});
    all.push_back({"one of its folders is a file", archive_of({{.name = "a"}, {.name = "a/b"}})});
    all.push_back({"it is a folder, too", archive_of({{.name = "a/b"}, {.name = "A"}})});
    all.push_back({"case of letters", archive_of({{.name = "d/a"}, {.name = "D/b"}})});
    entry("not what the directory says", {.local_name = "b"});
    entry("not what the directory says", {.local_name = "ab"});
    // kinds
    entry("it is a link", {.attributes = 0120777u << 16});
    entry("it is no file", {.attributes = 0020666u << 16});
    entry("it is no file", {.attributes = 0010666u << 16});
    entry("it is no file", {.attributes = 0040755u << 16});
    entry("it is no file", {.name = "d/", .bytes = "", .attributes = 0100644u << 16});
    entry("folder by its attributes", {.made_by = 0, .attributes = 0x10});
    entry("folder with something in it", {.name = "d/", .attributes = 0});
    entry("encrypted", {.flags = 1});
    for (const unsigned flag : {1u << 4, 1u << 5, 1u << 6, 1u << 13, 1u << 15})
        entry("flags that are not known", {.flags = flag});
    for (const unsigned method : {1u, 9u, 12u, 14u, 93u, 99u})
        entry("neither stored nor deflated", {.method = method});
    entry("newer unpacker", {.needs = 45});
    entry("has a comment", {.comment = "x"});
    entry("on another disk", {.disk = 1});
    entry("zip64", {.extra = "\1\0\10\0abcdefgh"s});
    entry("zip64", {.local_extra = "\1\0\10\0abcdefgh"s});
    entry("zip64", {.size_off = 0xFFFFFFFF - 5});
    entry("second name", {.extra = "\x75\x70\1\0x"s});
    entry("extra field is cut off", {.extra = "UT\5\0x"s});
    // sizes, sums, places
    entry("two different sizes", {.size_off = 1});
    entry("two different sizes", {.packed_off = 1});
    entry("CRC", {.crc_off = 1, .local_crc_off = 1});
    entry("not what the directory says", {.crc_off = 1});
    entry("not what the directory says", {.local_size_off = 1});
    entry("not what the directory says", {.local_method_off = 8});
    entry("not what the directory says", {.local_flags_off = 2});
    entry("larger than the directory says",
          {.bytes = long_text, .method = 8, .size_off = static_cast<std::uint32_t>(-1)});
    entry("smaller than the directory says", {.bytes = long_text, .method = 8, .size_off = 1});
    entry("is before it", {.before = "PK"});
    entry("something unnamed is before its directory", {.after = "x"});
    entry("is before it", {.header_off = 1});
    entry("is before it", {.header_off = 0xFFFFFF});
    all.push_back(
        {"shares bytes", archive_of({{}, {.name = "b", .header_off = static_cast<std::uint32_t>(-36)}})});
    entry("stored, and its size follows", {.after = "0123456789ab", .follow = true});
    entry("what follows it",
          {.bytes = long_text, .method = 8, .after = descriptor_of(long_text + "x", true), .follow = true});
    entry("unnamed is before its directory",
          {.bytes = long_text, .method = 8, .after = descriptor_of(long_text, true) + "x", .follow = true});
    entry("better than 1000 to 1", {.bytes = bomb, .method = 8});
    // the end
    ending("no zip file, or something follows", {.after = "x"});
    ending("announces a comment", {.comment = 1});
    ending("several disks", {.disk = 1});
    ending("several disks", {.directory_disk = 1});
    ending("several disks", {.here_off = 1});
    ending("fewer entries", {.count_off = 1});
    ending("larger than its entries can be", {.count_off = 0xFFFFFFFF});
    ending("does not end where", {.size_off = 1});
    ending("does not end where", {.begins_off = 1});
    ending("is before it", {.front = "#!/bin/sh\n"});
    ending("unnamed is before its directory", {.gap = "PK"});
    all.push_back({"zip64", archive_of({{}}, {.count_off = 0xFFFE})});
    all.push_back({"no zip file", "PK"});
    all.push_back({"no zip file", ""});
    all.push_back({"no zip file", std::string(1'000, '\0')});
    all.push_back({"no zip file", std::string("\x7f"
                                              "ELF") +
                                      std::string(1'000, '\1')});
    // limits
    all.push_back({"at most 10 are taken", archive_of({{}}), {.archive_bytes = 10}});
    all.push_back({"at most 4 are taken", archive_of({{}}), {.file_bytes = 4}});
    all.push_back({"more than 9 bytes in all", archive_of({{}, {.name = "b"}}), {.unpacked_bytes = 9}});
    all.push_back({"at most 1 are taken", archive_of({{}, {.name = "b"}}), {.entries = 1}});

    for (const hostile& one : all) {
        CAPTURE(one.why);
        const std::string said = read(one.archive, one.limits);
        CAPTURE(said);
        CHECK(said.starts_with("archive: "));
        CHECK(said.find(one.why) != std::string::npos);
    }
    MESSAGE(all.size() << " hostile archives");
    CHECK(all.size() >= 60);
}

TEST_CASE("no archive that lost its end, or had a byte changed, is read as something else") {
    zip_writer writer;
    REQUIRE(writer.add("bin/x", long_text + "end", true));
    REQUIRE(writer.add("plugin.json", R"({"id":"a.b"})", false));
    const std::string good = writer.write().value(), whole = read(good);
    for (std::size_t size = 0; size < good.size(); ++size)
        CHECK(read(std::string_view(good).substr(0, size)).starts_with("archive: "));
    std::size_t same = 0;
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const unsigned bit : {0u, 3u, 5u, 7u}) {
            std::string changed = good;
            changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1u << bit));
            const std::string said = read(changed);
            if (said == whole) ++same; // a date, a mode, who made it
            else CHECK(said.starts_with("archive: "));
        }
    CHECK(same < 4 * 2 * 20);
}

TEST_CASE("what the writer cannot name it does not pack") {
    zip_writer writer;
    CHECK(writer.add("../a", "", false).error().message == "\"../a\": its name leads elsewhere");
    REQUIRE(writer.add("a/b", "", false));
    CHECK(writer.add("a/B", "", false).error().message == "\"a/B\": it is there twice");
    CHECK(writer.add("a", "", false).error().message == "\"a\": it is a folder, too");
}
