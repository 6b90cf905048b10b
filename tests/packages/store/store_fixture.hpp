#ifndef TENON_TESTS_PACKAGES_STORE_FIXTURE_HPP
#define TENON_TESTS_PACKAGES_STORE_FIXTURE_HPP

// Packages that are made here, and what a manager does with them at the level of the store.

#include <tenon/packages/format/zip_writer.hpp>
#include <tenon/packages/store/package_store.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::tests {

struct made_package {
    package_files files;
    std::string text;
    digest tree;
    std::vector<std::string> bytes; // as in files

    tree_content content() const { return {files, text, tree}; }
    tree_bytes giver() const {
        return [this](const package_file& file, const zip_reader::sink& to) -> result<void> {
            for (std::size_t at = 0; at < files.files.size(); ++at)
                if (files.files[at].path == file.path) return to(bytes[at]);
            return fault{};
        };
    }
};

struct made_file {
    std::string path, bytes;
    bool executable = false;
};

/// The files have to come sorted.
inline made_package make_package(std::string id, std::string_view version,
                                 std::vector<made_file> files = {}) {
    if (files.empty())
        files = {{"bin/run", "#!/bin/sh\necho " + std::string(version) + "\n", true},
                 {"plugin.json", R"({"id":")" + id + R"(","name":")" + id + R"(","version":")" +
                                     std::string(version) + R"(","entry":{"any":"bin/run"}})"}};
    made_package made;
    made.files.id = std::move(id);
    made.files.version = *read_version(version);
    for (made_file& file : files) {
        made.files.files.push_back({file.path, *digest_of(file.bytes), file.bytes.size(), file.executable});
        made.bytes.push_back(std::move(file.bytes));
    }
    made.text = made.files.text();
    made.tree = *digest_of(made.text);
    return made;
}

inline version_record record_of(const made_package& package) {
    version_record version;
    version.id = package.files.id;
    version.version = package.files.version.text();
    version.tree = package.tree;
    version.size = package.files.bytes();
    version.files = package.files.files.size();
    return version;
}

/// Install or update: a tree, a commit, the copy.
inline result<void> install(package_store& store, const made_package& package,
                            std::optional<digest> archive = {}) {
    if (auto good = store.put(package.content(), package.giver()); !good) return good;
    auto found = store.records().package(package.files.id);
    if (!found) return std::move(found).error();
    package_record record = found->value_or(package_record{});
    record.id = record.name = package.files.id;
    record.state = package_state::enabled;
    const std::string before = std::exchange(record.active, package.files.version.text());
    version_record version = record_of(package);
    version.archive = archive;
    auto changes = store.records().begin();
    if (!changes) return std::move(changes).error();
    if (auto good = changes->put(version); !good) return good;
    if (auto good = changes->put(record); !good) return good;
    deployment_record deployment;
    deployment.id = record.id;
    deployment.kind = before.empty() ? "install" : "update";
    deployment.from_version = before;
    deployment.to_version = record.active;
    deployment.started_at = deployment.ended_at = 1;
    if (auto added = changes->add(deployment); !added) return std::move(added).error();
    if (auto good = changes->commit(); !good) return good;
    return store.committed();
}

inline result<void> uninstall(package_store& store, std::string_view id,
                              package_data data = package_data::goes) {
    auto changes = store.records().begin();
    if (!changes) return std::move(changes).error();
    if (auto good = changes->erase_package(id, data); !good) return good;
    if (auto good = changes->commit(); !good) return good;
    if (auto good = store.committed(); !good) return good;
    return store.sweep();
}

} // namespace tenon::tests

#endif
