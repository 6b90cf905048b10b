#include <tenon/packages/rules/resolver.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace tenon;

namespace {

package_version version(std::string_view text) { return read_version(text).value(); }

package_requirements needs(std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
    package_requirements all;
    for (const auto& [id, range] : list) all.emplace(id, read_range(range).value());
    return all;
}

package_candidate made(std::string_view number, package_requirements dependencies = {}) {
    return {version(number), std::move(dependencies)};
}

/// "+chat 2.0.0, store 1.0.0>1.1.0, =web 1.0.0", or the reasons, one a line.
std::string outcome(const resolve_request& request, const known_packages& known) {
    const resolution found = resolve_packages(request, known);
    std::string words;
    if (!found.solved()) {
        for (const std::string& line : found.conflicts) words += line + "\n";
        return words;
    }
    const auto put = [&](std::string_view sign, const chosen_package& one) {
        if (!words.empty()) words += ", ";
        words += std::string(sign) + one.id + " ";
        if (sign.empty()) words += one.from->text() + ">";
        words += one.to.text();
    };
    for (const chosen_package& one : found.install) put("+", one);
    for (const chosen_package& one : found.update) put("", one);
    for (const chosen_package& one : found.keep) put("=", one);
    return words;
}

} // namespace

TEST_CASE("what is wanted gets its highest version, and what it needs comes with it") {
    const known_packages known = {
        {"chat", {made("1.0.0"), made("2.1.0", needs({{"store", "^1.2"}})), made("2.0.0")}},
        {"store", {made("1.2.0"), made("1.3.0"), made("2.0.0")}},
        {"other", {made("1.0.0")}},
    };
    CHECK(outcome({.wanted = needs({{"chat", "*"}})}, known) == "+chat 2.1.0, +store 1.3.0");
    CHECK(outcome({.wanted = needs({{"chat", "<2.1"}})}, known) == "+chat 2.0.0");
    CHECK(outcome({}, known) == "");
}

TEST_CASE("an older version is taken where the newest cannot be") {
    const known_packages known = {
        {"chat", {made("1.0.0", needs({{"store", "1.x"}})), made("2.0.0", needs({{"store", "2.x"}}))}},
        {"store", {made("1.0.0")}},
    };
    CHECK(outcome({.wanted = needs({{"chat", "*"}})}, known) == "+chat 1.0.0, +store 1.0.0");
}

TEST_CASE("what is installed stays as it is, unless it is asked for") {
    const known_packages known = {
        {"chat", {made("1.0.0", needs({{"store", "1.x"}})), made("2.0.0", needs({{"store", ">=1.1"}}))}},
        {"store", {made("1.0.0"), made("1.1.0"), made("2.0.0")}},
        {"web", {made("1.0.0"), made("1.1.0")}},
    };
    resolve_request request{.wanted = needs({{"chat", "*"}}),
                            .installed = {{"store", version("1.0.0")}, {"web", version("1.0.0")}}};
    CHECK(outcome(request, known) == "+chat 1.0.0, =store 1.0.0, =web 1.0.0");
    request.wanted = needs({{"chat", "2"}});
    CHECK(outcome(request, known) == "chat 2 is wanted\n"
                                     "store 1.0.0 is installed, and is not asked to change\n"
                                     "chat 2.0.0 needs store >=1.1\n");
    request.others = resolve_request::others_are::changed_if_needed;
    CHECK(outcome(request, known) == "+chat 2.0.0, store 1.0.0>2.0.0, =web 1.0.0");
    request.others = resolve_request::others_are::kept;
    request.wanted = needs({{"chat", "2"}, {"store", "^1"}});
    CHECK(outcome(request, known) == "+chat 2.0.0, store 1.0.0>1.1.0, =web 1.0.0");
    request.pins = {{"store", version("1.0.0")}};
    CHECK(outcome(request, known) == "chat 2 is wanted\n"
                                     "store is pinned to 1.0.0\n"
                                     "chat 2.0.0 needs store >=1.1\n");
}

