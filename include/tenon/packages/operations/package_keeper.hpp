#ifndef TENON_PACKAGES_OPERATIONS_PACKAGE_KEEPER_HPP
#define TENON_PACKAGES_OPERATIONS_PACKAGE_KEEPER_HPP

// What package_manager knows on the host's executor: the records as they were last committed, which version each plugin is
// started from, and who works for it. The store belongs to one thread, and what is verified before a start to another one:
// a start does not wait for an archive that is being unpacked.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/host/clocks.hpp>
#include <tenon/host/untyped_host.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/operations/arrived_package.hpp>
#include <tenon/packages/operations/package_compiler.hpp>
#include <tenon/packages/operations/package_operation.hpp>
#include <tenon/packages/operations/package_request.hpp>
#include <tenon/packages/operations/package_view.hpp>
#include <tenon/packages/operations/package_worker.hpp>
#include <tenon/packages/operations/system_runtime_versions.hpp>
#include <tenon/packages/operations/verified_start.hpp>
#include <tenon/packages/rules/added_trust.hpp>
#include <tenon/packages/rules/installed_package.hpp>
#include <tenon/packages/rules/package_configuration.hpp>
#include <tenon/packages/rules/package_limits.hpp>
#include <tenon/packages/rules/package_needs.hpp>
#include <tenon/packages/rules/package_plan.hpp>
#include <tenon/packages/rules/trust.hpp>
#include <tenon/packages/store/package_changes.hpp>
#include <tenon/packages/store/package_store.hpp>
#include <tenon/packages/store/records.hpp>
#include <tenon/process/program_to_start.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

inline fault no_packages_any_more() { return {codes::shutting_down, "no packages are kept here any more"}; }

class package_keeper : public std::enable_shared_from_this<package_keeper> {
public:
    using done = unique_function<void(result<void>)>;

    package_keeper(std::shared_ptr<untyped_host> on, package_options given,
                   std::unique_ptr<package_store> store)
        : host(std::move(on)), options(std::move(given)), store_(std::move(store)),
          compiler_(host->home(), options.builds), disk_(host->home()), starts_(host->home()) {}
    ~package_keeper() { close(); }

    const std::shared_ptr<untyped_host> host;
    const package_options options;
    installed_packages packages;
    operation_table operations;
    std::shared_ptr<const trust_settings> trust; // what is configured, and what was added here
    left_data left;                              // of packages that are gone
    std::vector<trust_key_record> added_keys;
    std::vector<revocation_record> revocations;
    std::vector<token_record> access_tokens;

    inline result<void> open();
    /// What is enabled, in the order of what it needs.
    inline void start_enabled();
    inline void start_again(const std::string& id);
    /// What is enabled and does not run, after the store was repaired. Who it is, by name.
    inline std::vector<std::string> start_repaired();
    /// Nothing is begun any more, and nothing answers.
    void close() {
        if (std::exchange(closed_, true)) return;
        compiler_.stop_all();
        disk_.stop();
        starts_.stop();
        // What a plugin was told is kept is kept, although its turn has not come.
        for (const auto& [id, one] : unwritten_)
            if (auto kept = write_config(*store_, id, one.set); !kept)
                note(log_level::error,
                     join({id, ": its configuration could not be kept: ", kept.error().message}));
        operations.changes.close(); // who watches would wait for ever
    }
    bool closed() const noexcept { return closed_; }

