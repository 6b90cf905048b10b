#ifndef TENON_PACKAGES_RULES_FACT_SOLVER_HPP
#define TENON_PACKAGES_RULES_FACT_SOLVER_HPP

// Chooses one state for each package so that no fact is broken, or says which facts together cannot be kept. This is
// PubGrub's algorithm over sets of states: a fact is a list of terms "the package's state is one of these" that must not
// all hold. Facts are propagated; where two of them leave a package nothing, they are resolved to a new one, which is
// learnt, so that the same dead end is never entered twice.
//
// A learnt fact remembers the given ones it came from: these are the reason where there is no solution. The number of
// decisions and what is remembered are bounded; with them memory and time are.

#include <tenon/packages/rules/state_set.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace tenon::detail {

struct state_term {
    std::size_t package = 0;
    state_set states;
};

/// What must not hold all at once. With no term it cannot be kept.
struct state_fact {
    std::vector<state_term> terms;
    std::vector<std::uint32_t> because; // numbers of given facts, in order
};

class fact_solver {
public:
    enum class outcome { solved, impossible, too_many };

    /// `states` has the number of each package's states, `preferred` the state that is tried first, where it is not 0.
    /// The first `eager` packages are decided before all others: they get the highest state that can be.
    fact_solver(const std::vector<std::size_t>& states, std::vector<std::size_t> preferred, std::size_t eager,
                std::size_t most_decisions)
        : preferred_(std::move(preferred)), eager_(eager), most_decisions_(most_decisions),
          histories_(states.size()), mentions_(states.size()), waiting_(states.size()),
          tries_(states.size()) {
        for (const std::size_t count : states) {
            every_.emplace_back(count, true);
            allowed_.emplace_back(count, true);
        }
    }

    /// Adds it as `number`. Terms that always hold go, and so does a fact that has one that never holds.
    void add(std::uint32_t number, std::vector<state_term> terms) { add({std::move(terms), {number}}); }
    outcome solve();

    /// Of a package in a solution.
    std::size_t chosen(std::size_t package) const noexcept {
        return allowed_[package].has(0) ? 0 : allowed_[package].highest();
    }
    /// Which given facts make it impossible.
    const std::vector<std::uint32_t>& reason() const noexcept { return reason_; }
    std::size_t decisions() const noexcept { return decisions_; }
    /// How often a state of this package was tried.
    std::size_t tries(std::size_t package) const noexcept { return tries_[package]; }

private:
    /// A package was narrowed: by a decision, or because of a fact.
    struct step {
        std::size_t package;
        state_set before, own; // what was allowed, and what this step alone says
        std::size_t level;
        std::optional<std::size_t> fact;
    };

    bool add(state_fact fact);
    void narrow(std::size_t package, const state_set& own, std::optional<std::size_t> fact);
    /// False: all its terms hold.
    bool apply(std::size_t fact);
    /// The fact that is broken, or nothing.
    std::optional<std::size_t> propagate();
    bool learn_from(std::size_t broken);
    bool decide();
    void go_back_to(std::size_t level);
    /// The first step after which the states that are allowed, together with `also`, are within the term's.
    std::size_t first_within(const state_term& term, const state_set* also, std::size_t before) const;
    state_fact resolve(const state_fact& one, const state_fact& other, std::size_t package) const;
    state_set allowed_after(std::size_t number) const {
        state_set after = steps_[number].before;
        return after &= steps_[number].own;
    }

    static constexpr std::size_t most_remembered = 4'000'000; // terms and reasons: some 100 MB
    static constexpr std::size_t before_all = static_cast<std::size_t>(-1);

    std::vector<std::size_t> preferred_;
    std::size_t eager_, most_decisions_;
    std::vector<state_set> every_, allowed_;
    std::vector<state_fact> facts_;
    std::vector<step> steps_;
    std::vector<std::vector<std::size_t>> histories_; // of a package: numbers of its steps
    std::vector<std::vector<std::size_t>> mentions_;  // of a package: facts with a term about it
    std::vector<std::size_t> changed_;
    std::vector<bool> waiting_;
    std::vector<std::size_t> tries_;
    std::vector<std::uint32_t> reason_;
    std::size_t level_ = 0, decisions_ = 0, remembered_ = 0;
    bool impossible_ = false;
};

/// False where it cannot be kept.
inline bool fact_solver::add(state_fact fact) {
    std::vector<state_term>& terms = fact.terms;
    std::sort(terms.begin(), terms.end(),
              [](const state_term& one, const state_term& other) { return one.package < other.package; });
    std::vector<state_term> kept;
    for (state_term& term : terms) {
        if (!kept.empty() && kept.back().package == term.package) kept.back().states &= term.states;
        else kept.push_back(std::move(term));
    }
    std::erase_if(kept, [&](const state_term& term) { return term.states == every_[term.package]; });
    for (const state_term& term : kept)
        if (term.states.empty()) return true;
    terms = std::move(kept);
    if (terms.empty()) {
        if (!impossible_) reason_ = fact.because;
        impossible_ = true;
        return false;
    }
    for (const state_term& term : terms) mentions_[term.package].push_back(facts_.size());
    remembered_ += terms.size() + fact.because.size();
    facts_.push_back(std::move(fact));
    return true;
}

inline void fact_solver::narrow(std::size_t package, const state_set& own, std::optional<std::size_t> fact) {
    histories_[package].push_back(steps_.size());
    steps_.push_back({package, allowed_[package], own, level_, fact});
    allowed_[package] &= own;
    if (!waiting_[package]) {
        waiting_[package] = true;
        changed_.push_back(package);
    }
}

