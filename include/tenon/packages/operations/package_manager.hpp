#ifndef TENON_PACKAGES_OPERATIONS_PACKAGE_MANAGER_HPP
#define TENON_PACKAGES_OPERATIONS_PACKAGE_MANAGER_HPP

// The packages of a host: installed, updated, rolled back and removed while it works.
//
//     auto packages = tenon::package_manager::open(host, {.store = {.folder = "/var/lib/chat/packages"}, .trust = trust});
//     if (!packages) return packages.error();
//     (*packages)->start_enabled();
//     auto installed = co_await (*packages)->install({.source = {.file = "moderator-1.0.0.zip", .origin = "path"}});
//
// An enabled package is a plugin of the host, under its name; a disabled one is not known to the host. Verbs complete on the
// host's executor with the package as it is then, or with a fault whose code_of() says in a word why not. Each is an
// operation with a number, which operations and watch_operations() tell about. Of one package there is one at a time: a
// second one is refused as `busy`.
//
// It must go before the host. What is under way then is dropped: the records have the state before, or after.

#include <tenon/core/result.hpp>
#include <tenon/host/clocks.hpp>
#include <tenon/host/completion.hpp>
#include <tenon/host/host_base.hpp>
#include <tenon/host/watch.hpp>
#include <tenon/packages/operations/arrived_package.hpp>
#include <tenon/packages/operations/discovery.hpp>
#include <tenon/packages/operations/package_keeper.hpp>
#include <tenon/packages/operations/package_operation.hpp>
#include <tenon/packages/operations/package_request.hpp>
#include <tenon/packages/operations/package_run.hpp>
#include <tenon/packages/operations/package_view.hpp>
#include <tenon/packages/rules/added_trust.hpp>
#include <tenon/packages/rules/installed_package.hpp>
#include <tenon/packages/rules/package_plan.hpp>
#include <tenon/packages/store/package_store.hpp>
#include <tenon/packages/store/records.hpp>
#include <tenon/packages/store/records_file.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

namespace detail {

struct repaired_store {
    std::vector<std::string> done;
    std::vector<package_record> packages;
    std::vector<version_record> versions;
};

struct collected_store {
    package_store_view view;
    std::vector<version_record> left;
};

inline result<package_store_view> look_at(package_store& store) {
    auto bytes = store.bytes();
    if (!bytes) return std::move(bytes).error();
    auto versions = store.records().versions();
    if (!versions) return std::move(versions).error();
    std::set<digest> trees;
    for (const version_record& one : *versions) trees.insert(one.tree);
    return package_store_view{*bytes, trees.size(), store.degraded(), store.notes()};
}

struct added_trust_rows {
    std::vector<trust_key_record> keys;
    std::vector<revocation_record> revoked;
};

/// All rows as they are after the change.
template <class Change>
result<added_trust_rows> change_trust_rows(package_store& store, const Change& change) {
    auto changes = store.records().begin();
    if (!changes) return std::move(changes).error();
    if (result<void> good = change(*changes); !good) return std::move(good).error();
    if (auto good = changes->commit(); !good) return std::move(good).error();
    static_cast<void>(store.committed()); // the change holds also without its copy
    auto keys = store.records().trust_keys();
    if (!keys) return std::move(keys).error();
    auto revoked = store.records().revocations();
    if (!revoked) return std::move(revoked).error();
    return added_trust_rows{*std::move(keys), *std::move(revoked)};
}

template <class Done>
void compile_folder(const std::shared_ptr<package_keeper>& keeper, const package_request& request,
                    Done done) {
    auto number = keeper->operations.begin(package_verb::compile, request.actor, wall_clock_ms());
    if (!number) return done(result<build_report>(std::move(number).error()));
    keeper->operations.change(*number, [&](package_operation& of) {
        of.name = request.package;
        of.step = package_step::building;
    });
    if (request.begun) request.begun(*number);
    auto ends = keeper->ending<result<build_report>>(*number, std::move(done));
    keeper->on_disk(
        [folder = request.package, options = &keeper->options](package_store&) {
            return discover(options->plugin_dirs, options->builds.toml, options->missing_plugin_dirs)
                .usable(folder);
        },
        [keeper = keeper.get(), ends = std::move(ends)](result<discovered_folder> found) mutable {
            if (!found) return ends(std::move(found).error());
            keeper->build(found->path, std::move(ends));
        });
}

} // namespace detail

