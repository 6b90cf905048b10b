#include <tenon/packages/format/package_builder.hpp>
#include <tenon/packages/store/package_store.hpp>

#include "../../scratch_folder.hpp"
#include "store_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

using namespace tenon;
using namespace tenon::tests;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<package_store> opened(const scratch_folder& folder, store_options options = {}) {
    options.folder = folder / "store";
    auto store = package_store::open(options, 1'000);
    REQUIRE_MESSAGE(store, store.error().message);
    return *std::move(store);
}

std::size_t entries(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}
bool nothing_left(package_store& store, const scratch_folder& folder, std::size_t trees) {
    return store.erase_all() && entries(folder.path() / "store/staging") == 0 &&
           entries(folder.path() / "store/trees") == trees;
}

std::string all_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
/// As somebody does it who has the rights.
void overwrite(const std::string& path, std::string_view bytes) {
    const auto modes = fs::status(path).permissions();
    fs::permissions(path, static_cast<fs::perms>(0600));
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    fs::permissions(path, modes);
}

std::string archive_of(const made_package& package) {
    zip_writer archive;
    REQUIRE(archive.add("FILES", package.text, false));
    for (std::size_t at = 0; at < package.bytes.size(); ++at)
        REQUIRE(archive.add(package.files.files[at].path, package.bytes[at], false));
    auto whole = archive.write();
    REQUIRE(whole);
    return *whole;
}

} // namespace

TEST_CASE("a package that was installed is there after the store was closed") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0");
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, one));
        REQUIRE(install(*store, one)); // again is as good
    }
    const auto store = opened(folder);
    CHECK_FALSE(store->degraded());
    CHECK(store->notes().empty());
    CHECK((*store->records().package("a.b.c"))->active == "1.0.0");
    CHECK(store->check(one.tree));
    CHECK(nothing_left(*store, folder, 1));
    const auto modes = [&](std::string_view path) {
        return static_cast<unsigned>(
            fs::status(store->tree_path(one.tree) + std::string(path)).permissions());
    };
    CHECK(modes("") == 0500);
    CHECK(modes("/bin") == 0500);
    CHECK(modes("/bin/run") == 0500);
    CHECK(modes("/plugin.json") == 0400);
    CHECK(modes("/FILES") == 0400);
    CHECK(store->check()->empty());
}

TEST_CASE("whatever is changed in a tree is found") {
    const scratch_folder folder;
    const auto store = opened(folder);
    const auto one = make_package("a.b.c", "1.0.0");
    REQUIRE(store->put(one.content(), one.giver()));
    const std::string tree = store->tree_path(one.tree);
    const auto flaw = [&] {
        const auto good = store->check(one.tree);
        return good ? std::string() : good.error().message.substr(19);
    };
    REQUIRE(flaw() == "");
    fs::permissions(tree, static_cast<fs::perms>(0700));
    CHECK(flaw() == "its mode was changed");
    fs::permissions(tree + "/bin", static_cast<fs::perms>(0700));
    const auto restored = [&] {
        fs::permissions(tree, static_cast<fs::perms>(0500));
        fs::permissions(tree + "/bin", static_cast<fs::perms>(0500));
    };
    SUBCASE("bytes") {
        overwrite(tree + "/bin/run", std::string(one.bytes[0].size(), 'x'));
        restored();
        CHECK(flaw() == "\"bin/run\": its bytes were changed");
    }
    SUBCASE("size") {
        overwrite(tree + "/bin/run", "x");
        restored();
        CHECK(flaw() == "\"bin/run\": its size was changed");
    }
    SUBCASE("mode") {
        fs::permissions(tree + "/bin/run", static_cast<fs::perms>(0755));
        restored();
        CHECK(flaw() == "\"bin/run\": its mode was changed");
    }
    SUBCASE("missing") {
        fs::remove(tree + "/bin/run");
        restored();
        CHECK(flaw() == "\"bin/run\": it is missing");
    }
    SUBCASE("one more") {
        std::ofstream(tree + "/bin/more") << "x";
        restored();
        CHECK(flaw() == "\"bin/more\": it is not listed in FILES");
    }
    SUBCASE("a second name") {
        fs::create_hard_link(tree + "/bin/run", folder / "second");
        restored();
        CHECK(flaw() == "\"bin/run\": it has a second name");
    }
    SUBCASE("a link in its place") {
        fs::rename(tree + "/bin/run", folder / "run");
        fs::create_symlink(folder / "run", tree + "/bin/run");
        restored();
        CHECK(flaw() == "\"bin/run\": it is no file");
    }
    SUBCASE("FILES") {
        overwrite(tree + "/FILES", one.text + "\n");
        restored();
        CHECK(flaw() == "\"FILES\": its bytes are not those of the tree's name");
    }
    // And put() makes it good again.
    REQUIRE(store->put(one.content(), one.giver()));
    CHECK(flaw() == "");
    CHECK(nothing_left(*store, folder, 1));
}

TEST_CASE("an archive whose bytes are not what FILES says leaves nothing") {
    const scratch_folder folder;
    const auto store = opened(folder);
    auto one = make_package("a.b.c", "1.0.0");
    SUBCASE("others") { one.bytes[0][3] = 'x'; }
    SUBCASE("fewer") { one.bytes[1].pop_back(); }
    SUBCASE("more") { one.bytes[1] += "more"; }
    const auto put = store->put(one.content(), one.giver());
    REQUIRE_FALSE(put);
    CHECK(code_of(put.error()) == package_code::unverified);
    CHECK(nothing_left(*store, folder, 0));
}

