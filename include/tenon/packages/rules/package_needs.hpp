#ifndef TENON_PACKAGES_RULES_PACKAGE_NEEDS_HPP
#define TENON_PACKAGES_RULES_PACKAGE_NEEDS_HPP

// Who needs whom among the packages that are here: whether another version may take its place among them, who minds when
// one goes, and who is started before whom.
//
// A need is met by the active version of a package. Which version that is somebody chose, so here also a pre-release is
// in a range that its order puts it in: who installs 1.3.0-beta for what needs ^1.2 meant it. Nothing has to be chosen,
// so each thing that is wrong is said at once; the resolver (resolver.hpp) chooses where there are several versions.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/format/version_range.hpp>
#include <tenon/packages/rules/installed_package.hpp>
#include <tenon/packages/store/records.hpp>
#include <tenon/rules/supervision/dependencies.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// Why a version cannot take its place among what is here, as sentences.
struct package_clashes {
    /// While it is enabled: what it needs is not here, or what is enabled must not be beside it.
    std::vector<std::string> own;
    std::vector<std::string> needed; // another package that is enabled needs the version that is here now

    bool empty() const noexcept { return own.empty() && needed.empty(); }
};

/// Other packages that are not enabled mind nothing, until they are.
package_clashes clashes_of(const package_manifest& arriving, const installed_packages& installed);

/// Who minds that a package goes, or that it does not run any more: the fault says who, and has the code `needed`. An
/// optional need is none, and those that are not enabled mind nothing: else two of them that need each other could never go.
result<void> judge_absence(std::string_view id, const installed_packages& installed);
/// Whether one may be enabled beside the others as they are by now: what it needs has to be enabled, too. Whatever was not
/// enabled when it came is held to its needs here.
result<void> judge_enable(const package_manifest& package, const installed_packages& installed);

/// The plugins that have to be ready before its own is started, by name: plugin_options::needs. One that is not here is named
/// by its id.
std::vector<std::string> needs_of(const package_manifest& manifest, const installed_packages& installed);

struct package_start_order {
    std::vector<std::string> ids; // of those that are enabled
    std::vector<std::string>
        circles; // of needs, as sentences: those in them are in `ids`, and will wait for each other
};
/// Each after what it needs, and after what it would like to have; else the highest priority first, then by id.
package_start_order start_order(const installed_packages& installed);

// ---- how it is done -----------------------------------------------------------------------------------------------

namespace detail {

inline bool is_in(const version_range& range, const package_version& version) {
    return range.contains(version, pre_releases::all);
}
/// The active version, or nothing.
inline const installed_package* active_package(const installed_packages& installed, std::string_view id) {
    const auto found = installed.find(id);
    return found == installed.end() || found->second.record.active.empty() ? nullptr : &found->second;
}
inline const installed_package* enabled_package(const installed_packages& installed, std::string_view id) {
    const installed_package* const there = active_package(installed, id);
    return there != nullptr && there->record.is_enabled() ? there : nullptr;
}
inline std::string id_and_version(const package_manifest& of) {
    return join({of.id, " ", of.version.text()});
}

/// "a needs b, b needs c, c needs a", where what arrives would close such a circle.
inline std::string circle_through(const package_manifest& arriving, const installed_packages& installed) {
    struct step {
        const package_manifest* package;
        std::size_t from; // the step before
    };
    std::vector<step> steps = {{&arriving, 0}};
    std::set<std::string_view> seen = {arriving.id};
    for (std::size_t at = 0; at < steps.size(); ++at)
        for (const auto& [id, range] : steps[at].package->dependencies) {
            if (id == arriving.id) {
                std::vector<std::string_view> way = {arriving.id}; // from its end
                for (std::size_t back = at; back != 0; back = steps[back].from)
                    way.push_back(steps[back].package->id);
                way.push_back(arriving.id);
                std::string told;
                for (std::size_t one = way.size() - 1; one > 0;
                     --one) { // of a long way the beginning and the end
                    if (way.size() - one > max_told_needs && one > 1) continue;
                    if (way.size() > max_told_needs + 2 && one == 1) append(told, ", ...");
                    append(told, join({told.empty() ? "" : ", ", way[one], " needs ", way[one - 1]}));
                }
                return join({told, ": none of them could ever start"});
            }
            const installed_package* next = active_package(installed, id);
            if (next == nullptr || !seen.insert(id).second) continue;
            steps.push_back({&next->manifest, at});
        }
    return {};
}

/// Sentences as one; of a manifest that needs thousands of packages the first.
inline std::string in_one(const std::vector<std::string>& sentences) {
    constexpr std::size_t most = 20;
    std::string all;
    for (std::size_t at = 0; at < sentences.size() && at < most; ++at)
        append(all, join({at == 0 ? "" : "; ", sentences[at]}));
    if (sentences.size() > most) append(all, join({"; and ", digits(sentences.size() - most), " more"}));
    return all;
}

inline fault needed_by(std::string_view id, const std::vector<std::string>& who) {
    constexpr std::size_t most = 10;
    std::string all;
    for (std::size_t at = 0; at < who.size() && at < most; ++at)
        append(all, join({at == 0 ? "" : at + 1 == who.size() ? " and " : ", ", who[at]}));
    if (who.size() > most) append(all, join({" and ", digits(who.size() - most), " more"}));
    return package_fault(package_code::needed, join({id, " is needed by ", all}));
}

} // namespace detail

