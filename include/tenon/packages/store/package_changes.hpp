#ifndef TENON_PACKAGES_STORE_PACKAGE_CHANGES_HPP
#define TENON_PACKAGES_STORE_PACKAGE_CHANGES_HPP

// What becomes true of packages in one transaction: rows that are put, and rows that go.

#include <tenon/core/result.hpp>
#include <tenon/packages/store/package_store.hpp>
#include <tenon/packages/store/records.hpp>
#include <tenon/packages/store/records_file.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

struct package_changes {
    std::optional<package_record> package = {};
    std::vector<version_record> versions = {};
    std::vector<deployment_record> deployments = {}; // without a number: a new one
    std::string gone_version_of = {}, gone_version = {};
    std::string gone = {}; // the id of a package that goes with all its versions
    package_data data = package_data::goes;
    bool configured = false; // false: of a package that is here the configuration stays as it is recorded
};

/// Answers the number of the last deployment that was put, or 0. What the last good copy of the records has to say of it
/// goes to `notes`: the changes hold all the same.
inline result<std::int64_t> write_changes(package_store& store, const package_changes& what,
                                          std::vector<std::string>& notes) {
    std::optional<package_record> package = what.package;
    if (package && !what.configured) {
        auto recorded = store.records().package(package->id);
        if (!recorded) return std::move(recorded).error();
        if (*recorded) package->config = std::move((*recorded)->config);
    }
    auto changes = store.records().begin();
    if (!changes) return std::move(changes).error();
    if (package)
        if (auto good = changes->put(*package); !good) return std::move(good).error();
    for (const version_record& one : what.versions)
        if (auto good = changes->put(one); !good) return std::move(good).error();
    if (!what.gone_version.empty())
        if (auto good = changes->erase_version(what.gone_version_of, what.gone_version); !good)
            return std::move(good).error();
    if (!what.gone.empty())
        if (auto good = changes->erase_package(what.gone, what.data); !good) return std::move(good).error();
    std::int64_t number = 0;
    for (const deployment_record& one : what.deployments) {
        number = one.n;
        if (number != 0) {
            if (auto good = changes->put(one); !good) return std::move(good).error();
            continue;
        }
        auto added = changes->add(one);
        if (!added) return std::move(added).error();
        number = *added;
    }
    if (auto good = changes->commit(); !good) return std::move(good).error();
    if (auto copied = store.committed(); !copied) notes.push_back(std::move(copied.error().message));
    if (what.gone_version.empty() && what.gone.empty()) return number;
    if (auto swept = store.sweep(); !swept) notes.push_back(std::move(swept.error().message));
    return number;
}

} // namespace tenon

#endif