TEST_CASE("putting is stopped by who watches it, and leaves nothing") {
    const scratch_folder folder;
    const auto store = opened(folder);
    const auto one = make_package("a.b.c", "1.0.0");
    const auto put =
        store->put(one.content(), one.giver(), [](std::uint64_t, std::uint64_t) { return false; });
    REQUIRE_FALSE(put);
    CHECK(put.error().code == codes::cancelled);
    CHECK(nothing_left(*store, folder, 0));
}

TEST_CASE("a tree that nobody came to record is erased at the next start, one that is recorded is not") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0"), other = make_package("a.b.d", "1.0.0");
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, one));
        REQUIRE(store->put(other.content(), other.giver()));
        REQUIRE(store->sweep()); // not what was just put: its commit is to come
        CHECK(store->check(other.tree));
        std::ofstream(*store->staging_file(10)) << "half of an upload";
    }
    const auto store = opened(folder);
    CHECK(store->check(one.tree));
    CHECK_FALSE(store->check(other.tree));
    CHECK(nothing_left(*store, folder, 1));
    CHECK_FALSE(store->erase_tree(one.tree));
}

TEST_CASE("a tree that was made good again goes with its package, and not only at the next start") {
    const scratch_folder folder;
    const auto store = opened(folder);
    const auto one = make_package("a.b.c", "1.0.0");
    REQUIRE(install(*store, one));
    REQUIRE(store->put(one.content(), one.giver()));
    REQUIRE(uninstall(*store, "a.b.c"));
    CHECK(nothing_left(*store, folder, 0));
}

TEST_CASE("the first installation that is cut off before its commit does not degrade the store") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0");
    {
        const auto store = opened(folder);
        REQUIRE(store->put(one.content(), one.giver()));
    }
    const auto store = opened(folder);
    CHECK_FALSE(store->degraded());
    CHECK(nothing_left(*store, folder, 0));
}

TEST_CASE("a package is removed with its files, and with its data where that goes, too") {
    const scratch_folder folder;
    const auto store = opened(folder);
    const auto one = make_package("a.b.c", "1.0.0");
    REQUIRE(install(*store, one));
    REQUIRE(store->make_data("a.b.c"));
    // Thousands of folders deep, closed ones among them, and a link to what is not its own.
    std::string deep = store->data_path("a.b.c");
    for (int depth = 0; depth < 300; ++depth) deep += "/deeper";
    fs::create_directories(deep);
    std::ofstream(deep + "/file") << "x";
    const std::string others = folder.write("others", "x", 0600);
    fs::create_symlink(others, deep + "/link");
    fs::permissions(store->data_path("a.b.c") + "/deeper", static_cast<fs::perms>(0));
    SUBCASE("stays") {
        REQUIRE(uninstall(*store, "a.b.c", package_data::stays));
        CHECK(fs::exists(store->data_path("a.b.c")));
    }
    SUBCASE("goes") {
        REQUIRE(uninstall(*store, "a.b.c"));
        CHECK_FALSE(fs::exists(store->data_path("a.b.c")));
        CHECK(store->records().going()->empty());
    }
    CHECK(nothing_left(*store, folder, 0));
    CHECK(fs::exists(others));
    CHECK(store->records().history("a.b.c", 5)->size() == 1);
}

TEST_CASE("a large package that goes is erased bit by bit, and others are changed meanwhile") {
    const scratch_folder folder;
    std::vector<made_file> many;
    for (int number = 100; number < 200; ++number) many.push_back({"many/" + std::to_string(number), "x"});
    const auto large = make_package("a.b.c", "1.0.0", many), other = make_package("a.b.d", "1.0.0");
    const auto in_staging = [&] {
        std::size_t count = 0;
        for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "store/staging"))
            count += entry.is_regular_file() ? 1 : 0;
        return count;
    };
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, large));
        REQUIRE(uninstall(*store, "a.b.c"));
        // It is gone for everybody, and all of it is on the disk still.
        CHECK(entries(folder.path() / "store/trees") == 0);
        CHECK(in_staging() == 101);
        REQUIRE(store->erase_some());
        const std::size_t left = in_staging();
        CHECK(left < 101);
        CHECK(left > 50);
        REQUIRE(install(*store, other));
        CHECK(in_staging() == left);
        SUBCASE("to the end") {
            int more = 0;
            while (true) {
                const auto some = store->erase_some();
                REQUIRE_MESSAGE(some, some.error().message);
                if (!*some) break;
                ++more;
            }
            CHECK(more > 1);
            CHECK(entries(folder.path() / "store/staging") == 0);
        }
        SUBCASE("a host that ends meanwhile leaves it to the next") {}
    }
    const auto store = opened(folder);
    CHECK(store->notes().empty());
    CHECK(nothing_left(*store, folder, 1));
    CHECK(store->check(other.tree));
}