inline bool fact_solver::apply(std::size_t number) {
    const state_term* open = nullptr;
    for (const state_term& term : facts_[number].terms) {
        const state_set& allowed = allowed_[term.package];
        if (allowed.is_within(term.states)) continue;
        if (open != nullptr || !allowed.meets(term.states)) return true;
        open = &term;
    }
    if (open == nullptr) return false;
    state_set own = every_[open->package];
    own -= open->states;
    narrow(open->package, own, number);
    return true;
}

inline std::optional<std::size_t> fact_solver::propagate() {
    while (!changed_.empty()) {
        const std::size_t package = changed_.back();
        changed_.pop_back();
        waiting_[package] = false;
        // The newest first: what was learnt says most.
        for (std::size_t at = mentions_[package].size(); at-- > 0;)
            if (const std::size_t fact = mentions_[package][at]; !apply(fact)) return fact;
    }
    return std::nullopt;
}

inline std::size_t fact_solver::first_within(const state_term& term, const state_set* also,
                                             std::size_t before) const {
    const auto within = [&](state_set allowed) {
        if (also != nullptr) allowed &= *also;
        return allowed.is_within(term.states);
    };
    if (within(every_[term.package])) return before_all;
    for (const std::size_t at : histories_[term.package]) {
        if (at >= before) break;
        if (within(allowed_after(at))) return at;
    }
    return before; // cannot be, for the term holds
}

inline state_fact fact_solver::resolve(const state_fact& one, const state_fact& other,
                                       std::size_t package) const {
    state_fact made;
    auto left = one.terms.begin(), right = other.terms.begin();
    while (left != one.terms.end() || right != other.terms.end()) {
        const bool only_left =
            right == other.terms.end() || (left != one.terms.end() && left->package < right->package);
        const bool only_right =
            left == one.terms.end() || (right != other.terms.end() && right->package < left->package);
        state_term term = only_right ? *right : *left;
        if (!only_left && !only_right) {
            if (term.package == package) term.states |= right->states;
            else term.states &= right->states;
        }
        if (!only_right) ++left;
        if (!only_left) ++right;
        if (term.states != every_[term.package]) made.terms.push_back(std::move(term));
    }
    std::set_union(one.because.begin(), one.because.end(), other.because.begin(), other.because.end(),
                   std::back_inserter(made.because));
    return made;
}

/// Resolves the broken fact with those that broke it, until going back would have avoided it. False: nothing would.
inline bool fact_solver::learn_from(std::size_t broken) {
    state_fact learnt = facts_[broken];
    while (true) {
        if (learnt.terms.empty()) {
            reason_ = std::move(learnt.because);
            return false;
        }
        std::size_t last = 0, level = 0;
        const state_term* by = nullptr;
        for (const state_term& term : learnt.terms)
            if (const std::size_t at = first_within(term, nullptr, steps_.size());
                by == nullptr || at > last) {
                last = at;
                by = &term;
            }
        const step& breaking = steps_[last];
        for (const state_term& term : learnt.terms) {
            const bool same = &term == by;
            const std::size_t at =
                first_within(term, same ? &breaking.own : nullptr, same ? last : steps_.size());
            if (at != before_all && at != last) level = std::max(level, steps_[at].level);
        }
        if (!breaking.fact || level < breaking.level) {
            go_back_to(level);
            if (!add(std::move(learnt))) return false;
            apply(facts_.size() - 1);
            return true;
        }
        learnt = resolve(learnt, facts_[*breaking.fact], breaking.package);
    }
}

inline void fact_solver::go_back_to(std::size_t level) {
    while (!steps_.empty() && steps_.back().level > level) {
        allowed_[steps_.back().package] = std::move(steps_.back().before);
        histories_[steps_.back().package].pop_back();
        steps_.pop_back();
    }
    for (const std::size_t package : changed_) waiting_[package] = false;
    changed_.clear();
    level_ = level;
}

/// Of the packages that must be there, an eager one, or the one with the fewest choices. False: there is none left.
inline bool fact_solver::decide() {
    std::size_t which = before_all, fewest = 0;
    for (std::size_t package = 0; package < allowed_.size(); ++package) {
        if (allowed_[package].has(0)) continue;
        const std::size_t choices = allowed_[package].count();
        if (choices > 1 && (which == before_all || choices < fewest)) {
            which = package;
            fewest = choices;
            if (package < eager_) break;
        }
    }
    if (which == before_all) return false;
    const std::size_t liked = preferred_[which];
    state_set own = every_[which];
    own -= every_[which];
    own.add(liked != 0 && allowed_[which].has(liked) ? liked : allowed_[which].highest());
    ++decisions_;
    ++tries_[which];
    ++level_;
    narrow(which, own, std::nullopt);
    return true;
}

inline fact_solver::outcome fact_solver::solve() {
    if (impossible_) return outcome::impossible;
    std::optional<std::size_t> broken;
    for (std::size_t fact = 0; fact < facts_.size() && !broken; ++fact)
        if (!apply(fact)) broken = fact;
    while (true) {
        if (!broken) broken = propagate();
        if (broken) {
            if (!learn_from(*broken)) return outcome::impossible;
            broken.reset();
        } else if (decisions_ == most_decisions_ || remembered_ > most_remembered) return outcome::too_many;
        else if (!decide()) return outcome::solved;
    }
}

} // namespace tenon::detail

#endif
