#include <tenon/packages/rules/package_needs.hpp>
#include <tenon/packages/rules/resolver.hpp>

#include "installed_fixture.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace tenon;
using namespace tenon::tests;

namespace {

std::string said(const result<void>& verdict) {
    if (verdict) return "fine";
    return std::string(word_of(code_of(verdict.error()).value())) + ": " + verdict.error().message;
}
std::string needs(std::string_view member, std::string_view id, std::string_view range) {
    return detail::join({"\"", member, "\":{\"", id, "\":\"", range, "\"}"});
}
package_clashes clashes(const installed_packages& all, std::string_view id, std::string_view version,
                        std::string_view more = {}) {
    return clashes_of(manifest_of(id, version, more), all);
}
using texts = std::vector<std::string>;

} // namespace

TEST_CASE("a pre-release that somebody installed meets what its order meets") {
    installed_packages all;
    add_installed(all, "a.store", "1.3.0-dev.2");
    CHECK(clashes(all, "a.chat", "1.0.0", needs("dependencies", "a.store", "^1.2")).empty());
    CHECK_FALSE(clashes(all, "a.chat", "1.0.0", needs("dependencies", "a.store", ">=1.3.0")).empty());
}

TEST_CASE("an optional need is met by nothing, and not by what is out of its range") {
    installed_packages all;
    const std::string wish = needs("optionalDependencies", "a.store", "^2");
    CHECK(clashes(all, "a.chat", "1.0.0", wish).empty());
    add_installed(all, "a.store", "1.0.0");
    CHECK(clashes(all, "a.chat", "1.0.0", wish).own ==
          texts{"a.chat 1.0.0 needs a.store ^2 where it is there, and 1.0.0 is installed: that has to be "
                "changed first"});

    // The other way round: it comes later, or it is changed.
    installed_packages other;
    add_installed(other, "a.chat", "1.0.0", wish);
    CHECK(clashes(other, "a.store", "1.0.0").own ==
          texts{"a.chat 1.0.0 needs a.store ^2 where it is there, and it would be 1.0.0: disable a.chat "
                "until it is updated, too"});
    add_installed(other, "a.store", "2.0.0");
    CHECK(clashes(other, "a.store", "1.0.0").needed ==
          texts{"a.chat 1.0.0 needs a.store ^2 where it is there, and it would be 1.0.0: disable a.chat "
                "until it is updated, too"});
}

TEST_CASE("what was wrong before is no reason against what leaves it so") {
    installed_packages all;
    add_installed(
        all, "a.chat", "1.0.0",
        R"("dependencies":{"a.store":"^3","a.gone":"*"},"optionalDependencies":{"a.web":"^3"},"conflicts":{"a.bot":"*"})");
    CHECK(clashes(all, "a.store", "1.0.0").empty()); // it needs another one, and goes on needing it
    add_installed(all, "a.store", "1.0.0");
    add_installed(all, "a.web", "1.0.0");
    add_installed(all, "a.bot", "1.0.0");
    for (const std::string_view id : {"a.store", "a.web", "a.bot"}) CHECK(clashes(all, id, "2.0.0").empty());
    CHECK(clashes(all, "a.other", "1.0.0").empty());
}

TEST_CASE("a package that is recorded without an active version meets no need") {
    installed_packages all;
    add_installed(all, "a.store", "1.0.0").record.active.clear();
    CHECK(clashes(all, "a.chat", "1.0.0", needs("dependencies", "a.store", "*")).own ==
          texts{"a.chat 1.0.0 needs a.store *, which is not installed"});
}

TEST_CASE("needs that lead back to where they began are told with their way") {
    installed_packages all;
    add_installed(all, "a.chat", "1.0.0");
    add_installed(all, "a.store", "1.0.0", needs("dependencies", "a.chat", "*"));
    add_installed(all, "a.web", "1.0.0", needs("dependencies", "a.store", "*"));
    CHECK(
        clashes(all, "a.chat", "1.1.0", needs("dependencies", "a.web", "*")).own ==
        texts{
            "a.chat needs a.web, a.web needs a.store, a.store needs a.chat: none of them could ever start"});
    CHECK(clashes(all, "a.chat", "1.1.0", needs("optionalDependencies", "a.web", "*")).empty());
}

TEST_CASE("of a long circle its beginning and its end are told") {
    installed_packages all;
    for (int number = 1; number < 40; ++number)
        add_installed(all, detail::join({"a.p", std::to_string(number)}), "1.0.0",
                      needs("dependencies", detail::join({"a.p", std::to_string((number + 1) % 40)}), "*"));
    add_installed(all, "a.p0", "1.0.0");
    const package_clashes found = clashes(all, "a.p0", "1.1.0", needs("dependencies", "a.p1", "*"));
    REQUIRE(found.own.size() == 1);
    CHECK(found.own[0].starts_with("a.p0 needs a.p1, a.p1 needs a.p2, "));
    CHECK(found.own[0].ends_with(
        "a.p14 needs a.p15, a.p15 needs a.p16, ..., a.p39 needs a.p0: none of them could ever start"));
}