    /// By its id or its name; null where there is none.
    const installed_package* find(std::string_view package) const {
        const installed_package* const found = with_id(package);
        return found != nullptr ? found : with_name(package);
    }
    /// A name may look like an id, so it is not looked for where an id is meant.
    const installed_package* with_id(std::string_view id) const {
        const auto found = packages.find(id);
        return found == packages.end() ? nullptr : &found->second;
    }
    const installed_package* with_name(std::string_view name) const {
        const auto found = names_.find(name);
        return found == names_.end() ? nullptr : with_id(found->second);
    }
    /// Of one that is here, the newest installation first.
    const std::vector<version_record>& versions(std::string_view id) const {
        return versions_.find(id)->second;
    }
    const version_record* version(std::string_view id, std::string_view wanted) const {
        const auto found = versions_.find(id);
        if (found == versions_.end()) return nullptr;
        for (const version_record& one : found->second)
            if (one.version == wanted) return &one;
        return nullptr;
    }
    /// As it was committed.
    void know(package_record record, std::vector<version_record> versions) {
        const std::string id = record.id;
        forget(id);
        std::stable_sort(versions.begin(), versions.end(),
                         [](const version_record& one, const version_record& other) {
                             return one.installed_at > other.installed_at;
                         });
        names_.insert_or_assign(record.name, id);
        packages.insert_or_assign(id, read_installed(std::move(record), versions));
        versions_.insert_or_assign(id, std::move(versions));
        doubt(id);
    }
    inline void know_all(std::vector<package_record> all, const std::vector<version_record>& versions);
    void know(package_record record) {
        auto versions = std::move(versions_[record.id]);
        know(std::move(record), std::move(versions));
    }
    void forget(const std::string& id) {
        const auto found = packages.find(id);
        if (found == packages.end()) return;
        names_.erase(found->second.record.name);
        packages.erase(found);
        versions_.erase(id);
        doubts_.erase(id);
    }

    /// A job on the store's thread, and what becomes of it here. Not after close().
    template <class Job, class Then>
    void on_disk(Job job, Then then) {
        disk_.run([job = std::move(job), store = store_.get()]() mutable { return job(*store); },
                  [weak = weak_from_this(), then = std::move(then)](auto outcome) mutable {
                      const auto self = weak.lock();
                      if (self && !self->closed_) then(std::move(outcome));
                  });
    }
    /// Commits, and answers the number of the deployment. What is known here is the caller's to change then.
    template <class Then>
    void write(package_changes what, Then then) {
        using written = std::pair<result<std::int64_t>, std::vector<std::string>>;
        on_disk(
            [what = std::move(what)](package_store& store) {
                std::vector<std::string> notes;
                auto number = write_changes(store, what, notes);
                return written(std::move(number), std::move(notes));
            },
            [self = this, then = std::move(then)](written outcome) mutable {
                for (const std::string& one : outcome.second) self->note(log_level::warn, one);
                then(std::move(outcome.first));
            });
    }
    /// Looks at what somebody brings, by today's trust; from a folder that is trusted itself nothing more is asked.
    template <class Then>
    void look_at(package_source source, bool from_trusted_folder, Then then) {
        on_disk(
            [source = std::move(source), trust = from_trusted_folder ? nullptr : trust,
             this](package_store&) mutable {
                auto arrived = read_arrived(std::move(source), trust.get(), options.limits, wall_clock_ms());
                if (arrived) (*arrived)->runtime = runtime_of((*arrived)->opened.manifest);
                return arrived;
            },
            std::move(then));
    }
    /// The same of a version that is here.
    template <class Then>
    void look_at_recorded(const std::string& id, const std::string& wanted, Then then) {
        const version_record* const found = version(id, wanted);
        if (found == nullptr) {
            std::string shown;
            append_safe(shown, wanted, 64);
            return then(result<arriving_package>(
                package_fault(package_code::unknown, join({id, " ", shown, " is not here"}))));
        }
        on_disk(
            [of = *found, trust = trust, this](package_store& store) -> result<arriving_package> {
                auto verdict = judge_tree(store.tree_path(of.tree), of.id, of.tree, *trust, of.trust);
                if (!verdict) return std::move(verdict).error();
                auto made = arriving(of);
                if (!made) return made;
                made->trust = *std::move(verdict);
                made->runtime = runtime_of(made->manifest);
                return made;
            },
            std::move(then));
    }
    /// What was not looked at is in the log, too, when it is another than last time.
    template <class Then>
    void discover_folders(Then then) {
        on_disk(
            [this](package_store&) -> result<discovery> {
                return discover(options.plugin_dirs, options.builds.toml, options.missing_plugin_dirs);
            },
            [this, then = std::move(then)](result<discovery> found) mutable {
                if (std::exchange(told_of_folders_, found->notes) != found->notes)
                    for (const std::string& one : found->notes)
                        note(log_level::info, join({"packages: ", one}));
                then(std::move(found));
            });
    }
    /// Ends an operation as its outcome says, and hands that on.
    template <class Result, class Done>
    auto ending(std::uint64_t number, Done then) {
        return [this, number, then = std::move(then)](Result outcome) mutable {
            operations.end(number, outcome ? package_outcome::done : package_outcome::failed,
                           outcome ? nullptr : &outcome.error(), wall_clock_ms());
            then(std::move(outcome));
        };
    }
    /// Builds a source plugin in its folder. Each line of the build is one of the host's log.
    template <class Then>
    void build(const std::string& folder, Then then) {
        const auto said = [weak = weak_from_this()](log_level level, const std::string& line) {
            if (const auto self = weak.lock()) self->note(level, line);
        };
        auto waits = std::make_shared<Then>(std::move(then));
        const bool begun = compiler_.compile(folder, said, [weak = weak_from_this(), waits](auto report) {
            const auto self = weak.lock();
            if (self && !self->closed_) (*waits)(std::move(report));
        });
        if (!begun)
            (*waits)(
                result<build_report>(package_fault(package_code::busy, join({folder, " is being built"}))));
    }
    const package_worker& disk() const noexcept { return disk_; }