class package_manager {
public:
    /// It blocks on the disk. The fault's code is `busy` where another host has the store.
    static result<std::unique_ptr<package_manager>> open(host_base& host, package_options options) {
        if (auto good = check_trust(options.trust); !good) return std::move(good).error();
        auto store = package_store::open(options.store, detail::wall_clock_ms());
        if (!store) return std::move(store).error();
        auto keeper =
            std::make_shared<detail::package_keeper>(host.core(), std::move(options), *std::move(store));
        if (auto good = keeper->open(); !good) return std::move(good).error();
        return std::unique_ptr<package_manager>(new package_manager(std::move(keeper)));
    }
    package_manager(const package_manager&) = delete;
    package_manager& operator=(const package_manager&) = delete;
    ~package_manager() { keeper_->close(); }

    /// Starts what is enabled, in the order of what it needs. The host tells what becomes of each.
    void start_enabled() { keeper_->start_enabled(); }

    // --- what changes ---

    /// Or updates it, where it is here: plan_request::aim.
    template <class Token = detail::default_token>
    auto install(install_request request, Token&& token = Token()) {
        const auto verb =
            request.plan.aim == plan_aim::only_update ? package_verb::update : package_verb::install;
        return run<&detail::package_run::install>(verb, std::move(request), token);
    }
    /// To a version that is here.
    template <class Token = detail::default_token>
    auto update(package_request request, Token&& token = Token()) {
        return run<&detail::package_run::update>(package_verb::update, std::move(request), token);
    }
    /// To the version before, or to the one that is asked for.
    template <class Token = detail::default_token>
    auto rollback(package_request request, Token&& token = Token()) {
        return run<&detail::package_run::rollback>(package_verb::rollback, std::move(request), token);
    }
    template <class Token = detail::default_token>
    auto uninstall(package_request request, Token&& token = Token()) {
        return run<&detail::package_run::uninstall>(package_verb::uninstall, std::move(request), token);
    }
    template <class Token = detail::default_token>
    auto enable(package_request request, Token&& token = Token()) {
        return run<&detail::package_run::enable>(package_verb::enable, std::move(request), token);
    }
    template <class Token = detail::default_token>
    auto disable(package_request request, Token&& token = Token()) {
        return run<&detail::package_run::disable>(package_verb::disable, std::move(request), token);
    }
    template <class Token = detail::default_token>
    auto configure(package_request request, Token&& token = Token()) {
        return run<&detail::package_run::configure>(package_verb::configure, std::move(request), token);
    }
    /// An empty version: it is pinned to none.
    template <class Token = detail::default_token>
    auto pin(package_request request, Token&& token = Token()) {
        return run<&detail::package_run::pin>(package_verb::pin, std::move(request), token);
    }
    template <class Token = detail::default_token>
    auto remove_version(package_request request, Token&& token = Token()) {
        return run<&detail::package_run::remove_version>(package_verb::remove_version, std::move(request),
                                                         token);
    }

    // --- folders that are no packages yet ---

    template <class Token = detail::default_token>
    auto discovered(Token&& token = Token()) {
        return begin<result<discovery>>(
            token, [keeper = keeper_](auto done) { keeper->discover_folders(std::move(done)); });
    }
    /// A folder becomes a package: it is built, where its manifest says how, packed, and installed in a version of its own.
    template <class Token = detail::default_token>
    auto register_folder(package_request request, Token&& token = Token()) {
        return run<&detail::package_run::register_folder>(package_verb::install, std::move(request), token);
    }
    template <class Token = detail::default_token>
    auto compile(package_request request, Token&& token = Token()) {
        return begin<result<build_report>>(
            token, [keeper = keeper_, request = std::move(request)](auto done) mutable {
                detail::compile_folder(keeper, request, std::move(done));
            });
    }

    // --- who is trusted ---