TEST_CASE("what others need that are enabled does not go, and the fault names them") {
    installed_packages all;
    add_installed(all, "a.store", "1.0.0");
    CHECK(said(judge_absence("a.store", all)) == "fine");
    add_installed(all, "a.chat", "1.0.0", needs("dependencies", "a.store", "*"));
    add_installed(all, "a.bot", "1.0.0", needs("optionalDependencies", "a.store", "*"));
    CHECK(said(judge_absence("a.store", all)) == "needed: a.store is needed by a.chat");
    add_installed(all, "a.web", "1.0.0", needs("dependencies", "a.store", "*"));
    CHECK(said(judge_absence("a.store", all)) == "needed: a.store is needed by a.chat and a.web");
    all.at("a.chat").record.state = package_state::disabled;
    CHECK(said(judge_absence("a.store", all)) == "needed: a.store is needed by a.web");
    all.at("a.web").record.state = package_state::broken;
    CHECK(said(judge_absence("a.store", all)) == "fine");
    CHECK(said(judge_absence("a.chat", all)) == "fine");
    for (int more = 0; more < 20; ++more)
        add_installed(all, detail::join({"b.b", std::to_string(more)}), "1.0.0",
                      needs("dependencies", "a.store", "*"));
    CHECK(said(judge_absence("a.store", all)).ends_with(" and 10 more"));
}

TEST_CASE(
    "two packages that need each other's new versions could not be updated: one is disabled meanwhile") {
    installed_packages all;
    add_installed(all, "a.base", "1.0.0");
    installed_package& app = add_installed(all, "a.app", "1.0.0", needs("dependencies", "a.base", "^1"));
    const std::string next = needs("dependencies", "a.base", "^2"),
                      next_base = needs("conflicts", "a.app", "<1.1");
    CHECK(clashes(all, "a.app", "1.1.0", next).own ==
          texts{"a.app 1.1.0 needs a.base ^2, and 1.0.0 is installed: that has to be changed first"});
    CHECK(
        clashes(all, "a.base", "2.0.0").needed ==
        texts{"a.app 1.0.0 needs a.base ^1, and it would be 2.0.0: disable a.app until it is updated, too"});
    CHECK_FALSE(clashes(all, "a.base", "2.0.0", next_base).own.empty());

    app.record.state = package_state::disabled;
    CHECK(clashes(all, "a.base", "2.0.0", next_base).empty());
    add_installed(all, "a.base", "2.0.0", next_base);
    CHECK(said(judge_enable(all.at("a.app").manifest, all)) ==
          "dependency: a.app 1.0.0 needs a.base ^1, and 2.0.0 is installed: that has to be changed first; "
          "a.base 2.0.0, which is installed, cannot be together with a.app <1.1");
    CHECK(clashes(all, "a.app", "1.1.0", next).empty());
    CHECK(said(judge_enable(manifest_of("a.app", "1.1.0", next), all)) == "fine");
}

TEST_CASE("what is enabled needs what is enabled, and needs in a circle are never enabled") {
    installed_packages all;
    add_installed(all, "a.base", "1.0.0").record.state = package_state::installed;
    add_installed(all, "a.app", "1.0.0", needs("dependencies", "a.base", "*")).record.state =
        package_state::installed;
    CHECK(said(judge_enable(all.at("a.app").manifest, all)) ==
          "dependency: a.app needs a.base, which is not enabled");
    CHECK(said(judge_enable(all.at("a.base").manifest, all)) == "fine");

    add_installed(all, "a.base", "1.1.0", needs("dependencies", "a.app", "*")).record.state =
        package_state::installed;
    CHECK(said(judge_enable(all.at("a.app").manifest, all)) ==
          "dependency: a.app needs a.base, a.base needs a.app: none of them could ever start; a.app needs "
          "a.base, which is not enabled");
    CHECK(said(judge_absence("a.app", all)) == "fine"); // neither is kept here by the other
    CHECK(said(judge_absence("a.base", all)) == "fine");
}

