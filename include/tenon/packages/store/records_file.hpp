#ifndef TENON_PACKAGES_STORE_RECORDS_FILE_HPP
#define TENON_PACKAGES_STORE_RECORDS_FILE_HPP

// The records of a store: one SQLite file, which alone decides what is installed. What is read is read at any time, what
// is changed is changed in a transaction, as a whole or not at all:
//
//     auto changes = records.begin();
//     if (!changes) return std::move(changes).error();
//     if (auto put = changes->put(package); !put) return put; // leaving rolls back
//     return changes->commit();
//
// A commit is on the disk when it returns (WAL, synchronous=FULL). A file that is empty, damaged, another program's or
// of a newer tenon is refused, and never made anew over what was there: package_store decides what is done then.
//
// Used by one thread at a time.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/store/records.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sqlite3.h>

namespace tenon {

/// Older rows go when one more is written.
inline constexpr std::int64_t most_audit_rows = 100'000;
/// One more is refused.
inline constexpr std::int64_t most_tokens = 1'000, most_trust_keys = 1'000, most_revocations = 10'000;

namespace detail {

inline constexpr std::int64_t records_application = 0x54504b47; // "TPKG", for file(1) and for us

/// Each brings the file from its number to the next. One that was released is never changed.
inline constexpr const char* records_migrations[] = {
    // 0 to 1
    R"(CREATE TABLE store(one INTEGER PRIMARY KEY CHECK(one = 1), id TEXT NOT NULL, commits INTEGER NOT NULL) STRICT;
CREATE TABLE plugin(id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL, active TEXT, pinned TEXT NOT NULL,
  ratchet TEXT NOT NULL, granted TEXT NOT NULL, signers TEXT NOT NULL, config TEXT NOT NULL, problem TEXT NOT NULL,
  installed_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  FOREIGN KEY(id, active) REFERENCES version(id, version) DEFERRABLE INITIALLY DEFERRED) STRICT;
CREATE TABLE version(id TEXT NOT NULL REFERENCES plugin(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  version TEXT NOT NULL, tree TEXT NOT NULL, archive TEXT, size INTEGER NOT NULL, files INTEGER NOT NULL,
  manifest TEXT NOT NULL, trust TEXT NOT NULL, signers TEXT NOT NULL, origin TEXT NOT NULL, held TEXT NOT NULL,
  installed_at INTEGER NOT NULL, used_at INTEGER NOT NULL, PRIMARY KEY(id, version)) STRICT;
CREATE TABLE deployment(n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, kind TEXT NOT NULL, from_version TEXT NOT NULL,
  to_version TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL, started_at INTEGER NOT NULL,
  switched_at INTEGER NOT NULL, ended_at INTEGER NOT NULL) STRICT;
CREATE TABLE token(name TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, roles TEXT NOT NULL, scope TEXT NOT NULL,
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER NOT NULL) STRICT;
CREATE TABLE audit(n INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  target TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
CREATE TABLE going(id TEXT PRIMARY KEY) STRICT; -- whose data is to be erased
CREATE INDEX version_tree ON version(tree);
CREATE INDEX deployment_id ON deployment(id, n);
CREATE INDEX deployment_under_way ON deployment(n) WHERE ended_at = 0;)",
    // 1 to 2
    R"(CREATE TABLE trust_key(key TEXT PRIMARY KEY, name TEXT NOT NULL, plugins TEXT NOT NULL, not_after INTEGER NOT NULL,
  added_by TEXT NOT NULL, added_at INTEGER NOT NULL) STRICT;
CREATE TABLE revocation(what TEXT PRIMARY KEY, reason TEXT NOT NULL, revoked_by TEXT NOT NULL, revoked_at INTEGER NOT NULL) STRICT;)",
    // 2 to 3
    R"(CREATE TABLE left_data(id TEXT PRIMARY KEY, signers TEXT NOT NULL, ratchet TEXT NOT NULL) STRICT;)",
    // 3 to 4
    "ALTER TABLE token DROP COLUMN used_at;", // nobody kept it
};
inline constexpr std::int64_t records_migration = std::size(records_migrations);

struct closes_records {
    void operator()(sqlite3* file) const noexcept { ::sqlite3_close_v2(file); }
};
struct ends_statement {
    void operator()(sqlite3_stmt* statement) const noexcept { ::sqlite3_finalize(statement); }
};

inline fault records_fault(sqlite3* file, int outcome) {
    std::string what =
        join({"packages.db: ", file != nullptr ? ::sqlite3_errmsg(file) : ::sqlite3_errstr(outcome)});
    // What the records do not allow is a mistake of the caller, everything else is about the disk.
    if ((outcome & 0xff) == SQLITE_CONSTRAINT || (outcome & 0xff) == SQLITE_MISUSE)
        return {codes::internal_error, std::move(what)};
    return package_fault(package_code::disk, std::move(what));
}

/// One statement that runs, with its values. Ends when it is left.
class running_statement {
public:
    running_statement(sqlite3* file, sqlite3_stmt* statement) noexcept : file_(file), statement_(statement) {}
    running_statement(running_statement&& other) noexcept
        : file_(other.file_), statement_(std::exchange(other.statement_, nullptr)), bound_(other.bound_) {}
    running_statement& operator=(running_statement&&) = delete;
    ~running_statement() {
        if (statement_ == nullptr) return;
        ::sqlite3_reset(statement_);
        ::sqlite3_clear_bindings(statement_);
    }