TEST_CASE("what was put and not recorded stayed until the next start") {
    const scratch_folder folder;
    const auto store = opened(folder);
    const auto one = make_package("a.b.c", "1.0.0"), other = make_package("a.b.d", "1.0.0");
    REQUIRE(install(*store, other));
    REQUIRE(store->put(one.content(), one.giver()));
    const std::string bytes = "an archive";
    memory_source source(bytes);
    const digest archive = store->put_archive(source).value();
    {
        // As the commit of it may fail: what was in it is not true.
        auto changes = store->records().begin();
        REQUIRE(changes);
        package_record package;
        package.id = package.name = "a.b.c";
        REQUIRE(changes->put(package));
        REQUIRE(changes->put(record_of(one)));
    }
    SUBCASE("it goes at once") {
        REQUIRE(store->give_up(one.tree, archive));
        CHECK(nothing_left(*store, folder, 1));
        CHECK_FALSE(fs::exists(store->archive_path(archive)));
        REQUIRE(store->give_up(one.tree, archive)); // nothing any more
        CHECK(install(*store, one));
    }
    SUBCASE("it goes with the next commit, where nothing could be committed") {
        store->records().freeze("the disk is full");
        CHECK_FALSE(store->give_up(one.tree, archive));
        CHECK(store->check(one.tree));
        store->records().freeze({});
        SUBCASE("of another package") {
            REQUIRE(install(*store, make_package("a.b.e", "1.0.0")));
            CHECK(nothing_left(*store, folder, 2));
        }
        SUBCASE("and not what was brought again meanwhile") {
            REQUIRE(store->put(one.content(), one.giver()));
            REQUIRE(store->put_archive(source).value() == archive);
            REQUIRE(install(*store, make_package("a.b.e", "1.0.0")));
            CHECK(nothing_left(*store, folder, 3));
            CHECK(fs::exists(store->archive_path(archive)));
            REQUIRE(install(*store, one, archive));
            CHECK(store->check(one.tree));
        }
    }
    SUBCASE("what is recorded stays") {
        REQUIRE(install(*store, one, archive));
        REQUIRE(store->give_up(one.tree, archive));
        CHECK(store->check(one.tree));
        CHECK(fs::exists(store->archive_path(archive)));
    }
}

TEST_CASE("room on the disk that a package had which goes is there for the next one") {
    const scratch_folder folder;
    const auto store = opened(folder);
    const auto one = make_package("a.b.c", "1.0.0"), other = make_package("a.b.d", "1.0.0");
    REQUIRE(install(*store, one));
    REQUIRE(uninstall(*store, "a.b.c"));
    // What a full disk says, once.
    int tried = 0;
    const auto once_full = [&](const package_file& file, const zip_reader::sink& to) -> result<void> {
        if (++tried == 1) return package_fault(package_code::disk, "no space left");
        return other.giver()(file, to);
    };
    REQUIRE(store->put(other.content(), once_full));
    CHECK(nothing_left(*store, folder, 1));
}

TEST_CASE("K10: a second host on one store is refused, and has changed nothing") {
    const scratch_folder folder;
    const auto store = opened(folder);
    store_options options;
    options.folder = folder / "store";
    const auto second = package_store::open(options, 1);
    REQUIRE_FALSE(second);
    CHECK(code_of(second.error()) == package_code::busy);
    CHECK(second.error().message.find("is in use by another host (process ") != std::string::npos);
    CHECK(install(*store, make_package("a.b.c", "1.0.0")));
}

TEST_CASE(
    "lost records: nothing is erased, packages are what packages.json says, and repair makes them anew") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0"), other = make_package("a.b.d", "2.0.0");
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, one));
        REQUIRE(install(*store, other));
    }
    const std::string file = folder / "store/packages.db";
    SUBCASE("not there") { fs::remove(file); }
    SUBCASE("emptied") { fs::resize_file(file, 0); }
    SUBCASE("garbage") { overwrite(file, std::string(9'000, 'x')); }
    SUBCASE("cut off") { fs::resize_file(file, fs::file_size(file) / 2); }
    SUBCASE("another program's") {
        auto bytes = all_of(file);
        bytes[71] = 'X';
        overwrite(file, bytes);
    }
    SUBCASE("a new store's") {
        const scratch_folder another;
        opened(another).reset();
        fs::copy_file(another / "store/packages.db", file, fs::copy_options::overwrite_existing);
    }
    SUBCASE("all rows gone") {
        auto records = records_file::open(file, {});
        REQUIRE(records);
        auto changes = (*records)->begin();
        REQUIRE(changes);
        REQUIRE(changes->erase_package("a.b.c"));
        REQUIRE(changes->erase_package("a.b.d"));
        REQUIRE(changes->count_from(1)); // the next is the second, as before
        REQUIRE(changes->commit());
    }
    {
        const auto store = opened(folder);
        REQUIRE(store->degraded());
        CHECK((*store->records().package("a.b.c"))->state == package_state::enabled);
        CHECK(store->check(one.tree));
        CHECK(store->check(other.tree));
        CHECK_FALSE(install(*store, make_package("a.b.e", "1.0.0")));
        CHECK_FALSE(store->records().begin());
        CHECK_FALSE(store->collect());
        CHECK_FALSE(store->staging_file());
        CHECK(nothing_left(*store, folder, 2));
    }
    {
        const auto store = opened(folder);
        const auto done = store->repair(2'000);
        REQUIRE_MESSAGE(done, done.error().message);
        CHECK_FALSE(store->degraded());
        CHECK(install(*store, make_package("a.b.e", "1.0.0")));
    }
    const auto store = opened(folder);
    CHECK_FALSE(store->degraded());
    CHECK(store->records().packages()->size() == 3);
    CHECK((*store->records().package("a.b.d"))->active == "2.0.0");
    CHECK(nothing_left(*store, folder, 3));
}

TEST_CASE(
    "without records and without packages.json the trees say what they are, and nothing of it runs unasked") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0"), newer = make_package("a.b.c", "1.10.0");
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, one));
        REQUIRE(install(*store, newer));
    }
    fs::resize_file(folder.path() / "store/packages.db", 0);
    overwrite(folder / "store/packages.json", "{");
    const auto store = opened(folder);
    REQUIRE(store->degraded());
    CHECK(nothing_left(*store, folder, 2));
    const auto done = store->repair(2'000);
    REQUIRE_MESSAGE(done, done.error().message);
    const auto package = *store->records().package("a.b.c");
    REQUIRE(package);
    CHECK(package->state == package_state::disabled);
    CHECK(package->active == "1.10.0");
    CHECK(package->granted.empty());
    CHECK(store->records().versions()->size() == 2);
}