    /// Starts its plugin from this version, in the place of what the host knows by that name.
    inline void start(const package_record& of, const version_record& version,
                      const package_manifest& manifest, json config, done then);
    /// Nothing where the host does not know it, or knows another plugin by this name.
    std::optional<plugin_moment> moment_of(const std::string& name) const {
        if (launches_.find(name) == launches_.end()) return std::nullopt;
        return host->moment_of(name);
    }
    /// Stops its plugin, and the host knows it no more.
    inline void withdraw(const std::string& name, done then);
    /// What was kept to start this tree goes. What runs from it runs on.
    void forget_image(const digest& tree) {
        starts_.post([images = images_, tree] { images->forget(tree); });
    }

    /// By what is judged from now on.
    result<void> trust_by(std::vector<trust_key_record> keys, std::vector<revocation_record> revoked) {
        auto all = with_added_trust(options.trust, keys, revoked);
        if (!all) return std::move(all).error();
        auto read = read_revocations(all->revoked);
        if (!read) return std::move(read).error();
        revoked_ = *std::move(read);
        trust = std::make_shared<const trust_settings>(*std::move(all));
        signer_names_.clear();
        for (const trusted_key& one : trust->keys) signer_names_.insert_or_assign(one.key.text(), one.name);
        added_keys = std::move(keys);
        revocations = std::move(revoked);
        const auto before = std::exchange(doubts_, {});
        for (const auto& [id, package] : packages) {
            doubt(id);
            const auto now = doubts_.find(id);
            const auto then = before.find(id);
            if (now != doubts_.end() && (then == before.end() || then->second != now->second))
                note(log_level::warn, join({"packages: ", now->second, ": it is not started any more"}));
        }
        return {};
    }
    /// What would become of it, and whether it may.
    inline package_decision plan(const arriving_package& arriving, const plan_request& request) const;
    /// What its version was let in as, unless nobody is trusted any more who signed it.
    std::string trust_of(const version_record& of) const {
        return of.trust == "signed" && !is_signed_today(of, *trust, revoked_) ? "unsigned" : of.trust;
    }
    /// Old versions of it go from the disk that nothing needs: within an operation on it, so that no other one has
    /// a version in its hands that goes.
    template <class Then>
    void collect(const std::string& id, Then then);
    /// Those versions of it are left.
    inline void keep_versions(const std::string& id, std::vector<version_record> those);

    /// A version that comes up, while another is the active one. It has its own schema, and may not stay: what its plugin
    /// saves is kept once it is the active one, and forgotten where it does not come up.
    struct trial {
        package_manifest manifest;
        json config;
        bool saved = false; // since somebody took it
    };
    std::map<std::string, trial, std::less<>> trials; // by id
    /// A plugin's own change of its configuration: these members of it.
    inline result<void> keep_config(std::string_view name, const json& set);

    inline package_view view(const installed_package& of) const;
    void note(log_level level, std::string_view message) const { host->note(level, message); }

private:
    inline void prepare_starts();
    inline void verify(const package_to_start& package, std::string admitted_as, start_ready ready);
    inline result<std::string> runtime_path(const std::string& runtime) const;
    inline runtime_found runtime_of(const package_manifest& manifest);
    inline static result<json> write_config(package_store& store, const std::string& id, const json& set);
    void doubt(const std::string& id) {
        const version_record* const active = version(id, packages.find(id)->second.record.active);
        std::string why = active == nullptr ? std::string() : doubt_about(*active, *trust, revoked_);
        if (why.empty()) doubts_.erase(id);
        else doubts_.insert_or_assign(id, std::move(why));
    }
    inline void leave_unstarted(const package_record& of, const std::string& why);
    inline plugin_options options_of(const package_record& of, const package_manifest& manifest,
                                     json config) const;

