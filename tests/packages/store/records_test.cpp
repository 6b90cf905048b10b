#include <tenon/packages/store/records_file.hpp>

#include "../../scratch_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

using namespace tenon;
using tests::scratch_folder;

namespace {

std::unique_ptr<records_file> made_in(const scratch_folder& folder) {
    auto file = records_file::open(folder / "packages.db", "one-store");
    REQUIRE_MESSAGE(file, file.error().message);
    return *std::move(file);
}

package_record a_package(std::string id) {
    package_record one;
    one.name = id;
    one.id = std::move(id);
    one.granted = {"events:emit"};
    one.config = *json::parse(R"({"a":1})");
    one.installed_at = 5;
    return one;
}

version_record a_version(std::string id, std::string version) {
    version_record one;
    one.id = std::move(id);
    one.tree = *digest_of(one.id + version);
    one.version = std::move(version);
    one.size = 7;
    one.files = 2;
    one.trust = "signed";
    one.signers = {"key"};
    one.manifest = *json::parse(R"({"id":"x"})");
    return one;
}

std::string why(const scratch_folder& folder, std::string_view new_store = {}) {
    auto file = records_file::open(folder / "packages.db", new_store);
    return file ? std::string() : file.error().message;
}

} // namespace

TEST_CASE("what was committed is read again, also after the file was closed") {
    const scratch_folder folder;
    {
        const auto records = made_in(folder);
        auto changes = records->begin();
        REQUIRE(changes);
        package_record package = a_package("a.b.c");
        package.active = "1.0.0";
        package.state = package_state::enabled;
        REQUIRE(changes->put(package)); // names a version that comes after it: the commit is what counts
        REQUIRE(changes->put(a_version("a.b.c", "1.0.0")));
        REQUIRE(changes->add(
            deployment_record{.id = "a.b.c", .kind = "install", .to_version = "1.0.0", .started_at = 5}));
        REQUIRE(changes->put(token_record{"ci", *digest_of("secret"), {"viewer"}, {"a.*"}, 1, 2}));
        REQUIRE(changes->add(audit_record{0, 6, "ci", "install", "a.b.c", "done", {}}));
        const auto good = changes->commit();
        REQUIRE_MESSAGE(good, good.error().message);
    }
    auto records = records_file::open(folder / "packages.db", {});
    REQUIRE_MESSAGE(records, records.error().message);
    CHECK((*records)->store() == "one-store");
    CHECK(*(*records)->commits() == 1);
    const auto package = *(*records)->package("a.b.c");
    REQUIRE(package);
    CHECK(package->active == "1.0.0");
    CHECK(package->state == package_state::enabled);
    CHECK(package->granted == std::vector<std::string>{"events:emit"});
    CHECK(package->config.text() == R"({"a":1})");
    CHECK((*records)->package_named("a.b.c")->has_value());
    const auto version = *(*records)->version("a.b.c", "1.0.0");
    REQUIRE(version);
    CHECK(version->tree == *digest_of("a.b.c1.0.0"));
    CHECK_FALSE(version->archive);
    CHECK(version->signers == std::vector<std::string>{"key"});
    CHECK((*records)->unfinished()->at(0).n == 1);
    CHECK((*records)->history("a.b.c", 10)->at(0).to_version == "1.0.0");
    CHECK((*records)->tokens()->at(0).hash == *digest_of("secret"));
    CHECK((*records)->audit(0, 10)->at(0).action == "install");
    CHECK((*records)->audit(1, 10)->empty());
    CHECK(*(*records)->flaw() == "");
}

TEST_CASE("changes that are left without a commit have not been") {
    const scratch_folder folder;
    const auto records = made_in(folder);
    {
        auto changes = records->begin();
        REQUIRE(changes);
        REQUIRE(changes->put(a_package("a.b.c")));
    }
    CHECK(records->packages()->empty());
    CHECK(*records->commits() == 0);
    CHECK(records->begin());
}

TEST_CASE("a package whose active version is not recorded is not committed") {
    const scratch_folder folder;
    const auto records = made_in(folder);
    {
        auto changes = records->begin();
        REQUIRE(changes);
        package_record package = a_package("a.b.c");
        package.active = "2.0.0";
        REQUIRE(changes->put(package));
        CHECK_FALSE(changes->commit());
    }
    CHECK(records->packages()->empty());
}

TEST_CASE("a name is one package's") {
    const scratch_folder folder;
    const auto records = made_in(folder);
    auto changes = records->begin();
    REQUIRE(changes);
    REQUIRE(changes->put(a_package("a.b.c")));
    package_record other = a_package("a.b.d");
    other.name = "a.b.c";
    CHECK_FALSE(changes->put(other));
}

