#ifndef TENON_PACKAGES_OPERATIONS_PACKAGE_RUN_HPP
#define TENON_PACKAGES_OPERATIONS_PACKAGE_RUN_HPP

// One operation on one package, from its number to its end: a chain of steps on the host's executor, with the disk between
// them. What holds for all of them:
//
// - What is known changes only after the records were committed.
// - A new version is active only once it was ready. Until then the deployment is under way in the records, and a host that
//   ends meanwhile has the version before.
// - Whatever happens, who asked is answered once.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/host/clocks.hpp>
#include <tenon/packages/operations/arrived_package.hpp>
#include <tenon/packages/operations/discovery.hpp>
#include <tenon/packages/operations/package_keeper.hpp>
#include <tenon/packages/operations/package_operation.hpp>
#include <tenon/packages/operations/package_request.hpp>
#include <tenon/packages/operations/package_view.hpp>
#include <tenon/packages/operations/staged_folder.hpp>
#include <tenon/packages/rules/package_configuration.hpp>
#include <tenon/packages/rules/package_needs.hpp>
#include <tenon/packages/rules/package_plan.hpp>
#include <tenon/packages/rules/version_history.hpp>
#include <tenon/packages/store/package_changes.hpp>
#include <tenon/rules/supervision/supervisor.hpp>
#include <tenon/rules/time_words.hpp>
#include <tenon/transport/asio.hpp>

#include <asio/steady_timer.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

/// So many changes of a package's version are looked at for the one before.
inline constexpr std::int64_t most_looked_back = 1'000;

class package_run : public std::enable_shared_from_this<package_run> {
public:
    using answer = unique_function<void(result<package_view>)>;

    package_run(std::shared_ptr<package_keeper> keeper, package_verb verb, std::string actor, answer done)
        : keeper_(std::move(keeper)), verb_(verb), actor_(std::move(actor)), answer_(std::move(done)) {}

    /// False: it is answered already.
    bool begin(const std::function<void(std::uint64_t)>& begun) {
        auto number = keeper_->operations.begin(verb_, actor_, wall_clock_ms());
        if (!number) {
            end(std::move(number).error());
            return false;
        }
        number_ = *number;
        if (begun) begun(number_);
        return true;
    }

    inline void install(install_request request);
    inline void register_folder(package_request request);
    inline void update(package_request request); // to a version that is here
    inline void rollback(package_request request);
    inline void uninstall(package_request request);
    inline void enable(package_request request);
    inline void disable(package_request request);
    inline void configure(package_request request);
    inline void pin(package_request request);
    inline void remove_version(package_request request);

private:
    // --- steps that several have ---

    inline void look_at(package_source source);
    inline void pack_folder(std::string path);
    inline void arrived(std::shared_ptr<arrived_package> package);
    inline void stored(version_record version);
    inline void first_version(version_record version);
    inline bool is_well(const package_record& of) const;
    /// Whether the version may become the active one; then after_ is the record for it. If not, this is answered.
    inline bool decide(const arriving_package& of, const plan_request& request);
    inline void go_to(const std::string& version, plan_aim aim, bool in_history);
    inline void change_version(version_record to);
    inline std::vector<version_record> with_next() const;
    inline void stop_before();
    inline void bring_up();
    inline void came_up();
    inline void settle_trial();
    inline void go_back(fault why);
    inline void settle(const fault& why, result<void> before);
    inline void erase();
    inline void stay(fault why);
    /// The active version of a package that was committed as enabled.
    inline void run_active();
    inline void ran(result<void> outcome);
    inline void run_anew();