TEST_CASE("nothing that is installed is removed to make room") {
    package_candidate chat = made("1.0.0");
    chat.conflicts = needs({{"web", "*"}});
    const known_packages known = {{"chat", {chat}}, {"web", {made("1.0.0")}}};
    CHECK(outcome({.wanted = needs({{"chat", "*"}}),
                   .installed = {{"web", version("1.0.0")}},
                   .others = resolve_request::others_are::changed_if_needed},
                  known) == "chat * is wanted\n"
                            "web is installed, and is not asked to go\n"
                            "chat 1.0.0 cannot be together with web *\n");
}

TEST_CASE("a reason has each fact once, however many versions say it") {
    known_packages known;
    for (int minor = 0; minor < 20; ++minor) {
        const std::string number = "1." + std::to_string(minor) + ".0";
        known["a"].push_back(made(number, needs({{"c", ">=11"}})));
        known["b"].push_back(made(number, needs({{"c", "<11"}})));
        known["c"].push_back(made(std::to_string(minor) + ".0.0"));
    }
    CHECK(outcome({.wanted = needs({{"a", "*"}, {"b", "*"}})}, known) == "a * is wanted\n"
                                                                         "b * is wanted\n"
                                                                         "a (every version) needs c >=11\n"
                                                                         "b (every version) needs c <11\n");
}

TEST_CASE("neighbouring versions are named as from and to") {
    const known_packages known = {
        {"a",
         {made("1.0.0", needs({{"c", "2"}})), made("1.1.0", needs({{"c", "2"}})),
          made("1.2.0", needs({{"c", "2"}})), made("2.0.0"), made("3.0.0", needs({{"c", "2"}}))}},
        {"c", {made("1.0.0")}},
    };
    CHECK(outcome({.wanted = needs({{"a", "1 || 3"}})}, known) ==
          "a 1 || 3 is wanted\n"
          "a (1.0.0 to 1.2.0, 3.0.0) needs c 2, and known here is 1.0.0\n");
}

TEST_CASE("what is not known here is said to be that") {
    const known_packages known = {
        {"chat", {made("1.0.0", needs({{"store", "*"}})), made("1.2.0", needs({{"store", "*"}}))}}};
    CHECK(outcome({.wanted = needs({{"nothing", "*"}})}, known) ==
          "nothing * is wanted, of which no version is known here\n");
    CHECK(outcome({.wanted = needs({{"chat", "3"}})}, known) ==
          "chat 3 is wanted, and known here is 1.0.0 to 1.2.0\n");
    CHECK(outcome({.wanted = needs({{"chat", "*"}})}, known) ==
          "chat * is wanted\nchat (every version) needs store *, of which no version is known here\n");
}

TEST_CASE("an optional need asks for a version only where the other is there") {
    package_candidate chat = made("1.0.0");
    chat.optional_dependencies = needs({{"search", ">=2"}});
    const known_packages known = {{"chat", {chat}}, {"search", {made("1.0.0"), made("2.0.0")}}};
    CHECK(outcome({.wanted = needs({{"chat", "*"}})}, known) == "+chat 1.0.0");
    CHECK(outcome({.wanted = needs({{"chat", "*"}}), .installed = {{"search", version("2.0.0")}}}, known) ==
          "+chat 1.0.0, =search 2.0.0");
    CHECK(outcome({.wanted = needs({{"chat", "*"}}), .installed = {{"search", version("1.0.0")}}}, known) ==
          "chat * is wanted\n"
          "search 1.0.0 is installed, and is not asked to change\n"
          "chat 1.0.0 needs search >=2, if it is there\n");
}

TEST_CASE("a conflict forbids a range, with its pre-releases") {
    package_candidate chat = made("1.0.0");
    chat.conflicts = needs({{"spy", "<2"}});
    const known_packages known = {{"chat", {chat}}, {"spy", {made("1.5.0-beta"), made("2.0.0")}}};
    CHECK(outcome({.wanted = needs({{"chat", "*"}, {"spy", "*"}})}, known) == "+chat 1.0.0, +spy 2.0.0");
    CHECK(outcome({.wanted = needs({{"chat", "*"}, {"spy", "1.5.0-beta"}})}, known) ==
          "chat * is wanted\n"
          "spy 1.5.0-beta is wanted\n"
          "chat 1.0.0 cannot be together with spy <2\n");
}