    void bind(std::string_view text) {
        ::sqlite3_bind_text64(statement_, ++bound_, text.data() == nullptr ? "" : text.data(), text.size(),
                              SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    void bind(std::int64_t number) { ::sqlite3_bind_int64(statement_, ++bound_, number); }
    void bind(std::uint64_t number) { bind(static_cast<std::int64_t>(number)); }
    void bind(const digest& of) { bind(std::string_view(of.text())); }
    void bind(const std::optional<digest>& of) {
        if (of) bind(*of);
        else ::sqlite3_bind_null(statement_, ++bound_);
    }
    void bind(const json& value) { bind(std::string_view(value.text())); }
    void bind(const std::vector<std::string>& list) { bind(std::string_view(to_json(list))); }
    /// An empty text is NULL.
    void bind_or_null(std::string_view text) {
        if (text.empty()) ::sqlite3_bind_null(statement_, ++bound_);
        else bind(text);
    }

    /// Whether there is one more row.
    result<bool> next() {
        column_ = 0;
        const int outcome = ::sqlite3_step(statement_);
        if (outcome == SQLITE_ROW) return true;
        if (outcome == SQLITE_DONE) return false;
        return records_fault(file_, outcome);
    }
    result<void> run() {
        auto ran = next();
        if (!ran) return std::move(ran).error();
        return {};
    }

    /// The columns of the row, one after the other. What cannot be read leaves good() false.
    void take(std::string& into) {
        const auto* const bytes = ::sqlite3_column_text(statement_, column_);
        const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_, column_++));
        into.assign(bytes == nullptr ? "" : reinterpret_cast<const char*>(bytes),
                    bytes == nullptr ? 0 : size);
    }
    void take(std::int64_t& into) { into = ::sqlite3_column_int64(statement_, column_++); }
    void take(std::uint64_t& into) {
        into = static_cast<std::uint64_t>(::sqlite3_column_int64(statement_, column_++));
    }
    void take(digest& into) {
        std::string hex;
        take(hex);
        const auto read = read_digest(hex);
        good_ = good_ && read.has_value();
        if (read) into = *read;
    }
    void take(std::optional<digest>& into) {
        into.reset();
        if (::sqlite3_column_type(statement_, column_) == SQLITE_NULL) ++column_;
        else take(into.emplace());
    }
    void take(json& into) {
        std::string text;
        take(text);
        auto read = json::parse(text);
        good_ = good_ && read;
        if (read) into = *std::move(read);
    }
    void take(std::vector<std::string>& into) {
        std::string text;
        take(text);
        auto read = from_json<std::vector<std::string>>(text);
        good_ = good_ && read;
        if (read) into = *std::move(read);
    }
    void take(package_state& into) {
        std::string name;
        take(name);
        for (const auto state : {package_state::installed, package_state::enabled, package_state::disabled,
                                 package_state::broken})
            if (name_of(state) == name) {
                into = state;
                return;
            }
        good_ = false;
    }
    /// One column after the other.
    template <class... Values>
    void take_all(Values&... into) {
        (take(into), ...);
    }
    bool good() const noexcept { return good_; }

private:
    sqlite3* file_;
    sqlite3_stmt* statement_;
    int bound_ = 0, column_ = 0;
    bool good_ = true;
};

} // namespace detail