    /// What goes on here after a job, unless this has ended meanwhile.
    template <class Next>
    auto then(Next next) {
        return [self = shared_from_this(), next = std::move(next)](auto outcome) mutable {
            if (self->answer_) next(*self, std::move(outcome));
        };
    }
    /// What is only gone on with where the outcome is good.
    template <class Next>
    static auto if_good(Next next) {
        return [next = std::move(next)](package_run& self, auto outcome) mutable {
            if (!outcome) return self.end(std::move(outcome).error());
            next(self, std::move(outcome));
        };
    }
    template <class Next>
    auto then_if_good(Next next) {
        return then(if_good(std::move(next)));
    }
    void step(package_step now) { keeper_->operations.step(number_, now); }
    inline bool claim(const std::string& id, const std::string& name);
    /// Whether what is asked for is here, and is this operation's from here on. If not, it is answered.
    inline bool take(package_request request);
    const installed_package& package() const { return *keeper_->with_id(id_); }
    /// Commits it and takes it over; then goes on. Its configuration is left as it is, which its plugin may have set
    /// meanwhile, unless it is what changes.
    enum class configuration { stays, changes };
    template <class Next>
    void commit(package_record record, std::vector<version_record> versions,
                std::vector<deployment_record> deployments, Next next,
                configuration its = configuration::stays);
    inline deployment_record deployment(std::string_view kind, std::string from, std::string to) const;
    /// Answers once, at the latest after the time that a new version may take.
    inline void start(const package_record& of, const version_record& version,
                      const package_manifest& manifest, package_keeper::done then);
    void start_active(package_keeper::done then) {
        const installed_package& of = package();
        start(of.record, *keeper_->version(id_, of.record.active), of.manifest, std::move(then));
    }
    void end(fault why) { end(package_outcome::failed, std::move(why)); }
    inline void give_up();
    inline void end(package_outcome outcome, fault why);
    inline std::string other_version() const;
    /// `message`: what is to be said of how it went, or nothing; and how it is logged.
    inline void end_well(package_view shown, std::string message = {}, log_level as = log_level::warn);
    void end_well(std::string message = {}, log_level as = log_level::warn) {
        end_well(keeper_->view(package()), std::move(message), as);
    }

    const std::shared_ptr<package_keeper> keeper_;
    const package_verb verb_;
    const std::string actor_;
    answer answer_;
    std::uint64_t number_ = 0;
    std::string id_;
    install_request install_ = {};
    package_request request_ = {};
    std::shared_ptr<arrived_package> package_ = {};
    std::optional<passing_file> passing_ = {};
    std::optional<version_record> unrecorded_ = {}; // it was put into the store, and nothing says so yet
    bool from_folder_ = false;                      // which is trusted: no key is asked
    // While a version takes the place of another.
    version_record next_ = {};
    package_manifest manifest_ = {}; // of it
    package_record after_ = {};      // the record once that has worked
    bool configured_ = false;        // its configuration came with what was asked for
    std::string left_ = {};          // why no update offers the version before again, or nothing
    deployment_record deployment_ = {};
};

// ---- what all do -------------------------------------------------------------------------------------------------------

inline bool package_run::take(package_request request) {
    request_ = std::move(request);
    const installed_package* const found = keeper_->find(request_.package);
    if (found == nullptr) {
        end(package_fault(package_code::unknown,
                          join({"\"", beginning_of(request_.package, longest_package_id),
                                "\" is no package that is installed"})));
        return false;
    }
    return claim(found->record.id, found->record.name);
}

inline bool package_run::claim(const std::string& id, const std::string& name) {
    if (auto mine = keeper_->operations.claim(number_, id); !mine) {
        end(std::move(mine).error());
        return false;
    }
    id_ = id;
    keeper_->operations.change(number_, [&](package_operation& of) { of.name = name; });
    return true;
}

template <class Next>
void package_run::commit(package_record record, std::vector<version_record> versions,
                         std::vector<deployment_record> deployments, Next next, configuration its) {
    const bool configured = its == configuration::changes;
    keeper_->write({.package = record,
                    .versions = versions,
                    .deployments = std::move(deployments),
                    .configured = configured},
                   then([record, versions, configured,
                         next = std::move(next)](package_run& self, result<std::int64_t> number) mutable {
                       if (number) {
                           self.unrecorded_.reset();
                           if (!configured) record.config = self.package().record.config;
                           self.keeper_->know(std::move(record), std::move(versions));
                       }
                       next(self, std::move(number));
                   }));
}

inline deployment_record package_run::deployment(std::string_view kind, std::string from,
                                                 std::string to) const {
    deployment_record made;
    made.id = id_;
    made.kind = kind;
    made.from_version = std::move(from);
    made.to_version = std::move(to);
    made.state = "done";
    made.actor = actor_;
    made.started_at = made.switched_at = made.ended_at = wall_clock_ms();
    return made;
}

/// What was put into the store for nothing goes, before anybody can bring it again.
inline void package_run::give_up() {
    if (!unrecorded_) return;
    keeper_->on_disk(
        [of = *std::exchange(unrecorded_, std::nullopt)](package_store& store) {
            return store.give_up(of.tree, of.archive);
        },
        [keeper = keeper_.get()](result<void> gone) {
            if (!gone)
                keeper->note(log_level::warn,
                             join({"packages: what was not installed goes later: ", gone.error().message}));
        });
}

