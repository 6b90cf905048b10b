#ifndef TENON_PACKAGES_FORMAT_PACKAGE_BUILDER_HPP
#define TENON_PACKAGES_FORMAT_PACKAGE_BUILDER_HPP

// Makes a package of files: FILES and, where it is signed, signatures come by themselves. The same files make the same
// bytes, whoever builds and when.
//
//     tenon::package_builder builder;
//     builder.add("plugin.json", manifest);
//     builder.add("bin/moderator", program, true);
//     builder.sign(key, "dev.example.moderator 1.2.0");
//     auto archive = builder.build(); // result<std::string>

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/opened_package.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_files.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/format/package_signature.hpp>
#include <tenon/packages/format/program_kind.hpp>
#include <tenon/packages/format/zip_reader.hpp>
#include <tenon/packages/format/zip_writer.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

class package_builder {
public:
    /// Refuses names that no package may have, and those that are made here: FILES and signatures.
    result<void> add(std::string_view path, std::string bytes, bool executable = false);
    /// All files of another package, and its signatures.
    result<void> add_all(const zip_reader& archive, const opened_package& package);
    /// "linux-x86_64"; without it the package is for any platform, or for that of the only entry's program. What is known to
    /// run elsewhere is refused.
    void for_platform(std::string_view platform) { platform_ = platform; }
    /// Of the files that are there; none may be added afterwards.
    result<void> sign(const secret_key& by, std::string_view trusted_comment);
    /// One that was made elsewhere, of the same FILES. Whose it is, is not looked at.
    result<void> add_signature(std::string_view text);
    /// What is listed, and signed.
    result<package_files> files() const;
    /// The whole archive.
    result<std::string> build() const;

private:
    struct file {
        std::string bytes;
        bool executable;
    };
    std::map<std::string, file, std::less<>> files_;
    std::map<std::string, std::string> signatures_; // by key id
    std::string platform_;
};

inline result<void> package_builder::add(std::string_view path, std::string bytes, bool executable) {
    using namespace detail;
    const auto refused = [&](std::string_view flaw) {
        return package_fault(package_code::manifest,
                             join({"\"", beginning_of(path, longest_package_path), "\": ", flaw}));
    };
    if (!signatures_.empty()) return refused("it is signed, and nothing can be added any more");
    if (const auto flaw = flaw_of_path(path); !flaw.empty()) return refused(flaw);
    if (equals_ignoring_case(path, files_name) || is_signature_path(path))
        return refused("FILES and signatures are made when it is built and signed");
    if (is_manifest_name(path) && path != manifest_name)
        return refused("the manifest of a package is plugin.json, and there is no other beside it");
    if (!files_.try_emplace(std::string(path), file{std::move(bytes), executable}).second)
        return refused("it is there twice");
    return {};
}

inline result<void> package_builder::add_all(const zip_reader& archive, const opened_package& package) {
    for (const package_file& listed : package.files.files) {
        const zip_entry* const entry = archive.find(listed.path);
        if (entry == nullptr)
            return detail::hostile(detail::join({"FILES lists ", listed.path, ", and it is not there"}));
        auto bytes = archive.unpack(*entry, static_cast<std::size_t>(listed.size));
        if (!bytes) return std::move(bytes).error();
        const auto content = digest_of(*bytes);
        if (!content || *content != listed.content)
            return package_fault(package_code::unverified,
                                 detail::join({listed.path, " is not what FILES lists: it was changed"}));
        if (auto added = add(listed.path, std::move(*bytes), listed.executable); !added) return added;
    }
    platform_ = package.files.platform;
    for (std::size_t at = 0; at < package.signatures.size(); ++at)
        signatures_.insert_or_assign(package.signatures[at].key_id(), package.signature_texts[at]);
    return {};
}

inline result<package_files> package_builder::files() const {
    using namespace detail;
    const auto place = files_.find(manifest_name);
    if (place == files_.end()) return package_fault(package_code::manifest, "it has no plugin.json");
    const auto reading = read_manifest(place->second.bytes);
    if (!reading.manifest) return reading.why();
    const package_manifest& manifest = *reading.manifest;
    package_files listed;
    listed.id = manifest.id;
    listed.version = manifest.version;
    for (const auto& [path, packed] : files_) {
        auto content = digest_of(packed.bytes);
        if (!content) return std::move(content).error();
        bool executable = packed.executable;
        for (const auto& [platform, entry] : manifest.entry) {
            if (entry != path) continue;
            const std::string_view beginning = std::string_view(packed.bytes).substr(0, telling_bytes);
            const program_kind kind = kind_of_program(beginning);
            if (kind == program_kind::shared_library)
                return package_fault(package_code::manifest,
                                     join({"entry: ", path, ": ", no_shared_library}));
            executable = executable || (!manifest.runtime && kind != program_kind::wasm);
            const std::string_view runs_on = platform_of_program(beginning);
            if (manifest.entry.size() == 1) listed.platform = runs_on;
            if (runs_on != "any" && !platform_.empty() && platform_ != "any" && runs_on != platform_ &&
                path == manifest.entry_for(platform_))
                return package_fault(package_code::manifest, join({"entry: ", path, " is a program for ",
                                                                   runs_on, ", and not for ", platform_}));
        }
        listed.files.push_back({path, *content, packed.bytes.size(), executable});
    }
    if (!platform_.empty()) listed.platform = platform_;
    opened_package whole;
    whole.manifest = manifest;
    whole.files = listed;
    if (auto good = check_entries(whole); !good) return std::move(good).error();
    // Whoever reads it is as strict.
    return read_package_files(listed.text());
}

inline result<void> package_builder::sign(const secret_key& by, std::string_view trusted_comment) {
    auto listed = files();
    if (!listed) return std::move(listed).error();
    auto made = tenon::sign(by, listed->text(), trusted_comment);
    if (!made) return std::move(made).error();
    return add_signature(made->text(detail::join({"signature of a tenon package by ", made->key_id()})));
}

inline result<void> package_builder::add_signature(std::string_view text) {
    auto made = read_signature(text);
    if (!made) return std::move(made).error();
    if (!made->prehashed)
        return package_fault(
            package_code::manifest,
            "the signature is of minisign's older kind, which no host takes: minisign since 0.10 "
            "makes the newer one");
    std::string id = made->key_id();
    if (signatures_.size() == most_signatures && !signatures_.contains(id))
        return package_fault(package_code::manifest, detail::join({"it has ", detail::digits(most_signatures),
                                                                   " signatures already"}));
    signatures_.insert_or_assign(std::move(id), std::string(text));
    return {};
}

inline result<std::string> package_builder::build() const {
    auto listed = files();
    if (!listed) return std::move(listed).error();
    zip_writer writer;
    for (const package_file& one : listed->files)
        if (auto added = writer.add(one.path, files_.find(one.path)->second.bytes, one.executable); !added)
            return std::move(added).error();
    if (auto added = writer.add(files_name, listed->text(), false); !added) return std::move(added).error();
    for (const auto& [id, text] : signatures_)
        if (auto added = writer.add(detail::join({signatures_folder, id, ".minisig"}), text, false); !added)
            return std::move(added).error();
    return writer.write();
}

} // namespace tenon

#endif
