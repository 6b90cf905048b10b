#ifndef TENON_PACKAGES_RULES_VERSION_HISTORY_HPP
#define TENON_PACKAGES_RULES_VERSION_HISTORY_HPP

// To which version a package goes back. There is no "previous" that is kept: going back twice would go forward again.
// What was active before is read out of the history each time:
//
//     install 1, update 2, update 3   back to 2
//     back to 2                       back to 1, not to 3
//     update 4                        back to 2
//
// What is held, because somebody left it for a reason, and what is not here any more is passed by.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/store/records.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// The versions that were active, the oldest first: the last one is, or was before the package went. `history` is the newest
/// first, as the records answer it. Of a change counts what held: its state is "done".
inline std::vector<std::string> active_versions(const std::vector<deployment_record>& history) {
    std::vector<std::string> way;
    for (auto change = history.rbegin(); change != history.rend(); ++change) {
        if (change->state != "done") continue;
        if (change->kind == "uninstall" || change->kind == "install") way.clear();
        if (change->to_version.empty() || change->kind == "uninstall") continue;
        // What one goes back to was passed on the way; what came after it is not on the way any more.
        const auto passed = std::find(way.rbegin(), way.rend(), change->to_version);
        if (change->kind == "rollback" && passed != way.rend()) way.erase(passed.base(), way.end());
        else if (way.empty() || way.back() != change->to_version) way.push_back(change->to_version);
    }
    return way;
}

/// Since the package was installed.
inline bool was_active(std::string_view version, const std::vector<deployment_record>& history) {
    for (const deployment_record& change : history) {
        if (change.state != "done") continue;
        if (change.kind == "uninstall") return false;
        if (change.to_version == version) return true;
        if (change.kind == "install") return false;
    }
    return false;
}

struct rollback_target {
    std::string version = {};
    bool in_history = false; // it was active before
};

/// `to`: the version that was asked for, or empty. `here`: all versions of the package that are here.
inline result<rollback_target> find_rollback(const package_record& package, std::string_view to,
                                             const std::vector<deployment_record>& history,
                                             const std::vector<version_record>& here) {
    using namespace detail;
    std::vector<std::string> way = active_versions(history);
    const auto find = [&](std::string_view version) {
        return std::find_if(here.begin(), here.end(),
                            [&](const version_record& one) { return one.version == version; });
    };
    if (!to.empty()) {
        if (to == package.active)
            return package_fault(package_code::exists, join({package.id, " ", to, " is active already"}));
        if (find(to) == here.end()) {
            std::string others;
            for (const version_record& one : here)
                if (one.version != package.active)
                    append(others, join({others.empty() ? "" : ", ", one.version}));
            return package_fault(package_code::unknown,
                                 join({package.id, " ", to, " is not here; ",
                                       others.empty() ? "no other version is" : "what is here: ", others}));
        }
        return rollback_target{std::string(to), was_active(to, history)};
    }
    // A history that was cut, or a version that the records were made anew with, may not end at the active one.
    if (const auto active = std::find(way.rbegin(), way.rend(), package.active); active != way.rend())
        way.erase(active.base() - 1, way.end());
    std::string passed_by;
    for (auto version = way.rbegin(); version != way.rend(); ++version) {
        const auto found = find(*version);
        if (*version == package.active) continue;
        if (found != here.end() && found->held.empty()) return rollback_target{*version, true};
        append(passed_by,
               join({passed_by.empty() ? "" : "; ", *version,
                     found == here.end() ? " is not here any more" : join({" is held: ", found->held})}));
    }
    return package_fault(package_code::unknown,
                         passed_by.empty()
                             ? join({package.id, " had no other version before ", package.active})
                             : join({package.id, " has no version to go back to: ", passed_by}));
}

} // namespace tenon

#endif