TEST_CASE("where the records are lost a revocation still counts, and a key that was added; without a copy it "
          "is said") {
    const scratch_folder folder;
    {
        const auto store = opened(folder);
        auto changes = store->records().begin();
        REQUIRE(changes);
        REQUIRE(changes->put(trust_key_record{"RW1", "Anna", {"dev.example.*"}, 7, "administrator", 5}));
        REQUIRE(changes->put(revocation_record{"RW2", "stolen", "administrator", 6}));
        REQUIRE(changes->commit());
        REQUIRE(store->committed());
        REQUIRE(install(*store, make_package("a.b.c", "1.0.0")));
    }
    opened(folder).reset(); // the copy is what the records say
    const auto trusted = [&](package_store& store) {
        const auto keys = store.records().trust_keys();
        const auto revoked = store.records().revocations();
        return keys->size() == 1 && keys->at(0).plugins.at(0) == "dev.example.*" &&
               keys->at(0).not_after == 7 && revoked->size() == 1 && revoked->at(0).what == "RW2" &&
               revoked->at(0).reason == "stolen";
    };
    fs::resize_file(folder.path() / "store/packages.db", 0);
    SUBCASE("packages.json is there") {
        {
            const auto store = opened(folder);
            REQUIRE(store->degraded());
            CHECK(trusted(*store));
            REQUIRE(store->repair(2'000));
            CHECK(trusted(*store));
        }
        const auto store = opened(folder);
        CHECK(store->notes().empty());
        CHECK(trusted(*store));
    }
    SUBCASE("and it is not") {
        overwrite(folder / "store/packages.json", "{");
        const auto store = opened(folder);
        const auto done = store->repair(2'000);
        REQUIRE(done);
        CHECK(done->at(0) ==
              "keys that were added and what was revoked beside the configuration are not known any more: "
              "add and revoke them again");
    }
}

TEST_CASE("what was revoked where there are no packages yet outlives the loss of the records, too") {
    const scratch_folder folder;
    {
        const auto store = opened(folder);
        auto changes = store->records().begin();
        REQUIRE(changes);
        REQUIRE(changes->put(revocation_record{"RW2", "stolen", "administrator", 6}));
        REQUIRE(changes->commit());
        REQUIRE(store->committed());
    }
    SUBCASE("emptied") { fs::resize_file(folder.path() / "store/packages.db", 0); }
    SUBCASE("gone") { fs::remove(folder / "store/packages.db"); }
    const auto store = opened(folder);
    REQUIRE(store->degraded());
    REQUIRE(store->repair(2'000));
    CHECK(store->records().revocations()->size() == 1);
}

TEST_CASE("a clock that was set back loses neither the active version nor what a repair put aside") {
    const scratch_folder folder;
    store_options options;
    options.folder = folder / "store";
    options.kept_versions = 0;
    for (const std::int64_t now : {std::int64_t{2'000'000'000'000}, std::int64_t{5}}) {
        auto store = package_store::open(options, now);
        REQUIRE_MESSAGE(store, store.error().message);
        REQUIRE(install(**store, make_package("a.b.c", now == 5 ? "1.1.0" : "1.0.0")));
        REQUIRE((*store)->collect());
        CHECK((*store)->records().versions()->size() == 1);
        CHECK((*(*store)->records().package("a.b.c"))->active == (now == 5 ? "1.1.0" : "1.0.0"));
    }
    for (const std::string_view content : {"first", "second"}) {
        fs::remove(folder / "store/packages.db-wal");
        fs::remove(folder / "store/packages.db-shm");
        overwrite(folder / "store/packages.db", content);
        const auto store = opened(folder);
        REQUIRE(store->degraded());
        REQUIRE(store->repair(5));
    }
    CHECK(all_of(folder / "store/packages.db.broken-5") == "first");
    CHECK(all_of(folder / "store/packages.db.broken-5-2") == "second");
}

TEST_CASE("records of a newer tenon are not made anew") {
    const scratch_folder folder;
    opened(folder).reset();
    auto bytes = all_of(folder / "store/packages.db");
    bytes[63] = 9;
    overwrite(folder / "store/packages.db", bytes);
    const auto store = opened(folder);
    REQUIRE(store->degraded());
    CHECK_FALSE(store->repair(1));
    CHECK(all_of(folder / "store/packages.db") == bytes);
}

TEST_CASE("records that differ from their copy in one row erase nothing") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0");
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, one));
    }
    auto text = all_of(folder / "store/packages.json");
    text.replace(text.find("a.b.c"), 5, "a.b.x");
    overwrite(folder / "store/packages.json", text);
    const auto orphan = make_package("a.b.d", "1.0.0");
    fs::create_directory(folder / ("store/trees/" + orphan.tree.text()));
    const auto store = opened(folder);
    CHECK_FALSE(store->degraded());
    CHECK(store->notes().size() == 1);
    CHECK(nothing_left(*store, folder, 2));
}

TEST_CASE("a package whose files are gone is broken, and has them again from its archive") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0");
    digest archive;
    {
        const auto store = opened(folder);
        const std::string bytes = archive_of(one);
        memory_source source(bytes);
        auto kept = store->put_archive(source);
        REQUIRE_MESSAGE(kept, kept.error().message);
        archive = *kept;
        REQUIRE(install(*store, one, archive));
        CHECK(*store->bytes() == bytes.size() + record_of(one).size);
    }
    for (auto& entry : fs::recursive_directory_iterator(folder.path() / "store/trees"))
        if (entry.is_directory()) fs::permissions(entry, static_cast<fs::perms>(0700));
    fs::remove_all(folder.path() / "store/trees" / one.tree.text());
    const auto store = opened(folder);
    CHECK_FALSE(store->degraded());
    CHECK((*store->records().package("a.b.c"))->state == package_state::broken);
    CHECK(store->check()->size() == 1);
    const auto done = store->repair(2'000);
    REQUIRE_MESSAGE(done, done.error().message);
    CHECK(store->check(one.tree));
    CHECK((*store->records().package("a.b.c"))->state == package_state::disabled);
    // And without the archive it is said.
    REQUIRE(uninstall(*store, "a.b.c"));
    CHECK_FALSE(fs::exists(store->archive_path(archive)));
}

TEST_CASE("a repair without packages.json forgot which archive a package has") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0"), other = make_package("a.b.d", "1.0.0");
    digest archive;
    {
        const auto store = opened(folder);
        const std::string bytes = archive_of(one);
        memory_source source(bytes);
        archive = store->put_archive(source).value();
        REQUIRE(install(*store, one, archive));
        REQUIRE(install(*store, other));
    }
    fs::remove(folder.path() / "store/packages.db");
    fs::remove(folder.path() / "store/packages.json");
    const auto store = opened(folder);
    REQUIRE(store->degraded());
    REQUIRE(store->repair(2'000));
    CHECK((*store->records().version("a.b.c", "1.0.0"))->archive == archive);
    CHECK_FALSE((*store->records().version("a.b.d", "1.0.0"))->archive);
    REQUIRE(store->sweep());
    CHECK(fs::exists(store->archive_path(archive)));
}

TEST_CASE("whose data was kept was forgotten with packages.db") {
    const scratch_folder folder;
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, make_package("a.b.c", "1.0.0")));
        auto package = **store->records().package("a.b.c");
        package.signers = {"a key"};
        package.ratchet = "1.0.0";
        auto changes = store->records().begin();
        REQUIRE(changes);
        REQUIRE(changes->put(package));
        REQUIRE(changes->commit());
        REQUIRE(uninstall(*store, "a.b.c", package_data::stays));
    }
    const auto known = [](package_store& store) {
        const auto left = store.records().left_data();
        return left && left->size() == 1 && left->front().id == "a.b.c" &&
               left->front().signers == std::vector<std::string>{"a key"} && left->front().ratchet == "1.0.0";
    };
    {
        const auto store = opened(folder);
        CHECK_FALSE(store->degraded());
        CHECK(store->notes().empty());
        CHECK(known(*store));
    }
    fs::remove(folder.path() / "store/packages.db");
    const auto store = opened(folder);
    REQUIRE(store->degraded());
    CHECK(known(*store));
    REQUIRE(store->repair(2'000));
    CHECK(known(*store));
    // Who comes by it has it.
    REQUIRE(install(*store, make_package("a.b.c", "1.1.0")));
    CHECK(store->records().left_data()->empty());
    CHECK(all_of(folder / "store/packages.json").find("left") == std::string::npos);
}

TEST_CASE("an upload becomes an archive as it lies, and goes where archives are not kept") {
    const scratch_folder folder;
    store_options options;
    SUBCASE("kept") {}
    SUBCASE("not kept") { options.keep_archives = false; }
    const auto store = opened(folder, options);
    const auto path = store->staging_file(5);
    REQUIRE(path);
    std::ofstream(*path) << "bytes";
    const auto taken = store->take_archive(*path);
    REQUIRE_MESSAGE(taken, taken.error().message);
    CHECK(*taken == *digest_of("bytes"));
    CHECK(fs::exists(store->archive_path(*taken)) == options.keep_archives);
    CHECK(nothing_left(*store, folder, 0));
    CHECK_FALSE(store->take_archive(folder / "store/packages.db"));
}

TEST_CASE("a store keeps within its quota, and says so") {
    const scratch_folder folder;
    store_options options;
    options.quota = 150;
    const auto store = opened(folder, options);
    REQUIRE(install(*store, make_package("a.b.c", "1.0.0")));
    const auto more = install(*store, make_package("a.b.d", "1.0.0"));
    REQUIRE_FALSE(more);
    CHECK(code_of(more.error()) == package_code::disk);
    CHECK(more.error().message.find("bytes of at most 150") != std::string::npos);
    CHECK(nothing_left(*store, folder, 1));
}

TEST_CASE("of old versions the last used are kept, and those that are active or pinned") {
    const scratch_folder folder;
    store_options options;
    options.kept_versions = 1;
    const auto store = opened(folder, options);
    for (const char* version : {"1.0.0", "2.0.0", "3.0.0", "4.0.0"}) {
        REQUIRE(install(*store, make_package("a.b.c", version)));
        auto record = *store->records().version("a.b.c", version);
        record->used_at = version[0];
        auto package = *store->records().package("a.b.c");
        package->pinned = "1.0.0";
        auto changes = store->records().begin();
        REQUIRE(changes);
        REQUIRE(changes->put(*record));
        REQUIRE(changes->put(*package));
        REQUIRE(changes->commit());
    }
    REQUIRE(store->collect());
    CHECK(store->records().versions()->size() == 3);
    CHECK_FALSE(store->records().version("a.b.c", "2.0.0")->has_value());
    CHECK(nothing_left(*store, folder, 3));
}

TEST_CASE("a bit that flips in packages.db costs no package's files") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0"), other = make_package("a.b.d", "2.0.0");
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, one));
        REQUIRE(install(*store, other));
    }
    const auto good = all_of(folder / "store/packages.db"), copy = all_of(folder / "store/packages.json");
    for (std::size_t at = 0; at < good.size(); at += 97) {
        auto bytes = good;
        bytes[at] = static_cast<char>(bytes[at] ^ 4);
        overwrite(folder / "store/packages.db", bytes);
        overwrite(folder / "store/packages.json", copy);
        fs::remove(folder / "store/packages.db-wal");
        fs::remove(folder / "store/packages.db-shm");
        opened(folder).reset();
        INFO("byte ", at);
        REQUIRE(entries(folder.path() / "store/trees") == 2);
    }
}