    std::unique_ptr<package_store> store_; // used by disk_ alone, once it is open
    std::map<std::string, std::vector<version_record>, std::less<>> versions_; // by id
    std::map<std::string, std::string, std::less<>> names_;                    // ids by the plugin's name
    tenon::detail::revocations revoked_;                                       // as `trust` has them
    std::map<std::string, std::string, std::less<>>
        doubts_; // by id: why its active version is not started any more
    std::map<std::string, std::string, std::less<>> signer_names_; // by whole key: whose it is, of trust
    struct launch {
        package_to_start package;
        std::string admitted_as;
    };
    std::map<std::string, launch, std::less<>> launches_;           // by the plugin's name
    std::map<std::string, std::uint64_t, std::less<>> generations_; // of what was withdrawn, by name
    std::map<std::string, std::string, std::less<>> unstarted_;     // by name: why the host does not know it
    struct unwritten {
        json set = {};
        int jobs = 0;
    };
    std::vector<std::string> told_of_folders_ = {};
    std::map<std::string, unwritten, std::less<>> unwritten_ = {};              // by id: what plugins saved
    std::shared_ptr<sealed_images> images_ = std::make_shared<sealed_images>(); // used by starts_ alone
    runtime_versions runtimes_;                                                 // used by disk_ alone
    bool closed_ = false;
    package_compiler compiler_;
    package_worker disk_, starts_;
};

// ---- opening ---------------------------------------------------------------------------------------------------------

inline result<void> package_keeper::open() {
    for (const std::string& one : store_->notes()) note(log_level::warn, join({"packages: ", one}));
    records_file& records = store_->records();
    auto all = records.packages();
    if (!all) return std::move(all).error();
    auto versions = records.versions();
    if (!versions) return std::move(versions).error();
    auto unfinished = records.unfinished();
    if (!unfinished) return std::move(unfinished).error();
    if (!unfinished->empty() && !store_->degraded()) {
        // The version before is the active one still.
        for (deployment_record& one : *unfinished) {
            note(log_level::warn,
                 join({"packages: ", one.kind, " of ", one.id, " to ", one.to_version,
                       " was under way when the host ended: ", one.from_version, " is active"}));
            one.state = "interrupted";
            one.reason = "the host ended meanwhile";
            one.ended_at = wall_clock_ms();
        }
        std::vector<std::string> notes;
        if (auto put = write_changes(*store_, {.deployments = *std::move(unfinished)}, notes); !put)
            return std::move(put).error();
    }
    auto left_here = records.left_data();
    if (!left_here) return std::move(left_here).error();
    for (left_data_record& one : *left_here) left.insert_or_assign(one.id, one);
    auto keys = records.trust_keys();
    if (!keys) return std::move(keys).error();
    auto revoked = records.revocations();
    if (!revoked) return std::move(revoked).error();
    if (auto good = trust_by(*std::move(keys), *std::move(revoked)); !good) return good;
    for (const package_record& one : *all)
        if (one.is_enabled() && !store_->degraded())
            if (auto made = store_->make_data(one.id); !made) return made;
    auto tokens = records.tokens();
    if (!tokens) return std::move(tokens).error();
    access_tokens = *std::move(tokens);
    know_all(*std::move(all), *versions);
    prepare_starts();
    compiler_.clean_up(options.plugin_dirs);
    disk_.when_idle([this, store = store_.get(), weak = weak_from_this()] {
        auto more = store->erase_some();
        if (more) return *more;
        disk_.tell([weak, why = join({"packages: not all could be erased: ", more.error().message})] {
            if (const auto self = weak.lock()) self->note(log_level::warn, why);
        });
        return false;
    });
    return {};
}

/// Both come by id.
inline void package_keeper::know_all(std::vector<package_record> all,
                                     const std::vector<version_record>& versions) {
    packages.clear();
    versions_.clear();
    names_.clear();
    for (package_record& one : all) {
        const auto its = versions_of(versions, one.id);
        know(std::move(one), {its.begin(), its.end()});
    }
}