    /// What is configured, and what was added here.
    const trust_settings& trust() const noexcept { return *keeper_->trust; }
    const std::vector<trust_key_record>& added_keys() const noexcept { return keeper_->added_keys; }
    const std::vector<revocation_record>& revocations() const noexcept { return keeper_->revocations; }
    template <class Token = detail::default_token>
    auto trust_key(trust_key_record key, Token&& token = Token()) {
        return change_trust(token, [key = std::move(key)](transaction& changes) -> result<void> {
            if (auto good = read_trust_key(key); !good) return std::move(good).error();
            return changes.put(key);
        });
    }
    template <class Token = detail::default_token>
    auto forget_key(std::string key, Token&& token = Token()) {
        return change_trust(
            token, [key = std::move(key)](transaction& changes) { return changes.erase_trust_key(key); });
    }
    /// A key, or the tree of a version. What runs runs on; nothing of it is started any more.
    template <class Token = detail::default_token>
    auto revoke(revocation_record what, Token&& token = Token()) {
        return change_trust(token, [what = std::move(what)](transaction& changes) -> result<void> {
            if (auto good = check_revocation(what); !good) return good;
            return changes.put(what);
        });
    }
    template <class Token = detail::default_token>
    auto take_back_revocation(std::string what, Token&& token = Token()) {
        return change_trust(
            token, [what = std::move(what)](transaction& changes) { return changes.erase_revocation(what); });
    }

    // --- what would be, and what is received ---

    /// What an install or an update would do. Nothing changes; a staged file is gone afterwards.
    template <class Token = detail::default_token>
    auto plan(install_request request, Token&& token = Token()) {
        return begin<result<package_plan>>(
            token, [keeper = keeper_, request = std::move(request)](auto done) mutable {
                auto passing = std::make_shared<std::optional<passing_file>>();
                if (request.source.staged) passing->emplace(request.source.file);
                keeper->look_at(request.source, false,
                                [done = std::move(done), plan = std::move(request.plan), passing,
                                 keeper = keeper.get()](auto arrived) mutable {
                                    if (!arrived)
                                        return done(result<package_plan>(std::move(arrived).error()));
                                    done(keeper->plan(arriving(**arrived), plan).plan);
                                });
            });
    }
    /// The same for an update to a version that is here.
    template <class Token = detail::default_token>
    auto plan_update(package_request request, Token&& token = Token()) {
        return begin<result<package_plan>>(
            token, [keeper = keeper_, request = std::move(request)](auto done) mutable {
                using planned = result<package_plan>;
                const installed_package* const found = keeper->find(request.package);
                if (found == nullptr)
                    return done(planned(package_fault(package_code::unknown,
                                                      detail::join({request.package, " is not installed"}))));
                request.plan.aim = plan_aim::only_update;
                keeper->look_at_recorded(found->record.id, request.version,
                                         [done = std::move(done), plan = std::move(request.plan),
                                          keeper = keeper.get()](result<arriving_package> made) mutable {
                                             done(made ? planned(keeper->plan(*made, plan).plan)
                                                       : planned(std::move(made).error()));
                                         });
            });
    }
    /// A path for what is received, on the disk of the store, with room for so many bytes and their tree: package_source.
    template <class Token = detail::default_token>
    auto stage(std::uint64_t bytes, Token&& token = Token()) {
        return ask<result<std::string>>(token,
                                        [bytes](package_store& store) { return store.staging_file(bytes); });
    }

    // --- looking in ---