TEST_CASE("file systems of other machines are told by their numbers") {
    CHECK(detail::network_of(0x6969) == "NFS");
    CHECK(detail::network_of(0xFF534D42) == "SMB");
    CHECK(detail::network_of(0xEF53) == ""); // ext4
}

TEST_CASE("a thousand files are put, and checked") {
    const scratch_folder folder;
    const auto store = opened(folder);
    std::vector<made_file> files;
    for (int number = 0; number < 1'000; ++number)
        files.push_back({"d" + std::to_string(100 + number / 20) + "/f" + std::to_string(1'000 + number),
                         std::to_string(number)});
    const auto one = make_package("a.b.c", "1.0.0", std::move(files));
    const auto put = store->put(one.content(), one.giver());
    REQUIRE_MESSAGE(put, put.error().message);
    CHECK(store->check(one.tree));
    CHECK(nothing_left(*store, folder, 1));
}

TEST_CASE("records without a row beside trees, and no packages.json: nothing is erased") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0");
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, one));
    }
    {
        auto records = records_file::open(folder / "store/packages.db", {});
        REQUIRE(records);
        auto changes = (*records)->begin();
        REQUIRE(changes);
        REQUIRE(changes->erase_package("a.b.c"));
        REQUIRE(changes->commit());
    }
    fs::remove(folder / "store/packages.json");
    const auto store = opened(folder);
    REQUIRE(store->degraded());
    CHECK(store->notes().at(0).find("there are packages beside it") != std::string::npos);
    CHECK(nothing_left(*store, folder, 1));
    const auto done = store->repair(2'000);
    REQUIRE(done);
    CHECK((*store->records().package("a.b.c"))->state == package_state::disabled);
}