TEST_CASE("a package goes with its versions, and its history stays") {
    const scratch_folder folder;
    const auto records = made_in(folder);
    auto changes = records->begin();
    REQUIRE(changes);
    package_record package = a_package("a.b.c");
    package.active = "1.0.0";
    REQUIRE(changes->put(package));
    REQUIRE(changes->put(a_version("a.b.c", "1.0.0")));
    auto number = changes->add(deployment_record{.id = "a.b.c", .kind = "install", .started_at = 1});
    REQUIRE(number);
    REQUIRE(changes->commit());

    auto more = records->begin();
    REQUIRE(more);
    REQUIRE(more->put(deployment_record{
        .n = *number, .id = "a.b.c", .kind = "install", .state = "done", .started_at = 1, .ended_at = 2}));
    REQUIRE(more->erase_package("a.b.c"));
    REQUIRE(more->commit());
    CHECK(records->packages()->empty());
    CHECK(records->versions()->empty());
    CHECK(records->unfinished()->empty());
    CHECK(records->history("a.b.c", 10)->at(0).state == "done");
}

TEST_CASE("keys that were added and what was revoked are read again, changed and erased") {
    const scratch_folder folder;
    const auto records = made_in(folder);
    auto changes = records->begin();
    REQUIRE(changes);
    REQUIRE(
        changes->put(trust_key_record{"RW1", "Anna", {"dev.example.*", "org.other"}, 7, "administrator", 5}));
    REQUIRE(changes->put(trust_key_record{"RW2", "Bert", {"*"}, 0, "administrator", 4}));
    REQUIRE(changes->put(revocation_record{"RW1", "stolen", "administrator", 6}));
    REQUIRE(changes->commit());
    CHECK(*records->commits() == 1);
    auto keys = records->trust_keys();
    REQUIRE(keys);
    REQUIRE(keys->size() == 2);
    CHECK(keys->at(0).key == "RW2"); // the oldest first
    CHECK(keys->at(1).name == "Anna");
    CHECK(keys->at(1).plugins == std::vector<std::string>{"dev.example.*", "org.other"});
    CHECK(keys->at(1).not_after == 7);
    CHECK(keys->at(1).added_by == "administrator");
    auto revoked = records->revocations();
    REQUIRE(revoked);
    REQUIRE(revoked->size() == 1);
    CHECK(revoked->at(0).what == "RW1");
    CHECK(revoked->at(0).reason == "stolen");
    CHECK(revoked->at(0).revoked_at == 6);

    auto more = records->begin();
    REQUIRE(more);
    REQUIRE(more->put(trust_key_record{"RW2", "Bert", {"dev.example.*"}, 9, "anna", 8}));
    REQUIRE(more->put(revocation_record{"RW1", "sold", "anna", 9}));
    REQUIRE(more->erase_trust_key("RW1"));
    REQUIRE(more->commit());
    CHECK(records->trust_keys()->size() == 1);
    CHECK(records->trust_keys()->at(0).not_after == 9);
    CHECK(records->revocations()->at(0).reason == "sold");
    auto last = records->begin();
    REQUIRE(last);
    REQUIRE(last->erase_revocation("RW1"));
    REQUIRE(last->commit());
    CHECK(records->revocations()->empty());
}

TEST_CASE("there are only so many tokens, and one that is there may be changed all the same") {
    const auto records = records_file::in_memory("one-store").value();
    auto changes = records->begin();
    REQUIRE(changes);
    token_record token{"", {}, {"viewer"}, {}, 1, 0};
    for (int number = 0; number < most_tokens; ++number) {
        token.name = std::to_string(number);
        token.hash = *digest_of(token.name);
        REQUIRE(changes->put(token));
    }
    token.roles = {"operator"};
    CHECK(changes->put(token));
    token.name = "one more";
    token.hash = *digest_of(token.name);
    const auto refused = changes->put(token);
    REQUIRE_FALSE(refused);
    CHECK(code_of(refused.error()) == package_code::too_large);
    CHECK(refused.error().message == "there are 1000 tokens already, which is the limit");
}