inline void package_keeper::prepare_starts() {
    auto gate = [weak = weak_from_this(),
                 former = std::move(host->starts_prepared)](const plugin_options& plugin, start_ready ready) {
        const auto self = weak.lock();
        if (self && !self->closed_) {
            const auto found = self->launches_.find(plugin.name);
            if (found != self->launches_.end())
                return self->verify(found->second.package, found->second.admitted_as, std::move(ready));
        }
        if (former) former(plugin, std::move(ready));
        else ready(program_to_start());
    };
    host->starts_prepared = std::move(gate);
    host->on_config_saved = [weak = weak_from_this(), former = std::move(host->on_config_saved)](
                                const std::string& plugin, const json& set) -> result<void> {
        const auto self = weak.lock();
        if (self && !self->closed_ && self->names_.find(plugin) != self->names_.end())
            return self->keep_config(plugin, set);
        if (former) return former(plugin, set);
        return fault{codes::method_not_found, "nothing keeps configurations here"};
    };
}

inline void package_keeper::start_enabled() {
    const package_start_order order = start_order(packages);
    for (const std::string& circle : order.circles) note(log_level::warn, join({"packages: ", circle}));
    for (const std::string& id : order.ids) {
        const installed_package& of = packages.find(id)->second;
        if (of.manifest.auto_start) start_again(id);
    }
}

inline std::vector<std::string> package_keeper::start_repaired() {
    std::vector<std::string> started;
    for (const std::string& id : start_order(packages).ids) {
        const installed_package& of = packages.find(id)->second;
        const auto now = moment_of(of.record.name);
        if (!of.manifest.auto_start || operations.on(id) != 0 || (now && now->state != plugin_state::failed))
            continue;
        if (now) host->start_known(of.record.name, [](result<void>) {});
        else start_again(id);
        started.push_back(of.record.name);
    }
    return started;
}

inline void package_keeper::start_again(const std::string& id) {
    const installed_package& of = packages.find(id)->second;
    const version_record* const active = version(id, of.record.active);
    auto config = config_for(of.manifest, of.record.config);
    if (!config || active == nullptr)
        return leave_unstarted(of.record, config ? "its version is not here" : config.error().message);
    // What becomes of it is told like every start.
    start(of.record, *active, of.manifest, *std::move(config), [](result<void>) {});
}

inline void package_keeper::leave_unstarted(const package_record& of, const std::string& why) {
    note(log_level::error, join({of.name, " is not started: ", why}));
    unstarted_.insert_or_assign(of.name, join({"it is not started: ", why}));
}

// ---- starts ----------------------------------------------------------------------------------------------------------

inline void package_keeper::verify(const package_to_start& package, std::string admitted_as,
                                   start_ready ready) {
    starts_.post([package, admitted_as = std::move(admitted_as), ready = std::move(ready), trust = trust,
                  images = images_, runner = options.module_runner, weak = weak_from_this(), this] {
        start_questions ask;
        ask.judge = [&](const signed_files& files) -> result<void> {
            auto verdict = judge_start(files, *trust, admitted_as);
            if (!verdict) return std::move(verdict).error();
            return {};
        };
        ask.runtime = [this](const std::string& name) { return runtime_path(name); };
        ask.runner = [&]() -> result<std::vector<std::string>> {
            if (!runner.empty()) return runner;
            return package_fault(package_code::policy,
                                 "it is WebAssembly, and nothing that runs it is configured");
        };
        ask.say = [&](std::string_view words) {
            starts_.tell([weak, words = std::string(words)] {
                if (const auto self = weak.lock()) self->note(log_level::warn, words);
            });
        };
        ready(verify_start(package, ask, *images));
    });
}

inline result<std::string> package_keeper::runtime_path(const std::string& runtime) const {
    if (options.runtime) return options.runtime(runtime);
    return package_fault(package_code::policy,
                         join({runtime, " may not be run here: no runtimes are configured"}));
}