TEST_CASE("a pre-release is taken where it is named, and of packages whose pre-releases are followed") {
    const known_packages known = {{"chat", {made("1.0.0"), made("2.0.0-beta.1")}},
                                  {"new", {made("1.0.0-rc.1")}}};
    CHECK(outcome({.wanted = needs({{"chat", "*"}})}, known) == "+chat 1.0.0");
    CHECK(outcome({.wanted = needs({{"chat", "^2.0.0-beta"}})}, known) == "+chat 2.0.0-beta.1");
    CHECK(outcome({.wanted = needs({{"chat", "*"}}), .pre_releases_of = {"chat"}}, known) ==
          "+chat 2.0.0-beta.1");
    CHECK(outcome({.wanted = needs({{"new", "*"}})}, known) ==
          "new * is wanted, of which only pre-releases are in that range: 1.0.0-rc.1; they are taken where "
          "they are "
          "named, or asked for\n");
}

TEST_CASE("the host is a fact: its version, and what it speaks") {
    package_candidate newest = made("2.0.0"), other = made("1.1.0");
    newest.host = read_range(">=0.3").value();
    other.protocols = {2, 3};
    known_packages known = {{"chat", {newest, other, made("1.0.0")}}};
    const resolve_request request{.wanted = needs({{"chat", "*"}}), .host = version("0.2.0")};
    CHECK(outcome(request, known) == "+chat 1.0.0");
    CHECK(outcome({.wanted = needs({{"chat", "*"}}), .host = version("0.3.0")}, known) == "+chat 2.0.0");
    known["chat"].pop_back();
    CHECK(outcome(request, known) == "chat * is wanted\n"
                                     "chat 2.0.0 needs a host >=0.3, and this one is 0.2.0\n"
                                     "chat 1.1.0 speaks protocol 2 or 3, which this host does not\n");
}

TEST_CASE("what needs itself, and circles of needs, are resolved as all else") {
    const known_packages known = {
        {"self", {made("1.0.0", needs({{"self", "1"}})), made("2.0.0", needs({{"self", "1"}}))}},
        {"one", {made("1.0.0", needs({{"two", "*"}}))}},
        {"two", {made("1.0.0", needs({{"one", "*"}}))}},
    };
    CHECK(outcome({.wanted = needs({{"self", "*"}, {"one", "*"}})}, known) ==
          "+one 1.0.0, +self 1.0.0, +two 1.0.0");
}

TEST_CASE("builds of one version are told apart by what is installed") {
    const known_packages known = {{"chat", {made("1.0.0+a"), made("1.0.0+b")}}};
    CHECK(outcome({.installed = {{"chat", version("1.0.0+a")}}}, known) == "=chat 1.0.0+a");
}

TEST_CASE("more than 63 versions of a package are chosen from, too") {
    known_packages known;
    for (int minor = 0; minor < 200; ++minor) {
        const std::string number = "1." + std::to_string(minor) + ".0";
        known["a"].push_back(made(number, needs({{"b", "<=" + number}})));
        if (minor % 2 == 0) known["b"].push_back(made(number));
    }
    CHECK(outcome({.wanted = needs({{"a", "<1.131"}})}, known) == "+a 1.130.0, +b 1.130.0");
    CHECK(outcome({.wanted = needs({{"a", "<1.131"}, {"b", ">1.130"}})}, known).find("a (1.0.0") ==
          std::string::npos);
}

TEST_CASE("too many choices end with a sentence, and with the pins that would help") {
    known_packages known;
    // Each of nine pigeons needs a hole of its own, and there are eight.
    for (int pigeon = 0; pigeon < 9; ++pigeon)
        for (int hole = 0; hole < 8; ++hole) {
            package_candidate one = made(std::to_string(hole + 1) + ".0.0");
            for (int other = 0; other < 9; ++other)
                if (other != pigeon)
                    one.conflicts.emplace("pigeon" + std::to_string(other),
                                          read_range(one.version.text()).value());
            known["pigeon" + std::to_string(pigeon)].push_back(std::move(one));
        }
    resolve_request request;
    for (const auto& [id, versions] : known) request.wanted.emplace(id, version_range());
    const resolution found = resolve_packages(request, known, 50);
    REQUIRE(found.conflicts.size() == 1);
    CHECK(found.conflicts[0].starts_with(
        "too many choices: after 50 of them neither an answer nor a reason was "
        "found. Pin the versions of the packages that were tried most: pigeon"));
    CHECK(code_of(found.why()) == package_code::dependency);
}

