#ifndef TENON_PACKAGES_STORE_PACKAGE_STORE_HPP
#define TENON_PACKAGES_STORE_PACKAGE_STORE_HPP

// Where the packages of one host are kept:
//
//     lock                  one host has it
//     packages.db           the records, which alone decide (records_file.hpp)
//     packages.json         their last good copy: what is known where packages.db is lost
//     archives/sha256/HEX   as they were received
//     trees/HEX/...         unpacked, named by the digest of FILES, never changed again (system_tree.hpp)
//     staging/...           being unpacked or being erased; what a start finds there goes
//     data/ID/              each package's own, which survives its updates
//
// A change is a tree that was put, then one transaction, then committed(). Killed in between, the next open() finds the
// old state or the new one, and what neither of them records goes. What goes is moved to staging in one step, and erased
// from the disk bit by bit: erase_some(), whenever there is nothing else to do. Where the records cannot be trusted, the store is
// degraded: packages are what packages.json says, nothing can be changed, and nothing whatsoever is erased, until
// repair() was asked for. An emptied packages.db is a good, empty one to SQLite, and would have every tree erased.
//
// Used by one thread at a time. It blocks: on the disk, and while it hashes.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/value.hpp>
#include <tenon/packages/format/byte_source.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/opened_package.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_files.hpp>
#include <tenon/packages/format/zip_reader.hpp>
#include <tenon/packages/store/records.hpp>
#include <tenon/packages/store/records_file.hpp>
#include <tenon/packages/store/system_store_folder.hpp>
#include <tenon/packages/store/system_tree.hpp>

#include <algorithm>
#include <cstddef>
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

struct store_options {
    std::string folder;                            // a whole path
    std::uint64_t quota = std::uint64_t{10} << 30; // of trees and archives together
    bool keep_archives = true;
    std::uint64_t archive_bytes = 100'000'000; // the largest that is received
    std::size_t kept_versions = 3;             // the last used ones, beside those that are active or pinned
};

/// What check() of a store found about one version.
struct store_problem {
    std::string id, version;
    digest tree;
    std::string problem;
};

namespace detail {
struct kept_records;
}

class package_store {
public:
    /// The fault's code is `busy` where another host has the store: end with exit code 69 then.
    inline static result<std::unique_ptr<package_store>> open(const store_options& options,
                                                              std::int64_t now_ms);

    bool degraded() const noexcept { return !degraded_.empty(); }
    /// Sentences about what open() found, for the log.
    const std::vector<std::string>& notes() const noexcept { return notes_; }
    records_file& records() noexcept { return *records_; }
    const store_options& options() const noexcept { return options_; }
    /// Of recorded trees and of archives.
    inline result<std::uint64_t> bytes();

    /// Makes a tree of what FILES lists, hashing while writing. Nothing but staging is touched before all of it is on the
    /// disk. One that is there already is as good.
    inline result<void> put(const tree_content& content, const tree_bytes& bytes,
                            const put_progress& progress = {});
    inline result<void> put(const tree_content& content, const zip_reader& archive,
                            const put_progress& progress = {});
    inline result<void> put(const opened_package& package, const zip_reader& archive,
                            const put_progress& progress = {});
    /// Every file by mode, size and bytes, and nothing beside them.
    result<package_files> check(const digest& tree) const { return check_tree(tree_path(tree), tree); }
    std::string tree_path(const digest& tree) const { return detail::join({path_, "/trees/", tree.text()}); }
    /// One that is not recorded any more.
    inline result<void> erase_tree(const digest& tree);

    /// Keeps an archive, and says under which digest. A file of staging_file() is taken as it is, any other is copied. Where
    /// archives are not kept the file goes, and its digest is said all the same.
    inline result<digest> put_archive(byte_source& archive);
    inline result<digest> take_archive(const std::string& staging_file);
    std::string archive_path(const digest& archive) const {
        return detail::join({path_, "/archives/sha256/", archive.text()});
    }

    /// What was put and is not recorded after all goes. Where its commit failed it may be on the disk all the same: then it goes
    /// with the next commit, after which it is sure that it is not.
    inline result<void> give_up(const digest& tree, const std::optional<digest>& archive);

    /// Where the package keeps what is its own. make_data() makes it where it is not there: before a start, and not before
    /// the package is recorded. Data without a package is what somebody wanted to keep.
    std::string data_path(std::string_view id) const { return detail::join({path_, "/data/", id}); }
    inline result<void> make_data(std::string_view id);

    /// A new path for what is received, on the disk of the store. There has to be room for it and for its tree.
    inline result<std::string> staging_file(std::uint64_t bytes);
    result<std::string> staging_file() { return staging_file(options_.archive_bytes); }
    /// The same, with these bytes in it.
    inline result<std::string> stage(byte_source& archive);

    /// After each commit that changed packages: packages.json is made anew. A fault does not take the commit back.
    inline result<void> committed();
    /// Trees, archives and data go that nobody records any more. After a commit that removed something.
    inline result<void> sweep();
    /// Erases a bit of what went. False: nothing is left of it. The fault says, at the end, what stays for the next start.
    inline result<bool> erase_some();
    /// All of it: it may take as long as the disk takes.
    inline result<void> erase_all();
    /// Forgets the versions of one package, or of all where there is no id, that are neither active nor pinned nor among
    /// the last used, and sweeps. Those that are `busy` keep theirs: somebody has them in its hands.
    inline result<void> collect(std::string_view id = {},
                                const std::set<std::string, std::less<>>& busy = {});