class records_file;

enum class package_data { stays, goes };

/// Changes that become true together. One at a time; left without commit(), nothing has changed.
class transaction {
public:
    transaction(transaction&& other) noexcept
        : file_(std::exchange(other.file_, nullptr)), copied_(other.copied_) {}
    transaction& operator=(transaction&&) = delete;
    inline ~transaction();

    inline result<void> put(const package_record& package);
    /// With all its versions. Its history stays. Where its data goes, too, it is going() until it is gone().
    inline result<void> erase_package(std::string_view id, package_data data = package_data::goes);
    inline result<void> gone(std::string_view id);
    inline result<void> put(const left_data_record& left);
    inline result<void> put(const version_record& version);
    inline result<void> erase_version(std::string_view id, std::string_view version);
    /// Answers its number.
    inline result<std::int64_t> add(const deployment_record& deployment);
    /// The one with this number.
    inline result<void> put(const deployment_record& deployment);
    inline result<void> put(const token_record& token);
    inline result<void> erase_token(std::string_view name);
    inline result<void> put(const trust_key_record& key);
    inline result<void> erase_trust_key(std::string_view key);
    inline result<void> put(const revocation_record& revocation);
    inline result<void> erase_revocation(std::string_view what);
    inline result<void> add(const audit_record& row);

    /// Counts on from there: records that are made anew are newer than those they stand for.
    inline result<void> count_from(std::uint64_t commits);

    inline result<void> commit();

private:
    friend class records_file;
    explicit transaction(records_file& file) noexcept : file_(&file) {}

    inline result<void> at_most(std::int64_t most, const char* count, std::string_view what);

    records_file* file_;
    bool copied_ = false; // packages.json says it, too
};

class records_file {
public:
    /// `new_store` is the id of the store that is made where the file holds nothing yet; empty: then it is refused.
    inline static result<std::unique_ptr<records_file>> open(const std::string& path,
                                                             std::string_view new_store);
    /// In memory: what a store that is degraded knows.
    inline static result<std::unique_ptr<records_file>> in_memory(std::string_view store);
    /// Nothing is changed from here on; `why` is the answer to who tries.
    void freeze(std::string why) { frozen_ = std::move(why); }

    /// Which store it is, made up once: a file of another store's records is told by it.
    const std::string& store() const noexcept { return store_; }
    /// How often that was changed of which packages.json is the copy: packages, versions and trust. Of tokens there is no copy:
    /// one that was put back could bring to life what was revoked.
    inline result<std::uint64_t> commits();

    inline result<std::vector<package_record>> packages();
    inline result<std::optional<package_record>> package(std::string_view id);
    inline result<std::optional<package_record>> package_named(std::string_view name);
    /// Of all packages, by id; and of one, the newest installation first.
    inline result<std::vector<version_record>> versions();
    inline result<std::vector<version_record>> versions_of(std::string_view id);
    inline result<std::optional<version_record>> version(std::string_view id, std::string_view version);
    /// One that has these files; others may have the same.
    inline result<std::optional<version_record>> version_with(const digest& tree);
    /// The newest first.
    inline result<std::vector<deployment_record>> history(std::string_view id, std::int64_t most);
    /// What was under way when the host ended, the oldest first.
    inline result<std::vector<deployment_record>> unfinished();
    /// Whose data is to be erased.
    inline result<std::vector<std::string>> going();
    inline result<std::vector<token_record>> tokens();
    inline result<std::vector<trust_key_record>> trust_keys();
    inline result<std::vector<revocation_record>> revocations();
    /// Of packages that are not here any more, and whose data is.
    inline result<std::vector<left_data_record>> left_data();
    /// Rows before that number, the newest first. 0: from the newest on.
    inline result<std::vector<audit_record>> audit(std::int64_t before, std::int64_t most);
    /// SQLite's own look at the whole file; an empty text where all is well.
    inline result<std::string> flaw();

    inline result<transaction> begin();

private:
    friend class transaction;
    records_file() = default;

