#ifndef TENON_RULES_SUPERVISION_DEPENDENCIES_HPP
#define TENON_RULES_SUPERVISION_DEPENDENCIES_HPP

// Which plugin needs which others to be ready before it may start: which ones wait, which ones may start when another
// gets ready, and an order in which each comes after what it needs. Needs that form a circle are refused when they are
// said, with the circle in the words, and leave everything as it was.
//
// A need may be a name that is not known yet: that plugin may come later, and until then the one that needs it waits.
// Nothing here starts or stops anything: a plugin that runs goes on when a need of it is gone.
//
//     if (auto said = needs.set("bot", {"store"}); !said) refuse(said.error());
//     if (auto missing = needs.missing_of("bot"); !missing.empty()) bot.needs_missing(missing);
//     for (const std::string& free : needs.got_ready("store")) plugin(free).needs_met();

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// Longer circles are told by their beginning and their end.
inline constexpr std::size_t max_told_needs = 16;

class dependencies {
public:
    dependencies() = default;
    dependencies(const dependencies&) = delete; // nodes point at each other
    dependencies& operator=(const dependencies&) = delete;

    /// What this plugin needs from now on. Said once more, the new needs replace the old ones.
    result<void> set(std::string_view name, const std::vector<std::string>& needs);
    /// The plugin is no more. Plugins that need it wait for another one of that name.
    std::vector<std::string> remove(std::string_view name);

    /// The plugins that may start now and could not before, in the order in which they were said.
    std::vector<std::string> got_ready(std::string_view name);
    /// The plugins that would have to wait now and did not before.
    std::vector<std::string> was_lost(std::string_view name);

    /// The first need that is not ready, or empty if it may start.
    std::string_view missing_of(std::string_view name) const;
    /// "it needs b, which needs c, which is not there", or empty if it may start.
    std::string explain(std::string_view name) const;
    /// The plugins that need it, directly.
    std::vector<std::string> needed_by(std::string_view name) const;
    /// All plugins, each after what it needs; else in the order in which they were said.
    std::vector<std::string> order() const;

private:
    struct node {
        std::string name = {};
        std::vector<node*> needs = {}, needed_by = {};
        std::size_t missing = 0; // how many of its needs are not ready
        bool known = false;      // a plugin, not only a name that another one needs
        bool ready = false;
    };

    node* find(std::string_view name) const;
    node& get(std::string_view name);
    static void unlink(node& one);
    void forget(node& one);
    static const node* first_missing(const node& one);
    static std::vector<const node*> path(const node& from, const node& to);
    static fault circle(const node& one, const std::vector<const node*>& way);

    std::map<std::string, node, std::less<>> nodes_; // stable addresses
    std::vector<node*> said_;                        // the known ones
};

inline dependencies::node* dependencies::find(std::string_view name) const {
    const auto found = nodes_.find(name);
    return found == nodes_.end() ? nullptr : const_cast<node*>(&found->second);
}

inline dependencies::node& dependencies::get(std::string_view name) {
    const auto [at, fresh] = nodes_.try_emplace(std::string(name));
    if (fresh) at->second.name = name;
    return at->second;
}

inline result<void> dependencies::set(std::string_view name, const std::vector<std::string>& needs) {
    for (const std::string& need : needs)
        if (need == name)
            return fault{codes::invalid_params,
                         join({"plugin '", name, "' needs itself and could never start"})};
    // Only a plugin that others need already can close a circle; for the rest there is nothing to search.
    if (const node* one = find(name); one != nullptr && !one->needed_by.empty())
        for (const std::string& need : needs)
            if (const node* from = find(need); from != nullptr)
                if (const auto way = path(*from, *one); !way.empty()) return circle(*one, way);

    node& one = get(name);
    const std::vector<node*> before = one.needs;
    unlink(one);
    for (const std::string& need : needs) {
        node& other = get(need);
        if (std::find(one.needs.begin(), one.needs.end(), &other) != one.needs.end()) continue;
        one.needs.push_back(&other);
        other.needed_by.push_back(&one);
        if (!other.ready) ++one.missing;
    }
    for (node* old : before) forget(*old);
    if (!one.known) said_.push_back(&one);
    one.known = true;
    return {};
}

inline std::vector<std::string> dependencies::remove(std::string_view name) {
    node* one = find(name);
    if (one == nullptr || !one->known) return {};
    std::vector<std::string> waiting = was_lost(name);
    const std::vector<node*> before = one->needs;
    unlink(*one);
    one->known = false;
    said_.erase(std::find(said_.begin(), said_.end(), one));
    for (node* old : before) forget(*old);
    forget(*one);
    return waiting;
}