TEST_CASE("a backup that was put back counts, and what came after it is not erased") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0"), later = make_package("a.b.d", "1.0.0");
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, one));
    }
    const std::string backup = all_of(folder / "store/packages.db");
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, later));
    }
    fs::remove(folder / "store/packages.db-wal");
    fs::remove(folder / "store/packages.db-shm");
    overwrite(folder / "store/packages.db", backup);
    const auto store = opened(folder);
    CHECK_FALSE(store->degraded());
    REQUIRE(store->notes().size() == 1);
    CHECK(store->notes()[0].find("as after a backup was put back") != std::string::npos);
    CHECK(store->records().packages()->size() == 1);
    CHECK(nothing_left(*store, folder, 2));
}

TEST_CASE("a copy of the records that says what cannot be is not followed") {
    const scratch_folder folder;
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, make_package("a.b.c", "1.0.0")));
    }
    const std::string path = folder / "store/packages.json", good = all_of(path);
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    for (const std::string& text : {with("\"format\":1", "\"format\":9"), with("a.b.c", "../x"),
                                    with("\"tree\":\"", "\"tree\":\"x"), std::string("[]")}) {
        overwrite(path, text);
        fs::resize_file(folder.path() / "store/packages.db", 0);
        const auto store = opened(folder);
        REQUIRE(store->degraded());
        CHECK(store->notes().at(0).starts_with("packages.json cannot be read: "));
        CHECK(store->records().packages()->empty());
        CHECK(nothing_left(*store, folder, 1));
    }
    overwrite(path, good);
    fs::resize_file(folder.path() / "store/packages.json", std::uintmax_t{65} << 20); // it takes no room
    CHECK(opened(folder)->notes().at(0).find("more than 67108864 bytes") != std::string::npos);
}

