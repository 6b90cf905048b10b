#ifndef TENON_HTTP_UPLOAD_HPP
#define TENON_HTTP_UPLOAD_HPP

// What a client sends by multipart/form-data (RFC 7578), as the handler of an endpoint with a `spool` gets it: fields in
// memory, files on the disk. The body may be larger than any other, and is never in memory as a whole.
//
//     paths.add({.method = "POST", .pattern = "/pictures", .needs = "pictures:write", .spool = http::spooling{.folder = folder}},
//               [](const http::call& asked) { const auto& sent = asked.exchange->uploaded(); ... });
//
// Names are what the client says: a file's `path` is ours, and has nothing of them.

#include <tenon/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::http {

/// Where an endpoint's uploads go, and how much they may be.
struct spooling {
    std::string folder;                            // the files are made there, 0600; it has to exist
    std::uint64_t body = std::uint64_t{101} << 20; // all of it; 413
    std::uint64_t told = 0; // the number that 413 names, where somebody configured another; 0: `body`
    std::size_t parts = 64; // 413
    std::size_t files = 4;  // of the parts; 413
    std::size_t part_head = std::size_t{8} << 10;  // of one part: its fields together; 413
    std::size_t fields = std::size_t{1} << 20;     // names and values of parts that are no file; 413
    std::uint64_t spare = std::uint64_t{64} << 20; // stays free on the disk; 507
    milliseconds time{3'600'000}; // for all of it; 408. Who sends less than 1 KB/s is cut off before
};

struct uploaded_field {
    std::string name, value;
};

struct uploaded_file {
    std::string name;      // of the form's field
    std::string file_name; // for people, without folders; may be empty, or anything
    std::string content_type;
    std::string path; // empty: it is somebody else's now
    std::uint64_t size = 0;
};

/// In the order in which they came. The files go with it, but for those that are kept.
class upload {
public:
    using remover = std::function<void(std::vector<std::string> paths)>;

    explicit upload(remover remove) : remove_(std::move(remove)) {}
    upload(const upload&) = delete;
    upload& operator=(const upload&) = delete;
    ~upload() {
        std::vector<std::string> left;
        for (uploaded_file& one : files)
            if (!one.path.empty()) left.push_back(std::move(one.path));
        if (!left.empty()) remove_(std::move(left));
    }

    /// The first one of that name, or null.
    const std::string* field(std::string_view name) const noexcept {
        for (const uploaded_field& one : fields)
            if (one.name == name) return &one.value;
        return nullptr;
    }
    const uploaded_file* file(std::string_view name) const noexcept {
        for (const uploaded_file& one : files)
            if (one.name == name) return &one;
        return nullptr;
    }
    /// Its path. From now on it is the caller's to remove.
    std::string keep(std::size_t file) { return std::exchange(files[file].path, {}); }

    std::vector<uploaded_field> fields;
    std::vector<uploaded_file> files;

private:
    remover remove_;
};

} // namespace tenon::http

#endif