    /// Looks at the whole of each recorded tree, and at the records.
    inline result<std::vector<store_problem>> check();
    /// Makes the records anew where they are lost, and trees from their archives. Sentences about what was done. What
    /// packages.json says is enabled stays so; what was recorded as broken and is whole again is disabled.
    inline result<std::vector<std::string>> repair(std::int64_t now_ms);

private:
    package_store() = default;

    inline result<void> open_folders();
    inline result<void> open_records(std::int64_t now_ms);
    inline void degrade(std::string why);
    inline result<void> keep_revoked(const detail::kept_records& kept);
    inline bool is_repairable() const;
    inline result<void> count_archives();
    inline result<void> recover(bool collecting, std::int64_t now_ms);
    inline result<void> mark_broken(std::int64_t now_ms);
    inline result<void> room_within_quota(std::uint64_t more);
    inline result<void> move_out(int folder, const std::string& name);
    inline bool makes_room(const fault& why);
    inline result<void> make_records_anew(std::int64_t now_ms, std::vector<std::string>& done);
    inline result<void> put_from_archive(const version_record& version);
    inline std::map<digest, digest> archives_by_tree();
    /// Its bytes are those of its name.
    template <class Then>
    result<void> with_archive(const digest& archive, Then then);
    inline result<void> changeable() const;

    store_options options_;
    std::string path_;
    detail::descriptor folder_, lock_, staging_, trees_, archives_, data_;
    std::unique_ptr<records_file> records_;
    std::string degraded_; // why
    bool read_only_ = false;
    std::vector<std::string> notes_;
    std::string copied_;        // what packages.json holds
    detail::erasing going_{-1}; // in staging
    std::set<digest> fresh_;    // put here, and perhaps not recorded yet: not swept
    std::set<digest> given_up_; // of those: with the next commit they are swept, too
    std::uint64_t archive_bytes_ = 0;
};

namespace detail {

// ---- packages.json -----------------------------------------------------------------------------------------------------

struct kept_version {
    std::string version, tree;
    std::optional<std::string> archive;
    std::uint64_t size = 0, files = 0;
    std::string trust;
    std::vector<std::string> signers;
    json origin;
    std::string held;
    std::int64_t installed_at = 0, used_at = 0;
};
struct kept_package {
    std::string id, name;
    package_state state = package_state::installed;
    std::string active, pinned, ratchet;
    std::vector<std::string> granted, signers;
    json config;
    std::string problem;
    std::int64_t installed_at = 0, updated_at = 0;
    std::vector<kept_version> versions;
};
struct kept_trust {
    std::vector<trust_key_record> keys;
    std::vector<revocation_record> revoked;
};
struct kept_records {
    int format = 1;
    std::string store;
    std::uint64_t commits = 0;
    std::optional<kept_trust> trust;                        // where something was added to what is configured
    std::optional<std::vector<left_data_record>> left = {}; // data that was kept, and who comes by it
    std::vector<kept_package> packages;
};

inline constexpr std::size_t longest_kept_records = std::size_t{64} << 20;

/// A line for each package: a person looks at it, and compares two of them.
inline result<std::string> kept_text(records_file& records) {
    auto packages = records.packages();
    if (!packages) return std::move(packages).error();
    auto versions = records.versions();
    if (!versions) return std::move(versions).error();
    auto commits = records.commits();
    if (!commits) return std::move(commits).error();
    auto keys = records.trust_keys();
    if (!keys) return std::move(keys).error();
    auto revoked = records.revocations();
    if (!revoked) return std::move(revoked).error();
    auto left = records.left_data();
    if (!left) return std::move(left).error();
    std::string text =
        join({R"({"format":1,"store":)", to_json(records.store()), R"(,"commits":)", digits(*commits)});
    if (!keys->empty() || !revoked->empty())
        append(text, join({",\n\"trust\":", to_json(kept_trust{*std::move(keys), *std::move(revoked)})}));
    if (!left->empty()) append(text, join({",\n\"left\":", to_json(*left)}));
    append(text, R"(,"packages":[)");
    for (package_record& one : *packages) {
        kept_package kept{one.id,           one.name,       one.state,   one.active, one.pinned,
                          one.ratchet,      one.granted,    one.signers, one.config, one.problem,
                          one.installed_at, one.updated_at, {}};
        for (const version_record& version : versions_of(*versions, one.id))
            kept.versions.push_back({version.version, version.tree.text(),
                                     version.archive ? std::optional(version.archive->text()) : std::nullopt,
                                     version.size, version.files, version.trust, version.signers,
                                     version.origin, version.held, version.installed_at, version.used_at});
        append(text, text.back() == '[' ? "\n" : ",\n");
        append(text, to_json(kept));
    }
    append(text, packages->empty() ? "]}\n" : "\n]}\n");
    return text;
}

inline result<kept_records> read_kept(std::string_view text) {
    auto kept = from_json<kept_records>(text);
    if (!kept) return kept;
    if (kept->format != 1 || kept->store.empty())
        return fault{codes::invalid_params, "it is no copy of records that this host knows"};
    for (const left_data_record& one : kept->left.value_or(std::vector<left_data_record>()))
        if (const auto flaw = flaw_of_package_id(one.id); !flaw.empty())
            return fault{codes::invalid_params, join({"\"", one.id, "\": ", flaw})};
    for (const kept_package& package : kept->packages) {
        if (const auto flaw = flaw_of_package_id(package.id); !flaw.empty())
            return fault{codes::invalid_params, join({"\"", package.id, "\": ", flaw})};
        for (const kept_version& version : package.versions)
            if (!read_digest(version.tree) || (version.archive && !read_digest(*version.archive)))
                return fault{codes::invalid_params, join({"\"", package.id, "\" has a digest that is none"})};
    }
    return kept;
}

inline package_record package_of(const kept_package& kept) {
    return {kept.id,      kept.name,    kept.state,  kept.active,  kept.pinned,       kept.ratchet,
            kept.granted, kept.signers, kept.config, kept.problem, kept.installed_at, kept.updated_at};
}

inline version_record version_of(const std::string& id, const kept_version& kept) {
    version_record version;
    version.id = id;
    version.version = kept.version;
    if (const auto tree = read_digest(kept.tree)) version.tree = *tree;
    if (kept.archive) version.archive = read_digest(*kept.archive);
    version.size = kept.size;
    version.files = kept.files;
    version.trust = kept.trust;
    version.signers = kept.signers;
    version.origin = kept.origin;
    version.held = kept.held;
    version.installed_at = kept.installed_at;
    version.used_at = kept.used_at;
    return version;
}

/// What belongs to no package that is here.
inline result<void> put_others(transaction& changes, const kept_records& kept) {
    for (const left_data_record& one : kept.left.value_or(std::vector<left_data_record>()))
        if (auto good = changes.put(one); !good) return good;
    if (!kept.trust) return {};
    for (const trust_key_record& key : kept.trust->keys)
        if (auto good = changes.put(key); !good) return good;
    for (const revocation_record& revocation : kept.trust->revoked)
        if (auto good = changes.put(revocation); !good) return good;
    return {};
}

/// What the tree says of itself, or null.
inline json manifest_in(int trees, const digest& tree) {
    for (const std::string_view name : {"/plugin.json", "/manifest.json"}) {
        auto text = read_file(trees, tree.text() + std::string(name), std::size_t{256} << 10);
        auto read = text ? json::parse(*text) : result<json>(fault{});
        if (read) return *std::move(read);
    }
    return {};
}

} // namespace detail

