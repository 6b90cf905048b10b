#ifndef TENON_PACKAGES_FORMAT_ZIP_READER_HPP
#define TENON_PACKAGES_FORMAT_ZIP_READER_HPP

// Reads the archives that packages are, and refuses all others. A zip can be read in several ways: from its end or from
// its beginning, by the directory or by what stands before each file. Where two programs read two different things out
// of one archive, one of them installs what the other has never looked at. So only what cannot be read in two ways is
// taken:
//
// - The end record is the last thing and has no comment. The directory stands right before it, the files right before
//   that, one after another from the first byte on: no gap, no overlap, nothing in front.
// - What stands before each file says the same as the directory.
// - Names are plain (see flaw_of_path), and no two of them are one file or a file and a folder, also where the case of
//   letters does not count.
// - Stored or deflated, nothing else: no links, no devices, no encryption, no zip64, no second disk.
//
// Its cost is bounded before anything is unpacked: by the limits, by the declared sizes, and by the ratio of a bomb.
// What is unpacked is checked against length and CRC while it is handed on. A CRC is no protection: the digests of the
// package's FILES are.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/byte_source.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_path.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zlib.h>

namespace tenon {

struct zip_limits {
    std::uint64_t archive_bytes = 100'000'000;
    std::uint64_t file_bytes = std::uint64_t{512} << 20;
    std::uint64_t unpacked_bytes = std::uint64_t{1} << 30;
    std::uint64_t ratio = 1'000; // deflate itself reaches 1,032
    std::size_t entries = 10'000;
};

struct zip_entry {
    std::string path;
    std::uint64_t size = 0, packed_size = 0;
    std::uint32_t crc = 0;
    bool deflated = false;
    std::uint64_t begins = 0; // of its bytes in the archive
};

/// The files of an archive in the order of their names. Folders are not named: they are where files are.
class zip_reader {
public:
    /// Reads the directory and what stands before each file, and nothing of the files.
    static result<zip_reader> open(byte_source& archive, const zip_limits& limits = {});

    const std::vector<zip_entry>& entries() const noexcept { return entries_; }
    const zip_entry* find(std::string_view path) const noexcept;

    using sink = std::function<result<void>(std::string_view)>;
    /// Hands on the bytes of a file, at most 64 KiB at a time. After a fault what came is worth nothing.
    result<void> unpack(const zip_entry& entry, const sink& to) const;
    /// A small file whole. One that is larger than `most` is refused before it is read.
    result<std::string> unpack(const zip_entry& entry, std::size_t most) const;

private:
    struct located; // an entry with what tells where it ends
    explicit zip_reader(byte_source& archive) : archive_(&archive) {}

    result<void> read_directory(const zip_limits& limits);
    result<void> look_before(located& entry) const;

