#ifndef TENON_PACKAGES_RULES_PACKAGE_PLAN_HPP
#define TENON_PACKAGES_RULES_PACKAGE_PLAN_HPP

// What an install, an update or a rollback would do, and whether it may: from what is installed, what arrives and what
// somebody has agreed to. The same decision answers a dry run, with its plan, and ends an operation, with its fault.
//
// All that stands against it is found, not only the first thing. These come one after the other, and the first of
// them is the fault:
//
//     manifest       it is another package than was asked for, or nothing for this host: version, protocol, platform, runtime
//     policy         unsigned, where signed was asked for; the package is pinned; below what its author calls safe
//     permission     unsigned, and who asks may not have that
//     exists         the same version with other files; a name that is somebody else's
//     dependency     what it needs is not here; what is here must not be beside it. Of a package that will not be enabled this
//                    is a note: judge_enable holds it to that
//     needed         what is here needs the version that it would replace
//     config         what is configured is nothing for its configSchema
//     policy         older than what was here, and not asked for as a downgrade
//     needs_consent  more permissions than were granted, other signers than before, or none where there were some
//
// A permission that was once granted to a package stays granted, also where a version in between did not ask for it: a
// rollback asks nobody.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/core/version.hpp>
#include <tenon/json/value.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/opened_package.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/format/package_signature.hpp>
#include <tenon/packages/format/package_version.hpp>
#include <tenon/packages/rules/installed_package.hpp>
#include <tenon/packages/rules/package_configuration.hpp>
#include <tenon/packages/rules/package_needs.hpp>
#include <tenon/packages/rules/trust.hpp>
#include <tenon/packages/store/records.hpp>
#include <tenon/rules/calls/permissions.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// What is here of the runtime that a manifest names.
struct runtime_found {
    std::optional<package_version> version = {};
    std::string trouble = {}; // a sentence, where it is missing, or its version is asked for and not known
};

/// A version that is to become the active one of its package.
struct arriving_package {
    package_manifest manifest = {};
    digest tree = {};
    trust_verdict trust = {};
    std::string platform = "any"; // as FILES has it
    std::uint64_t size = 0, files = 0;
    runtime_found runtime = {}; // where somebody looked for it
};

enum class plan_aim {
    install, // or update it, where it is here
    only_install,
    only_update,
    rollback,
};

struct plan_request {
    plan_aim aim = plan_aim::install;
    std::string package = {}; // the id or the name that it must have, where that is known
    /// What somebody has agreed to: permissions or patterns of them, whole keys of signers, and "unsigned" where the signed
    /// go on unsigned.
    std::vector<std::string> grant = {};
    bool allow_unsigned =
        true; // false: what nobody trusted has signed is refused also where the policy lets it in
    /// Why who asks may not have what is unsigned: "the token ci lacks the permission packages:any". Empty: it may.
    std::string no_unsigned = {};
    bool allow_downgrade = false; // below what was installed before
    bool administrator = false;   // below what an author calls safe, too
    bool in_history = false;      // of a rollback: the version was active before
    bool enable = true;           // false: a first version is here, and does not run
    json config = {};             // takes the place of what was set; null: that stays
};

/// By id.
using left_data = std::map<std::string, left_data_record, std::less<>>;

/// Where it would run.
struct plan_surroundings {
    package_version host = {TENON_VERSION_MAJOR, TENON_VERSION_MINOR, TENON_VERSION_PATCH, {}, {}};
    std::vector<int> protocols = {protocol_version};
    bool mcp = false; // servers of the Model Context Protocol are plugins, too
    std::string_view platform = this_platform();
    /// Of packages that are gone, and whose data stayed; or null.
    const left_data* left = nullptr;
    /// Names of plugins that are no packages.
    std::function<bool(std::string_view name)> is_reserved = {};
};

/// What would be done: the answer to a dry run.
struct package_plan {
    struct change {
        std::string id = {}, version = {}, from = {}; // from: the version that is here, or empty

        static constexpr bool allow_missing = true;
    };
    /// Where nothing is to be done the package itself is kept. Else those are that it needs.
    std::vector<change> install = {}, update = {}, keep = {};
    std::vector<std::string> conflicts = {}; // why it cannot be done, as sentences
    package_consent consent = {};            // what is still to be agreed to
    std::string trust = {};                  // "signed", "unsigned", "folder"
    std::vector<std::string> notes = {};     // what is to be known before, as sentences
    json manifest = {};
    std::vector<package_signer> signers = {};
    std::uint64_t size = 0, files = 0;
    bool downgrade = false; // it has to be asked for as one