// ---- Opening -----------------------------------------------------------------------------------------------------------

inline result<std::unique_ptr<package_store>> package_store::open(const store_options& options,
                                                                  std::int64_t now_ms) {
    std::unique_ptr<package_store> store(new package_store);
    store->options_ = options;
    auto path = detail::make_store_folder(options.folder);
    if (!path) return std::move(path).error();
    store->path_ = *std::move(path);
    if (auto good = store->open_folders(); !good) return std::move(good).error();
    if (auto good = store->open_records(now_ms); !good) return std::move(good).error();
    return store;
}

inline result<void> package_store::open_folders() {
    using namespace detail;
    bool were_others_in = false;
    auto folder = open_store_folder(path_, were_others_in);
    if (!folder) return std::move(folder).error();
    folder_ = *std::move(folder);
    if (were_others_in)
        notes_.push_back(join({"others could write into ", path_, " until now: look at what it has"}));
    if (const auto network = network_below(folder_.get()); !network.empty())
        return package_fault(package_code::disk,
                             join({"the store ", path_, " is on a network file system (", network,
                                   "), where a lock may be taken twice: keep it on a disk of this machine"}));
    auto lock = lock_store(folder_.get(), path_);
    if (!lock) return std::move(lock).error();
    lock_ = *std::move(lock);
    std::string failing;
    const auto opened = [&](int parent, const std::string& name, descriptor& into) {
        read_only_ = !make_folder(parent, name) || read_only_;
        into = open_folder(parent, name);
        if (!into) failing = name;
        return static_cast<bool>(into);
    };
    descriptor archives;
    if (!opened(folder_.get(), "staging", staging_) || !opened(folder_.get(), "trees", trees_) ||
        !opened(folder_.get(), "archives", archives) || !opened(archives.get(), "sha256", archives_) ||
        !opened(folder_.get(), "data", data_))
        return disk_fault(join({path_, ": ", failing}));
    if (!read_only_)
        for (const int each : {folder_.get(), archives_.get()})
            if (auto good = close_to_others(each); !good) return good;
    going_ = erasing(staging_.get());
    return sync_folder(folder_.get(), path_);
}

