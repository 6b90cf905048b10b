#ifndef TENON_PACKAGES_OPERATIONS_ARRIVED_PACKAGE_HPP
#define TENON_PACKAGES_OPERATIONS_ARRIVED_PACKAGE_HPP

// A package that somebody brings: looked at as a whole, judged by today's trust, and not in the store yet. A single
// program, or WebAssembly, that comes with a manifest is made a package of first.
//
// It blocks on the disk: for a worker thread.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/byte_source.hpp>
#include <tenon/packages/format/opened_package.hpp>
#include <tenon/packages/format/package_conversion.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/program_kind.hpp>
#include <tenon/packages/format/zip_reader.hpp>
#include <tenon/packages/operations/package_request.hpp>
#include <tenon/packages/rules/package_plan.hpp>
#include <tenon/packages/rules/trust.hpp>
#include <tenon/packages/store/package_store.hpp>
#include <tenon/packages/store/records.hpp>
#include <tenon/packages/store/system_store_folder.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tenon {

/// A file that is gone once nobody has this any more, unless somebody moved it away.
class passing_file {
public:
    explicit passing_file(std::string path) noexcept : path_(std::move(path)) {}
    passing_file(passing_file&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    passing_file& operator=(passing_file&&) = delete;
    ~passing_file() {
        if (!path_.empty()) static_cast<void>(std::remove(path_.c_str()));
    }

private:
    std::string path_;
};

struct arrived_package {
    package_source from;
    std::shared_ptr<byte_source> archive;
    bool wrapped = false; // the archive was made here
    opened_package opened;
    trust_verdict verdict;
    runtime_found runtime;
};

inline arriving_package arriving(const arrived_package& of) {
    arriving_package made = arriving(of.opened, of.verdict);
    made.runtime = of.runtime;
    return made;
}

namespace detail {

/// An archive that was made in memory.
class owned_source final : public byte_source {
public:
    explicit owned_source(std::string bytes) : bytes_(std::move(bytes)), all_(bytes_) {}
    std::uint64_t size() const noexcept override { return all_.size(); }
    result<void> read(std::uint64_t from, std::span<char> into) override { return all_.read(from, into); }

private:
    std::string bytes_;
    memory_source all_;
};

/// The archive in a file, or one that is made of the program there.
inline result<void> read_arriving(arrived_package& of, std::uint64_t largest) {
    auto file = file_source::open(of.from.file);
    if (!file) return std::move(file).error();
    const std::uint64_t size = file->size();
    if (size > largest)
        return package_fault(package_code::too_large,
                             join({"expected at most ", digits(largest), " bytes, got ", digits(size)}));
    std::string begins(static_cast<std::size_t>(std::min<std::uint64_t>(size, telling_bytes)), '\0');
    if (auto good = file->read(0, begins); !good) return good;
    const program_kind kind = kind_of_program(begins);
    const auto refused = [](std::string_view why) {
        return package_fault(package_code::manifest, std::string(why));
    };
    if (kind == program_kind::shared_library) return refused(no_shared_library);
    if (begins.starts_with("\x1f\x8b"))
        return refused("it is a tar.gz: `tenon-host package convert` makes a package of it");
    if (kind != program_kind::program && kind != program_kind::wasm) {
        if (!begins.starts_with("PK"))
            return package_fault(
                package_code::hostile,
                join({kind == program_kind::script ? "it is a script" : "it is no zip file",
                      ": expected a package, which is a zip file, or a single program (ELF) or WebAssembly "
                      "with its manifest. A script comes in a package: `tenon-host package build` makes "
                      "one"}));
        of.archive = std::make_shared<file_source>(*std::move(file));
        return {};
    }
    if (of.from.manifest.empty())
        return refused("it is a program: a manifest, plugin.json, is to come with it");
    std::string program(static_cast<std::size_t>(size), '\0');
    if (auto good = file->read(0, program); !good) return good;
    auto made = wrap_program(std::move(program), of.from.manifest);
    if (!made) return std::move(made).error();
    of.archive = std::make_shared<owned_source>(*std::move(made));
    of.wrapped = true;
    return {};
}

/// Clients send the manifest beside a package that has it already. It counts for nothing, so it may not say anything else.
inline result<void> expect_same_manifest(const arrived_package& of) {
    if (of.wrapped || of.from.manifest.empty()) return {};
    const package_manifest& inside = of.opened.manifest;
    const auto beside = read_manifest(of.from.manifest, entry_rule::may_miss).manifest;
    if (beside && beside->id == inside.id && beside->version == inside.version) return {};
    return package_fault(
        package_code::manifest,
        join({"the manifest that came with it is not the one in the package: expected one of ", inside.id,
              " ", inside.version.text(), ", or none"}));
}

} // namespace detail

/// Without `trust` it comes from a folder that is trusted itself.
inline result<std::shared_ptr<arrived_package>> read_arrived(package_source from, const trust_settings* trust,
                                                             const zip_limits& limits, std::int64_t now_ms) {
    auto arrived = std::make_shared<arrived_package>();
    arrived->from = std::move(from);
    if (auto good = detail::read_arriving(*arrived, limits.archive_bytes); !good)
        return std::move(good).error();
    auto zip = zip_reader::open(*arrived->archive, limits);
    if (!zip) return std::move(zip).error();
    // What has no list of its files can be signed by nobody.
    const bool may_be_plain = trust != nullptr && trust->policy == trust_policy::any;
    auto opened = open_package(*zip, may_be_plain ? package_wrapping::made : package_wrapping::refused);
    if (!opened) return std::move(opened).error();
    arrived->opened = *std::move(opened);
    if (auto good = detail::expect_same_manifest(*arrived); !good) return std::move(good).error();
    if (trust == nullptr) {
        arrived->verdict.level = "folder";
        return arrived;
    }
    const opened_package& of = arrived->opened;
    auto verdict = judge_trust(
        {.id = of.manifest.id, .text = of.files_text, .tree = of.tree, .signatures = of.signatures}, *trust,
        now_ms);
    if (!verdict) return std::move(verdict).error();
    arrived->verdict = *std::move(verdict);
    return arrived;
}

/// Puts it into the store. Nothing records it yet.
inline result<version_record> put_arrived(package_store& store, const arrived_package& of,
                                          const zip_limits& limits, const put_progress& progress,
                                          std::int64_t now_ms) {
    auto zip = zip_reader::open(*of.archive, limits);
    if (!zip) return std::move(zip).error();
    if (auto good = store.put(of.opened, *zip, progress); !good) return std::move(good).error();
    const bool take = of.from.staged && !of.wrapped;
    auto archive = take ? store.take_archive(of.from.file) : store.put_archive(*of.archive);
    if (!archive) {
        static_cast<void>(store.give_up(of.opened.tree, {}));
        return std::move(archive).error();
    }
    auto manifest = json::parse(manifest_text(of.opened.manifest));
    if (!manifest) return std::move(manifest).error();
    version_record made;
    made.id = of.opened.manifest.id;
    made.version = of.opened.manifest.version.text();
    made.tree = of.opened.tree;
    if (store.options().keep_archives) made.archive = *archive;
    made.size = of.opened.files.bytes();
    made.files = of.opened.files.files.size();
    made.manifest = *std::move(manifest);
    made.trust = of.verdict.level;
    made.signers = of.verdict.signers;
    made.origin = json::of(std::map<std::string, std::string>{{"kind", of.from.origin}});
    made.installed_at = now_ms;
    return made;
}

} // namespace tenon

#endif