    /// What the records say, without what a view of it takes to be made. It holds until something changes.
    const installed_packages& installed() const noexcept { return keeper_->packages; }
    /// By its id or its name; null where it is not here.
    const installed_package* installed(std::string_view package) const { return keeper_->find(package); }
    /// By id.
    std::vector<package_view> list() const {
        std::vector<package_view> all;
        all.reserve(keeper_->packages.size());
        for (const auto& [id, package] : keeper_->packages)
            all.emplace_back(keeper_->view(package)).config_schema.reset();
        return all;
    }
    /// By its id or its name.
    std::optional<package_view> find(std::string_view package) const {
        const installed_package* const found = keeper_->find(package);
        if (found == nullptr) return std::nullopt;
        return keeper_->view(*found);
    }
    /// Of one that is here, the newest installation first.
    std::vector<package_version_view> versions(std::string_view package) const {
        std::vector<package_version_view> all;
        if (const installed_package* const found = keeper_->find(package))
            for (const version_record& one : keeper_->versions(found->record.id))
                all.emplace_back(view_of(one, found->record)).trust = keeper_->trust_of(one);
        return all;
    }
    /// What was set, and with it what the manifest gives; null where it is not here.
    std::optional<json> config(std::string_view package) const {
        const installed_package* const found = keeper_->find(package);
        if (found == nullptr) return std::nullopt;
        return with_defaults(found->manifest.default_config, found->record.config);
    }
    /// The changes of its version, the newest first. It may be gone by now: then by its id.
    template <class Token = detail::default_token>
    auto history(std::string_view package, std::int64_t most, Token&& token = Token()) {
        const installed_package* const found = keeper_->find(package);
        return ask<result<std::vector<package_change_view>>>(
            token,
            [id = found == nullptr ? std::string(package) : found->record.id,
             most](package_store& store) -> result<std::vector<package_change_view>> {
                auto rows = store.records().history(id, most);
                if (!rows) return std::move(rows).error();
                std::vector<package_change_view> all;
                for (const deployment_record& one : *rows) all.push_back(view_of(one));
                return all;
            });
    }
    /// What is under way, and what has ended lately; the newest first.
    std::vector<package_operation> operations() const { return keeper_->operations.list(); }
    std::optional<package_operation> operation(std::uint64_t number) const {
        const package_operation* const found = keeper_->operations.find(number);
        if (found == nullptr) return std::nullopt;
        return *found;
    }
    /// Each change of each operation.
    watch<package_operation> watch_operations(watch_settings<package_operation> settings = {}) {
        return {keeper_->host->where(), keeper_->operations.changes, std::move(settings)};
    }
    const package_options& options() const noexcept { return keeper_->options; }
    /// As the records have them. Who changes one there changes it here, once that is committed.
    std::vector<token_record>& access_tokens() noexcept { return keeper_->access_tokens; }

    /// How many operations have ended so, since this was opened.
    const detail::operation_table::counts& ended_operations() const noexcept {
        return keeper_->operations.ended();
    }
    std::size_t running_operations() const noexcept { return keeper_->operations.running(); }

    // --- the store ---

    template <class Token = detail::default_token>
    auto store(Token&& token = Token()) {
        return ask<result<package_store_view>>(token,
                                               [](package_store& store) { return detail::look_at(store); });
    }
    /// Looks at every file of every version.
    template <class Token = detail::default_token>
    auto check_store(std::string actor, Token&& token = Token()) {
        using found = result<std::vector<store_problem>>;
        return keep_house<found>(
            package_verb::check, std::move(actor), token,
            [](detail::package_keeper&, std::uint64_t) {
                return [](package_store& store) { return store.check(); };
            },
            [](detail::package_keeper&, found outcome) { return outcome; });
    }
    /// Makes anew what is lost and can be had again, and says so in sentences. What is enabled and does not run is started
    /// again. What was broken and is whole again is disabled.
    template <class Token = detail::default_token>
    auto repair_store(std::string actor, Token&& token = Token()) {
        using sentences = result<std::vector<std::string>>;
        using repaired = detail::repaired_store;
        return keep_house<sentences>(
            package_verb::repair, std::move(actor), token,
            [](detail::package_keeper&, std::uint64_t) {
                return [](package_store& store) -> result<repaired> {
                    auto done = store.repair(detail::wall_clock_ms());
                    if (!done) return std::move(done).error();
                    auto packages = store.records().packages();
                    if (!packages) return std::move(packages).error();
                    auto versions = store.records().versions();
                    if (!versions) return std::move(versions).error();
                    for (const package_record& one : *packages)
                        if (one.is_enabled())
                            if (auto made = store.make_data(one.id); !made)
                                done->push_back(detail::join({one.id, ": ", made.error().message}));
                    return repaired{*std::move(done), *std::move(packages), *std::move(versions)};
                };
            },
            [](detail::package_keeper& keeper, result<repaired> outcome) -> sentences {
                if (!outcome) return std::move(outcome).error();
                keeper.know_all(std::move(outcome->packages), outcome->versions);
                for (const std::string& name : keeper.start_repaired())
                    outcome->done.push_back(detail::join({name, ": it is enabled, and is started again"}));
                for (const std::string& one : outcome->done)
                    keeper.note(log_level::warn, detail::join({"packages: repair: ", one}));
                return std::move(outcome->done);
            });
    }
    /// Old versions go, of all packages that no operation is on, and what nobody records. Answers what the store is like then.
    template <class Token = detail::default_token>
    auto collect_store(std::string actor, Token&& token = Token()) {
        using collected = detail::collected_store;
        return keep_house<result<package_store_view>>(
            package_verb::collect, std::move(actor), token,
            [](detail::package_keeper& keeper, std::uint64_t number) {
                std::set<std::string, std::less<>> busy;
                for (const auto& [id, package] : keeper.packages)
                    if (!keeper.operations.hold(number, id)) busy.insert(id);
                return [busy = std::move(busy)](package_store& store) -> result<collected> {
                    if (auto good = store.collect({}, busy); !good) return std::move(good).error();
                    auto left = store.records().versions();
                    if (!left) return std::move(left).error();
                    auto view = detail::look_at(store);
                    if (!view) return std::move(view).error();
                    return collected{*std::move(view), *std::move(left)};
                };
            },
            [](detail::package_keeper& keeper, result<collected> outcome) -> result<package_store_view> {
                if (!outcome) return std::move(outcome).error();
                std::map<std::string, std::vector<version_record>> left;
                for (version_record& one : outcome->left) left[one.id].push_back(std::move(one));
                for (auto& [id, versions] : left) keeper.keep_versions(id, std::move(versions));
                return std::move(outcome->view);
            });
    }