inline void package_run::end(package_outcome outcome, fault why) {
    give_up();
    if (number_ != 0) {
        keeper_->operations.end(number_, outcome, &why, wall_clock_ms());
        keeper_->note(log_level::warn, join({"packages: ", words_of(verb_), id_.empty() ? "" : " of ", id_,
                                             " failed: ", why.message}));
    }
    if (auto told = std::exchange(answer_, nullptr)) told(std::move(why));
}

inline void package_run::end_well(package_view shown, std::string message, log_level as) {
    give_up(); // the same files in another archive
    const bool unpinned = verb_ == package_verb::pin && request_.version.empty();
    const bool of_another = verb_ == package_verb::pin || verb_ == package_verb::remove_version;
    keeper_->note(message.empty() ? log_level::info : as,
                  join({"packages: ", unpinned ? "end of the " : "", words_of(verb_), " of ", shown.id,
                        unpinned ? "" : " ", of_another ? request_.version : shown.version,
                        actor_.empty() ? "" : " by ", actor_, message.empty() ? "" : ": ", message}));
    if (!message.empty())
        keeper_->operations.change(number_, [&](package_operation& of) { of.message = std::move(message); });
    keeper_->operations.end(number_, package_outcome::done, nullptr, wall_clock_ms());
    shown.operation = 0;
    if (auto told = std::exchange(answer_, nullptr)) told(std::move(shown));
}

/// What an author forgets: the version has two places, and the plugin says its own.
inline std::string package_run::other_version() const {
    const installed_package& of = package();
    const version_record* const active = keeper_->version(id_, of.record.active);
    const auto status = keeper_->host->status_of(of.record.name);
    if (!status || status->version.empty() || status->version == of.record.active || active == nullptr ||
        active->trust == "folder")
        return {};
    return join({"the plugin says that it is version ", beginning_of(status->version, 64),
                 ", and its manifest says ", of.record.active});
}

inline void package_run::start(const package_record& of, const version_record& version,
                               const package_manifest& manifest, package_keeper::done then) {
    auto config = config_for(manifest, of.config);
    if (!config) return then(package_fault(package_code::config, std::move(config.error().message)));
    auto once = std::make_shared<package_keeper::done>(std::move(then));
    const auto answer_once = [once](result<void> outcome) {
        if (auto told = std::exchange(*once, nullptr)) told(std::move(outcome));
    };
    const milliseconds most = keeper_->options.load_timeout;
    const auto patience = std::make_shared<asio::steady_timer>(keeper_->host->where(), most);
    patience->async_wait([answer_once, most](const std::error_code& ended) {
        if (!ended) answer_once(fault{codes::timeout, join({"it was not ready after ", time_words(most)})});
    });
    keeper_->start(of, version, manifest, *std::move(config),
                   [self = shared_from_this(), answer_once, once, patience](result<void> outcome) {
                       patience->cancel();
                       if (!outcome) {
                           fault why = std::move(outcome).error();
                           why.message.resize(without_retry(why.message).size());
                           outcome = std::move(why);
                       }
                       // The host ends, and that says nothing about the version: the next one finds this under way.
                       if (outcome || outcome.error().code != codes::shutting_down || !*once)
                           return answer_once(std::move(outcome));
                       *once = nullptr;
                       self->end(std::move(outcome).error());
                   });
}

// ---- install and update ------------------------------------------------------------------------------------------------

inline void package_run::install(install_request request) {
    install_ = std::move(request);
    look_at(install_.source);
}

inline void package_run::look_at(package_source source) {
    if (source.staged) passing_.emplace(source.file);
    step(package_step::verifying);
    keeper_->look_at(std::move(source), from_folder_, then_if_good([](package_run& self, auto arrived) {
                         self.arrived(*std::move(arrived));
                     }));
}

inline void package_run::register_folder(package_request request) {
    request_ = std::move(request);
    install_.plan = request_.plan;
    keeper_->operations.change(number_, [&](package_operation& of) { of.name = request_.package; });
    keeper_->on_disk(
        [folder = request_.package,
         options = &keeper_->options](package_store&) -> result<discovered_folder> {
            return discover(options->plugin_dirs, options->builds.toml, options->missing_plugin_dirs)
                .usable(folder);
        },
        then_if_good([](package_run& self, auto found) {
            if (!found->manifest->build) return self.pack_folder(found->path);
            self.step(package_step::building);
            self.keeper_->build(found->path,
                                self.then_if_good([path = found->path](package_run& still, auto) {
                                    still.pack_folder(path);
                                }));
        }));
}