inline std::vector<std::string> dependencies::got_ready(std::string_view name) {
    std::vector<std::string> free;
    node* one = find(name);
    if (one == nullptr || !one->known || one->ready) return free;
    one->ready = true;
    for (node* other : one->needed_by)
        if (--other->missing == 0) free.push_back(other->name);
    return free;
}

inline std::vector<std::string> dependencies::was_lost(std::string_view name) {
    std::vector<std::string> waiting;
    node* one = find(name);
    if (one == nullptr || !one->ready) return waiting;
    one->ready = false;
    for (node* other : one->needed_by)
        if (other->missing++ == 0) waiting.push_back(other->name);
    return waiting;
}

inline std::string_view dependencies::missing_of(std::string_view name) const {
    const node* one = find(name);
    const node* missing = one == nullptr ? nullptr : first_missing(*one);
    return missing == nullptr ? std::string_view() : std::string_view(missing->name);
}

inline std::string dependencies::explain(std::string_view name) const {
    const node* one = find(name);
    const node* missing = one == nullptr ? nullptr : first_missing(*one);
    if (missing == nullptr) return {};
    std::string words = join({"it needs ", missing->name});
    for (std::size_t told = 1; told < max_told_needs; ++told) {
        const node* next = first_missing(*missing);
        if (next == nullptr) break;
        append(words, join({", which needs ", next->name}));
        missing = next;
    }
    if (first_missing(*missing) != nullptr) append(words, ", and so on");
    else append(words, missing->known ? ", which is not ready" : ", which is not there");
    return words;
}

inline std::vector<std::string> dependencies::needed_by(std::string_view name) const {
    std::vector<std::string> names;
    if (const node* one = find(name); one != nullptr)
        for (const node* other : one->needed_by) names.push_back(other->name);
    return names;
}

inline std::vector<std::string> dependencies::order() const {
    std::vector<std::string> names;
    std::map<const node*, std::size_t>
        begun; // how many of its needs were gone into; no circle can be in here
    std::vector<const node*> stack;
    for (const node* root : said_) {
        if (begun.try_emplace(root, 0).second) stack.push_back(root);
        while (!stack.empty()) {
            const node& one = *stack.back();
            std::size_t& next = begun[&one];
            if (next < one.needs.size()) {
                const node* need = one.needs[next++];
                if (begun.try_emplace(need, 0).second) stack.push_back(need);
            } else {
                if (one.known) names.push_back(one.name);
                stack.pop_back();
            }
        }
    }
    return names;
}

inline void dependencies::unlink(node& one) {
    for (node* other : one.needs)
        other->needed_by.erase(std::find(other->needed_by.begin(), other->needed_by.end(), &one));
    one.needs.clear();
    one.missing = 0;
}

/// A name that is no plugin, and that no plugin needs, is forgotten.
inline void dependencies::forget(node& one) {
    if (!one.known && one.needed_by.empty()) nodes_.erase(nodes_.find(one.name));
}

inline const dependencies::node* dependencies::first_missing(const node& one) {
    for (const node* need : one.needs)
        if (!need->ready) return need;
    return nullptr;
}

/// The way along needs, both ends included; empty if there is none. Without recursion: needs may be a long chain.
inline std::vector<const dependencies::node*> dependencies::path(const node& from, const node& to) {
    std::map<const node*, std::size_t> begun{{&from, 0}};
    std::vector<const node*> way{&from};
    while (!way.empty() && way.back() != &to) {
        const node& one = *way.back();
        std::size_t& next = begun[&one];
        if (next == one.needs.size()) way.pop_back();
        else if (const node* need = one.needs[next++]; begun.try_emplace(need, 0).second) way.push_back(need);
    }
    return way;
}

inline fault dependencies::circle(const node& one, const std::vector<const node*>& way) {
    std::string words =
        join({"plugins that need each other could never start: ", one.name, " needs ", way.front()->name});
    for (std::size_t step = 1; step < way.size(); ++step) {
        if (step >= max_told_needs && step + 1 < way.size()) {
            if (step == max_told_needs) append(words, ", ...");
            continue;
        }
        append(words, join({", ", way[step - 1]->name, " needs ", way[step]->name}));
    }
    return {codes::invalid_params, std::move(words)};
}

} // namespace tenon::detail

#endif