    /// `job` with the store, on its thread, where it may block; what it returns comes back.
    template <class Result, class Token, class Job>
    auto ask(Token&& token, Job job) {
        return begin<Result>(token, [keeper = keeper_, job = std::move(job)](auto done) mutable {
            keeper->on_disk(std::move(job), std::move(done));
        });
    }

private:
    /// An operation on no package alone: what `prepare` makes is done on the store's thread, and `then` here, which says
    /// how it went.
    template <class Result, class Token, class Prepare, class Then>
    auto keep_house(package_verb verb, std::string actor, Token& token, Prepare prepare, Then then) {
        return begin<Result>(token, [keeper = keeper_, verb, actor = std::move(actor), prepare,
                                     then = std::move(then)](auto done) mutable {
            auto number = keeper->operations.begin(verb, actor, detail::wall_clock_ms());
            if (!number) return done(Result(std::move(number).error()));
            keeper->on_disk(prepare(*keeper, *number),
                            [keeper = keeper.get(), then = std::move(then),
                             ends = keeper->template ending<Result>(*number, std::move(done))](
                                auto outcome) mutable { ends(then(*keeper, std::move(outcome))); });
        });
    }

    template <class Token, class Change>
    auto change_trust(Token& token, Change change) {
        return begin<result<void>>(token, [keeper = keeper_, change = std::move(change)](auto done) mutable {
            using changed = result<detail::added_trust_rows>;
            keeper->on_disk(
                [change = std::move(change)](package_store& store) -> changed {
                    return detail::change_trust_rows(store, change);
                },
                [keeper = keeper.get(), done = std::move(done)](changed rows) mutable {
                    if (!rows) return done(result<void>(std::move(rows).error()));
                    done(keeper->trust_by(std::move(rows->keys), std::move(rows->revoked)));
                });
        });
    }

    explicit package_manager(std::shared_ptr<detail::package_keeper> keeper) : keeper_(std::move(keeper)) {}

    template <class Result, class Token, class Start>
    auto begin(Token& token, Start start) {
        return detail::begin_operation<Result>(
            keeper_->host->home(), token, [keeper = keeper_, start = std::move(start)](auto done) mutable {
                if (keeper->closed()) return done(Result(detail::no_packages_any_more()));
                start(std::move(done));
            });
    }
    template <auto Verb, class Request, class Token>
    auto run(package_verb verb, Request request, Token& token) {
        return begin<result<package_view>>(token, [keeper = keeper_, verb,
                                                   request = std::move(request)](auto done) mutable {
            auto made = std::make_shared<detail::package_run>(keeper, verb, request.actor, std::move(done));
            if (made->begin(request.begun)) ((*made).*Verb)(std::move(request));
        });
    }

    std::shared_ptr<detail::package_keeper> keeper_;
};

} // namespace tenon

#endif