    inline result<void> prepare(std::string_view new_store);
    inline result<void> migrate(std::int64_t from, std::string_view new_store);
    inline result<void> run(const char* sql);
    inline result<std::int64_t> number(const char* sql);
    template <class... Values>
    result<detail::running_statement> ask(std::string_view sql, const Values&... values);
    template <class Record, class... Values>
    result<std::vector<Record>> all(std::string_view sql, const Values&... values);
    template <class Record, class... Values>
    result<std::optional<Record>> first(std::string_view sql, const Values&... values);

    struct known {
        std::string_view sql; // of a literal
        std::unique_ptr<sqlite3_stmt, detail::ends_statement> statement;
    };
    std::unique_ptr<sqlite3, detail::closes_records> file_; // goes after its statements
    std::vector<known> statements_;
    std::string store_, frozen_;
    bool changing_ = false;
};

// ---- Opening -----------------------------------------------------------------------------------------------------------

inline result<std::unique_ptr<records_file>> records_file::open(const std::string& path,
                                                                std::string_view new_store) {
    std::unique_ptr<records_file> made(new records_file);
    sqlite3* file = nullptr;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
    if (!new_store.empty()) flags |= SQLITE_OPEN_CREATE;
    const int outcome = ::sqlite3_open_v2(path.c_str(), &file, flags, nullptr);
    made->file_.reset(file);
    if (outcome != SQLITE_OK) return detail::records_fault(file, outcome);
    if (auto good = made->prepare(new_store); !good) return std::move(good).error();
    return made;
}

inline result<std::unique_ptr<records_file>> records_file::in_memory(std::string_view store) {
    return open(":memory:", store);
}