TEST_CASE("a signature goes with its tree, and what is done to it is found") {
    const scratch_folder folder;
    const auto store = opened(folder);
    package_builder builder;
    REQUIRE(builder.add("plugin.json", R"({"id":"a.b.c","version":"1.0.0","entry":"run.sh"})"));
    REQUIRE(builder.add("run.sh", "#!/bin/sh\n", true));
    REQUIRE(builder.sign(make_secret_key(std::string(40, 'a')).value(), "time 1"));
    const std::string archive = builder.build().value();
    memory_source source(archive);
    const auto zip = zip_reader::open(source);
    REQUIRE(zip);
    const auto package = open_package(*zip, package_wrapping::refused);
    REQUIRE(package);
    REQUIRE(store->put(*package, *zip));
    REQUIRE(store->check(package->tree));
    const std::string signatures = store->tree_path(package->tree) + "/signatures",
                      one = signatures + "/6161616161616161.minisig";
    CHECK(all_of(one) == package->signature_texts[0]);
    const auto flaw = [&] {
        const auto good = store->check(package->tree);
        return good ? std::string() : good.error().message.substr(19);
    };
    fs::permissions(one, static_cast<fs::perms>(0600));
    CHECK(flaw() == "\"signatures/6161616161616161.minisig\": its mode was changed");
    fs::permissions(one, static_cast<fs::perms>(0400));
    CHECK(flaw() == "");
    fs::permissions(signatures, static_cast<fs::perms>(0700));
    std::ofstream(signatures + "/notes") << "x";
    fs::permissions(signatures, static_cast<fs::perms>(0500));
    CHECK(flaw() == "\"signatures/notes\": it is not listed in FILES");

    // And an archive without what FILES lists leaves nothing.
    package_files more = package->files;
    more.files.push_back({"zzz", *digest_of("z"), 1, false});
    const std::string text = more.text();
    const auto put = store->put({more, text, *digest_of(text)}, *zip);
    REQUIRE_FALSE(put);
    CHECK(code_of(put.error()) == package_code::hostile);
    CHECK(nothing_left(*store, folder, 1));
    REQUIRE(store->erase_tree(package->tree));
    CHECK(nothing_left(*store, folder, 0));
}

TEST_CASE("what a repair cannot have again is said, and why") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0"), other = make_package("a.b.d", "1.0.0");
    const auto store = opened(folder);
    const std::string bytes = archive_of(one);
    memory_source source(bytes);
    const digest archive = store->put_archive(source).value();
    REQUIRE(install(*store, one, archive));
    REQUIRE(install(*store, other, archive)); // that of another package
    REQUIRE(install(*store, make_package("a.b.e", "1.0.0")));
    for (auto& entry : fs::recursive_directory_iterator(folder.path() / "store/trees"))
        if (entry.is_directory()) fs::permissions(entry, static_cast<fs::perms>(0700));
    for (auto& entry : fs::directory_iterator(folder.path() / "store/trees")) fs::remove_all(entry);
    auto done = store->repair(2'000);
    REQUIRE(done);
    REQUIRE(done->size() == 3);
    CHECK(done->at(0) == "a.b.c 1.0.0: its files were made again from its archive");
    CHECK(done->at(1) ==
          "a.b.d 1.0.0: its files cannot be had again: what is in its archive is another package");
    CHECK(done->at(2) == "a.b.e 1.0.0: its files cannot be had again: its archive was not kept");
    overwrite(store->archive_path(archive), bytes + "x");
    done = store->repair(2'000);
    REQUIRE(done);
    CHECK(done->at(0) == "a.b.d 1.0.0: its files cannot be had again: its archive was changed");
}

TEST_CASE("what lies among the trees and is none is not recorded, and said") {
    const scratch_folder folder;
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, make_package("a.b.c", "1.0.0")));
    }
    fs::create_directory(folder.path() / "store/trees/lost+found");
    fs::resize_file(folder.path() / "store/packages.db", 0);
    const auto store = opened(folder);
    const auto done = store->repair(2'000);
    REQUIRE(done);
    CHECK(std::find(done->begin(), done->end(), "tree lost+found: not recorded: its name is no digest") !=
          done->end());
}