    byte_source* archive_;
    std::vector<zip_entry> entries_;
};

namespace detail {

inline fault bad_archive(std::string_view what, std::string_view path = {}) {
    return package_fault(package_code::hostile,
                         path.empty()
                             ? join({"archive: ", what})
                             : join({"archive: \"", beginning_of(path, longest_package_path), "\": ", what}));
}

/// Little endian numbers, taken one after another from bytes that are there.
class number_reader {
public:
    explicit number_reader(std::string_view bytes) noexcept : rest_(bytes) {}
    std::uint16_t two() noexcept { return static_cast<std::uint16_t>(take(2)); }
    std::uint32_t four() noexcept { return take(4); }

private:
    std::uint32_t take(std::size_t count) noexcept {
        std::uint32_t number = 0;
        for (std::size_t place = 0; place < count; ++place)
            number |= std::uint32_t{static_cast<unsigned char>(rest_[place])} << (8 * place);
        rest_.remove_prefix(count);
        return number;
    }
    std::string_view rest_;
};

inline constexpr std::size_t zip_end_bytes = 22, zip_directory_bytes = 46, zip_local_bytes = 30;
inline constexpr std::uint32_t zip_end_mark = 0x06054b50, zip_directory_mark = 0x02014b50,
                               zip_local_mark = 0x04034b50, zip_descriptor_mark = 0x08074b50;
// Bits 1 and 2 say how hard the packer tried, 3 that the sizes follow the file, 11 that the name is UTF-8.
inline constexpr unsigned zip_sizes_follow = 1u << 3,
                          zip_known_flags = (3u << 1) | zip_sizes_follow | (1u << 11);

/// What an extra field may not be: it would name other sizes, or another name.
constexpr std::string_view flaw_of_extra(std::string_view extra) noexcept {
    while (extra.size() >= 4) {
        const auto byte = [&](std::size_t at) {
            return static_cast<unsigned>(static_cast<unsigned char>(extra[at]));
        };
        const unsigned kind = byte(0) | (byte(1) << 8), size = byte(2) | (byte(3) << 8);
        if (size > extra.size() - 4) break;
        if (kind == 0x0001) return "zip64 is not taken";
        if (kind == 0x7075) return "a second name is not taken";
        extra.remove_prefix(4 + size);
    }
    return extra.empty() ? std::string_view() : std::string_view("its extra field is cut off");
}

} // namespace detail

struct zip_reader::located : zip_entry {
    std::uint64_t header = 0, ends = 0;
    unsigned flags = 0, method = 0;
};

inline result<zip_reader> zip_reader::open(byte_source& archive, const zip_limits& limits) {
    zip_reader reader(archive);
    if (auto read = reader.read_directory(limits); !read) return std::move(read).error();
    return reader;
}

inline result<void> zip_reader::read_directory(const zip_limits& limits) {
    using namespace detail;
    const std::uint64_t size = archive_->size();
    if (size > limits.archive_bytes)
        return bad_archive(
            join({"it has ", digits(size), " bytes, at most ", digits(limits.archive_bytes), " are taken"}));
    if (size < zip_end_bytes) return bad_archive("it is no zip file");

    char end[zip_end_bytes];
    if (auto read = archive_->read(size - zip_end_bytes, end); !read) return read;
    number_reader numbers({end, sizeof end});
    if (numbers.four() != zip_end_mark)
        return bad_archive("it is no zip file, or something follows its end (a comment is not taken)");
    const unsigned disk = numbers.two(), directory_disk = numbers.two();
    const std::size_t here = numbers.two(), count = numbers.two();
    const std::uint64_t directory_size = numbers.four(), directory_begins = numbers.four();
    const unsigned comment = numbers.two();
    if (comment != 0) return bad_archive("its end record announces a comment");
    if (disk != 0 || directory_disk != 0 || here != count) return bad_archive("it is one of several disks");
    if (count == 0xFFFF || directory_size == 0xFFFFFFFF || directory_begins == 0xFFFFFFFF)
        return bad_archive("zip64 is not taken");
    if (count > limits.entries)
        return bad_archive(
            join({"it has ", digits(count), " entries, at most ", digits(limits.entries), " are taken"}));
    if (directory_begins + directory_size != size - zip_end_bytes)
        return bad_archive("its directory does not end where its end record begins");
    // Each entry has at most a name and an extra field beyond the fixed part: what is larger is not read at all.
    if (directory_size > count * (zip_directory_bytes + longest_package_path + 1'024))
        return bad_archive("its directory is larger than its entries can be");

    std::string directory(static_cast<std::size_t>(directory_size), '\0');
    if (auto read = archive_->read(directory_begins, directory); !read) return read;
    std::vector<located> found;
    found.reserve(count);
    std::string_view rest = directory;
    std::uint64_t unpacked = 0;
    for (std::size_t number = 0; number < count; ++number) {
        if (rest.size() < zip_directory_bytes)
            return bad_archive("its directory has fewer entries than it says");
        number_reader fields(rest.substr(0, zip_directory_bytes));
        if (fields.four() != zip_directory_mark)
            return bad_archive("its directory has an entry that is none");
        located entry;
        const unsigned made_by = fields.two() >> 8;
        const unsigned needs = fields.two();
        entry.flags = fields.two();
        entry.method = fields.two();
        fields.four(); // when it was changed last
        entry.crc = fields.four();
        entry.packed_size = fields.four();
        entry.size = fields.four();
        const std::size_t name_size = fields.two(), extra_size = fields.two(), comment_size = fields.two();
        const unsigned on_disk = fields.two();
        fields.two(); // text or not, as the packer guessed
        const std::uint32_t attributes = fields.four();
        entry.header = fields.four();
        rest.remove_prefix(zip_directory_bytes);
        if (rest.size() < name_size + extra_size + comment_size)
            return bad_archive("its directory has an entry that is cut off");
        entry.path = rest.substr(0, name_size);
        const std::string_view extra = rest.substr(name_size, extra_size);
        rest.remove_prefix(name_size + extra_size + comment_size);

        const auto refused = [&](std::string_view what) { return bad_archive(what, entry.path); };
        const bool folder = entry.path.ends_with('/');
        const std::string_view path =
            std::string_view(entry.path).substr(0, entry.path.size() - (folder ? 1 : 0));
        if (const auto flaw = flaw_of_path(path); !flaw.empty()) return refused(flaw);
        if (const auto flaw = flaw_of_extra(extra); !flaw.empty()) return refused(flaw);
        if (comment_size != 0) return refused("it has a comment");
        if (on_disk != 0) return refused("it is on another disk");
        if (needs > 20) return refused("it needs a newer unpacker than version 2.0 of the format");
        if ((entry.flags & 1u) != 0) return refused("it is encrypted");
        if ((entry.flags & ~zip_known_flags) != 0) return refused("it has flags that are not known");
        if (entry.method != 0 && entry.method != 8) return refused("it is neither stored nor deflated");
        if (entry.size == 0xFFFFFFFF || entry.packed_size == 0xFFFFFFFF || entry.header == 0xFFFFFFFF)
            return refused("zip64 is not taken");
        // Only Unix says what kind of a file it is; the upper half is its mode.
        const std::uint32_t kind = made_by == 3 ? (attributes >> 16) & 0170000u : 0;
        if (kind != 0 && kind != (folder ? 0040000u : 0100000u))
            return refused(kind == 0120000u ? "it is a link" : "it is no file");
        if (!folder && (attributes & 0x10u) != 0)
            return refused("it is a folder by its attributes, and a file by its name");
        entry.deflated = entry.method == 8;
        if (folder && (entry.size != 0 || entry.packed_size > 2))
            return refused("it is a folder with something in it");
        if (!entry.deflated && entry.size != entry.packed_size)
            return refused("it is stored with two different sizes");
        // Who reads from the beginning would have to guess where it ends.
        if (!entry.deflated && (entry.flags & zip_sizes_follow) != 0 && !folder)
            return refused("it is stored, and its size follows it");
        if (entry.size > limits.file_bytes)
            return refused(join({"it has ", digits(entry.size), " bytes, at most ", digits(limits.file_bytes),
                                 " are taken"}));
        if (entry.size > limits.ratio * entry.packed_size)
            return refused(join({"it claims to be packed better than ", digits(limits.ratio), " to 1"}));
        unpacked += entry.size;
        if (unpacked > limits.unpacked_bytes)
            return bad_archive(
                join({"its files have more than ", digits(limits.unpacked_bytes), " bytes in all"}));
        found.push_back(std::move(entry));
    }
    if (!rest.empty()) return bad_archive("its directory has more than its entries");

    // From the first byte to the directory, one file after another.
    std::sort(found.begin(), found.end(),
              [](const located& one, const located& other) { return one.header < other.header; });
    std::uint64_t next = 0;
    for (located& entry : found) {
        if (entry.header != next)
            return bad_archive(entry.header < next ? "it shares bytes with another entry"
                                                   : "something unnamed is before it",
                               entry.path);
        if (auto good = look_before(entry); !good) return good;
        if (entry.ends > directory_begins) return bad_archive("it reaches into the directory", entry.path);
        next = entry.ends;
    }
    if (next != directory_begins) return bad_archive("something unnamed is before its directory");

    path_set paths;
    for (const located& entry : found)
        if (!entry.path.ends_with('/')) {
            if (const auto flaw = paths.add(entry.path); !flaw.empty()) return bad_archive(flaw, entry.path);
            entries_.push_back(entry);
        }
    std::sort(entries_.begin(), entries_.end(),
              [](const zip_entry& one, const zip_entry& other) { return one.path < other.path; });
    return {};
}

/// What stands before a file, and after it where its sizes follow. Both have to say what the directory says.
inline result<void> zip_reader::look_before(located& entry) const {
    using namespace detail;
    const auto refused = [&](std::string_view what) { return bad_archive(what, entry.path); };
    const std::uint64_t size = archive_->size();
    char head[zip_local_bytes + longest_package_path + 1];
    const std::size_t length = zip_local_bytes + entry.path.size();
    if (entry.header + length > size) return refused("it is beyond the end");
    if (auto read = archive_->read(entry.header, {head, length}); !read) return read;
    number_reader fields({head, zip_local_bytes});
    if (fields.four() != zip_local_mark) return refused("no file begins where the directory says");
    const unsigned needs = fields.two(), flags = fields.two(), method = fields.two();
    fields.four();
    const std::uint32_t crc = fields.four(), packed_size = fields.four(), full_size = fields.four();
    const std::size_t name_size = fields.two(), extra_size = fields.two();
    const bool follow = (flags & zip_sizes_follow) != 0;
    // Where they follow, each may be left 0 here: who packs into a pipe knows a file's size, and not yet the packed one.
    const auto said = [follow](std::uint64_t here, std::uint64_t in_directory) {
        return here == in_directory || (follow && here == 0);
    };
    if (needs > 20 || flags != entry.flags || method != entry.method || name_size != entry.path.size() ||
        std::string_view(head + zip_local_bytes, name_size) != entry.path || !said(crc, entry.crc) ||
        !said(packed_size, entry.packed_size) || !said(full_size, entry.size))
        return refused("what stands before it is not what the directory says");

    std::string extra(extra_size, '\0');
    if (entry.header + length + extra_size > size) return refused("it is beyond the end");
    if (auto read = archive_->read(entry.header + length, extra); !read) return read;
    if (const auto flaw = flaw_of_extra(extra); !flaw.empty()) return refused(flaw);
    entry.begins = entry.header + length + extra_size;
    entry.ends = entry.begins + entry.packed_size;
    if (!follow) return {};

    char tail[16];
    if (entry.ends + sizeof tail > size) return refused("it is beyond the end");
    if (auto read = archive_->read(entry.ends, tail); !read) return read;
    // The mark is customary, not required, and a CRC may look like it: with the mark all three numbers fit.
    for (const std::size_t mark : {std::size_t{4}, std::size_t{0}}) {
        number_reader after({tail, sizeof tail});
        if (mark != 0 && after.four() != zip_descriptor_mark) continue;
        if (after.four() != entry.crc || after.four() != entry.packed_size || after.four() != entry.size)
            continue;
        entry.ends += mark + 12;
        return {};
    }
    return refused("what follows it is not what the directory says");
}

inline const zip_entry* zip_reader::find(std::string_view path) const noexcept {
    const auto place =
        std::lower_bound(entries_.begin(), entries_.end(), path,
                         [](const zip_entry& entry, std::string_view wanted) { return entry.path < wanted; });
    return place != entries_.end() && place->path == path ? &*place : nullptr;
}

namespace detail {

/// zlib's raw inflate, ended however its scope is left.
class inflater {
public:
    inflater() noexcept { good_ = ::inflateInit2(&stream_, -MAX_WBITS) == Z_OK; }
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;
    ~inflater() {
        if (good_) ::inflateEnd(&stream_);
    }
    bool good() const noexcept { return good_; }
    z_stream& stream() noexcept { return stream_; }

private:
    z_stream stream_ = {};
    bool good_ = false;
};

} // namespace detail

inline result<void> zip_reader::unpack(const zip_entry& entry, const sink& to) const {
    using namespace detail;
    const auto refused = [&](std::string_view what) { return bad_archive(what, entry.path); };
    constexpr std::size_t room = 65'536;
    const auto packed = std::make_unique<char[]>(room), plain = std::make_unique<char[]>(room);
    std::uint64_t read = 0, given = 0;
    uLong crc = ::crc32(0, nullptr, 0);
    const auto hand_on = [&](std::string_view bytes) -> result<void> {
        given += bytes.size();
        if (given > entry.size) return refused("it is larger than the directory says");
        crc = ::crc32(crc, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
        return to(bytes);
    };
    inflater inflating;
    if (entry.deflated && !inflating.good())
        return fault{codes::overloaded, "there is no memory to unpack with"};
    z_stream& stream = inflating.stream();
    bool ended = !entry.deflated;
    while (read < entry.packed_size) {
        const std::size_t count =
            static_cast<std::size_t>(std::min<std::uint64_t>(room, entry.packed_size - read));
        if (auto good = archive_->read(entry.begins + read, {packed.get(), count}); !good) return good;
        read += count;
        if (!entry.deflated) {
            if (auto good = hand_on({packed.get(), count}); !good) return good;
            continue;
        }
        stream.next_in = reinterpret_cast<Bytef*>(packed.get());
        stream.avail_in = static_cast<uInt>(count);
        do {
            if (ended) return refused("something follows its end");
            stream.next_out = reinterpret_cast<Bytef*>(plain.get());
            stream.avail_out = room;
            const int outcome = ::inflate(&stream, Z_NO_FLUSH);
            if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR)
                return refused("it cannot be unpacked");
            ended = outcome == Z_STREAM_END;
            if (auto good = hand_on({plain.get(), room - stream.avail_out}); !good) return good;
        } while (stream.avail_in > 0 || (!ended && stream.avail_out == 0));
    }
    if (!ended) return refused("it is cut off");
    if (given != entry.size) return refused("it is smaller than the directory says");
    if (crc != entry.crc) return refused("its bytes do not have the CRC that the directory says");
    return {};
}

inline result<std::string> zip_reader::unpack(const zip_entry& entry, std::size_t most) const {
    using namespace detail;
    if (entry.size > most)
        return bad_archive(
            join({"it has ", digits(entry.size), " bytes, at most ", digits(most), " are taken"}),
            entry.path);
    std::string whole;
    whole.reserve(static_cast<std::size_t>(entry.size));
    auto good = unpack(entry, [&](std::string_view bytes) -> result<void> {
        whole.append(bytes);
        return {};
    });
    if (!good) return std::move(good).error();
    return whole;
}

} // namespace tenon

#endif