inline result<void> package_store::open_records(std::int64_t now_ms) {
    using namespace detail;
    auto trees = names_in(trees_.get());
    if (!trees) return std::move(trees).error();
    std::optional<kept_records> kept;
    if (is_there(folder_.get(), "packages.json")) {
        auto text = read_file(folder_.get(), "packages.json", longest_kept_records);
        auto read = text ? read_kept(*text) : result<kept_records>(text.error());
        if (read) {
            kept = *std::move(read);
            copied_ = *std::move(text);
        } else {
            notes_.push_back(join({"packages.json cannot be read: ", read.error().message}));
        }
    }
    if (read_only_ || !is_writable(folder_.get())) {
        read_only_ = true;
        return degrade("its folder cannot be written"), result<void>();
    }
    const auto anew = random_name();
    if (!anew) return anew.error();
    const bool something =
        !trees->empty() || (kept && (!kept->packages.empty() || kept->left || kept->trust));
    if (!something) make_file(folder_.get(), "packages.db");
    auto records =
        records_file::open(path_ + "/packages.db", something ? std::string_view() : std::string_view(*anew));
    if (!records) return degrade(records.error().message), result<void>();
    records_ = *std::move(records);

    auto text = kept_text(*records_);
    auto commits = records_->commits();
    if (!text || !commits)
        return degrade(!text ? text.error().message : commits.error().message), result<void>();
    const bool empty = text->ends_with("[]}\n");
    bool collecting = true;
    if (kept && kept->store != records_->store()) {
        if (something)
            return degrade("packages.db is not that of packages.json, but another store's"), result<void>();
    } else if (kept && *commits == kept->commits && *text != copied_) {
        if (empty) return degrade("packages.db was emptied, and packages.json was not"), result<void>();
        collecting = false;
        notes_.push_back(
            "packages.db and packages.json differ, though one is the copy of the other; packages.db counts, "
            "and nothing was erased");
    } else if (kept && *commits < kept->commits) {
        collecting = false;
        notes_.push_back("packages.db is older than packages.json, as after a backup was put back; "
                         "packages.db counts, and "
                         "nothing was erased");
        if (auto good = keep_revoked(*kept); !good) return good;
    } else if (!kept && empty && !trees->empty()) {
        return degrade("packages.db lists nothing, there are packages beside it, and no packages.json says "
                       "which"),
               result<void>();
    }
    return recover(collecting, now_ms);
}

/// What was revoked stays so, also where older records are put back that do not know it.
inline result<void> package_store::keep_revoked(const detail::kept_records& kept) {
    if (!kept.trust || kept.trust->revoked.empty()) return {};
    auto changes = records_->begin();
    if (!changes) return std::move(changes).error();
    for (const revocation_record& one : kept.trust->revoked)
        if (auto good = changes->put(one); !good) return good;
    return changes->commit();
}

/// What can be known without the records. Nobody can change anything, so nothing that is on the disk goes.
inline void package_store::degrade(std::string why) {
    using namespace detail;
    degraded_ = join({"the store ", path_, " cannot be changed: ", why});
    if (is_repairable()) append(degraded_, "; `tenon-host store repair` makes the records anew");
    auto kept = copied_.empty() ? result<kept_records>(fault{}) : read_kept(copied_);
    notes_.push_back(
        join({degraded_, kept ? ". Packages are what packages.json says, and nothing was erased"
                              : ". Nothing says which packages are here, and nothing was erased"}));
    auto records = records_file::in_memory(kept ? kept->store : "degraded");
    TENON_ASSERT(records);
    records_ = *std::move(records);
    if (kept) {
        auto changes = records_->begin();
        TENON_ASSERT(changes);
        const auto filled = [&]() -> result<void> {
            if (auto good = put_others(*changes, *kept); !good) return good;
            for (const kept_package& one : kept->packages) {
                package_record package = package_of(one);
                bool there = false;
                for (const kept_version& each : one.versions) {
                    version_record version = version_of(one.id, each);
                    version.manifest = manifest_in(trees_.get(), version.tree);
                    if (each.version == one.active) there = is_there(trees_.get(), each.tree);
                    if (auto good = changes->put(version); !good) return good;
                }
                if (!one.active.empty() && !there) {
                    package.state = package_state::broken;
                    package.problem = "its files are gone";
                }
                if (auto good = changes->put(package); !good) return good;
            }
            return changes->commit();
        };
        if (auto good = filled(); !good)
            notes_.push_back(join({"packages.json cannot be followed: ", good.error().message}));
    }
    records_->freeze(degraded_);
}

/// Records of a newer tenon are not lost, and those that cannot be read for want of a right neither.
inline bool package_store::is_repairable() const {
    return !read_only_ && degraded_.find("a newer tenon") == std::string::npos;
}

inline result<void> package_store::changeable() const {
    if (degraded_.empty()) return {};
    return package_fault(package_code::disk, degraded_);
}

/// After a crash, or after none: what is in staging goes, and what nobody records, and a package that lost its files
/// says so.
inline result<void> package_store::recover(bool collecting, std::int64_t now_ms) {
    using namespace detail;
    auto staged = names_in(staging_.get());
    if (!staged) return std::move(staged).error();
    for (std::string& name : *staged) going_.add(std::move(name));
    if (auto good = count_archives(); !good) return good;
    if (collecting)
        if (auto good = sweep(); !good)
            notes_.push_back(join({"not all could be erased: ", good.error().message}));
    if (auto good = mark_broken(now_ms); !good) notes_.push_back(good.error().message);
    // A store that is new has to be able to write it: what tells an emptied packages.db from a new one is in it.
    const bool first = copied_.empty();
    if (!collecting) return {};
    auto good = committed();
    if (!good && first) return good;
    if (!good) notes_.push_back(good.error().message);
    return {};
}

inline result<void> package_store::count_archives() {
    auto archives = detail::names_in(archives_.get());
    if (!archives) return std::move(archives).error();
    archive_bytes_ = 0;
    for (const std::string& name : *archives) archive_bytes_ += detail::bytes_of(archives_.get(), name);
    return {};
}