inline package_clashes clashes_of(const package_manifest& arriving, const installed_packages& installed) {
    using namespace detail;
    package_clashes found;
    const std::string what = id_and_version(arriving);
    for (const auto& [id, range] : arriving.dependencies) {
        const installed_package* there = active_package(installed, id);
        if (there == nullptr)
            found.own.push_back(join({what, " needs ", id, " ", range.text(), ", which is not installed"}));
        else if (!is_in(range, there->manifest.version))
            found.own.push_back(
                join({what, " needs ", id, " ", range.text(), ", and ", there->manifest.version.text(),
                      " is installed: that has to be changed first"}));
    }
    for (const auto& [id, range] : arriving.optional_dependencies)
        if (const auto* there = enabled_package(installed, id);
            there != nullptr && !is_in(range, there->manifest.version))
            found.own.push_back(
                join({what, " needs ", id, " ", range.text(), " where it is there, and ",
                      there->manifest.version.text(), " is installed: that has to be changed first"}));
    for (const auto& [id, range] : arriving.conflicts)
        if (const auto* there = enabled_package(installed, id);
            there != nullptr && id != arriving.id && is_in(range, there->manifest.version))
            found.own.push_back(join({what, " cannot be together with ", id, " ", range.text(), ", and ",
                                      there->manifest.version.text(), " is installed"}));
    if (auto circle = circle_through(arriving, installed); !circle.empty())
        found.own.push_back(std::move(circle));

    // What was wrong before is no reason against a change that leaves it so: the next change may mend it.
    const installed_package *before = active_package(installed, arriving.id),
                            *ran = enabled_package(installed, arriving.id);
    const auto is_new = [](const version_range& range, const installed_package* was, bool was_good) {
        return was == nullptr || is_in(range, was->manifest.version) == was_good;
    };
    for (const auto& [id, other] : installed) {
        if (id == arriving.id || other.record.active.empty() || !other.record.is_enabled()) continue;
        const package_manifest& theirs = other.manifest;
        const auto who = [&] { return id_and_version(theirs); };
        const std::string way_out = join({": disable ", id, " until it is updated, too"});
        if (const auto need = theirs.dependencies.find(arriving.id);
            need != theirs.dependencies.end() && before != nullptr &&
            !is_in(need->second, arriving.version) && is_new(need->second, before, true))
            found.needed.push_back(join({who(), " needs ", arriving.id, " ", need->second.text(),
                                         ", and it would be ", arriving.version.text(), way_out}));
        if (const auto need = theirs.optional_dependencies.find(arriving.id);
            need != theirs.optional_dependencies.end() && !is_in(need->second, arriving.version) &&
            is_new(need->second, ran, true))
            (ran == nullptr ? found.own : found.needed)
                .push_back(join({who(), " needs ", arriving.id, " ", need->second.text(),
                                 " where it is there, and it would be ", arriving.version.text(), way_out}));
        if (const auto clash = theirs.conflicts.find(arriving.id); clash != theirs.conflicts.end() &&
                                                                   is_in(clash->second, arriving.version) &&
                                                                   is_new(clash->second, ran, false))
            found.own.push_back(join({who(), ", which is installed, cannot be together with ", arriving.id,
                                      " ", clash->second.text()}));
    }
    return found;
}

inline result<void> judge_absence(std::string_view id, const installed_packages& installed) {
    std::vector<std::string> who;
    for (const auto& [other, package] : installed)
        if (other != id && detail::enabled_package(installed, other) != nullptr &&
            package.manifest.dependencies.count(id) > 0)
            who.push_back(other);
    if (who.empty()) return {};
    return detail::needed_by(id, who);
}

inline result<void> judge_enable(const package_manifest& package, const installed_packages& installed) {
    package_clashes found = clashes_of(package, installed);
    std::vector<std::string> all = std::move(found.own);
    all.insert(all.end(), found.needed.begin(), found.needed.end());
    for (const auto& [id, range] : package.dependencies)
        if (detail::active_package(installed, id) != nullptr &&
            detail::enabled_package(installed, id) == nullptr)
            all.push_back(detail::join({package.id, " needs ", id, ", which is not enabled"}));
    if (all.empty()) return {};
    return package_fault(package_code::dependency, detail::in_one(all));
}

inline std::vector<std::string> needs_of(const package_manifest& manifest,
                                         const installed_packages& installed) {
    std::vector<std::string> names;
    for (const auto& [id, range] : manifest.dependencies) {
        const auto found = installed.find(id);
        names.push_back(found == installed.end() ? id : found->second.record.name);
    }
    return names;
}

inline package_start_order start_order(const installed_packages& installed) {
    using namespace detail;
    std::vector<const package_manifest*> enabled;
    for (const auto& [id, package] : installed)
        if (package.record.is_enabled()) enabled.push_back(&package.manifest);
    std::stable_sort(enabled.begin(), enabled.end(),
                     [](const package_manifest* one, const package_manifest* other) {
                         return one->priority > other->priority;
                     });
    package_start_order made;
    dependencies order;
    const auto ids_of = [](const auto& ranges) {
        std::vector<std::string> ids;
        for (const auto& [id, range] : ranges) ids.push_back(id);
        return ids;
    };
    for (const package_manifest* one : enabled)
        if (auto said = order.set(one->id, ids_of(one->dependencies)); !said) {
            made.circles.push_back(std::move(said.error().message));
            static_cast<void>(order.set(one->id, {}));
        }
    // A wish comes behind all needs: where it leads in a circle it is left out.
    for (const package_manifest* one : enabled) {
        auto all = ids_of(one->dependencies);
        for (std::string& wish : ids_of(one->optional_dependencies))
            if (wish != one->id) all.push_back(std::move(wish));
        if (all.size() > one->dependencies.size()) static_cast<void>(order.set(one->id, all));
    }
    made.ids = order.order();
    return made;
}

} // namespace tenon

#endif