TEST_CASE("a refusal is one sentence, too") {
    const known_packages known = {{"chat", {made("1.0.0", needs({{"store", "*"}}))}}};
    const resolution found = resolve_packages({.wanted = needs({{"chat", "*"}})}, known);
    CHECK(found.why().message ==
          "these do not go together: chat * is wanted; chat 1.0.0 needs store *, of which no "
          "version is known here");
}

// ---- against brute force --------------------------------------------------------------------------------------------

namespace {

struct problem {
    known_packages known;
    resolve_request request;
};

/// Deterministic everywhere: no distribution of the library.
class dice {
public:
    explicit dice(std::uint64_t seed) : state_(seed) {}
    unsigned below(unsigned bound) { return static_cast<unsigned>(state_() % bound); }
    bool one_in(unsigned count) { return below(count) == 0; }

private:
    std::mt19937_64 state_;
};

std::string number_of(unsigned number) { return std::to_string(number) + ".0.0"; }

std::string random_range(dice& of) {
    constexpr const char* signs[] = {"", ">=", "<", "<=", ">"};
    return of.one_in(8) ? "*" : signs[of.below(5)] + number_of(1 + of.below(3));
}

problem random_problem(std::uint64_t seed) {
    dice of(seed);
    problem made_up;
    const unsigned packages = 2 + of.below(4);
    const auto name = [](unsigned package) { return std::string(1, static_cast<char>('a' + package)); };
    for (unsigned package = 0; package < packages; ++package)
        for (unsigned number = 1 + of.below(2), last = number + of.below(3); number <= last; ++number) {
            package_candidate one = made(number_of(number));
            if (of.one_in(6)) one.version.pre = "beta";
            for (unsigned other = 0; other < packages + (of.one_in(9) ? 1u : 0u); ++other) {
                if (other == package && !of.one_in(9)) continue;
                if (of.one_in(3)) one.dependencies.emplace(name(other), read_range(random_range(of)).value());
                else if (of.one_in(6))
                    one.optional_dependencies.emplace(name(other), read_range(random_range(of)).value());
                else if (of.one_in(8))
                    one.conflicts.emplace(name(other), read_range(random_range(of)).value());
            }
            if (of.one_in(8)) one.host = read_range(of.one_in(2) ? ">=2" : "<2").value();
            if (of.one_in(12)) one.protocols = {2};
            made_up.known[name(package)].push_back(std::move(one));
        }
    resolve_request& request = made_up.request;
    request.host = version("1.0.0");
    request.others =
        of.one_in(2) ? resolve_request::others_are::kept : resolve_request::others_are::changed_if_needed;
    for (unsigned package = 0; package < packages; ++package) {
        const auto& versions = made_up.known[name(package)];
        const auto any = [&] { return versions[of.below(static_cast<unsigned>(versions.size()))].version; };
        if (of.one_in(3)) request.wanted.emplace(name(package), read_range(random_range(of)).value());
        if (of.one_in(4)) request.installed.emplace(name(package), any());
        if (of.one_in(8)) request.pins.emplace(name(package), any());
        if (of.one_in(5)) request.pre_releases_of.insert(name(package));
    }
    return made_up;
}

using choice = std::map<std::string, const package_candidate*, std::less<>>;

/// The rules again, straight from the words of the header.
class brute_force {
public:
    explicit brute_force(const problem& given) : given_(given) {
        for (const auto& [id, versions] : given.known) ids_.push_back(id);
    }

    bool solvable() { return search(0); }