/// On the store's thread.
inline runtime_found package_keeper::runtime_of(const package_manifest& manifest) {
    if (!manifest.runtime) return {};
    const auto& [name, range] = *manifest.runtime;
    const auto path = runtime_path(name);
    if (!path) return {.trouble = join({"its runtime is not to be had here: ", path.error().message})};
    if (range.text() == "*") return {};
    auto version = runtimes_.of(name, *path, [this] { return disk_.stopping().load(); });
    if (version) return {.version = *std::move(version)};
    return {.trouble = join({"whether this host has ", name, " ", range.text(),
                             " is not known: ", version.error().message})};
}

inline plugin_options package_keeper::options_of(const package_record& of, const package_manifest& manifest,
                                                 json config) const {
    plugin_options made = options.plugins;
    made.name = of.name;
    made.id = of.id;
    surround(made, launches_.find(made.name)->second.package);
    for (const auto& [name, value] : manifest.env) made.environment.insert_or_assign(name, value);
    if (manifest.framing == "lines") made.framing = plugin_framing::lines;
    made.limits = limits_of(manifest, made.limits);
    made.priority = manifest.priority;
    made.permissions = permissions_of(manifest, of.granted);
    made.allow_reverse_calls = made.allow_reverse_calls || !made.permissions.empty();
    made.config = std::move(config);
    made.needs = needs_of(manifest, packages);
    return made;
}

inline void package_keeper::start(const package_record& of, const version_record& version,
                                  const package_manifest& manifest, json config, done then) {
    unstarted_.erase(of.name);
    const auto refused = [&](fault why) {
        leave_unstarted(of, why.message);
        then(std::move(why));
    };
    // That one would be started from this package, and ended with it.
    if (host->moment_of(of.name) && !moment_of(of.name))
        return refused(package_fault(package_code::exists,
                                     join({"another plugin of this host has the name \"", of.name, "\""})));
    launch made{.package = {.id = of.id,
                            .version = version.version,
                            .tree = version.tree,
                            .tree_path = store_->tree_path(version.tree),
                            .data_path = store_->data_path(of.id),
                            .entry = manifest.entry_for(this_platform()),
                            .args = manifest.args,
                            .runtime = manifest.runtime ? manifest.runtime->name : std::string()},
                .admitted_as = version.trust};
    launches_.insert_or_assign(of.name, std::move(made));
    const auto former = generations_.find(of.name);
    if (auto added = host->add(options_of(of, manifest, std::move(config)),
                               former == generations_.end() ? 0 : former->second);
        !added) {
        // Whoever has the name after it is not started from this package.
        if (!moment_of(of.name)) launches_.erase(of.name);
        return refused(std::move(added).error());
    }
    host->start_known(of.name, std::move(then));
}

inline void package_keeper::withdraw(const std::string& name, done then) {
    unstarted_.erase(name);
    const auto now = moment_of(name);
    if (now) generations_.insert_or_assign(name, now->generation);
    // Whoever has the name after it is not started from this package.
    auto gone = [weak = weak_from_this(), name, then = std::move(then)](result<void> outcome) mutable {
        if (const auto self = weak.lock(); self && outcome) self->launches_.erase(name);
        then(std::move(outcome));
    };
    if (now) host->remove(name, std::move(gone));
    else gone({});
}

// ---- what is decided and kept -----------------------------------------------------------------------------------------

inline package_decision package_keeper::plan(const arriving_package& arriving,
                                             const plan_request& request) const {
    plan_surroundings where;
    where.left = &left;
    where.is_reserved = [this](std::string_view name) {
        return (host->moment_of(name) && names_.find(name) == names_.end()) ||
               (options.is_reserved && options.is_reserved(name));
    };
    return plan_package(packages, arriving, request, where);
}

template <class Then>
void package_keeper::collect(const std::string& id, Then then) {
    using remaining = result<std::vector<version_record>>;
    on_disk(
        [id](package_store& store) -> remaining {
            if (auto good = store.collect(id); !good) return std::move(good).error();
            return store.records().versions_of(id);
        },
        [this, id, then = std::move(then)](remaining&& all) mutable {
            if (!all) note(log_level::warn, join({"packages: old versions stay: ", all.error().message}));
            else keep_versions(id, *std::move(all));
            then();
        });
}

inline void package_keeper::keep_versions(const std::string& id, std::vector<version_record> those) {
    const auto found = packages.find(id);
    if (found == packages.end() || those.size() >= versions(id).size()) return;
    for (const version_record& one : versions(id))
        if (std::none_of(those.begin(), those.end(),
                         [&](const version_record& here) { return here.version == one.version; }))
            forget_image(one.tree);
    know(found->second.record, std::move(those));
}