inline result<void> records_file::prepare(std::string_view new_store) {
    using namespace detail;
    // Another program looks at the records: it is waited for.
    ::sqlite3_busy_timeout(file_.get(), 5'000);
    ::sqlite3_db_config(file_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    ::sqlite3_db_config(file_.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    if (auto good = run("PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY"); !good)
        return good;

    // Nothing is written before it is known that the file is ours.
    const auto application = number("PRAGMA application_id"), migration = number("PRAGMA user_version"),
               tables = number("SELECT count(*) FROM sqlite_schema");
    for (const auto* read : {&application, &migration, &tables})
        if (!*read) return read->error();
    const bool fresh = *application == 0 && *migration == 0 && *tables == 0;
    if (fresh && new_store.empty()) return package_fault(package_code::disk, "packages.db: it is empty");
    if (!fresh && *application != records_application)
        return package_fault(package_code::disk, "packages.db: it is a file of another program");
    if (*migration > records_migration)
        return package_fault(package_code::disk,
                             join({"packages.db: a newer tenon made it (its number is ",
                                   digits(static_cast<std::uint64_t>(*migration)), ", this one knows up to ",
                                   digits(records_migration), ")"}));
    // SQLite opens what it may not write to be read, and says nothing.
    if (::sqlite3_db_readonly(file_.get(), "main") == 1)
        return package_fault(package_code::disk, "packages.db: it cannot be written");
    if (auto good = run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"); !good) return good;
    if (*migration < records_migration)
        if (auto good = migrate(*migration, new_store); !good) return good;

    auto asked = ask("SELECT id FROM store");
    if (!asked) return std::move(asked).error();
    auto there = asked->next();
    if (!there) return std::move(there).error();
    if (!*there)
        return package_fault(package_code::disk, "packages.db: it does not say which store it is of");
    asked->take(store_);
    return {};
}

inline result<void> records_file::migrate(std::int64_t from, std::string_view new_store) {
    using namespace detail;
    if (auto good = run("BEGIN IMMEDIATE"); !good) return good;
    const auto all = [&]() -> result<void> {
        for (; from < records_migration; ++from)
            if (auto good = run(records_migrations[from]); !good) return good;
        if (!new_store.empty()) {
            auto made = ask("INSERT OR IGNORE INTO store(one, id, commits) VALUES(1, ?, 0)", new_store);
            if (!made) return std::move(made).error();
            if (auto good = made->run(); !good) return good;
        }
        const std::string marks = join({"PRAGMA application_id=", digits(records_application),
                                        "; PRAGMA user_version=", digits(records_migration)});
        if (auto good = run(marks.c_str()); !good) return good;
        return run("COMMIT");
    };
    auto good = all();
    if (!good && ::sqlite3_get_autocommit(file_.get()) == 0) static_cast<void>(run("ROLLBACK"));
    return good;
}

// ---- Asking ------------------------------------------------------------------------------------------------------------

inline result<void> records_file::run(const char* sql) {
    const int outcome = ::sqlite3_exec(file_.get(), sql, nullptr, nullptr, nullptr);
    if (outcome != SQLITE_OK) return detail::records_fault(file_.get(), outcome);
    return {};
}

inline result<std::int64_t> records_file::number(const char* sql) {
    auto asked = ask(sql);
    if (!asked) return std::move(asked).error();
    auto there = asked->next();
    if (!there) return std::move(there).error();
    std::int64_t value = 0;
    if (*there) asked->take(value);
    return value;
}

template <class... Values>
result<detail::running_statement> records_file::ask(std::string_view sql, const Values&... values) {
    using namespace detail;
    sqlite3_stmt* statement = nullptr;
    for (const known& one : statements_)
        if (one.sql.data() == sql.data() || one.sql == sql) statement = one.statement.get();
    if (statement == nullptr) {
        const int outcome = ::sqlite3_prepare_v3(file_.get(), sql.data(), static_cast<int>(sql.size()),
                                                 SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (outcome != SQLITE_OK) return records_fault(file_.get(), outcome);
        statements_.push_back({sql, std::unique_ptr<sqlite3_stmt, ends_statement>(statement)});
    }
    running_statement running(file_.get(), statement);
    (running.bind(values), ...);
    return running;
}

namespace detail {

// In the order of the table: SELECT * is what they read, and a migration adds columns at the end.

inline void take(running_statement& row, std::string& into) { row.take(into); }
inline void take(running_statement& row, package_record& into) {
    row.take_all(into.id, into.name, into.state, into.active, into.pinned, into.ratchet, into.granted,
                 into.signers, into.config, into.problem, into.installed_at, into.updated_at);
}
inline void take(running_statement& row, version_record& into) {
    row.take_all(into.id, into.version, into.tree, into.archive, into.size, into.files, into.manifest,
                 into.trust, into.signers, into.origin, into.held, into.installed_at, into.used_at);
}
inline void take(running_statement& row, deployment_record& into) {
    row.take_all(into.n, into.id, into.kind, into.from_version, into.to_version, into.state, into.reason,
                 into.actor, into.started_at, into.switched_at, into.ended_at);
}
inline void take(running_statement& row, token_record& into) {
    row.take_all(into.name, into.hash, into.roles, into.scope, into.created_at, into.expires_at);
}
inline void take(running_statement& row, trust_key_record& into) {
    row.take_all(into.key, into.name, into.plugins, into.not_after, into.added_by, into.added_at);
}
inline void take(running_statement& row, left_data_record& into) {
    row.take_all(into.id, into.signers, into.ratchet);
}
inline void take(running_statement& row, revocation_record& into) {
    row.take_all(into.what, into.reason, into.revoked_by, into.revoked_at);
}
inline void take(running_statement& row, audit_record& into) {
    row.take_all(into.n, into.at, into.actor, into.action, into.target, into.outcome, into.detail);
}

} // namespace detail

template <class Record, class... Values>
result<std::vector<Record>> records_file::all(std::string_view sql, const Values&... values) {
    auto asked = ask(sql, values...);
    if (!asked) return std::move(asked).error();
    std::vector<Record> found;
    while (true) {
        auto there = asked->next();
        if (!there) return std::move(there).error();
        if (!*there) return found;
        detail::take(*asked, found.emplace_back());
        if (!asked->good())
            return package_fault(package_code::disk, "packages.db: it has a row that cannot be read");
    }
}

template <class Record, class... Values>
result<std::optional<Record>> records_file::first(std::string_view sql, const Values&... values) {
    auto found = all<Record>(sql, values...);
    if (!found) return std::move(found).error();
    std::optional<Record> one;
    if (!found->empty()) one = std::move(found->front());
    return one;
}

inline result<std::uint64_t> records_file::commits() {
    auto counted = number("SELECT commits FROM store");
    if (!counted) return std::move(counted).error();
    return static_cast<std::uint64_t>(*counted);
}

inline result<std::vector<package_record>> records_file::packages() {
    return all<package_record>("SELECT * FROM plugin ORDER BY id");
}
inline result<std::optional<package_record>> records_file::package(std::string_view id) {
    return first<package_record>("SELECT * FROM plugin WHERE id = ?", id);
}
inline result<std::optional<package_record>> records_file::package_named(std::string_view name) {
    return first<package_record>("SELECT * FROM plugin WHERE name = ?", name);
}
inline result<std::vector<version_record>> records_file::versions() {
    return all<version_record>("SELECT * FROM version ORDER BY id, version");
}
inline result<std::vector<version_record>> records_file::versions_of(std::string_view id) {
    return all<version_record>("SELECT * FROM version WHERE id = ? ORDER BY installed_at DESC, rowid DESC",
                               id);
}
inline result<std::optional<version_record>> records_file::version(std::string_view id,
                                                                   std::string_view version) {
    return first<version_record>("SELECT * FROM version WHERE id = ? AND version = ?", id, version);
}
inline result<std::optional<version_record>> records_file::version_with(const digest& tree) {
    return first<version_record>("SELECT * FROM version WHERE tree = ? ORDER BY id, version LIMIT 1", tree);
}
inline result<std::vector<deployment_record>> records_file::history(std::string_view id, std::int64_t most) {
    return all<deployment_record>("SELECT * FROM deployment WHERE id = ? ORDER BY n DESC LIMIT ?", id, most);
}
inline result<std::vector<deployment_record>> records_file::unfinished() {
    return all<deployment_record>("SELECT * FROM deployment WHERE ended_at = 0 ORDER BY n");
}
inline result<std::vector<std::string>> records_file::going() {
    return all<std::string>("SELECT * FROM going ORDER BY id");
}
inline result<std::vector<token_record>> records_file::tokens() {
    return all<token_record>("SELECT * FROM token ORDER BY name");
}
inline result<std::vector<trust_key_record>> records_file::trust_keys() {
    return all<trust_key_record>("SELECT * FROM trust_key ORDER BY added_at, key");
}
inline result<std::vector<revocation_record>> records_file::revocations() {
    return all<revocation_record>("SELECT * FROM revocation ORDER BY revoked_at, what");
}
inline result<std::vector<left_data_record>> records_file::left_data() {
    return all<left_data_record>("SELECT * FROM left_data ORDER BY id");
}
inline result<std::vector<audit_record>> records_file::audit(std::int64_t before, std::int64_t most) {
    if (before == 0) return all<audit_record>("SELECT * FROM audit ORDER BY n DESC LIMIT ?", most);
    return all<audit_record>("SELECT * FROM audit WHERE n < ? ORDER BY n DESC LIMIT ?", before, most);
}
inline result<std::string> records_file::flaw() {
    auto asked = ask("PRAGMA quick_check(1)");
    if (!asked) return std::move(asked).error();
    auto there = asked->next();
    if (!there) return std::move(there).error();
    std::string said;
    asked->take(said);
    return said == "ok" ? std::string() : said;
}

// ---- Changing ----------------------------------------------------------------------------------------------------------

inline result<transaction> records_file::begin() {
    TENON_ASSERT(!changing_);
    if (!frozen_.empty()) return package_fault(package_code::disk, frozen_);
    // IMMEDIATE: who cannot write learns it here, not after half of the changes.
    if (auto good = run("BEGIN IMMEDIATE"); !good) return std::move(good).error();
    changing_ = true;
    return transaction(*this);
}

inline transaction::~transaction() {
    if (file_ == nullptr) return;
    // A full disk may have rolled it back already.
    if (::sqlite3_get_autocommit(file_->file_.get()) == 0) static_cast<void>(file_->run("ROLLBACK"));
    file_->changing_ = false;
}

inline result<void> transaction::commit() {
    TENON_ASSERT(file_ != nullptr);
    if (copied_)
        if (auto good = file_->run("UPDATE store SET commits = commits + 1"); !good) return good;
    if (auto good = file_->run("COMMIT"); !good) return good; // leaving rolls back
    std::exchange(file_, nullptr)->changing_ = false;
    return {};
}

namespace detail {

inline result<void> ran(result<running_statement> asked) {
    if (!asked) return std::move(asked).error();
    return asked->run();
}

} // namespace detail

/// After a row was put: beyond the limit the transaction is left.
inline result<void> transaction::at_most(std::int64_t most, const char* count, std::string_view what) {
    auto there = file_->number(count);
    if (!there) return std::move(there).error();
    if (*there <= most) return {};
    return package_fault(package_code::too_large,
                         detail::join({"there are ", detail::digits(static_cast<std::uint64_t>(most)), " ",
                                       what, " already, which is the limit"}));
}

inline result<void> transaction::put(const package_record& package) {
    copied_ = true;
    auto asked = file_->ask(
        "INSERT INTO plugin(id, name, state, pinned, ratchet, granted, signers, config, problem, "
        "installed_at, updated_at, active) VALUES(?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET "
        "name=excluded.name, state=excluded.state, pinned=excluded.pinned, ratchet=excluded.ratchet, "
        "granted=excluded.granted, signers=excluded.signers, config=excluded.config, "
        "problem=excluded.problem, installed_at=excluded.installed_at, "
        "updated_at=excluded.updated_at, active=excluded.active",
        std::string_view(package.id), std::string_view(package.name), name_of(package.state),
        std::string_view(package.pinned), std::string_view(package.ratchet), package.granted, package.signers,
        package.config, std::string_view(package.problem), package.installed_at, package.updated_at);
    if (!asked) return std::move(asked).error();
    asked->bind_or_null(package.active);
    if (auto good = asked->run(); !good) return good;
    // It is back, and its data is its own.
    if (auto good = gone(package.id); !good) return good;
    return detail::ran(file_->ask("DELETE FROM left_data WHERE id = ?", std::string_view(package.id)));
}
inline result<void> transaction::erase_package(std::string_view id, package_data data) {
    copied_ = true;
    auto good = data == package_data::goes
                    ? detail::ran(file_->ask("INSERT OR IGNORE INTO going(id) VALUES(?)", id))
                    : detail::ran(file_->ask("INSERT OR REPLACE INTO left_data(id, signers, ratchet) "
                                             "SELECT id, signers, ratchet FROM plugin WHERE id = ?",
                                             id));
    if (!good) return good;
    return detail::ran(file_->ask("DELETE FROM plugin WHERE id = ?", id));
}
inline result<void> transaction::gone(std::string_view id) {
    return detail::ran(file_->ask("DELETE FROM going WHERE id = ?", id));
}
inline result<void> transaction::put(const left_data_record& left) {
    copied_ = true;
    return detail::ran(file_->ask("INSERT OR REPLACE INTO left_data(id, signers, ratchet) VALUES(?,?,?)",
                                  std::string_view(left.id), left.signers, std::string_view(left.ratchet)));
}
inline result<void> transaction::count_from(std::uint64_t commits) {
    copied_ = true;
    return detail::ran(file_->ask("UPDATE store SET commits = ?", commits));
}
inline result<void> transaction::put(const version_record& version) {
    copied_ = true;
    return detail::ran(file_->ask(
        "INSERT INTO version(id, version, tree, archive, size, files, manifest, trust, signers, origin, "
        "held, installed_at, "
        "used_at) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id, version) DO UPDATE SET "
        "tree=excluded.tree, "
        "archive=excluded.archive, size=excluded.size, files=excluded.files, manifest=excluded.manifest, "
        "trust=excluded.trust, signers=excluded.signers, origin=excluded.origin, held=excluded.held, "
        "installed_at=excluded.installed_at, used_at=excluded.used_at",
        std::string_view(version.id), std::string_view(version.version), version.tree, version.archive,
        version.size, version.files, version.manifest, std::string_view(version.trust), version.signers,
        version.origin, std::string_view(version.held), version.installed_at, version.used_at));
}
inline result<void> transaction::erase_version(std::string_view id, std::string_view version) {
    copied_ = true;
    return detail::ran(file_->ask("DELETE FROM version WHERE id = ? AND version = ?", id, version));
}
inline result<void> transaction::put(const trust_key_record& key) {
    copied_ = true;
    auto good = detail::ran(file_->ask(
        "INSERT INTO trust_key(key, name, plugins, not_after, added_by, added_at) VALUES(?,?,?,?,?,?) "
        "ON CONFLICT(key) DO UPDATE SET name=excluded.name, plugins=excluded.plugins, "
        "not_after=excluded.not_after, added_by=excluded.added_by, added_at=excluded.added_at",
        std::string_view(key.key), std::string_view(key.name), key.plugins, key.not_after,
        std::string_view(key.added_by), key.added_at));
    if (!good) return good;
    return at_most(most_trust_keys, "SELECT count(*) FROM trust_key", "keys");
}
inline result<void> transaction::erase_trust_key(std::string_view key) {
    copied_ = true;
    return detail::ran(file_->ask("DELETE FROM trust_key WHERE key = ?", key));
}
inline result<void> transaction::put(const revocation_record& revocation) {
    copied_ = true;
    auto good = detail::ran(
        file_->ask("INSERT INTO revocation(what, reason, revoked_by, revoked_at) VALUES(?,?,?,?) ON "
                   "CONFLICT(what) DO UPDATE SET "
                   "reason=excluded.reason, revoked_by=excluded.revoked_by, revoked_at=excluded.revoked_at",
                   std::string_view(revocation.what), std::string_view(revocation.reason),
                   std::string_view(revocation.revoked_by), revocation.revoked_at));
    if (!good) return good;
    return at_most(most_revocations, "SELECT count(*) FROM revocation", "revocations");
}
inline result<void> transaction::erase_revocation(std::string_view what) {
    copied_ = true;
    return detail::ran(file_->ask("DELETE FROM revocation WHERE what = ?", what));
}
inline result<std::int64_t> transaction::add(const deployment_record& deployment) {
    auto good =
        detail::ran(file_->ask("INSERT INTO deployment(id, kind, from_version, to_version, state, reason, "
                               "actor, started_at, switched_at, ended_at) "
                               "VALUES(?,?,?,?,?,?,?,?,?,?)",
                               std::string_view(deployment.id), std::string_view(deployment.kind),
                               std::string_view(deployment.from_version),
                               std::string_view(deployment.to_version), std::string_view(deployment.state),
                               std::string_view(deployment.reason), std::string_view(deployment.actor),
                               deployment.started_at, deployment.switched_at, deployment.ended_at));
    if (!good) return std::move(good).error();
    return std::int64_t{::sqlite3_last_insert_rowid(file_->file_.get())};
}
inline result<void> transaction::put(const deployment_record& deployment) {
    return detail::ran(file_->ask("UPDATE deployment SET id=?, kind=?, from_version=?, to_version=?, "
                                  "state=?, reason=?, actor=?, started_at=?, "
                                  "switched_at=?, ended_at=? WHERE n=?",
                                  std::string_view(deployment.id), std::string_view(deployment.kind),
                                  std::string_view(deployment.from_version),
                                  std::string_view(deployment.to_version), std::string_view(deployment.state),
                                  std::string_view(deployment.reason), std::string_view(deployment.actor),
                                  deployment.started_at, deployment.switched_at, deployment.ended_at,
                                  deployment.n));
}
inline result<void> transaction::put(const token_record& token) {
    auto good = detail::ran(file_->ask(
        "INSERT INTO token(name, hash, roles, scope, created_at, expires_at) VALUES(?,?,?,?,?,?) "
        "ON CONFLICT(name) DO UPDATE SET hash=excluded.hash, roles=excluded.roles, scope=excluded.scope, "
        "created_at=excluded.created_at, expires_at=excluded.expires_at",
        std::string_view(token.name), token.hash, token.roles, token.scope, token.created_at,
        token.expires_at));
    if (!good) return good;
    return at_most(most_tokens, "SELECT count(*) FROM token", "tokens");
}
inline result<void> transaction::erase_token(std::string_view name) {
    return detail::ran(file_->ask("DELETE FROM token WHERE name = ?", name));
}
inline result<void> transaction::add(const audit_record& row) {
    auto good = detail::ran(
        file_->ask("INSERT INTO audit(at, actor, action, target, outcome, detail) VALUES(?,?,?,?,?,?)",
                   row.at, std::string_view(row.actor), std::string_view(row.action),
                   std::string_view(row.target), std::string_view(row.outcome), row.detail));
    if (!good) return good;
    return detail::ran(
        file_->ask("DELETE FROM audit WHERE n <= ?",
                   std::int64_t{::sqlite3_last_insert_rowid(file_->file_.get())} - most_audit_rows));
}

} // namespace tenon

#endif