TEST_CASE("of thousands of needs that keep a package from being enabled the first are said") {
    std::string all = R"("dependencies":{)";
    for (int number = 1'000; number < 4'000; ++number)
        all += detail::join({number > 1'000 ? "," : "", R"("a.p)", std::to_string(number), R"(":"*")"});
    CHECK(said(judge_enable(manifest_of("a.app", "1.0.0", all + "}"), {}))
              .ends_with("a.app 1.0.0 needs a.p1019 *, which is not installed; and 2980 more"));
}

TEST_CASE("a plugin needs others by the names of their plugins") {
    installed_packages all;
    add_installed(all, "a.store", "1.0.0").record.name = "files";
    CHECK(needs_of(manifest_of(
                       "a.chat", "1.0.0",
                       R"("dependencies":{"a.store":"*","a.web":"*"},"optionalDependencies":{"a.bot":"*"})"),
                   all) == texts{"files", "a.web"});
}

TEST_CASE("each is started after what it needs and would like, else the highest priority first") {
    installed_packages all;
    add_installed(all, "a.a", "1.0.0", needs("dependencies", "a.z", "*"));
    add_installed(all, "a.b", "1.0.0", R"("priority":5)");
    add_installed(all, "a.c", "1.0.0");
    add_installed(all, "a.d", "1.0.0", needs("optionalDependencies", "a.y", "*"));
    add_installed(all, "a.e", "1.0.0").record.state = package_state::disabled;
    add_installed(all, "a.f", "1.0.0", needs("dependencies", "a.e", "*")); // it waits, and is started
    add_installed(all, "a.y", "1.0.0");
    add_installed(all, "a.z", "1.0.0");
    const package_start_order made = start_order(all);
    CHECK(made.ids == texts{"a.b", "a.z", "a.a", "a.c", "a.y", "a.d", "a.f"});
    CHECK(made.circles.empty());
}

TEST_CASE("a wish gives way to a need that leads the other way, and a circle of needs is told") {
    installed_packages all;
    add_installed(all, "a.a", "1.0.0", needs("optionalDependencies", "a.b", "*"));
    add_installed(all, "a.b", "1.0.0", needs("dependencies", "a.a", "*"));
    package_start_order made = start_order(all);
    CHECK(made.ids == texts{"a.a", "a.b"});
    CHECK(made.circles.empty());
    add_installed(all, "a.a", "1.0.0", needs("dependencies", "a.b", "*"));
    made = start_order(all);
    CHECK(made.ids.size() == 2);
    CHECK(made.circles ==
          texts{"plugins that need each other could never start: a.b needs a.a, a.a needs a.b"});
}

TEST_CASE("what is said to be wrong is what the resolver cannot solve") {
    // Packages that go together, and one version that arrives: 3,000 times.
    std::mt19937 random(20261130);
    const auto below = [&](unsigned end) { return static_cast<unsigned>(random() % end); };
    const auto version = [&] {
        return detail::join({std::to_string(1 + below(3)), ".", std::to_string(below(2)), ".0"});
    };
    const std::string_view ranges[] = {"*", "^1", "^2", ">=2", "<3", "1.x || 3.x"},
                           ids[] = {"a.a", "a.b", "a.c", "a.d"};
    const auto requirements = [&](std::string_view id) {
        std::string more;
        for (const std::string_view member : {"dependencies", "optionalDependencies", "conflicts"}) {
            if (below(3) != 0) continue;
            const std::string_view other = ids[below(4)];
            if (other != id) more += (more.empty() ? "" : ",") + needs(member, other, ranges[below(6)]);
        }
        return more;
    };
    const auto candidate = [](const package_manifest& of) {
        return package_candidate{of.version, of.dependencies, of.optional_dependencies, of.conflicts};
    };
    int solved = 0, refused = 0;
    for (int round = 0; round < 3'000; ++round) {
        installed_packages all;
        for (const std::string_view id : ids)
            if (below(4) != 0) {
                const std::string text = version();
                const package_manifest one = manifest_of(id, text, requirements(id));
                if (clashes_of(one, all).empty()) add_installed(all, id, text).manifest = one;
            }
        const std::string_view id = ids[below(4)];
        const package_manifest arriving = manifest_of(id, version(), requirements(id));
        const package_clashes found = clashes_of(arriving, all);
        bool circle = false;
        for (const std::string& why : found.own) circle = circle || why.ends_with("could ever start");
        if (circle) continue; // the resolver does not mind

        known_packages known = {{arriving.id, {candidate(arriving)}}};
        resolve_request request;
        request.wanted.emplace(arriving.id, read_range(arriving.version.text()).value());
        for (const auto& [other, package] : all) {
            request.installed.emplace(other, package.manifest.version);
            if (other != arriving.id) known[other].push_back(candidate(package.manifest));
        }
        const resolution solution = resolve_packages(request, known);
        CHECK_MESSAGE(solution.solved() == found.empty(), manifest_text(arriving));
        (found.empty() ? solved : refused) += 1;
    }
    CHECK(solved > 500);
    CHECK(refused > 500);
}