inline void package_run::pack_folder(std::string path) {
    step(package_step::verifying);
    keeper_->on_disk(
        [path = std::move(path), options = &keeper_->options](package_store& store) {
            return stage_folder(store, path, options->builds.trusted, options->builds.toml);
        },
        then_if_good([](package_run& self, auto staged) {
            self.from_folder_ = true;
            if (!staged->archive.empty())
                return self.look_at({.file = std::move(staged->archive), .origin = "folder", .staged = true});
            // The very same files are here.
            const package_manifest& manifest = staged->manifest;
            if (self.claim(manifest.id, manifest.name))
                self.go_to(manifest.version.text(), plan_aim::install, false);
        }));
}

inline void package_run::arrived(std::shared_ptr<arrived_package> package) {
    package_ = std::move(package);
    const package_manifest& manifest = package_->opened.manifest;
    const std::string version = manifest.version.text();
    const installed_package* const here = keeper_->with_id(manifest.id);
    if (!claim(manifest.id, here != nullptr ? here->record.name : manifest.name)) return;
    keeper_->operations.change(number_, [&](package_operation& of) { of.version = version; });
    if (!decide(arriving(*package_), install_.plan)) return;
    manifest_ = manifest;
    // Also where its files are here: one that was changed on the disk is made good.
    step(package_step::storing);
    keeper_->on_disk(
        [package = package_, limits = keeper_->options.limits, number = number_, keeper = keeper_.get(),
         weak = std::weak_ptr(keeper_)](package_store& store) {
            const auto& disk = keeper->disk();
            std::uint64_t told = 0;
            const auto progress = [&](std::uint64_t done, std::uint64_t all) {
                if (done - told >= all / 50 + 1 || done == all) {
                    told = done;
                    disk.tell([weak, number, done, all] {
                        if (const auto self = weak.lock())
                            self->operations.change(number, [&](package_operation& of) {
                                of.done_bytes = done;
                                of.all_bytes = all;
                            });
                    });
                }
                return !disk.stopping();
            };
            return put_arrived(store, *package, limits, progress, wall_clock_ms());
        },
        then_if_good([](package_run& self, auto put) {
            self.unrecorded_ = *put;
            self.stored(*std::move(put));
        }));
}

inline void package_run::stored(version_record version) {
    // While it was unpacked another package may have got its name, or one that it needs may have gone.
    if (!decide(arriving(*package_), install_.plan)) return;
    if (const version_record* const same = keeper_->version(id_, version.version))
        version.installed_at = same->installed_at;
    if (keeper_->with_id(id_) == nullptr) first_version(std::move(version));
    else change_version(std::move(version));
}

inline void package_run::first_version(version_record version) {
    package_record record = after_;
    record.state = install_.plan.enable ? package_state::enabled : package_state::installed;
    record.installed_at = record.updated_at = version.used_at = version.installed_at;
    auto row = deployment("install", {}, version.version);
    commit(std::move(record), {std::move(version)}, {std::move(row)}, if_good([](package_run& self, auto) {
               self.keeper_->left.erase(self.id_);
               if (!self.install_.plan.enable) return self.end_well();
               self.run_active();
           }),
           configuration::changes);
}

/// One that failed is known to the host still.
inline void package_run::run_anew() {
    keeper_->withdraw(package().record.name, then([](package_run& self, auto) { self.run_active(); }));
}

inline void package_run::run_active() {
    step(package_step::starting);
    keeper_->on_disk([id = id_](package_store& store) { return store.make_data(id); },
                     then([](package_run& self, result<void> made) {
                         if (!made) return self.ran(std::move(made));
                         self.start_active(self.then([](package_run& still, result<void> outcome) {
                             still.ran(std::move(outcome));
                         }));
                     }));
}