inline result<void> package_store::mark_broken(std::int64_t now_ms) {
    using namespace detail;
    auto packages = records_->packages();
    if (!packages) return std::move(packages).error();
    auto versions = records_->versions();
    if (!versions) return std::move(versions).error();
    std::vector<package_record> broken;
    for (package_record& package : *packages)
        for (const version_record& version : versions_of(*versions, package.id)) {
            if (is_there(trees_.get(), version.tree.text())) continue;
            notes_.push_back(join({package.id, " ", version.version, ": its files are gone"}));
            if (version.version != package.active || package.state == package_state::broken) continue;
            package.state = package_state::broken;
            package.problem =
                "its files are gone: repair the store (`tenon-host store repair`), or install it again";
            package.updated_at = now_ms;
            broken.push_back(package);
        }
    if (broken.empty()) return {};
    auto changes = records_->begin();
    if (!changes) return std::move(changes).error();
    for (const package_record& package : broken)
        if (auto good = changes->put(package); !good) return good;
    return changes->commit();
}

// ---- Putting -----------------------------------------------------------------------------------------------------------

inline result<std::uint64_t> package_store::bytes() {
    auto versions = records_->versions();
    if (!versions) return std::move(versions).error();
    std::map<digest, std::uint64_t> trees;
    for (const version_record& version : *versions) trees[version.tree] = version.size;
    std::uint64_t all = archive_bytes_;
    for (const auto& [tree, size] : trees) all += size;
    return all;
}

inline result<void> package_store::room_within_quota(std::uint64_t more) {
    using namespace detail;
    auto used = bytes();
    if (!used) return std::move(used).error();
    if (*used <= options_.quota && more <= options_.quota - *used) return {};
    return package_fault(
        package_code::disk,
        join({"the store has ", digits(*used), " bytes of at most ", digits(options_.quota), ", and ",
              digits(more), " more were needed: remove packages or versions, or raise the quota"}));
}

inline result<void> package_store::put(const tree_content& content, const tree_bytes& bytes,
                                       const put_progress& progress) {
    if (auto good = changeable(); !good) return good;
    if (auto good = room_within_quota(content.files.bytes()); !good) return good;
    const auto unpacked = [&] {
        return detail::put_tree(staging_.get(), going_, trees_.get(), path_ + "/trees", content, bytes,
                                progress);
    };
    const bool something_goes = !going_.done();
    auto good = unpacked();
    if (!good && something_goes && makes_room(good.error())) good = unpacked();
    if (!good) return good;
    // One that is recorded already is not waiting for its commit: it was made good again.
    auto recorded = records_->version_with(content.tree);
    if (!recorded) return std::move(recorded).error();
    if (!*recorded) fresh_.insert(content.tree);
    given_up_.erase(content.tree);
    return {};
}

inline result<void> package_store::put(const tree_content& content, const zip_reader& archive,
                                       const put_progress& progress) {
    const auto unpacked = [&](const package_file& file, const zip_reader::sink& to) -> result<void> {
        const zip_entry* const entry = archive.find(file.path);
        if (entry == nullptr)
            return package_fault(
                package_code::hostile,
                detail::join({"archive: \"", file.path, "\": FILES lists it, and it is not there"}));
        return archive.unpack(*entry, to);
    };
    return put(content, unpacked, progress);
}

inline result<void> package_store::put(const opened_package& package, const zip_reader& archive,
                                       const put_progress& progress) {
    tree_content content{package.files, package.files_text, package.tree};
    for (std::size_t at = 0; at < package.signatures.size(); ++at)
        content.signatures.emplace_back(
            detail::join({signatures_folder, package.signatures[at].key_id(), ".minisig"}),
            package.signature_texts[at]);
    return put(content, archive, progress);
}

inline result<void> package_store::erase_tree(const digest& tree) {
    if (auto good = changeable(); !good) return good;
    auto recorded = records_->version_with(tree);
    if (!recorded) return std::move(recorded).error();
    if (*recorded)
        return package_fault(package_code::needed, detail::join({"the files of ", (*recorded)->id, " ",
                                                                 (*recorded)->version, " are recorded"}));
    fresh_.erase(tree);
    return move_out(trees_.get(), tree.text());
}

inline result<std::string> package_store::staging_file(std::uint64_t bytes) {
    if (auto good = changeable(); !good) return std::move(good).error();
    const auto asked = [&] { return detail::ask_for_room(staging_.get(), 2 * bytes); };
    auto room = asked();
    if (!room && makes_room(room.error())) room = asked();
    if (!room) return std::move(room).error();
    auto name = detail::random_name();
    if (!name) return std::move(name).error();
    return detail::join({path_, "/staging/", *name});
}

inline result<std::string> package_store::stage(byte_source& archive) {
    auto path = staging_file(archive.size());
    if (!path) return path;
    const std::string name = path->substr(path->rfind('/') + 1);
    if (auto good = detail::write_file(staging_.get(), name, archive); !good) {
        static_cast<void>(detail::erase_by_way_of(staging_.get(), staging_.get(), name));
        return std::move(good).error();
    }
    return path;
}

inline result<digest> package_store::put_archive(byte_source& archive) {
    auto path = stage(archive);
    if (!path) return std::move(path).error();
    return take_archive(*path);
}