    static constexpr bool allow_missing = true;
};

struct package_decision {
    package_plan plan = {};
    /// What it ends with, if it is done; nothing: it can be done.
    std::optional<fault> refused = {};
    bool nothing_to_do = false; // this very version is the active one
    /// As it would be: id, name, active, ratchet, granted, signers, config. State, problem and times are as they are.
    package_record record = {};
    /// What the plugin would be started with, and what it would have of what it asks for.
    json config = {};
    std::vector<std::string> permissions = {};
};

package_decision plan_package(const installed_packages& installed, const arriving_package& arriving,
                              const plan_request& request, const plan_surroundings& where = {});

/// What an archive brings; and a version that is here already.
arriving_package arriving(const opened_package& opened, trust_verdict trust);
result<arriving_package> arriving(const version_record& version);

/// Of what a manifest asks for, what was granted.
std::vector<std::string> permissions_of(const package_manifest& manifest,
                                        const std::vector<std::string>& granted);

// ---- how it is done -----------------------------------------------------------------------------------------------

namespace detail {

/// What a request agrees to where signed packages go on unsigned.
inline constexpr std::string_view unsigned_word = "unsigned";

inline bool is_granted(const std::vector<std::string>& granted, std::string_view permission) {
    return std::any_of(granted.begin(), granted.end(),
                       [&](const std::string& grant) { return grants(grant, permission); });
}

class package_planner {
public:
    package_planner(const installed_packages& installed, const arriving_package& arriving,
                    const plan_request& request, const plan_surroundings& where)
        : installed_(installed), arriving_(arriving), manifest_(arriving.manifest), request_(request),
          where_(where), before_(active_package(installed, arriving.manifest.id)),
          what_(id_and_version(arriving.manifest)) {
        if (before_ != nullptr || where.left == nullptr) return;
        if (const auto found = where.left->find(manifest_.id); found != where.left->end())
            left_ = &found->second;
    }

    package_decision decide();

private:
    void refuse(package_code code, std::string why) { against_.push_back({code, std::move(why)}); }
    void note(std::string words) { made_.plan.notes.push_back(std::move(words)); }

    void describe();
    void judge_aim();
    void judge_surroundings();
    void judge_runtime();
    void judge_unsigned();
    void judge_names();
    bool will_be_enabled() const;
    void judge_needs();
    void judge_age();
    void judge_config();
    void ask_consent();
    void end();

    struct reason {
        package_code code;
        std::string why;
    };