inline void package_run::ran(result<void> outcome) {
    if (outcome) return end_well(other_version());
    package_record record = package().record;
    record.problem = outcome.error().message;
    const bool enabling = verb_ == package_verb::enable;
    fault why = package_fault(
        package_code::start,
        join({record.name,
              enabling ? " is enabled, and did not come up: " : " did not come up: ", record.problem}));
    commit(std::move(record), keeper_->versions(id_), {}, [why, enabling](package_run& self, auto) {
        if (enabling) self.end(why); // running it is what was asked for
        else {
            self.keeper_->operations.change(
                self.number_, [](package_operation& of) { of.code = word_of(package_code::start); });
            self.end_well(why.message);
        }
    });
}

// ---- another version ---------------------------------------------------------------------------------------------------

/// One that does not run although it should is installed again when it is brought again.
inline bool package_run::is_well(const package_record& of) const {
    if (!of.is_enabled()) return of.state != package_state::broken;
    const auto now = keeper_->moment_of(of.name);
    return now && now->state != plugin_state::failed && now->state != plugin_state::backoff;
}

inline bool package_run::decide(const arriving_package& of, const plan_request& request) {
    package_decision decision = keeper_->plan(of, request);
    if (decision.refused) {
        end(*std::move(decision.refused));
        return false;
    }
    const installed_package* const here = keeper_->with_id(id_);
    if (decision.nothing_to_do && is_well(here->record)) {
        if (request.config.is_null())
            end_well(join({nothing_to_do, id_, " ", here->record.active, " is installed"}), log_level::info);
        else
            end(package_fault(
                package_code::exists,
                join({id_, " ", here->record.active, " is active already: `tenon-host plugins ",
                      here->record.name, " config JSON` configures it, over HTTP PUT /api/v1/plugins/",
                      here->record.name, "/config"})));
        return false;
    }
    after_ = std::move(decision.record);
    configured_ = !request.config.is_null();
    return true;
}

inline void package_run::change_version(version_record to) {
    const package_record now = package().record;
    next_ = std::move(to);
    after_.state = now.state == package_state::broken ? package_state::enabled : now.state;
    after_.problem.clear();
    after_.installed_at = now.installed_at;
    after_.updated_at = wall_clock_ms();
    deployment_ =
        deployment(verb_ == package_verb::rollback ? "rollback" : "update", now.active, next_.version);
    deployment_.reason = request_.reason;
    if (!after_.is_enabled()) return came_up();
    deployment_.state = "under way";
    deployment_.switched_at = deployment_.ended_at = 0;
    commit(now, with_next(), {deployment_}, if_good([](package_run& self, auto number) {
               self.deployment_.n = *number;
               self.stop_before();
           }));
}

/// All versions as they are once it is recorded, the newest first.
inline std::vector<version_record> package_run::with_next() const {
    auto versions = keeper_->versions(id_);
    for (version_record& one : versions)
        if (one.version == next_.version) {
            one = next_;
            return versions;
        }
    versions.insert(versions.begin(), next_);
    return versions;
}

inline void package_run::stop_before() {
    step(package_step::stopping);
    keeper_->withdraw(package().record.name, then_if_good([](package_run& self, auto) { self.bring_up(); }));
}

inline void package_run::bring_up() {
    step(package_step::starting);
    // The version before may have saved something until it ended.
    if (!configured_) after_.config = package().record.config;
    keeper_->trials.insert_or_assign(id_,
                                     package_keeper::trial{.manifest = manifest_, .config = after_.config});
    start(after_, next_, manifest_, then([](package_run& self, result<void> outcome) {
              if (outcome) self.came_up();
              else self.go_back(std::move(outcome).error());
          }));
}

inline void package_run::came_up() {
    deployment_.state = "done";
    deployment_.switched_at = deployment_.ended_at = next_.used_at = wall_clock_ms();
    next_.held.clear();
    const std::string before = deployment_.from_version;
    auto versions = with_next();
    for (version_record& one : versions)
        if (one.version == before && !left_.empty()) one.held = left_;
    if (const auto trial = keeper_->trials.find(id_); trial != keeper_->trials.end()) {
        after_.config = trial->second.config;
        trial->second.saved = false;
    }
    commit(
        after_, std::move(versions), {deployment_},
        [before](package_run& self, result<std::int64_t> number) {
            if (!number) {
                if (self.deployment_.n == 0) return self.end(std::move(number).error());
                return self.go_back(std::move(number).error());
            }
            self.settle_trial();
            if (const version_record* const old = self.keeper_->version(self.id_, before))
                self.keeper_->forget_image(old->tree);
            self.keeper_->collect(self.id_,
                                  [of = self.shared_from_this()] { of->end_well(of->other_version()); });
        },
        configuration::changes);
}

