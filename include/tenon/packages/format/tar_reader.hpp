#ifndef TENON_PACKAGES_FORMAT_TAR_READER_HPP
#define TENON_PACKAGES_FORMAT_TAR_READER_HPP

// Reads the files of a .tar.gz, for an author who makes a package of one. No host reads it: it has one parser fewer for
// bytes of strangers then. It is as strict as the reader of zips all the same: files and folders with plain names, each once;
// no links, no devices, no sparse files, no names in extended headers; nothing behind the end.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_path.hpp>
#include <tenon/packages/format/zip_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <zlib.h>

namespace tenon {

/// A file before it is in a package.
struct source_file {
    std::string bytes;
    bool executable = false;
};
using source_files = std::map<std::string, source_file, std::less<>>;

result<source_files> read_tar_gz(std::string_view bytes, const zip_limits& limits = {});
/// The same of a tar that is not compressed.
result<source_files> read_tar(std::string_view bytes, const zip_limits& limits = {});

namespace detail {

inline constexpr std::size_t tar_block = 512;

/// False where it is no octal number, as of the base-256 numbers of files beyond 8 GiB.
constexpr bool read_octal(std::string_view field, std::uint64_t& number) noexcept {
    number = 0;
    while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
    std::size_t digit_count = 0;
    for (; digit_count < field.size() && field[digit_count] >= '0' && field[digit_count] <= '7';
         ++digit_count)
        number = number * 8 + static_cast<std::uint64_t>(field[digit_count] - '0');
    for (const char rest : field.substr(digit_count))
        if (rest != ' ' && rest != '\0') return false;
    return digit_count != 0;
}

constexpr std::string_view up_to_nul(std::string_view field) noexcept {
    return field.substr(0, field.find('\0'));
}

/// The header's own checksum is counted as blanks.
constexpr bool has_tar_checksum(std::string_view header) noexcept {
    std::uint64_t said = 0, sum = 0;
    if (!read_octal(header.substr(148, 8), said)) return false;
    for (std::size_t at = 0; at < header.size(); ++at)
        sum += at >= 148 && at < 156 ? std::uint64_t{' '} : static_cast<unsigned char>(header[at]);
    return sum == said;
}

inline result<std::string> gunzip(std::string_view bytes, std::uint64_t most) {
    z_stream stream = {};
    if (::inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
        return fault{codes::overloaded, "there is no memory to unpack with"};
    std::string plain;
    std::string room(65'536, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    int outcome = Z_OK;
    while (outcome == Z_OK && plain.size() <= most) {
        stream.next_out = reinterpret_cast<Bytef*>(room.data());
        stream.avail_out = static_cast<uInt>(room.size());
        outcome = ::inflate(&stream, Z_NO_FLUSH);
        plain.append(room, 0, room.size() - stream.avail_out);
    }
    const std::size_t left = stream.avail_in;
    ::inflateEnd(&stream);
    if (plain.size() > most)
        return package_fault(package_code::too_large,
                             join({"archive: its files have more than ", digits(most), " bytes in all"}));
    if (outcome != Z_STREAM_END) return bad_archive("it is no whole gzip");
    if (left != 0) return bad_archive("something follows its end");
    return plain;
}

} // namespace detail

inline result<source_files> read_tar(std::string_view rest, const zip_limits& limits) {
    using namespace detail;
    source_files files;
    path_set paths;
    while (true) {
        if (rest.size() < tar_block) return bad_archive("it is cut off");
        const std::string_view header = rest.substr(0, tar_block);
        if (header.find_first_not_of('\0') == header.npos) break;
        rest.remove_prefix(tar_block);
        if (!has_tar_checksum(header)) return bad_archive("it is no tar: a checksum is wrong");
        std::string name(up_to_nul(header.substr(0, 100)));
        if (const std::string_view before = up_to_nul(header.substr(345, 155));
            header.substr(257, 6) == std::string_view("ustar\0", 6) && !before.empty())
            name = join({before, "/", name});
        const auto refused = [&](std::string_view why) { return bad_archive(why, name); };
        std::uint64_t size = 0, mode = 0;
        if (!read_octal(header.substr(124, 12), size) || !read_octal(header.substr(100, 8), mode))
            return refused("its size or its mode is no octal number");
        const std::uint64_t blocks = (size + tar_block - 1) / tar_block * tar_block;
        if (blocks > rest.size()) return refused("it is cut off");
        const std::string_view bytes = rest.substr(0, static_cast<std::size_t>(size));
        rest.remove_prefix(static_cast<std::size_t>(blocks));
        const char kind = header[156];
        if (kind == 'x' ||
            kind == 'g') { // more about the next file, or about all: times and owners say nothing here
            for (const std::string_view what : {" path=", " linkpath=", " size=", " GNU.sparse"})
                if (bytes.find(what) != bytes.npos)
                    return refused("its name or size is in an extended header: pack it with --format=ustar");
            continue;
        }
        while (name.starts_with("./")) name.erase(0, 2);
        if (kind == '5') {
            while (name.ends_with('/')) name.pop_back();
            if (name.empty() || name == ".") continue;
            if (const auto flaw = flaw_of_path(name); !flaw.empty()) return refused(flaw);
            continue;
        }
        if (kind == '1' || kind == '2') return refused("it is a link");
        if (kind == 'L' || kind == 'K')
            return refused(
                "a name is longer than 255 letters, or is packed as if it were: pack it with --format=ustar");
        if (kind != '0' && kind != '\0') return refused("it is no file");
        if (const auto flaw = flaw_of_path(name); !flaw.empty()) return refused(flaw);
        if (const auto flaw = paths.add(name); !flaw.empty()) return refused(flaw);
        if (size > limits.file_bytes) return refused("it is too large");
        if (files.size() == limits.entries)
            return bad_archive(join({"it has more than ", digits(limits.entries), " files"}));
        files.emplace(std::move(name), source_file{std::string(bytes), (mode & 0111u) != 0});
    }
    if (rest.find_first_not_of('\0') != rest.npos) return bad_archive("something follows its end");
    return files;
}

inline result<source_files> read_tar_gz(std::string_view bytes, const zip_limits& limits) {
    if (bytes.size() > limits.archive_bytes)
        return package_fault(
            package_code::too_large,
            detail::join({"archive: it has ", detail::digits(bytes.size()), " bytes, at most ",
                          detail::digits(limits.archive_bytes), " are taken"}));
    auto plain = detail::gunzip(bytes, limits.unpacked_bytes);
    if (!plain) return std::move(plain).error();
    return read_tar(*plain, limits);
}

} // namespace tenon

#endif