inline result<digest> package_store::take_archive(const std::string& staging_file) {
    using namespace detail;
    if (auto good = changeable(); !good) return std::move(good).error();
    const std::string within = path_ + "/staging/";
    const std::string name =
        staging_file.starts_with(within) ? staging_file.substr(within.size()) : std::string();
    if (name.empty() || name.find('/') != std::string::npos)
        return fault{codes::internal_error, join({staging_file, ": it is no file of the store's staging"})};
    const auto taken = [&]() -> result<digest> {
        auto file = file_source::open(staging_file);
        if (!file) return std::move(file).error();
        auto digested = digest_of_source(*file);
        if (digested) given_up_.erase(*digested);
        if (!digested || !options_.keep_archives || is_there(archives_.get(), digested->text()))
            return digested;
        if (auto good = room_within_quota(file->size()); !good) return std::move(good).error();
        fresh_.insert(*digested);
        if (auto good = keep_file(staging_.get(), name, archives_.get(), digested->text()); !good)
            return std::move(good).error();
        archive_bytes_ += file->size();
        return digested;
    };
    auto outcome = taken();
    // Moved, or not wanted any more.
    static_cast<void>(erase_by_way_of(staging_.get(), staging_.get(), name));
    return outcome;
}

inline result<void> package_store::give_up(const digest& tree, const std::optional<digest>& archive) {
    if (auto good = changeable(); !good) return good;
    if (fresh_.contains(tree)) given_up_.insert(tree);
    if (archive && fresh_.contains(*archive)) given_up_.insert(*archive);
    if (given_up_.empty()) return {};
    // What a commit that failed has left in packages.db-wal is written over by the next one.
    auto commits = records_->commits();
    if (!commits) return std::move(commits).error();
    auto changes = records_->begin();
    if (!changes) return std::move(changes).error();
    if (auto good = changes->count_from(*commits); !good) return good;
    if (auto good = changes->commit(); !good) return good;
    return committed();
}

inline result<void> package_store::make_data(std::string_view id) {
    using namespace detail;
    if (const auto flaw = flaw_of_package_id(id); !flaw.empty())
        return fault{codes::invalid_params, join({"\"", id, "\": ", flaw})};
    if (is_there(data_.get(), std::string(id))) return {};
    if (!make_folder(data_.get(), std::string(id))) return disk_fault(data_path(id));
    return sync_folder(data_.get(), data_path(id));
}

// ---- After a commit ----------------------------------------------------------------------------------------------------

inline result<void> package_store::committed() {
    if (auto good = changeable(); !good) return good;
    auto text = detail::kept_text(*records_);
    if (!text) return std::move(text).error();
    if (!fresh_.empty()) {
        auto versions = records_->versions();
        if (!versions) return std::move(versions).error();
        for (const version_record& version : *versions) {
            fresh_.erase(version.tree);
            if (version.archive) fresh_.erase(*version.archive);
        }
    }
    if (*text != copied_) {
        if (auto good = detail::replace_file(staging_.get(), folder_.get(), "packages.json", *text); !good)
            return good;
        copied_ = *std::move(text);
    }
    if (given_up_.empty()) return {};
    for (const digest& one : std::exchange(given_up_, {})) fresh_.erase(one);
    return sweep();
}

inline result<void> package_store::move_out(int folder, const std::string& name) {
    auto moved = detail::move_out(staging_.get(), folder, name);
    if (!moved) return std::move(moved).error();
    if (!moved->empty()) going_.add(*std::move(moved));
    return {};
}

inline result<bool> package_store::erase_some() {
    // A slow disk takes some milliseconds for each, and somebody waits meanwhile.
    constexpr std::size_t most = 32;
    if (auto good = going_.go_on(most); !good) return std::move(good).error();
    return !going_.done();
}

inline result<void> package_store::erase_all() { return going_.to_the_end(); }

/// Where the disk had no room: what goes has it still.
inline bool package_store::makes_room(const fault& why) {
    if (code_of(why) != package_code::disk || going_.done()) return false;
    static_cast<void>(erase_all()); // what stays is told at the next start
    return true;
}

inline result<void> package_store::sweep() {
    using namespace detail;
    if (auto good = changeable(); !good) return good;
    auto versions = records_->versions();
    if (!versions) return std::move(versions).error();
    std::set<std::string, std::less<>> recorded;
    for (const version_record& version : *versions) {
        recorded.insert(version.tree.text());
        if (version.archive) recorded.insert(version.archive->text());
    }
    for (const digest& one : fresh_) recorded.insert(one.text());
    result<void> outcome;
    const auto erase = [&](int folder, const std::string& name) {
        if (auto good = move_out(folder, name); !good) {
            if (outcome) outcome = std::move(good);
            return false;
        }
        return true;
    };
    for (const int folder : {trees_.get(), archives_.get()}) {
        auto names = names_in(folder);
        if (!names) return std::move(names).error();
        for (const std::string& name : *names) {
            if (recorded.contains(name)) continue;
            const std::uint64_t size = folder == archives_.get() ? bytes_of(folder, name) : 0;
            if (erase(folder, name)) archive_bytes_ -= std::min(archive_bytes_, size);
        }
    }
    auto going = records_->going();
    if (!going) return std::move(going).error();
    for (const std::string& id : *going) {
        if (!flaw_of_package_id(id).empty() || !erase(data_.get(), id)) continue;
        auto changes = records_->begin();
        if (!changes) return std::move(changes).error();
        if (auto good = changes->gone(id); !good) return good;
        if (auto good = changes->commit(); !good) return good;
    }
    return outcome;
}

