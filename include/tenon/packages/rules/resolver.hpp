#ifndef TENON_PACKAGES_RULES_RESOLVER_HPP
#define TENON_PACKAGES_RULES_RESOLVER_HPP

// Which version of each package, so that all of them go together: what is asked for, what is pinned, what is installed,
// and what they need. Where there is no such choice, it says why, in as few facts as there have to be:
//
//     chat ^2 is wanted
//     chat (every version) needs dev.example.store >=2
//     dev.example.store 1.4.0 is installed, and is not asked to change
//
// The rules:
//   - a dependency asks for a version in its range; an optional one for a version in it or none; a conflict forbids a
//     range. Versions with the same requirement are one fact.
//   - what is installed stays, and at its version, unless it is asked for itself (or `others` says otherwise).
//   - what is asked for gets the highest version that can be, then what it needs.
//   - a pre-release is taken where a range names it, and of packages in `pre_releases_of`.
//   - the host's version and protocols are facts as all others.
//
// Nothing is read here: all versions that there are come as an argument.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_version.hpp>
#include <tenon/packages/format/version_range.hpp>
#include <tenon/packages/rules/fact_solver.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// Ids, and the versions that will do.
using package_requirements = std::map<std::string, version_range, std::less<>>;

/// One version of a package, as far as it matters to others.
struct package_candidate {
    package_version version;
    package_requirements dependencies = {}, optional_dependencies = {}, conflicts = {};
    version_range host = {};
    std::vector<int> protocols = {}; // none: any
};

/// Of each id, in any order.
using known_packages = std::map<std::string, std::vector<package_candidate>, std::less<>>;

struct resolve_request {
    package_requirements wanted = {};
    std::map<std::string, package_version, std::less<>> pins = {}, installed = {};
    /// What is installed and not asked for: as it is, or changed where it has to be.
    enum class others_are { kept, changed_if_needed } others = others_are::kept;
    std::optional<package_version> host = {};
    std::vector<int> protocols = {1};
    std::set<std::string, std::less<>> pre_releases_of = {};
};

struct chosen_package {
    std::string id;
    std::optional<package_version> from; // what is installed
    package_version to;
};

struct resolution {
    std::vector<chosen_package> install, update, keep; // by id
    std::vector<std::string> conflicts;                // why there is none: then the others are empty
    std::size_t decisions = 0;

    bool solved() const noexcept { return conflicts.empty(); }
    fault why() const;
};

/// So many choices are tried, and so many packages looked at.
inline constexpr std::size_t most_resolver_decisions = 200'000, most_resolver_packages = 10'000;

resolution resolve_packages(const resolve_request& request, const known_packages& known,
                            std::size_t most_decisions = most_resolver_decisions);

// ---- how it is done -------------------------------------------------------------------------------------------------

namespace detail {

class package_resolver {
public:
    package_resolver(const resolve_request& request, const known_packages& known, std::size_t most_decisions)
        : request_(request), known_(known), most_decisions_(most_decisions) {}

    resolution resolve();

private:
    struct known_fact {
        std::vector<state_term> terms;
        std::string words;
    };
    /// A package that is looked at: state 0 is that it is absent, state n its n-th version, oldest first.
    struct entry {
        std::string_view id;
        std::vector<const package_candidate*> versions = {};

        std::size_t states() const noexcept { return versions.size() + 1; }
        state_set all() const { return state_set(states(), true); }
    };
    enum class need { required, optional, conflict };

    void look_at(std::string_view id);
    void gather();
    void add_wishes();
    void add_needs(std::size_t package);
    void add_needs(std::size_t package, need kind, package_requirements package_candidate::*requirements);
    void add_surroundings(std::size_t package);
    void add_fact(std::vector<state_term> terms, std::string words) {
        facts_.push_back({std::move(terms), std::move(words)});
    }
    /// The states with a version in the range.
    state_set within(std::size_t package, const version_range& range, bool all_pre_releases = false) const;
    state_set at(std::size_t package, const package_version& version) const;
    state_set not_in(std::size_t package, const state_set& states) const {
        state_set others = entries_[package].all();
        return others -= states;
    }
    /// "(every version)", "(1.0.0 to 1.4.0, 2.0.0)".
    std::string versions_in(std::size_t package, const state_set& states) const;
    /// What there is of it, where nothing of it will do.
    std::string what_there_is(std::size_t package, const state_set& good, const version_range& range) const;