inline result<void> package_keeper::keep_config(std::string_view name, const json& set) {
    const installed_package* const of = with_name(name);
    const auto coming = trials.find(of->record.id);
    const bool tried = coming != trials.end();
    json config = with_members(tried ? coming->second.config : of->record.config, set);
    if (auto whole = config_for(tried ? coming->second.manifest : of->manifest, config); !whole)
        return std::move(whole).error();
    if (tried) {
        coming->second.config = std::move(config);
        coming->second.saved = true;
        return {};
    }
    const std::string id = of->record.id;
    packages.find(id)->second.record.config = std::move(config);
    unwritten& mine = unwritten_[id];
    mine.set = with_members(mine.set, set);
    ++mine.jobs;
    on_disk([id, set](package_store& store) { return write_config(store, id, set); },
            [this, id, name = std::string(name)](result<json> kept) {
                const auto written = unwritten_.find(id);
                if (--written->second.jobs == 0) unwritten_.erase(written);
                if (!kept)
                    note(log_level::error,
                         join({name, ": its configuration could not be kept: ", kept.error().message}));
                else if (const auto still = packages.find(id); still != packages.end())
                    still->second.record.config = *std::move(kept);
            });
    return {};
}

/// What is recorded may be newer than what is known: an operation's change was perhaps on its way.
inline result<json> package_keeper::write_config(package_store& store, const std::string& id,
                                                 const json& set) {
    auto recorded = store.records().package(id);
    if (!recorded) return std::move(recorded).error();
    if (!*recorded) return json();
    (*recorded)->config = with_members((*recorded)->config, set);
    std::vector<std::string> notes;
    auto written = write_changes(store, {.package = **recorded, .configured = true}, notes);
    if (!written) return std::move(written).error();
    return std::move((*recorded)->config);
}

// ---- what is shown ----------------------------------------------------------------------------------------------------

inline package_view package_keeper::view(const installed_package& of) const {
    package_view made;
    const package_record& record = of.record;
    made.id = record.id;
    made.name = record.name;
    made.version = record.active;
    made.state = record.state;
    made.type = of.manifest.type;
    made.tags = of.manifest.tags;
    made.description = of.manifest.description;
    made.author = of.manifest.author.name;
    made.license = of.manifest.license;
    made.homepage = of.manifest.homepage;
    made.icon = of.manifest.icon;
    if (const version_record* const active = version(record.id, record.active)) {
        made.trust = trust_of(*active);
        for (const std::string& key : active->signers) {
            const auto known = signer_names_.find(key);
            made.signers.push_back({key, known == signer_names_.end() ? std::string() : known->second});
        }
    }
    made.permissions = of.manifest.permissions;
    made.granted = record.granted;
    made.pinned = record.pinned;
    made.problem = record.problem;
    made.installed_at = record.installed_at;
    made.updated_at = record.updated_at;
    made.config_schema = of.manifest.config_schema;
    for (const auto& [id, range] : of.manifest.dependencies) made.dependencies.emplace(id, range.text());
    made.versions = of.versions.size();
    made.operation = operations.on(record.id);
    if (record.state == package_state::broken) made.status = 2;
    const auto doubted = doubts_.find(record.id);
    const std::string doubt = doubted == doubts_.end() ? std::string() : doubted->second;
    if (made.problem.empty()) made.problem = doubt;
    const auto now = moment_of(record.name);
    if (!now) {
        const auto why = unstarted_.find(record.name);
        if (record.is_enabled() && why != unstarted_.end()) made.problem = why->second;
        return made;
    }
    using enum plugin_state;
    if (now->state == ready) {
        made.status = 1;
        made.problem = doubt.empty() ? doubt : join({doubt, ": it runs on, and is not started again"});
    }
    if (now->state == failed) made.status = 2;
    if (made.problem.empty() && (now->state == failed || now->state == backoff || now->state == blocked))
        made.problem = std::string(now->reason);
    if (made.problem.empty() && now->state == stopped && record.is_enabled() && made.operation == 0)
        made.problem = "its plugin was stopped";
    if (now->level) made.start_level = std::string(name_of(*now->level));
    return made;
}

} // namespace tenon::detail

#endif
