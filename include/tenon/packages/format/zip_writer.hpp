#ifndef TENON_PACKAGES_FORMAT_ZIP_WRITER_HPP
#define TENON_PACKAGES_FORMAT_ZIP_WRITER_HPP

// Writes the archives that zip_reader takes. The same files give the same bytes, whoever packs them and when: they are
// sorted by name, dated to the first day that the format has, and their modes are 0644 or 0755. A file is deflated
// where that makes it smaller.
//
// The same bytes need the same zlib. What a package is does not depend on them: its identity is the digest of its
// FILES, and another packer's archive of the same files is the same package.

#include <tenon/core/result.hpp>
#include <tenon/packages/format/package_path.hpp>
#include <tenon/packages/format/zip_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <zlib.h>

namespace tenon {

class zip_writer {
public:
    /// What is wrong with the name, or beside the other names, is a fault.
    result<void> add(std::string_view path, std::string bytes, bool executable) {
        using namespace detail;
        const auto refused = [&](std::string_view flaw) {
            return fault{codes::invalid_params,
                         join({"\"", beginning_of(path, longest_package_path), "\": ", flaw})};
        };
        if (const auto flaw = flaw_of_path(path); !flaw.empty()) return refused(flaw);
        if (const auto flaw = paths_.add(path); !flaw.empty()) return refused(flaw);
        files_.emplace(std::string(path), added{std::move(bytes), executable});
        return {};
    }

    /// The whole archive.
    result<std::string> write() const;

private:
    struct added {
        std::string bytes;
        bool executable;
    };
    detail::path_set paths_;
    std::map<std::string, added> files_;
};

namespace detail {

inline void put_two(std::string& to, std::size_t number) {
    to.push_back(static_cast<char>(number & 0xFF));
    to.push_back(static_cast<char>((number >> 8) & 0xFF));
}
inline void put_four(std::string& to, std::size_t number) {
    put_two(to, number & 0xFFFF);
    put_two(to, (number >> 16) & 0xFFFF);
}

/// Empty where zlib has no memory, or it would not be smaller.
inline std::string deflated(std::string_view bytes) {
    z_stream stream = {};
    if (bytes.empty() || ::deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return {};
    std::string packed(bytes.size() - 1, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const bool whole = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
    packed.resize(whole ? packed.size() - stream.avail_out : 0);
    ::deflateEnd(&stream);
    return packed;
}

} // namespace detail

inline result<std::string> zip_writer::write() const {
    using namespace detail;
    constexpr std::size_t first_day = (1 << 5) | 1; // 1980-01-01
    constexpr std::size_t most = 0xFFFFFFFE;
    std::string archive, directory;
    if (files_.size() >= 0xFFFF) return fault{codes::too_large, "more than 65534 files are no package"};
    for (const auto& [path, file] : files_) {
        if (file.bytes.size() > most || archive.size() > most - file.bytes.size())
            return fault{codes::too_large, join({"\"", path, "\": the archive becomes larger than 4 GiB"})};
        std::string packed = deflated(file.bytes);
        if (file.bytes.size() / zip_limits{}.ratio >= packed.size())
            packed.clear(); // zeros alone: the reader would take it for a bomb
        const std::string_view stored =
            packed.empty() ? std::string_view(file.bytes) : std::string_view(packed);
        std::string common; // what both heads say
        put_two(common, 20);
        put_two(common, 0);
        put_two(common, packed.empty() ? 0 : 8);
        put_two(common, 0);
        put_two(common, first_day);
        put_four(common, ::crc32(0, reinterpret_cast<const Bytef*>(file.bytes.data()),
                                 static_cast<uInt>(file.bytes.size())));
        put_four(common, stored.size());
        put_four(common, file.bytes.size());
        put_two(common, path.size());
        put_two(common, 0);

        const std::size_t begins = archive.size();
        put_four(archive, 0x04034b50);
        archive += common;
        archive += path;
        archive += stored;

        put_four(directory, 0x02014b50);
        put_two(directory, (3 << 8) | 20); // made by Unix
        directory += common;
        put_two(directory, 0);
        put_two(directory, 0);
        put_two(directory, 0);
        put_four(directory, (0100000u | (file.executable ? 0755u : 0644u)) << 16);
        put_four(directory, begins);
        directory += path;
    }
    const std::size_t directory_begins = archive.size();
    archive += directory;
    put_four(archive, 0x06054b50);
    put_four(archive, 0);
    put_two(archive, files_.size());
    put_two(archive, files_.size());
    put_four(archive, directory.size());
    put_four(archive, directory_begins);
    put_two(archive, 0);
    return archive;
}

} // namespace tenon

#endif
