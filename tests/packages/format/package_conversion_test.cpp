#include <tenon/packages/format/package_conversion.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

using namespace tenon;
using namespace std::string_literals;

namespace {

struct packed_file {
    std::string name, bytes;
    char kind = '0';
    std::string mode = "0000644", prefix = {}, size = {};
};

std::string tar_of(const std::vector<packed_file>& files, bool ended = true) {
    std::string all;
    for (const packed_file& file : files) {
        std::string header(512, '\0');
        char number[16];
        std::snprintf(number, sizeof number, "%011zo", file.bytes.size());
        const auto put = [&](std::size_t at, std::string_view text) {
            header.replace(at, text.size(), text);
        };
        put(0, file.name), put(100, file.mode), put(124, file.size.empty() ? number : file.size);
        put(148, "        "), put(257, "ustar\00000"s), put(345, file.prefix);
        header[156] = file.kind;
        unsigned sum = 0;
        for (const char byte : header) sum += static_cast<unsigned char>(byte);
        std::snprintf(number, sizeof number, "%06o", sum);
        put(148, std::string(number) + "\0 "s);
        all += header + file.bytes + std::string((512 - file.bytes.size() % 512) % 512, '\0');
    }
    return ended ? all + std::string(1'024, '\0') : all;
}

std::string gzip_of(const std::string& bytes) {
    z_stream stream = {};
    REQUIRE(::deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed(bytes.size() + 1'024, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed.resize(packed.size() - stream.avail_out);
    ::deflateEnd(&stream);
    return packed;
}

std::string said(const std::string& tar) {
    const auto read = read_tar(tar);
    return read ? "read" : read.error().message;
}

std::string elf(unsigned type, bool begins = true) {
    std::string made(200, '\0');
    made.replace(0, 6,
                 "\x7f"
                 "ELF\2\1");
    made[16] = static_cast<char>(type);
    made[18] = 62;
    made[24] = begins ? 1 : 0;
    return made;
}

} // namespace

TEST_CASE("a .vp is read: its files, and what of them may be run") {
    const std::string tar = tar_of({{"./", "", '5'},
                                    {"storage/", "", '5'},
                                    {"pax", "20 mtime=1700000000\n", 'x'},
                                    {"./storage/plugin.json", "{}"},
                                    {"storage/run", "#!", '0', "0000755"},
                                    {"c", "x", '0', "0000644", "storage/a/b"}});
    const auto read = read_tar_gz(gzip_of(tar));
    REQUIRE(read);
    CHECK(read->size() == 3);
    CHECK(read->at("storage/run").executable);
    CHECK(!read->at("storage/plugin.json").executable);
    CHECK(read->at("storage/a/b/c").bytes == "x");
}

TEST_CASE("a tar that leads elsewhere, is cut off or says two things is refused") {
    std::string wrong_sum = tar_of({{"a", "b"}});
    wrong_sum[0] = 'z';
    for (const auto& [tar, why] : {
             std::pair<std::string, std::string>{tar_of({{"../a", "b"}}), "leads elsewhere"},
             {tar_of({{"/a", "b"}}), "begins with /"},
             {tar_of({{"a\\b", "b"}}), "other letters"},
             {tar_of({{"a", "", '2'}}), "it is a link"},
             {tar_of({{"a", "", '1'}}), "it is a link"},
             {tar_of({{"a", "", '3'}}), "it is no file"},
             {tar_of({{"a", "", '6'}}), "it is no file"},
             {tar_of({{"a", "", 'S'}}), "it is no file"},
             {tar_of({{"../a/", "", '5'}}), "leads elsewhere"},
             {tar_of({{"././@LongLink", "abc", 'L'}}), "--format=ustar"},
             {tar_of({{"pax", "12 path=../a\n", 'x'}, {"a", "b"}}), "extended header"},
             {tar_of({{"a", "b"}, {"a", "c"}}), "there twice"},
             {tar_of({{"a", "b"}, {"A", "c"}}), "there twice"},
             {tar_of({{"a", "b"}, {"a/b", "c"}}), "one of its folders is a file"},
             {tar_of({{"a", "b", '0', "0000644", "", "77777777777"}}), "it is cut off"},
             {tar_of({{"a", "b", '0', "0000644", "", "\x80\0\0\0\0\0\0\0\0\0\1\0"s}}), "no octal number"},
             {tar_of({{"a", "b"}}, false), "it is cut off"},
             {tar_of({{"a", "b"}}).substr(0, 600), "it is cut off"},
             {tar_of({{"a", "b"}}) + "x", "something follows its end"},
             {wrong_sum, "a checksum is wrong"},
             {"", "it is cut off"},
             {std::string(512, 'x'), "a checksum is wrong"},
         }) {
        const std::string sentence = why, got = said(tar);
        CHECK_MESSAGE(got.find(sentence) != std::string::npos, got, " where expected: ", sentence);
    }
    const std::string packed = gzip_of(tar_of({{"a", "b"}}));
    CHECK(read_tar_gz(packed));
    CHECK(read_tar_gz(packed + "x").error().message.find("something follows its end") != std::string::npos);
    CHECK(read_tar_gz(packed.substr(0, packed.size() - 9)).error().message.find("no whole gzip") !=
          std::string::npos);
    CHECK(!read_tar_gz("hello"));
    CHECK(read_tar_gz(gzip_of(std::string(1 << 20, '\0')), {.unpacked_bytes = 1'000})
              .error()
              .message.find("more than 1000 bytes") != std::string::npos);
}

TEST_CASE("a package of another system becomes one of ours") {
    const auto made =
        convert_package({{"storage/plugin.json",
                          {R"({"plugin_no":"storage","name":"Storage","version":"0.1.0","priority":5})"}},
                         {"storage/storage", {elf(2), true}},
                         {"storage/helper", {"#!/bin/sh\n", true}}});
    INFO((made ? std::string() : made.error().message));
    REQUIRE(made);
    CHECK(made->manifest.id == "local.storage");
    CHECK(made->manifest.entry_for("linux-x86_64") == "storage");
    CHECK(made->builder.files()->platform == "linux-x86_64");
    CHECK(made->findings.back().sentence() == "entry: is missing: it is \"storage\"");
    const std::string archive = *made->builder.build();
    memory_source source(archive);
    CHECK(open_package(*zip_reader::open(source), package_wrapping::refused));

    const toml_reader toml = [](std::string_view text) -> result<std::string> {
        if (text == "bad") return fault{codes::invalid_params, "line 1"};
        return std::string(R"({"name":"rooms","version":"1.0.0","entry_point":"rooms.wasm"})");
    };
    CHECK(convert_package({{"plugin.toml", {"x"}}, {"rooms.wasm", {"\0asm"s}}}, toml)->manifest.name ==
          "rooms");
    CHECK(convert_package({{"plugin.toml", {"bad"}}}, toml).error().message == "plugin.toml: line 1");
    CHECK(!convert_package({{"plugin.toml", {"x"}}}));
    CHECK(convert_package({{"plugin.toml", {"x"}}, {"manifest.json", {"{}"}}}, toml)
              .error()
              .message.find("two manifests") != std::string::npos);
    CHECK(convert_package({{"a", {"x"}}}).error().message.find("it has no plugin.json") != std::string::npos);
    CHECK(convert_package({}).error().message.find("it has no plugin.json") != std::string::npos);
    CHECK(convert_package({{"plugin.json", {R"({"id":"dev.a","version":"1.0.0"})"}}, {"a", {"x"}}})
              .error()
              .message.find("the files do not tell") != std::string::npos);
}

TEST_CASE("a single program with a manifest becomes a package, and a shared library does not") {
    const std::string manifest = R"({"name":"notify","version":"1.0.0"})";
    const auto archive = wrap_program(elf(2), manifest);
    REQUIRE(archive);
    memory_source source(*archive);
    const auto package = open_package(*zip_reader::open(source), package_wrapping::refused);
    REQUIRE(package);
    CHECK(package->manifest.entry_for("any") == "bin/notify");
    CHECK(package->files.find("bin/notify")->executable);
    CHECK(package->files.platform == "linux-x86_64");
    CHECK(wrap_program("\0asm\1\0\0\0"s, manifest));
    CHECK(wrap_program(elf(3, false), manifest).error().message.find("plugins are processes") == 0);
    CHECK(wrap_program(elf(2), R"({"name":"a","version":"1.0.0","entryPoint":"a.so"})")
              .error()
              .message.find("plugins are processes") != std::string::npos);
    CHECK(wrap_program("#!/bin/sh", manifest).error().message.find("neither an archive") !=
          std::string::npos);
    CHECK(wrap_program("", manifest).error().message.find("neither an archive") != std::string::npos);
    CHECK(wrap_program(elf(2), "{}").error().message.find("plugin.json: id: is missing") == 0);
}

TEST_CASE("a zip of another system is read, and what of it may be run") {
    zip_writer writer;
    REQUIRE(writer.add("a/run", "#!/bin/sh\n", false));
    REQUIRE(writer.add("a/plugin.json", "{}", false));
    const std::string archive = writer.write().value();
    memory_source source(archive);
    const auto zip = zip_reader::open(source);
    REQUIRE(zip);
    const auto files = read_zip_files(*zip);
    REQUIRE(files);
    CHECK(files->size() == 2);
    CHECK(files->at("a/run").executable);
    CHECK_FALSE(files->at("a/plugin.json").executable);
}

TEST_CASE("a program says for which machine it is, in the order of bytes that it has") {
    const auto machine = [](char order, char low, char high) {
        std::string bytes = elf(2);
        bytes[5] = order;
        bytes[18] = low;
        bytes[19] = high;
        return std::string(platform_of_program(bytes));
    };
    CHECK(machine(1, 62, 0) == "linux-x86_64");
    CHECK(machine(1, '\xb7', 0) == "linux-aarch64");
    CHECK(machine(1, 3, 0) == "linux-i686");
    CHECK(machine(1, 40, 0) == "linux-arm");
    CHECK(machine(1, '\xf3', 0) == "linux-riscv64");
    CHECK(machine(1, 21, 0) == "linux-ppc64");
    CHECK(machine(2, 0, 22) == "linux-s390x"); // the large end first
    CHECK(machine(1, 0, 22) == "any");
    CHECK(platform_of_program("#!/bin/sh") == "any");
}

TEST_CASE("a tar of more files or bytes than are taken is refused") {
    CHECK(read_tar(tar_of({{"a", "1"}, {"b", "2"}}), {.entries = 1})
              .error()
              .message.find("more than 1 files") != std::string::npos);
    const std::string packed = gzip_of(tar_of({{"a", "1"}}));
    CHECK(code_of(read_tar_gz(packed, {.archive_bytes = packed.size() - 1}).error()) ==
          package_code::too_large);
    CHECK(read_tar_gz(packed, {.archive_bytes = packed.size()}));
}