    fact_solver solver_of(const std::vector<std::uint32_t>& facts, std::size_t most_decisions) const;
    std::vector<std::uint32_t> fewest(std::vector<std::uint32_t> reason) const;
    void explain(const std::vector<std::uint32_t>& reason, resolution& into) const;
    void explain_too_many(const fact_solver& solver, resolution& into) const;

    const resolve_request& request_;
    const known_packages& known_;
    std::size_t most_decisions_;
    std::vector<entry> entries_;
    std::map<std::string_view, std::size_t> numbers_;
    std::vector<known_fact> facts_;
};

inline void package_resolver::look_at(std::string_view id) {
    if (!numbers_.emplace(id, entries_.size()).second) return;
    entry made{id};
    if (const auto found = known_.find(id); found != known_.end())
        for (const package_candidate& candidate : found->second) made.versions.push_back(&candidate);
    std::stable_sort(made.versions.begin(), made.versions.end(),
                     [](const package_candidate* one, const package_candidate* other) {
                         return one->version < other->version;
                     });
    entries_.push_back(std::move(made));
}

/// What is asked for and what is installed, and what may be needed by those.
inline void package_resolver::gather() {
    for (const auto& [id, range] : request_.wanted) look_at(id);
    for (const auto& [id, version] : request_.installed) look_at(id);
    for (std::size_t package = 0; package < entries_.size() && package < most_resolver_packages; ++package) {
        const auto versions = entries_[package].versions; // entries_ grows
        for (const package_candidate* candidate : versions)
            for (const auto& [id, range] : candidate->dependencies) look_at(id);
    }
}

inline state_set package_resolver::within(std::size_t package, const version_range& range,
                                          bool all_pre_releases) const {
    const entry& one = entries_[package];
    const pre_releases which = all_pre_releases || request_.pre_releases_of.count(one.id) > 0
                                   ? pre_releases::all
                                   : pre_releases::named;
    state_set states(one.states());
    for (std::size_t at = 0; at < one.versions.size(); ++at)
        if (range.contains(one.versions[at]->version, which)) states.add(at + 1);
    return states;
}

inline state_set package_resolver::at(std::size_t package, const package_version& version) const {
    const entry& one = entries_[package];
    state_set states(one.states());
    for (std::size_t at = 0; at < one.versions.size(); ++at)
        if (one.versions[at]->version.text() == version.text()) states.add(at + 1);
    return states;
}

inline std::string package_resolver::versions_in(std::size_t package, const state_set& states) const {
    const entry& one = entries_[package];
    constexpr std::size_t most_runs = 4;
    std::string words;
    std::size_t runs = 0, first = 0, in = 0;
    for (std::size_t state = 1; state <= one.states(); ++state) {
        const bool has = state < one.states() && states.has(state);
        if (has && first == 0) first = state;
        in += has;
        if (has || first == 0) continue;
        if (++runs <= most_runs) {
            if (runs > 1) append(words, ", ");
            append(words, one.versions[first - 1]->version.text());
            if (first + 1 < state) append(words, join({" to ", one.versions[state - 2]->version.text()}));
        }
        first = 0;
    }
    if (in == one.versions.size()) return in == 1 ? one.versions[0]->version.text() : "(every version)";
    if (runs > most_runs) append(words, " and others");
    return in == 1 ? words : join({"(", words, ")"});
}

inline std::string package_resolver::what_there_is(std::size_t package, const state_set& good,
                                                   const version_range& range) const {
    const entry& one = entries_[package];
    state_set versions = good;
    versions.remove(0);
    if (!versions.empty()) return {};
    if (one.versions.empty()) return ", of which no version is known here";
    if (!within(package, range, true).empty())
        return join({", of which only pre-releases are in that range: ",
                     versions_in(package, within(package, range, true)),
                     "; they are taken where they are named, or asked for"});
    return join({", and known here is ", one.versions.size() == 1
                                             ? one.versions[0]->version.text()
                                             : join({one.versions.front()->version.text(), " to ",
                                                     one.versions.back()->version.text()})});
}

inline void package_resolver::add_wishes() {
    for (const auto& [id, range] : request_.wanted) {
        const std::size_t package = numbers_.at(id);
        const state_set good = within(package, range);
        add_fact({{package, not_in(package, good)}},
                 join({id, " ", range.text(), " is wanted", what_there_is(package, good, range)}));
    }
    for (const auto& [id, version] : request_.installed) {
        const std::size_t package = numbers_.at(id);
        if (request_.wanted.count(id) == 0 && request_.others == resolve_request::others_are::kept) {
            add_fact({{package, not_in(package, at(package, version))}},
                     join({id, " ", version.text(), " is installed, and is not asked to change"}));
        } else {
            state_set absent(entries_[package].states());
            absent.add(0);
            add_fact({{package, absent}}, join({id, " is installed, and is not asked to go"}));
        }
    }
    for (const auto& [id, version] : request_.pins) {
        const auto found = numbers_.find(id);
        if (found == numbers_.end()) continue;
        state_set good = at(found->second, version);
        good.add(0);
        add_fact({{found->second, not_in(found->second, good)}},
                 join({id, " is pinned to ", version.text()}));
    }
}

/// Versions that say the same of the same package are one fact: a refusal has a line for it, and not twenty.
inline void package_resolver::add_needs(std::size_t package, need kind,
                                        package_requirements package_candidate::*requirements) {
    const entry& one = entries_[package];
    std::map<std::pair<std::string_view, std::string_view>, std::pair<state_set, const version_range*>> same;
    for (std::size_t at = 0; at < one.versions.size(); ++at)
        for (const auto& [id, range] : one.versions[at]->*requirements) {
            auto& [states, shared] = same[{id, range.text()}];
            if (shared == nullptr) states = state_set(one.states());
            states.add(at + 1);
            shared = &range;
        }
    for (const auto& [key, value] : same) {
        const auto& [id, text] = key;
        const auto& [states, range] = value;
        const auto found = numbers_.find(id);
        if (found == numbers_.end())
            continue; // it is absent, which neither an optional need nor a conflict minds
        const std::size_t target = found->second;
        state_set good = within(target, *range, kind == need::conflict);
        if (kind == need::conflict) good = not_in(target, good);
        if (kind == need::optional) good.add(0);
        add_fact({{package, states}, {target, not_in(target, good)}},
                 join({one.id, " ", versions_in(package, states),
                       kind == need::conflict ? " cannot be together with " : " needs ", id, " ", text,
                       kind == need::optional   ? ", if it is there"
                       : kind == need::required ? what_there_is(target, good, *range)
                                                : std::string()}));
    }
}

/// A host of another version, and protocols that it does not speak.
inline void package_resolver::add_surroundings(std::size_t package) {
    const entry& one = entries_[package];
    std::map<std::string, state_set> hosts, protocols;
    const auto put = [&](std::map<std::string, state_set>& into, const std::string& words, std::size_t at) {
        into.emplace(words, state_set(one.states())).first->second.add(at + 1);
    };
    for (std::size_t at = 0; at < one.versions.size(); ++at) {
        const package_candidate& candidate = *one.versions[at];
        if (request_.host && !candidate.host.contains(*request_.host, pre_releases::all))
            put(hosts, candidate.host.text(), at);
        const std::vector<int>& speaks = candidate.protocols;
        if (!speaks.empty() && std::find_first_of(speaks.begin(), speaks.end(), request_.protocols.begin(),
                                                  request_.protocols.end()) == speaks.end()) {
            std::string words;
            for (const int protocol : speaks)
                append(words, join({words.empty() ? "" : " or ", std::to_string(protocol)}));
            put(protocols, words, at);
        }
    }
    for (const auto& [range, states] : hosts)
        add_fact({{package, states}}, join({one.id, " ", versions_in(package, states), " needs a host ",
                                            range, ", and this one is ", request_.host->text()}));
    for (const auto& [words, states] : protocols)
        add_fact({{package, states}}, join({one.id, " ", versions_in(package, states), " speaks protocol ",
                                            words, ", which this host does not"}));
}

inline void package_resolver::add_needs(std::size_t package) {
    add_needs(package, need::required, &package_candidate::dependencies);
    add_needs(package, need::optional, &package_candidate::optional_dependencies);
    add_needs(package, need::conflict, &package_candidate::conflicts);
    add_surroundings(package);
}

inline fact_solver package_resolver::solver_of(const std::vector<std::uint32_t>& facts,
                                               std::size_t most_decisions) const {
    std::vector<std::size_t> states, preferred;
    for (const entry& one : entries_) {
        states.push_back(one.states());
        const auto installed = request_.installed.find(one.id);
        const bool stays = installed != request_.installed.end() && request_.wanted.count(one.id) == 0;
        const state_set now = stays ? at(numbers_.at(one.id), installed->second) : state_set(one.states());
        preferred.push_back(now.empty() ? 0 : now.highest());
    }
    fact_solver solver(states, std::move(preferred), request_.wanted.size(), most_decisions);
    for (const std::uint32_t number : facts) solver.add(number, facts_[number].terms);
    return solver;
}

/// Of a reason that came up while looking, what cannot be left out.
inline std::vector<std::uint32_t> package_resolver::fewest(std::vector<std::uint32_t> reason) const {
    constexpr std::size_t most = 100;          // beyond that nobody reads it
    constexpr std::size_t few_decisions = 500; // where it takes more to see, the fact stays
    for (std::size_t at = 0; at < reason.size() && reason.size() <= most;) {
        std::vector<std::uint32_t> without = reason;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(at));
        fact_solver solver = solver_of(without, few_decisions);
        if (solver.solve() == fact_solver::outcome::impossible) reason = std::move(without);
        else ++at;
    }
    return reason;
}