/// It is the active version from here on, and what its plugin has saved since is kept as any other's.
inline void package_run::settle_trial() {
    const auto trial = keeper_->trials.find(id_);
    if (trial == keeper_->trials.end()) return;
    const package_keeper::trial ended = std::move(trial->second);
    keeper_->trials.erase(trial);
    if (!ended.saved) return;
    if (auto kept = keeper_->keep_config(after_.name, ended.config); !kept)
        keeper_->note(log_level::error,
                      join({after_.name, ": its configuration could not be kept: ", kept.error().message}));
}

inline void package_run::go_back(fault why) {
    step(package_step::restoring);
    keeper_->forget_image(next_.tree);
    keeper_->withdraw(after_.name, then([why](package_run& self, auto) {
                          self.keeper_->trials.erase(self.id_);
                          self.start_active(self.then([why](package_run& still, result<void> back) {
                              still.settle(why, std::move(back));
                          }));
                      }));
}

inline void package_run::settle(const fault& why, result<void> before) {
    const std::string was = package().record.active;
    const bool broke_down = code_of(why) == package_code::disk;
    std::string told = join({after_.name, " ", next_.version, " did not come up: ", why.message});
    if (before) append(told, join({"; ", was, " runs again"}));
    else if (was != next_.version)
        append(told, join({"; ", was, " does not come up again either: ", before.error().message}));
    deployment_.state = "rolled_back";
    deployment_.reason = why.message;
    deployment_.ended_at = wall_clock_ms();
    package_record record = package().record;
    record.problem = before ? std::string() : before.error().message;
    auto versions = keeper_->versions(id_);
    for (version_record& one : versions)
        if (one.version == next_.version && !broke_down)
            one.held = join({"it did not come up: ", why.message});
    fault failed = package_fault(broke_down ? package_code::disk : package_code::start, std::move(told));
    commit(std::move(record), std::move(versions), {deployment_},
           [failed](package_run& self, auto) { self.end(package_outcome::rolled_back, failed); });
}

inline void package_run::update(package_request request) {
    if (!take(std::move(request))) return;
    go_to(request_.version, plan_aim::only_update, false);
}

inline void package_run::rollback(package_request request) {
    if (!take(std::move(request))) return;
    left_ = join({"rolled back", request_.reason.empty() ? "" : ": ", request_.reason});
    keeper_->on_disk(
        [id = id_](package_store& store) { return store.records().history(id, most_looked_back); },
        then_if_good([](package_run& self, auto history) {
            auto target = find_rollback(self.package().record, self.request_.version, *history,
                                        self.keeper_->versions(self.id_));
            if (!target) return self.end(std::move(target).error());
            self.go_to(target->version, plan_aim::rollback, target->in_history);
        }));
}

inline void package_run::go_to(const std::string& version, plan_aim aim, bool in_history) {
    keeper_->operations.change(number_, [&](package_operation& of) { of.version = version; });
    request_.plan.aim = aim;
    request_.plan.in_history = in_history;
    keeper_->look_at_recorded(id_, version, then_if_good([version](package_run& self, auto made) {
                                  if (!self.decide(*made, self.request_.plan)) return;
                                  self.manifest_ = std::move(made->manifest);
                                  self.change_version(*self.keeper_->version(self.id_, version));
                              }));
}

// ---- the others --------------------------------------------------------------------------------------------------------

inline void package_run::uninstall(package_request request) {
    if (!take(std::move(request))) return;
    if (auto good = judge_absence(id_, keeper_->packages); !good) return end(std::move(good).error());
    step(package_step::stopping);
    keeper_->withdraw(package().record.name, then_if_good([](package_run& self, auto) { self.erase(); }));
}

inline void package_run::erase() {
    // Somebody may have come to need it while it was stopped.
    if (auto good = judge_absence(id_, keeper_->packages); !good) return stay(std::move(good).error());
    package_view shown = keeper_->view(package());
    package_changes changes{.deployments = {deployment("uninstall", shown.version, {})},
                            .gone = id_,
                            .data = request_.keep_data ? package_data::stays : package_data::goes};
    keeper_->write(
        std::move(changes), then([shown](package_run& self, result<std::int64_t> number) {
            if (!number) return self.stay(std::move(number).error());
            package_keeper& keeper = *self.keeper_;
            for (const version_record& one : keeper.versions(self.id_)) keeper.forget_image(one.tree);
            const package_record& gone = self.package().record;
            if (self.request_.keep_data)
                keeper.left.insert_or_assign(gone.id, left_data_record{gone.id, gone.signers, gone.ratchet});
            keeper.forget(self.id_);
            self.end_well(shown);
        }));
}

