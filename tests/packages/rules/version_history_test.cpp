#include <tenon/packages/rules/version_history.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace tenon;

namespace {

/// The newest first, as the records answer.
struct history {
    std::vector<deployment_record> all = {};

    history& add(std::string_view kind, std::string_view to, std::string_view state = "done") {
        deployment_record one;
        one.kind = kind;
        one.to_version = to;
        one.state = state;
        all.insert(all.begin(), one);
        return *this;
    }
};

package_record active(std::string_view version) {
    package_record made;
    made.id = "a.chat";
    made.active = version;
    return made;
}
std::vector<version_record> here(std::vector<std::string> versions) {
    std::vector<version_record> made;
    for (std::string& version : versions) made.emplace_back().version = std::move(version);
    return made;
}
/// "2", "3, never active", or "unknown: why".
std::string back(const package_record& package, const history& way,
                 const std::vector<version_record>& versions, std::string_view to = {}) {
    const auto found = find_rollback(package, to, way.all, versions);
    if (!found) return std::string(word_of(code_of(found.error()).value())) + ": " + found.error().message;
    return found->version + (found->in_history ? "" : ", never active");
}
using texts = std::vector<std::string>;

} // namespace

TEST_CASE("going back twice goes two versions back, and not forward again") {
    history way;
    way.add("install", "1").add("update", "2").add("update", "3");
    const auto all = here({"1", "2", "3", "4"});
    CHECK(back(active("3"), way, all) == "2");
    way.add("rollback", "2");
    CHECK(back(active("2"), way, all) == "1");
    way.add("update", "4");
    CHECK(back(active("4"), way, all) == "2");
    way.add("rollback", "1");
    CHECK(active_versions(way.all) == texts{"1"});
    CHECK(back(active("1"), way, all) == "unknown: a.chat had no other version before 1");
}

TEST_CASE("what did not hold, and what was before an uninstall, is not on the way") {
    history way;
    way.add("install", "1")
        .add("update", "2")
        .add("uninstall", "")
        .add("install", "3")
        .add("update", "4", "failed")
        .add("update", "5", "rolled_back")
        .add("pin", "");
    CHECK(active_versions(way.all) == texts{"3"});
    CHECK(back(active("3"), way, here({"1", "2", "3", "4", "5"})) ==
          "unknown: a.chat had no other version before 3");
}

TEST_CASE("held versions and versions that are gone are passed by, and named where nothing is left") {
    history way;
    way.add("install", "1").add("update", "2").add("update", "3").add("update", "4");
    auto all = here({"1", "3", "4"});
    all[1].held = "it leaks";
    CHECK(back(active("4"), way, all) == "1");
    all.erase(all.begin());
    CHECK(back(active("4"), way, all) == "unknown: a.chat has no version to go back to: 3 is held: it leaks; "
                                         "2 is not here any more; 1 is not here any more");
}

TEST_CASE("an update to an older version is a step of its own") {
    history way;
    way.add("install", "1").add("update", "2").add("update", "1");
    CHECK(back(active("1"), way, here({"1", "2"})) == "2");
}

TEST_CASE("a version that is named is gone to where it is here, held or not") {
    history way;
    way.add("install", "1").add("update", "2").add("rollback", "1").add("update", "3");
    auto all = here({"1", "2", "3", "4"});
    all[1].held = "it leaks";
    CHECK(back(active("3"), way, all, "2") == "2"); // left behind, and was active all the same
    CHECK(back(active("3"), way, all, "4") == "4, never active");
    CHECK(back(active("3"), way, all, "3") == "exists: a.chat 3 is active already");
    CHECK(back(active("3"), way, all, "9") == "unknown: a.chat 9 is not here; what is here: 1, 2, 4");
    CHECK(back(active("3"), way, here({"3"}), "2") == "unknown: a.chat 2 is not here; no other version is");
    way.add("uninstall", "").add("install", "3");
    CHECK(back(active("3"), way, all, "2") == "2, never active");
}

TEST_CASE("a history that does not end at the active version still says what was before") {
    history way;
    way.add("install", "1").add("update", "2").add("update", "3");
    const auto all = here({"1", "2", "3", "9"});
    CHECK(back(active("2"), way, all) == "1"); // the last change is not in the records
    CHECK(back(active("9"), way, all) == "3"); // nor is the active one
    CHECK(back(active("9"), {}, all) == "unknown: a.chat had no other version before 9");
}