    bool is_good(const choice& chosen) const {
        const resolve_request& request = given_.request;
        for (const auto& [id, range] : request.wanted)
            if (!in(chosen, id, range)) return false;
        for (const auto& [id, number] : request.installed) {
            const auto found = chosen.find(id);
            if (found == chosen.end()) return false;
            const bool kept =
                request.wanted.count(id) == 0 && request.others == resolve_request::others_are::kept;
            if (kept && !(found->second->version == number)) return false;
        }
        for (const auto& [id, number] : request.pins) {
            const auto found = chosen.find(id);
            if (found != chosen.end() && !(found->second->version == number)) return false;
        }
        for (const auto& [id, one] : chosen) {
            if (!one->host.contains(*request.host, pre_releases::all)) return false;
            if (!one->protocols.empty()) return false; // of those that are made up none is ours
            for (const auto& [other, range] : one->dependencies)
                if (!in(chosen, other, range)) return false;
            for (const auto& [other, range] : one->optional_dependencies)
                if (chosen.count(other) > 0 && !in(chosen, other, range)) return false;
            for (const auto& [other, range] : one->conflicts)
                if (const auto found = chosen.find(other);
                    found != chosen.end() && range.contains(found->second->version, pre_releases::all))
                    return false;
        }
        return true;
    }

private:
    bool in(const choice& chosen, const std::string& id, const version_range& range) const {
        const auto found = chosen.find(id);
        const auto which =
            given_.request.pre_releases_of.count(id) > 0 ? pre_releases::all : pre_releases::named;
        return found != chosen.end() && range.contains(found->second->version, which);
    }
    bool search(std::size_t at) {
        if (at == ids_.size()) return is_good(chosen_);
        if (search(at + 1)) return true;
        for (const package_candidate& one : given_.known.at(ids_[at])) {
            chosen_[ids_[at]] = &one;
            if (search(at + 1)) return true;
        }
        chosen_.erase(ids_[at]);
        return false;
    }

    const problem& given_;
    std::vector<std::string> ids_;
    choice chosen_;
};

} // namespace

TEST_CASE("20,000 random problems are decided as by trying everything") {
    std::size_t solvable = 0;
    for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
        CAPTURE(seed);
        const problem given = random_problem(seed);
        brute_force checked(given);
        const resolution found = resolve_packages(given.request, given.known);
        if (!found.solved()) {
            if (checked.solvable()) FAIL_CHECK("there is a solution");
            continue;
        }
        ++solvable;
        choice chosen;
        for (const auto* list : {&found.install, &found.update, &found.keep})
            for (const chosen_package& one : *list)
                for (const package_candidate& candidate : given.known.at(one.id))
                    if (candidate.version == one.to) chosen[one.id] = &candidate;
        if (!checked.is_good(chosen)) FAIL_CHECK("it breaks a rule");
    }
    CHECK(solvable > 4'000);
    CHECK(solvable < 16'000);
    MESSAGE(solvable << " of 20000 have a solution");
}

TEST_CASE("300 packages of 20 versions are resolved") {
    std::chrono::steady_clock::duration longest{};
    std::size_t most = 0, solved = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        dice of(seed);
        known_packages known;
        resolve_request request;
        for (unsigned package = 0; package < 300; ++package) {
            const std::string id = "p" + std::to_string(package);
            for (unsigned number = 1; number <= 20; ++number) {
                package_candidate one = made(number_of(number));
                for (unsigned need = 0; need < 3; ++need) {
                    const unsigned low = 1 + of.below(12);
                    one.dependencies.emplace(
                        "p" + std::to_string(of.below(300)),
                        read_range(">=" + number_of(low) + " <=" + number_of(low + 8)).value());
                }
                known[id].push_back(std::move(one));
            }
            if (package % 30 == 0) request.wanted.emplace(id, version_range());
        }
        const auto begun = std::chrono::steady_clock::now();
        const resolution found = resolve_packages(request, known);
        longest = std::max(longest, std::chrono::steady_clock::now() - begun);
        most = std::max(most, found.decisions);
        solved += found.solved();
        if (!found.solved()) CHECK(found.conflicts[0].find("too many") == std::string::npos);
    }
    MESSAGE("300 packages of 20 versions: "
            << solved << " of 10 solved, at most " << most << " decisions, at most "
            << std::chrono::duration_cast<std::chrono::microseconds>(longest).count() << " us");
}