/// It is recorded still, so it runs.
inline void package_run::stay(fault why) {
    if (package().record.is_enabled()) keeper_->start_again(id_);
    end(std::move(why));
}

inline void package_run::enable(package_request request) {
    if (!take(std::move(request))) return;
    const installed_package& of = package();
    package_record record = of.record;
    if (record.state == package_state::broken)
        return end(
            package_fault(package_code::unverified, join({record.name, " is broken: ", record.problem})));
    const auto now = keeper_->moment_of(record.name);
    if (record.is_enabled() && now && now->state == plugin_state::ready) return end_well();
    if (auto good = judge_enable(of.manifest, keeper_->packages); !good) return end(std::move(good).error());
    record.state = package_state::enabled;
    record.problem.clear();
    commit(std::move(record), keeper_->versions(id_), {},
           if_good([](package_run& self, auto) { self.run_anew(); }));
}

inline void package_run::disable(package_request request) {
    if (!take(std::move(request))) return;
    if (auto good = judge_absence(id_, keeper_->packages); !good) return end(std::move(good).error());
    package_record record = package().record;
    if (record.is_enabled()) record.state = package_state::disabled;
    commit(std::move(record), keeper_->versions(id_), {}, if_good([](package_run& self, auto) {
               self.step(package_step::stopping);
               self.keeper_->withdraw(self.package().record.name,
                                      self.then_if_good([](package_run& still, auto) { still.end_well(); }));
           }));
}

inline void package_run::configure(package_request request) {
    if (!take(std::move(request))) return;
    auto whole = config_for(package().manifest, request_.config);
    if (!whole) return end(package_fault(package_code::config, std::move(whole.error().message)));
    const auto keep = [](package_run& self, result<void> taken) {
        if (!taken) return self.end(package_fault(package_code::config, std::move(taken.error().message)));
        package_record record = self.package().record;
        record.config = self.request_.config;
        record.problem.clear();
        record.updated_at = wall_clock_ms();
        self.commit(std::move(record), self.keeper_->versions(self.id_), {},
                    if_good([](package_run& still, auto) {
                        // It may be what it waited for.
                        const package_record& now = still.package().record;
                        if (!now.is_enabled() || still.is_well(now)) still.end_well();
                        else still.run_anew();
                    }),
                    configuration::changes);
    };
    const std::string& name = package().record.name;
    if (!keeper_->moment_of(name)) return keep(*this, {});
    keeper_->host->configure(name, *std::move(whole), then(keep));
}

inline void package_run::pin(package_request request) {
    if (!take(std::move(request))) return;
    if (!request_.version.empty() && keeper_->version(id_, request_.version) == nullptr)
        return end(package_fault(package_code::unknown, join({id_, " ", request_.version, " is not here"})));
    package_record record = package().record;
    record.pinned = request_.version;
    commit(std::move(record), keeper_->versions(id_), {},
           if_good([](package_run& self, auto) { self.end_well(); }));
}

inline void package_run::remove_version(package_request request) {
    if (!take(std::move(request))) return;
    const package_record& record = package().record;
    const version_record* const going = keeper_->version(id_, request_.version);
    const auto refused = [&](package_code code, std::string_view why) {
        end(package_fault(code, join({id_, " ", request_.version, why})));
    };
    if (going == nullptr) return refused(package_code::unknown, " is not here");
    if (going->version == record.active) return refused(package_code::needed, " is the active version");
    if (going->version == record.pinned) return refused(package_code::needed, " is pinned");
    package_changes changes{.gone_version_of = id_, .gone_version = request_.version};
    keeper_->write(std::move(changes), then_if_good([tree = going->tree](package_run& self, auto) {
                       auto left = self.keeper_->versions(self.id_);
                       std::erase_if(left, [&](const version_record& one) {
                           return one.version == self.request_.version;
                       });
                       self.keeper_->know(self.package().record, std::move(left));
                       self.keeper_->forget_image(tree);
                       self.end_well();
                   }));
}

} // namespace tenon::detail

#endif