TEST_CASE("while the records are lost a package whose files are gone, too, is broken") {
    const scratch_folder folder;
    const auto one = make_package("a.b.c", "1.0.0");
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, one));
    }
    for (auto& entry : fs::recursive_directory_iterator(folder.path() / "store/trees"))
        if (entry.is_directory()) fs::permissions(entry, static_cast<fs::perms>(0700));
    fs::remove_all(folder.path() / "store/trees" / one.tree.text());
    fs::resize_file(folder.path() / "store/packages.db", 0);
    const auto store = opened(folder);
    REQUIRE(store->degraded());
    CHECK((*store->records().package("a.b.c"))->state == package_state::broken);
    CHECK((*store->records().package("a.b.c"))->problem == "its files are gone");
    REQUIRE(store->repair(2'000));
    CHECK((*store->records().package("a.b.c"))->state == package_state::broken);
    CHECK(store->notes() == std::vector<std::string>{"a.b.c 1.0.0: its files are gone"});
}

TEST_CASE("the records were everybody's to read, in a backup that is unpacked elsewhere") {
    const scratch_folder folder;
    const auto open_files = [&] {
        std::vector<std::string> found;
        for (const auto& one : fs::recursive_directory_iterator(folder.path() / "store"))
            if (one.is_regular_file() &&
                (one.status().permissions() & static_cast<fs::perms>(0077)) != fs::perms::none)
                found.push_back(one.path().filename());
        return found;
    };
    const auto one = make_package("a.b.c", "1.0.0");
    const ::mode_t former = ::umask(0022);
    {
        const auto store = opened(folder);
        REQUIRE(install(*store, one));
        const auto bytes = archive_of(one);
        memory_source archive(bytes);
        REQUIRE(store->put_archive(archive));
        CHECK(fs::exists(folder.path() / "store/packages.db-wal"));
        CHECK(open_files().empty());
    }
    fs::permissions(folder.path() / "store/packages.db", static_cast<fs::perms>(0644)); // an older store
    folder.write("store/packages.db.broken-1", "tokens", 0644);
    {
        const auto store = opened(folder);
        CHECK(store->notes().empty());
        CHECK(open_files().empty());
    }
    fs::resize_file(folder.path() / "store/packages.db", 0);
    const auto store = opened(folder);
    REQUIRE(store->repair(2'000));
    CHECK(open_files().empty());
    ::umask(former);
}

TEST_CASE("a folder that was no store lost what it had in staging, and was closed to others") {
    const scratch_folder folder;
    fs::create_directories(folder / "site/staging/mine");
    fs::permissions(folder / "site", static_cast<fs::perms>(0755));
    store_options options;
    options.folder = folder / "site";
    const auto refused = package_store::open(options, 1);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == folder / "site" +
                                         ": it is no store of packages, and it is not empty: a store has a "
                                         "folder of its own");
    CHECK(entries(folder / "site") == 1);
    CHECK(fs::exists(folder / "site/staging/mine"));
    CHECK(fs::status(folder / "site").permissions() == static_cast<fs::perms>(0755));
    fs::create_directories(folder / "disk/lost+found");
    options.folder = folder / "disk";
    CHECK(package_store::open(options, 1));
    CHECK(package_store::open(options, 1)); // it is a store by now
}

TEST_CASE("a store into which others could write was believed without a word") {
    const scratch_folder folder;
    { REQUIRE(install(*opened(folder), make_package("a.b.c", "1.0.0"))); }
    fs::permissions(folder.path() / "store", static_cast<fs::perms>(0777));
    const auto store = opened(folder);
    REQUIRE(store->notes().size() == 1);
    CHECK(store->notes()[0] ==
          "others could write into " + (folder / "store") + " until now: look at what it has");
    CHECK(fs::status(folder.path() / "store").permissions() == static_cast<fs::perms>(0700));
}

TEST_CASE("a store that was taken away while a host had it was said to be good") {
    const scratch_folder folder;
    const auto store = opened(folder);
    REQUIRE(install(*store, make_package("a.b.c", "1.0.0")));
    CHECK(store->check()->empty());
    fs::rename(folder.path() / "store", folder.path() / "elsewhere");
    const auto found = store->check();
    REQUIRE(found);
    REQUIRE_FALSE(found->empty());
    CHECK(found->front().problem.ends_with(
        " was taken away or replaced while this host has it: start the host again"));
}

TEST_CASE("packages were said to be what packages.json says where there is none") {
    const scratch_folder folder;
    { REQUIRE(install(*opened(folder), make_package("a.b.c", "1.0.0"))); }
    for (const char* file : {"packages.db", "packages.json"}) fs::remove(folder.path() / "store" / file);
    const auto store = opened(folder);
    REQUIRE(store->degraded());
    CHECK(store->notes().at(0).ends_with(". Nothing says which packages are here, and nothing was erased"));
}

TEST_CASE("a store is not opened where it cannot be kept, and takes nothing that it has no room for") {
    const auto refused = [](const std::string& path) {
        store_options options;
        options.folder = path;
        const auto store = package_store::open(options, 1);
        return store ? std::string() : store.error().message;
    };
    const scratch_folder folder;
    CHECK(refused("store") == "the folder of the store has to be a whole path, got \"store\"");
    CHECK(refused(folder.write("file", "x", 0600) + "/store").find("Not a directory") != std::string::npos);
    fs::create_directory(folder / "linked");
    fs::create_directory_symlink("/", folder / "linked/trees");
    CHECK(refused(folder / "linked") == folder / "linked" + ": trees: Not a directory");
    if (::geteuid() == 0) {
        fs::create_directory(folder / "others");
        REQUIRE(::chown((folder / "others").c_str(), 65'534, 65'534) == 0);
        CHECK(refused(folder / "others") ==
              folder / "others" + ": it belongs to user 65534, expected root or 0");
    }
    store_options options;
    options.quota = 10;
    const auto store = opened(folder, options);
    CHECK(store->staging_file(std::uint64_t{1} << 60).error().message.find(" bytes free, ") !=
          std::string::npos);
    CHECK_FALSE(store->make_data("../x"));
    memory_source archive("more than ten bytes");
    CHECK(code_of(store->put_archive(archive).error()) == package_code::disk);
    struct broken_source : byte_source {
        std::uint64_t size() const noexcept override { return 5; }
        result<void> read(std::uint64_t, std::span<char>) override {
            return fault{codes::internal_error, "it broke"};
        }
    } broken;
    CHECK(store->put_archive(broken).error().message == "it broke");
    CHECK(nothing_left(*store, folder, 0));
}

TEST_CASE("file systems of other machines have names") {
    for (const auto& [kind, name] :
         std::initializer_list<std::pair<std::uint64_t, std::string_view>>{{0x517B, "SMB"},
                                                                           {0xFE534D42, "SMB"},
                                                                           {0x00C36400, "Ceph"},
                                                                           {0x5346414F, "AFS"},
                                                                           {0x6B414653, "AFS"},
                                                                           {0x73757245, "Coda"},
                                                                           {0x01021997, "9P"},
                                                                           {0x0BD00BD0, "Lustre"}})
        CHECK(detail::network_of(kind) == name);
}