inline result<void> package_store::collect(std::string_view id,
                                           const std::set<std::string, std::less<>>& busy) {
    if (auto good = changeable(); !good) return good;
    auto packages = records_->packages();
    if (!packages) return std::move(packages).error();
    std::vector<version_record> superfluous;
    for (const package_record& package : *packages) {
        if ((!id.empty() && package.id != id) || busy.contains(package.id)) continue;
        auto versions = records_->versions_of(package.id);
        if (!versions) return std::move(versions).error();
        // What never came up goes before what once ran: a way back has to lead somewhere.
        std::stable_sort(versions->begin(), versions->end(),
                         [](const version_record& one, const version_record& other) {
                             return std::pair(one.used_at, one.installed_at) >
                                    std::pair(other.used_at, other.installed_at);
                         });
        std::size_t kept = 0;
        for (version_record& version : *versions)
            if (version.version != package.active && version.version != package.pinned &&
                ++kept > options_.kept_versions)
                superfluous.push_back(std::move(version));
    }
    if (!superfluous.empty()) {
        auto changes = records_->begin();
        if (!changes) return std::move(changes).error();
        for (const version_record& version : superfluous)
            if (auto good = changes->erase_version(version.id, version.version); !good) return good;
        if (auto good = changes->commit(); !good) return good;
        if (auto good = committed(); !good) return good;
    }
    return sweep();
}

// ---- Looking and mending -----------------------------------------------------------------------------------------------

inline result<std::vector<store_problem>> package_store::check() {
    std::vector<store_problem> found;
    if (degraded()) found.push_back({{}, {}, {}, degraded_});
    if (!detail::is_at(folder_.get(), path_))
        found.push_back({{},
                         {},
                         {},
                         detail::join({path_, " was taken away or replaced while this host has it: start the "
                                              "host again"})});
    auto flaw = records_->flaw();
    if (!flaw) return std::move(flaw).error();
    if (!flaw->empty()) found.push_back({{}, {}, {}, "packages.db: " + *flaw});
    auto versions = records_->versions();
    if (!versions) return std::move(versions).error();
    for (const version_record& version : *versions)
        if (const auto good = check(version.tree); !good)
            found.push_back({version.id, version.version, version.tree, good.error().message});
    return found;
}

inline result<std::vector<std::string>> package_store::repair(std::int64_t now_ms) {
    using namespace detail;
    std::vector<std::string> done;
    if (degraded()) {
        if (!is_repairable()) return package_fault(package_code::disk, degraded_);
        if (auto good = make_records_anew(now_ms, done); !good) return std::move(good).error();
    }
    notes_.clear(); // of what was found before

    auto versions = records_->versions();
    if (!versions) return std::move(versions).error();
    for (version_record& version : *versions) {
        if (check(version.tree)) continue;
        const std::string what = join({version.id, " ", version.version});
        if (auto good = put_from_archive(version); !good) {
            done.push_back(join({what, ": its files cannot be had again: ", good.error().message}));
            continue;
        }
        done.push_back(join({what, ": its files were made again from its archive"}));
        auto package = records_->package(version.id);
        if (!package) return std::move(package).error();
        const bool was_broken =
            *package && (*package)->active == version.version && (*package)->state == package_state::broken;
        auto changes = records_->begin();
        if (!changes) return std::move(changes).error();
        // Records that were made anew without the tree do not say what is in it.
        if (version.manifest.is_null()) {
            version.manifest = manifest_in(trees_.get(), version.tree);
            if (auto good = changes->put(version); !good) return std::move(good).error();
        }
        if (was_broken) {
            (*package)->state = package_state::disabled;
            (*package)->problem.clear();
            (*package)->updated_at = now_ms;
            if (auto good = changes->put(**package); !good) return std::move(good).error();
        }
        if (auto good = changes->commit(); !good) return std::move(good).error();
        if (was_broken) done.push_back(join({version.id, ": it was broken, and is disabled now: enable it"}));
    }
    if (auto good = mark_broken(now_ms); !good) return std::move(good).error();
    if (auto good = committed(); !good) return std::move(good).error();
    return done;
}

template <class Then>
result<void> package_store::with_archive(const digest& archive, Then then) {
    using namespace detail;
    auto file = file_source::open(archive_path(archive));
    if (!file) return std::move(file).error();
    auto digested = digest_of_source(*file);
    if (!digested) return std::move(digested).error();
    if (*digested != archive) return package_fault(package_code::unverified, "its archive was changed");
    auto zip = zip_reader::open(*file);
    if (!zip) return std::move(zip).error();
    auto package = open_package(*zip, package_wrapping::made);
    if (!package) return std::move(package).error();
    return then(*package, *zip);
}

inline result<void> package_store::put_from_archive(const version_record& version) {
    if (!version.archive) return package_fault(package_code::unknown, "its archive was not kept");
    return with_archive(
        *version.archive, [&](const opened_package& package, const zip_reader& archive) -> result<void> {
            if (package.tree == version.tree) return put(package, archive);
            return package_fault(package_code::unverified, "what is in its archive is another package");
        });
}