    const installed_packages& installed_;
    const arriving_package& arriving_;
    const package_manifest& manifest_;
    const plan_request& request_;
    const plan_surroundings& where_;
    const installed_package* before_;        // the active version, or nothing
    const left_data_record* left_ = nullptr; // without one: what was here before has left its data
    std::string what_;                       // "dev.example.chat 2.0.0"
    package_decision made_;
    std::vector<reason> against_;
    std::optional<fault> too_old_;
    std::vector<std::string> to_agree_; // why somebody has to
};

/// Who it is and what becomes of it: the parts of the plan that need no judgement.
inline void package_planner::describe() {
    package_plan& plan = made_.plan;
    plan.trust = arriving_.trust.level;
    plan.signers = signers_of(arriving_.trust);
    plan.manifest = json::parse(manifest_text(manifest_)).value_or({});
    plan.size = arriving_.size;
    plan.files = arriving_.files;
    if (!arriving_.trust.note.empty()) note(arriving_.trust.note);
    if (!manifest_.sandbox.is_null())
        note("this host does not confine plugins: what its manifest says under sandbox is not enforced");

    const std::string version = manifest_.version.text();
    package_record& record = made_.record;
    if (const auto found = installed_.find(manifest_.id); found != installed_.end())
        record = found->second.record;
    else record.name = manifest_.name;
    if (left_ != nullptr) record.ratchet = left_->ratchet;
    package_plan::change change{manifest_.id, version, record.active};
    if (record.active.empty()) {
        plan.install.push_back(std::move(change));
    } else if (record.active == version) {
        const auto tree = before_->versions.find(version);
        made_.nothing_to_do = tree != before_->versions.end() && tree->second == arriving_.tree;
        (made_.nothing_to_do ? plan.keep : plan.update).push_back(std::move(change));
    } else {
        plan.update.push_back(std::move(change));
    }
    if (made_.nothing_to_do) return;
    record.id = manifest_.id;
    record.active = version;
    record.signers = arriving_.trust.signers;
    if (!request_.config.is_null()) record.config = request_.config;
    const auto ratchet = read_version(record.ratchet);
    if (!ratchet || *ratchet < manifest_.version) record.ratchet = version;
}

inline void package_planner::judge_aim() {
    const auto known = installed_.find(manifest_.id);
    if (!request_.package.empty() && request_.package != manifest_.id &&
        (known == installed_.end() || known->second.record.name != request_.package))
        refuse(package_code::manifest,
               join({"it is ", manifest_.id, ", and ", request_.package, " was asked for"}));
    if (before_ == nullptr && (request_.aim == plan_aim::only_update || request_.aim == plan_aim::rollback))
        refuse(package_code::unknown, join({manifest_.id, " is not installed"}));
}

inline void package_planner::judge_surroundings() {
    if (!is_in(manifest_.host, where_.host))
        refuse(package_code::manifest, join({what_, " needs a host ", manifest_.host.text(),
                                             ", and this one is ", where_.host.text()}));
    if (manifest_.speaks_mcp) {
        if (!where_.mcp)
            refuse(package_code::manifest,
                   join({what_, " is a server of the Model Context Protocol, which this host does not run"}));
    } else if (std::find_first_of(manifest_.protocol.begin(), manifest_.protocol.end(),
                                  where_.protocols.begin(),
                                  where_.protocols.end()) == manifest_.protocol.end()) {
        std::string theirs;
        for (const int one : manifest_.protocol)
            append(theirs, join({theirs.empty() ? "" : " or ", std::to_string(one)}));
        refuse(package_code::manifest,
               join({what_, " speaks protocol ", theirs, ", which this host does not"}));
    }
    if (arriving_.platform != "any" && arriving_.platform != where_.platform)
        refuse(package_code::manifest, join({what_, " is packed for ", arriving_.platform,
                                             ", and this host runs on ", where_.platform}));
    else if (manifest_.entry_for(where_.platform).empty()) {
        std::string theirs;
        for (const auto& [platform, file] : manifest_.entry)
            append(theirs, join({theirs.empty() ? "" : ", ", platform}));
        refuse(package_code::manifest, join({what_, " has no program for ", where_.platform,
                                             theirs.empty() ? "" : ", but for ", theirs}));
    }
}

inline void package_planner::judge_runtime() {
    if (!arriving_.runtime.trouble.empty()) note(arriving_.runtime.trouble);
    if (!manifest_.runtime || !arriving_.runtime.version) return;
    const package_runtime& needed = *manifest_.runtime;
    if (!is_in(needed.version, *arriving_.runtime.version))
        refuse(package_code::manifest, join({what_, " needs ", needed.name, " ", needed.version.text(),
                                             ", and this host has ", arriving_.runtime.version->text()}));
}

inline void package_planner::judge_unsigned() {
    if (arriving_.trust.level == unsigned_word) {
        if (!request_.allow_unsigned)
            refuse(package_code::policy, join({what_, " is unsigned, and a signed one was asked for"}));
        else if (!request_.no_unsigned.empty())
            refuse(package_code::permission, join({what_, " is unsigned, and ", request_.no_unsigned}));
    }
    if (before_ == nullptr) return;
    const std::string& pinned = before_->record.pinned;
    if (!pinned.empty() && pinned != made_.record.active)
        refuse(package_code::policy,
               join({manifest_.id, " is pinned to ", pinned, ": unpin it before it gets another version"}));
}

inline void package_planner::judge_names() {
    const std::string& version = made_.record.active;
    if (before_ != nullptr && request_.aim == plan_aim::only_install)
        refuse(package_code::exists, join({manifest_.id, " ", before_->record.active,
                                           " is installed already: another version of it is an update"}));
    if (const auto found = installed_.find(manifest_.id); found != installed_.end()) {
        const auto same = found->second.versions.find(version);
        if (same != found->second.versions.end() && same->second != arriving_.tree)
            refuse(package_code::exists,
                   join({what_, " is here with other files: what is changed gets another version"}));
        if (manifest_.name != found->second.record.name)
            note(join({"its plugin stays \"", found->second.record.name, "\": \"", manifest_.name,
                       "\" would be the name of a new package"}));
        return;
    }
    // Whoever asks for a plugin may say either, so neither may be another one's.
    for (const auto& [id, other] : installed_) {
        if (other.record.name == manifest_.name || id == manifest_.name)
            refuse(package_code::exists, join({"the name \"", manifest_.name, "\" has ", id}));
        if (other.record.name == manifest_.id)
            refuse(package_code::exists, join({id, " has \"", manifest_.id, "\" for its name"}));
    }
    const auto refuse_reserved = [&](const std::string& name) {
        if (where_.is_reserved(name))
            refuse(package_code::exists, join({"the name \"", name, "\" has a plugin that is no package"}));
    };
    if (where_.is_reserved) {
        refuse_reserved(manifest_.name);
        if (manifest_.id != manifest_.name) refuse_reserved(manifest_.id);
    }
}

/// One that is here stays enabled or not as it is; a broken one is enabled when it is made good.
inline bool package_planner::will_be_enabled() const {
    const auto found = installed_.find(manifest_.id);
    if (found == installed_.end()) return request_.enable;
    const package_state now = found->second.record.state;
    return now == package_state::enabled || now == package_state::broken;
}

inline void package_planner::judge_needs() {
    package_clashes found = clashes_of(manifest_, installed_);
    const bool runs = will_be_enabled();
    if (runs)
        for (std::string& why : found.own) refuse(package_code::dependency, std::move(why));
    else if (auto good = judge_enable(manifest_, installed_); !good)
        note(join({"it is not enabled, and could not be now: ", good.error().message}));
    for (std::string& why : found.needed) refuse(package_code::needed, std::move(why));
    for (const auto* needs : {&manifest_.dependencies, &manifest_.optional_dependencies})
        for (const auto& [id, range] : *needs) {
            const installed_package* there = active_package(installed_, id);
            if (there == nullptr) continue;
            const std::string& active = there->record.active;
            made_.plan.keep.push_back({id, active, active});
            if (runs && needs == &manifest_.dependencies && !there->record.is_enabled())
                note(join({id, ", which it needs, is ", name_of(there->record.state), ": until that runs, ",
                           made_.record.name, " waits"}));
        }
}

inline void package_planner::judge_age() {
    version_change change{manifest_.version};
    if (left_ != nullptr) {
        change.ratchet = read_version(left_->ratchet).value_or(manifest_.version);
        made_.plan.downgrade = change.to < *change.ratchet;
        change.downgrade_allowed = request_.allow_downgrade;
        if (auto good = judge_downgrade(change); !good) too_old_ = std::move(good).error();
    }
    if (before_ == nullptr) return;
    if (auto ratchet = read_version(before_->record.ratchet)) change.ratchet = *std::move(ratchet);
    if (!change.ratchet || *change.ratchet < before_->manifest.version)
        change.ratchet = before_->manifest.version;
    change.minimum_safe = before_->minimum_safe;
    change.in_history = request_.aim == plan_aim::rollback && request_.in_history;
    change.administrator = request_.administrator;
    change.downgrade_allowed = true; // what does not let it in then is no matter of words
    if (auto good = judge_downgrade(change); !good) {
        refuse(package_code::policy, std::move(good.error().message));
        return;
    }
    made_.plan.downgrade = change.to < *change.ratchet && !change.in_history;
    if (change.minimum_safe && change.to < *change.minimum_safe)
        note(join({change.to.text(), " is below ", change.minimum_safe->text(),
                   ", which its author calls the first safe one"}));
    if (const int before = before_->manifest.data_format; manifest_.data_format < before)
        note(join({"its data is of format ", std::to_string(before), " by now, and ", change.to.text(),
                   " knows format ", std::to_string(manifest_.data_format)}));
    change.downgrade_allowed = request_.allow_downgrade;
    if (auto good = judge_downgrade(change); !good) too_old_ = std::move(good).error();
}

inline void package_planner::judge_config() {
    const auto config = config_for(manifest_, made_.record.config);
    if (config) return;
    // It can be installed and configured then. But what runs is not replaced by what could not start.
    const bool ran = before_ != nullptr && config_for(before_->manifest, before_->record.config).has_value();
    if (request_.config.is_null() && !ran)
        note(join({"it has to be configured before it can start: ", config.error().message}));
    else
        refuse(package_code::config,
               join({"what is configured does not go with ", what_, ": ", config.error().message}));
}

inline void package_planner::ask_consent() {
    package_consent& asked = made_.plan.consent;
    std::vector<std::string>& granted = made_.record.granted;
    for (const std::string& permission : manifest_.permissions) {
        if (is_granted(granted, permission)) continue;
        if (is_granted(request_.grant, permission)) granted.push_back(permission);
        else asked.permissions.push_back(permission);
    }
    if (!asked.permissions.empty()) {
        std::string all;
        for (const std::string& one : asked.permissions) append(all, join({all.empty() ? "" : ", ", one}));
        to_agree_.push_back(join({"it asks for ", all}));
    }
    const auto agreed = [&](std::string_view word) {
        return std::find(request_.grant.begin(), request_.grant.end(), word) != request_.grant.end();
    };
    for (const std::string& grant : request_.grant)
        if (is_grant(grant) && grant != unsigned_word &&
            std::none_of(manifest_.permissions.begin(), manifest_.permissions.end(),
                         [&](const std::string& permission) { return grants(grant, permission); }))
            note(join({"\"", grant, "\" is granted, and it does not ask for it"}));

    if ((before_ == nullptr && left_ == nullptr) || request_.aim == plan_aim::rollback) return;
    const std::vector<std::string>& signers = arriving_.trust.signers;
    auto broken = break_of_continuity(before_ != nullptr ? before_->record.signers : left_->signers, signers);
    if (broken && left_ != nullptr) broken = join({"it would find the data that was kept, and ", *broken});
    if (!broken) return;
    if (signers.empty() ? agreed(unsigned_word) : std::any_of(signers.begin(), signers.end(), agreed)) return;
    asked.signers = signers;
    if (signers.empty()) asked.signers.push_back(std::string(unsigned_word));
    to_agree_.push_back(*std::move(broken));
}

/// The first of what stands against it, with all of its kind.
inline void package_planner::end() {
    if (too_old_) refuse(package_code::policy, std::move(too_old_->message));
    const auto joined = [](std::string& to, std::string_view more) {
        append(to, join({to.empty() ? "" : "; ", more}));
    };
    // A manifest may need thousands of packages.
    constexpr std::size_t most_told = 20;
    if (against_.size() > most_told) {
        const std::size_t more = against_.size() - most_told;
        against_.resize(most_told);
        against_.push_back({against_.front().code, join({"and ", digits(more), " more"})});
    }
    for (const reason& one : against_) made_.plan.conflicts.push_back(one.why);
    if (!against_.empty()) {
        std::string all;
        for (const reason& one : against_)
            if (one.code == against_.front().code) joined(all, one.why);
        made_.refused = package_fault(against_.front().code, std::move(all));
    } else if (!made_.plan.consent.empty()) {
        std::string all;
        for (const std::string& why : to_agree_) joined(all, why);
        made_.refused = consent_fault(join({what_, " needs consent: ", all}), made_.plan.consent);
    }
}

inline package_decision package_planner::decide() {
    describe();
    judge_aim();
    if (!made_.nothing_to_do) {
        judge_surroundings();
        judge_runtime();
        judge_unsigned();
        judge_names();
        judge_needs();
        judge_age();
        judge_config();
        ask_consent();
    }
    made_.config = with_defaults(manifest_.default_config, made_.record.config);
    made_.permissions = permissions_of(manifest_, made_.record.granted);
    end();
    return std::move(made_);
}

} // namespace detail

inline std::vector<std::string> permissions_of(const package_manifest& manifest,
                                               const std::vector<std::string>& granted) {
    std::vector<std::string> had;
    for (const std::string& permission : manifest.permissions)
        if (detail::is_granted(granted, permission)) had.push_back(permission);
    return had;
}

inline arriving_package arriving(const opened_package& opened, trust_verdict trust) {
    return {opened.manifest,       opened.tree,          std::move(trust),
            opened.files.platform, opened.files.bytes(), opened.files.files.size()};
}

inline result<arriving_package> arriving(const version_record& version) {
    auto reading = read_manifest(version.manifest.text());
    if (!reading.manifest) return reading.why();
    arriving_package made{*std::move(reading.manifest), version.tree, {}};
    made.trust.level = version.trust;
    made.trust.signers = version.signers;
    made.size = version.size;
    made.files = version.files;
    return made;
}

inline package_decision plan_package(const installed_packages& installed, const arriving_package& arriving,
                                     const plan_request& request, const plan_surroundings& where) {
    return detail::package_planner(installed, arriving, request, where).decide();
}

} // namespace tenon

#endif
