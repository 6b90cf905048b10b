#ifndef TENON_PACKAGES_OPERATIONS_PACKAGE_OPERATION_HPP
#define TENON_PACKAGES_OPERATIONS_PACKAGE_OPERATION_HPP

// What is done with packages takes its time, and somebody waits: each operation has a number, says which step it is at and how
// far, and how it ended. Of one package there is one at a time. Those that ended are kept, the newest of them, so that
// who asked can look up later what became of it.

#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/json/value.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/rules/logs/log_fan_out.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// What ended and is kept to be looked up. 256: more than anybody waits for at once, and some 100 KiB.
inline constexpr std::size_t most_ended_operations = 256;
/// What is under way at once. Beyond it is `busy`: each holds an upload on the disk.
inline constexpr std::size_t most_operations = 64;

enum class package_verb {
    install,
    update,
    rollback,
    uninstall,
    enable,
    disable,
    configure,
    pin,
    remove_version,
    compile,
    check,
    repair,
    collect,
};

/// For people: "remove_version" is a word of the API.
constexpr std::string_view words_of(package_verb verb) noexcept {
    return verb == package_verb::remove_version ? "removal" : name_of(verb);
}

/// What it is at. Not every operation comes by all of these.
enum class package_step {
    waiting,   // for the worker, which does one thing after the other
    verifying, // the archive is read, and its signatures
    storing,   // its files are unpacked, hashed and written
    building,
    stopping, // the version before
    starting,
    restoring, // the version before is started again
    done,
};

enum class package_outcome {
    running,
    done,
    failed,      // nothing has changed
    rolled_back, // the new version did not come up: the one before runs
};

/// How the message of an operation begins that had nothing to do.
inline constexpr std::string_view nothing_to_do = "nothing to do: ";

struct package_operation {
    std::uint64_t n = 0;
    package_verb kind = package_verb::install;
    std::string id = {};   // empty until the archive was looked at
    std::string name = {}; // of its plugin
    std::string version = {};
    package_step step = package_step::waiting;
    std::uint64_t done_bytes = 0, all_bytes = 0; // of this step; 0: that is not known
    package_outcome outcome = package_outcome::running;
    /// Why it failed, or what is to be said of how it went: `start` and the reason where a first version is installed, and
    /// did not come up; nothing_to_do and what is there already.
    std::string code = {}, message = {};
    std::optional<package_consent> consent = {}; // with needs_consent: to what
    std::string actor = {};
    std::int64_t started_at = 0, ended_at = 0;

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(); }
};

inline std::size_t bytes_held(const package_operation& of) noexcept {
    return sizeof of + of.id.size() + of.version.size() + of.message.size();
}

namespace detail {

/// Lives on the host's executor.
class operation_table {
public:
    /// Every change of every operation.
    fan_out<package_operation> changes;

    /// Answers its number.
    result<std::uint64_t> begin(package_verb kind, std::string_view actor, std::int64_t now_ms) {
        if (running_ == most_operations)
            return package_fault(package_code::busy,
                                 join({digits(most_operations), " operations on packages are under way"}));
        const std::uint64_t number = ++last_;
        ++running_;
        package_operation& made = all_[number];
        made.n = number;
        made.kind = kind;
        made.actor = actor;
        made.started_at = now_ms;
        changes.publish(made);
        return number;
    }
    /// Nobody else has an operation on this package from here on, until it ends.
    result<void> claim(std::uint64_t number, const std::string& id) {
        const auto [place, mine] = claimed_.emplace(id, number);
        if (!mine && place->second != number)
            return package_fault(package_code::busy,
                                 join({id, ": operation ", digits(place->second), " is under way (",
                                       words_of(all_.at(place->second).kind), ")"}));
        change(number, [&](package_operation& of) { of.id = id; });
        return {};
    }
    /// Of many packages: those that nobody else has are this operation's. Answers whether it is.
    bool hold(std::uint64_t number, const std::string& id) {
        return claimed_.emplace(id, number).first->second == number;
    }
    /// The operation that has it, or 0.
    std::uint64_t on(std::string_view id) const noexcept {
        const auto found = claimed_.find(id);
        return found == claimed_.end() ? 0 : found->second;
    }
    template <class Change>
    void change(std::uint64_t number, Change how) {
        const auto found = all_.find(number);
        if (found == all_.end() || found->second.outcome != package_outcome::running) return;
        how(found->second);
        changes.publish(found->second);
    }
    void step(std::uint64_t number, package_step now) {
        change(number, [now](package_operation& of) {
            of.step = now;
            of.done_bytes = of.all_bytes = 0;
        });
    }
    void end(std::uint64_t number, package_outcome outcome, const fault* why, std::int64_t now_ms) {
        const auto found = all_.find(number);
        if (found == all_.end() || found->second.outcome != package_outcome::running) return;
        package_operation& of = found->second;
        of.step = package_step::done;
        of.outcome = outcome;
        of.ended_at = now_ms;
        if (why != nullptr) {
            of.message = why->message;
            const auto code = code_of(*why);
            if (code) of.code = word_of(*code);
            if (code == package_code::needs_consent) of.consent = consent_of(*why);
        }
        std::erase_if(claimed_, [number](const auto& claim) { return claim.second == number; });
        --running_;
        ++ended_[{of.kind, outcome}];
        changes.publish(of);
        forget_old();
    }

    const package_operation* find(std::uint64_t number) const noexcept {
        const auto found = all_.find(number);
        return found == all_.end() ? nullptr : &found->second;
    }
    /// The newest first.
    std::vector<package_operation> list() const {
        std::vector<package_operation> listed = {};
        for (auto at = all_.rbegin(); at != all_.rend(); ++at) listed.push_back(at->second);
        return listed;
    }
    std::size_t running() const noexcept { return running_; }
    using counts = std::map<std::pair<package_verb, package_outcome>, std::uint64_t>;
    const counts& ended() const noexcept { return ended_; }

private:
    void forget_old() {
        for (auto at = all_.begin(); at != all_.end() && all_.size() - running_ > most_ended_operations;)
            if (at->second.outcome == package_outcome::running) ++at;
            else at = all_.erase(at);
    }

    std::map<std::uint64_t, package_operation> all_ = {};
    std::map<std::string, std::uint64_t, std::less<>> claimed_ = {}; // by id
    std::uint64_t last_ = 0;
    std::size_t running_ = 0;
    counts ended_;
};

} // namespace detail

} // namespace tenon

#endif