/// By what they say themselves. What cannot be read is nobody's.
inline std::map<digest, digest> package_store::archives_by_tree() {
    std::map<digest, digest> all;
    const auto names = detail::names_in(archives_.get());
    if (!names) return all;
    for (const std::string& name : *names)
        if (const auto archive = read_digest(name))
            static_cast<void>(
                with_archive(*archive, [&](const opened_package& package, const zip_reader&) -> result<void> {
                    all.emplace(package.tree, *archive);
                    return {};
                }));
    return all;
}

/// From packages.json, and from the trees, which say themselves what they are. What neither says (what was granted, whether
/// it ran) is not guessed: such a package is disabled. Tokens and the audit are lost.
inline result<void> package_store::make_records_anew(std::int64_t now_ms, std::vector<std::string>& done) {
    using namespace detail;
    auto kept = copied_.empty() ? result<kept_records>(fault{}) : read_kept(copied_);
    auto anew = random_name();
    if (!anew) return std::move(anew).error();
    const std::string store = kept ? kept->store : *anew;
    {
        make_file(staging_.get(), *anew);
        auto made = records_file::open(join({path_, "/staging/", *anew}), store);
        if (!made) return std::move(made).error();
        auto changes = (*made)->begin();
        if (!changes) return std::move(changes).error();
        if (auto good = changes->count_from(kept ? kept->commits + 1 : 1); !good) return good;
        std::map<std::string, package_record> packages;
        std::set<std::pair<std::string, std::string>> versions;
        std::set<std::string> names;
        if (!kept)
            done.push_back(
                "keys that were added and what was revoked beside the configuration are not known any "
                "more: add and revoke them again");
        else if (auto good = put_others(*changes, *kept); !good) return good;
        if (kept)
            for (const kept_package& one : kept->packages) {
                packages[one.id] = package_of(one);
                names.insert(one.name);
                for (const kept_version& each : one.versions) {
                    version_record version = version_of(one.id, each);
                    version.manifest = manifest_in(trees_.get(), version.tree);
                    if (auto good = changes->put(version); !good) return good;
                    versions.emplace(one.id, each.version);
                }
                done.push_back(join({one.id, ": recorded as packages.json says"}));
            }
        auto trees = names_in(trees_.get());
        if (!trees) return std::move(trees).error();
        std::optional<std::map<digest, digest>> archives; // all are read for it
        for (const std::string& name : *trees) {
            const auto tree = read_digest(name);
            const auto files =
                tree ? check(*tree)
                     : result<package_files>(fault{codes::invalid_params, "its name is no digest"});
            if (!files) {
                done.push_back(
                    join({"tree ", name.substr(0, 12), ": not recorded: ", files.error().message}));
                continue;
            }
            if (!versions.emplace(files->id, files->version.text()).second) continue;
            version_record version;
            version.id = files->id;
            version.version = files->version.text();
            version.tree = *tree;
            if (!archives) archives = archives_by_tree();
            if (const auto found = archives->find(*tree); found != archives->end())
                version.archive = found->second;
            version.files = files->files.size();
            version.size = files->bytes();
            version.manifest = manifest_in(trees_.get(), *tree);
            version.trust = "found"; // nothing here says who vouched for it: judge_start() asks once more
            version.installed_at = now_ms;
            package_record& package = packages[files->id];
            if (package.id.empty()) {
                package.id = files->id;
                if (auto manifest = read_manifest(version.manifest.text()).manifest)
                    package.name = std::move(manifest->name);
                if (package.name.empty() || names.contains(package.name)) package.name = package.id;
                names.insert(package.name);
                package.state = package_state::disabled;
                package.problem =
                    "its records were lost, and made again from its files: what was granted to it and "
                    "configured is not known any more. Install it again, or enable it";
                package.installed_at = package.updated_at = now_ms;
                done.push_back(join({package.id, ": recorded as its files say, and disabled"}));
            }
            // The newest, where nobody says which it was.
            const auto active = read_version(package.active);
            if (package.state == package_state::disabled && (!active || *active < files->version) &&
                !package.problem.empty())
                package.active = version.version;
            if (auto good = changes->put(version); !good) return good;
        }
        for (const auto& [id, package] : packages)
            if (auto good = changes->put(package); !good) return good;
        if (auto good = changes->commit(); !good) return good;
    }
    // What is there may still be of use to somebody who knows SQLite. What is committed but only in the -wal belongs to it.
    const bool was_there = is_there(folder_.get(), "packages.db");
    const std::string named = join({"packages.db.broken-", digits(static_cast<std::uint64_t>(now_ms))});
    std::string aside = named;
    for (std::uint64_t more = 2; is_there(folder_.get(), aside); ++more) // the clock may have been set back
        aside = join({named, "-", digits(more)});
    for (const std::string_view end : {"-shm", "-wal", ""})
        if (auto good =
                rename_file(folder_.get(), join({"packages.db", end}), folder_.get(), join({aside, end}));
            !good)
            return good;
    if (auto good = rename_file(staging_.get(), *anew, folder_.get(), "packages.db"); !good) return good;
    if (auto good = sync_folder(folder_.get(), path_); !good) return good;
    auto records = records_file::open(path_ + "/packages.db", {});
    if (!records) return std::move(records).error();
    records_ = *std::move(records);
    degraded_.clear();
    done.push_back(was_there ? join({"packages.db was made anew; what was there is ", aside})
                             : "packages.db was made anew");
    return count_archives();
}

} // namespace tenon

#endif