inline void package_resolver::explain(const std::vector<std::uint32_t>& reason, resolution& into) const {
    constexpr std::size_t most_lines = 20;
    for (const std::uint32_t number : reason) {
        if (into.conflicts.size() == most_lines) {
            into.conflicts.push_back(join({"and ", digits(reason.size() - most_lines), " more"}));
            break;
        }
        into.conflicts.push_back(facts_[number].words);
    }
}

inline void package_resolver::explain_too_many(const fact_solver& solver, resolution& into) const {
    std::vector<std::size_t> order(entries_.size());
    for (std::size_t at = 0; at < order.size(); ++at) order[at] = at;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t one, std::size_t other) {
        return solver.tries(one) > solver.tries(other);
    });
    std::string words;
    for (std::size_t at = 0; at < order.size() && at < 3 && solver.tries(order[at]) > 0; ++at)
        append(words, join({at > 0 ? ", " : "", entries_[order[at]].id}));
    into.conflicts.push_back(join({"too many choices: after ", digits(solver.decisions()),
                                   " of them neither an answer nor a reason was found. Pin the versions of "
                                   "the packages that were tried most: ",
                                   words}));
}

inline resolution package_resolver::resolve() {
    resolution made;
    gather();
    if (entries_.size() > most_resolver_packages) {
        made.conflicts.push_back(
            join({"more than ", digits(most_resolver_packages), " packages may be needed"}));
        return made;
    }
    add_wishes();
    for (std::size_t package = 0; package < entries_.size(); ++package) add_needs(package);

    std::vector<std::uint32_t> all(facts_.size());
    for (std::size_t at = 0; at < all.size(); ++at) all[at] = static_cast<std::uint32_t>(at);
    fact_solver solver = solver_of(all, most_decisions_);
    const fact_solver::outcome outcome = solver.solve();
    made.decisions = solver.decisions();
    if (outcome == fact_solver::outcome::impossible) {
        explain(fewest(solver.reason()), made);
        return made;
    }
    if (outcome == fact_solver::outcome::too_many) {
        explain_too_many(solver, made);
        return made;
    }
    for (const auto& [id, package] : numbers_) { // by id
        const std::size_t state = solver.chosen(package);
        if (state == 0) continue;
        chosen_package chosen{std::string(id), std::nullopt, entries_[package].versions[state - 1]->version};
        const auto installed = request_.installed.find(id);
        if (installed == request_.installed.end()) {
            made.install.push_back(std::move(chosen));
            continue;
        }
        chosen.from = installed->second;
        const bool same = chosen.to.text() == chosen.from->text();
        (same ? made.keep : made.update).push_back(std::move(chosen));
    }
    return made;
}

} // namespace detail

inline fault resolution::why() const {
    std::string words = "these do not go together: ";
    for (std::size_t at = 0; at < conflicts.size(); ++at)
        detail::append(words, detail::join({at > 0 ? "; " : "", conflicts[at]}));
    return package_fault(package_code::dependency,
                         conflicts.size() == 1 ? conflicts.front() : std::move(words));
}

inline resolution resolve_packages(const resolve_request& request, const known_packages& known,
                                   std::size_t most_decisions) {
    return detail::package_resolver(request, known, most_decisions).resolve();
}

} // namespace tenon

#endif