TEST_CASE("records that an older tenon made are brought on, and keep what is in them") {
    const scratch_folder folder;
    const std::string path = folder / "packages.db";
    {
        // As the first migration left it.
        sqlite3* raw = nullptr;
        REQUIRE(::sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
        const std::string made =
            std::string(detail::records_migrations[0]) +
            "INSERT INTO store VALUES(1, 'one-store', 3); PRAGMA user_version=1; PRAGMA application_id=" +
            std::to_string(detail::records_application) +
            "; INSERT INTO plugin VALUES('a.b.c','chat','enabled',NULL,'','','[]','[]','null','',5,6)"
            "; INSERT INTO token VALUES('ci','" +
            std::string(64, 'a') + R"(','["viewer"]','[]',7,8,0))";
        REQUIRE(::sqlite3_exec(raw, made.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
        ::sqlite3_close(raw);
    }
    for (int time = 0; time < 2; ++time) {
        const auto records = records_file::open(path, {});
        REQUIRE_MESSAGE(records, records.error().message);
        CHECK((*records)->store() == "one-store");
        CHECK(*(*records)->commits() == 3);
        CHECK((*records)->packages()->at(0).name == "chat");
        REQUIRE((*records)->tokens()->size() == 1);
        CHECK((*records)->tokens()->at(0).expires_at == 8);
        CHECK((*records)->trust_keys()->empty());
        CHECK((*records)->revocations()->empty());
        CHECK(*(*records)->flaw() == "");
    }
}

TEST_CASE("what changes no package does not count as a change of packages") {
    const scratch_folder folder;
    const auto records = made_in(folder);
    auto changes = records->begin();
    REQUIRE(changes);
    REQUIRE(changes->add(audit_record{0, 1, "ci", "login", "", "refused", {}}));
    REQUIRE(changes->commit());
    CHECK(*records->commits() == 0);
}

TEST_CASE("a file that is not our records is refused, and stays as it is") {
    const scratch_folder folder;
    SUBCASE("garbage") {
        folder.write("packages.db", std::string(5'000, 'x'), 0600);
        CHECK(why(folder, "new") == "packages.db: file is not a database");
        CHECK(std::filesystem::file_size(folder.path() / "packages.db") == 5'000);
    }
    SUBCASE("empty") {
        folder.write("packages.db", "", 0600);
        CHECK(why(folder) == "packages.db: it is empty");
        CHECK(std::filesystem::file_size(folder.path() / "packages.db") == 0);
    }
    SUBCASE("not there") {
        CHECK(why(folder) == "packages.db: unable to open database file");
        CHECK_FALSE(std::filesystem::exists(folder.path() / "packages.db"));
    }
    SUBCASE("of a newer tenon, and of another program") {
        made_in(folder).reset();
        const auto changed = [&](std::string_view at, char byte) {
            // The header: user_version is at byte 60, application_id at 68, both with the large end first.
            std::fstream file(folder / "packages.db", std::ios::in | std::ios::out | std::ios::binary);
            file.seekp(at == "version" ? 63 : 71);
            file.put(byte);
        };
        changed("version", 9);
        CHECK(why(folder) == "packages.db: a newer tenon made it (its number is 9, this one knows up to 4)");
        changed("application", 'X');
        CHECK(why(folder, "new") == "packages.db: it is a file of another program");
    }
    SUBCASE("cut off") {
        made_in(folder).reset();
        std::filesystem::resize_file(folder.path() / "packages.db", 6'000);
        CHECK(why(folder) != "");
    }
}

TEST_CASE("records that are frozen are read and not changed") {
    auto records = records_file::in_memory("one-store");
    REQUIRE_MESSAGE(records, records.error().message);
    (*records)->freeze("the store is degraded");
    CHECK((*records)->begin().error().message == "the store is degraded");
    CHECK((*records)->packages()->empty());
}

TEST_CASE("of the audit the newest hundred thousand rows are kept") {
    auto records = records_file::in_memory("one-store");
    REQUIRE(records);
    auto changes = (*records)->begin();
    REQUIRE(changes);
    for (int number = 0; number < 100'003; ++number)
        REQUIRE(changes->add(audit_record{0, number, "a", "b", "c", "d", {}}));
    REQUIRE(changes->commit());
    CHECK((*records)->audit(5, 10)->size() == 1); // number 4 is the oldest
}

TEST_CASE("a token that was erased is not there any more") {
    const auto records = records_file::in_memory("one-store").value();
    auto changes = records->begin();
    REQUIRE(changes);
    REQUIRE(changes->put(token_record{"ci", *digest_of("secret"), {"viewer"}, {}, 1, 0}));
    REQUIRE(changes->erase_token("ci"));
    REQUIRE(changes->commit());
    CHECK(records->tokens()->empty());
}

TEST_CASE("a row that cannot be read, and a file that does not say whose it is, are told") {
    const scratch_folder folder;
    {
        const auto records = made_in(folder);
        auto changes = records->begin();
        REQUIRE(changes);
        REQUIRE(changes->put(a_package("a.b.c")));
        REQUIRE(changes->commit());
    }
    const auto changed = [&](const char* sql) {
        sqlite3* raw = nullptr;
        REQUIRE(::sqlite3_open((folder / "packages.db").c_str(), &raw) == SQLITE_OK);
        REQUIRE(::sqlite3_exec(raw, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
        ::sqlite3_close(raw);
    };
    for (const char* sql : {"UPDATE plugin SET granted='{'", "UPDATE plugin SET granted='[]', state='asleep'",
                            "UPDATE plugin SET state='enabled', config='x'"}) {
        changed(sql);
        const auto records = records_file::open(folder / "packages.db", {});
        REQUIRE(records);
        const auto read = (*records)->packages();
        REQUIRE_FALSE(read);
        CHECK(read.error().message == "packages.db: it has a row that cannot be read");
    }
    changed("DELETE FROM store");
    CHECK(why(folder) == "packages.db: it does not say which store it is of");
}
