#ifndef TENON_PACKAGES_RULES_TRUST_HPP
#define TENON_PACKAGES_RULES_TRUST_HPP

// Whether a package is let in, and later whether it is started. Three things are told apart, each with its sentence:
//
//     unsigned       no key that is trusted for this package signed it. Policy decides.
//     badly signed   a key that is known here is said to have signed it, and did not. Refused under every policy.
//     changed        its list of files is not the one that was recorded. Refused under every policy.
//
// A key's label, its 8 bytes that minisign shows, is a hint that anybody can imitate: keys are compared whole. A key is
// trusted for the packages whose ids its patterns name. Its last day counts for what arrives, and never stops what is
// installed. What is revoked, a key or a tree, neither arrives nor starts.
//
// Nothing here looks at a disk or at a clock: time is an argument.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_files.hpp>
#include <tenon/packages/format/package_signature.hpp>
#include <tenon/packages/format/package_version.hpp>
#include <tenon/rules/time_words.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

enum class trust_policy {
    signed_only, // by a key that is trusted for this package
    any,         // unsigned ones, too, and they are shown as such
};

struct trusted_key {
    public_key key;
    std::string name;                         // whose it is, for people
    std::vector<std::string> plugins = {"*"}; // "dev.example.chat", "dev.example.*", "*"
    std::optional<std::int64_t> not_after_ms = {};
};

struct trust_settings {
    trust_policy policy = trust_policy::signed_only;
    std::vector<trusted_key> keys;
    std::vector<std::string> revoked; // a key as minisign writes it, or the digest of a tree
};

/// What can be said against the settings, once, when they are read. Where something can, everything that needs them is
/// refused with the same sentence: a revocation that cannot be read must not be one that is not there.
result<void> check_trust(const trust_settings& settings);

/// "2027-12-31" as the last millisecond of that day, in UTC.
result<std::int64_t> read_last_day(std::string_view text);

/// What was signed, and by what it is known here. What is installed is compared with the tree that is recorded.
struct signed_files {
    std::string_view id;
    std::string_view text; // of FILES
    digest tree;
    const std::vector<package_signature>& signatures;
};

struct trust_verdict {
    std::string level; // "signed", "unsigned"; at a start also what it was admitted as: "folder"
    std::vector<std::string> signers; // whole keys, each once
    std::vector<std::string> names;   // of the signers, in the same order
    std::string note;                 // why a signature does not count, as a sentence; or empty
};

/// A signer as it is shown.
struct package_signer {
    std::string key = {}, name = {}; // whole, as minisign writes it; whose it is here, or empty

    static constexpr bool allow_missing = true;
};

inline std::vector<package_signer> signers_of(const trust_verdict& verdict) {
    std::vector<package_signer> all;
    for (std::size_t at = 0; at < verdict.signers.size(); ++at)
        all.push_back({verdict.signers[at], at < verdict.names.size() ? verdict.names[at] : std::string()});
    return all;
}

/// Of a package that arrives.
result<trust_verdict> judge_trust(const signed_files& files, const trust_settings& settings,
                                  std::int64_t now_ms);

/// Of one that is started. What was admitted as signed must be signed by today's trust, too; what was admitted unsigned
/// or from a folder is pinned by its tree, whatever the policy says by now.
result<trust_verdict> judge_start(const signed_files& files, const trust_settings& settings,
                                  std::string_view admitted_as);

/// Why an update needs somebody's consent although its signatures are good: none of those who signed the version before
/// signed this one. Nothing where they go on, or where nobody had signed. Both are what a verdict calls signers.
std::optional<std::string> break_of_continuity(const std::vector<std::string>& before,
                                               const std::vector<std::string>& now);

/// An installed package that gets another version.
struct version_change {
    package_version to;
    std::optional<package_version> ratchet = {}; // the highest that ever was installed
    std::optional<package_version> minimum_safe =
        {};                         // the highest that any installed version's manifest named
    bool in_history = false;        // `to` was active here before: this is a rollback
    bool downgrade_allowed = false; // asked for in words, by somebody who may
    bool administrator = false;
};

result<void> judge_downgrade(const version_change& change);

// ---- patterns and revocations -------------------------------------------------------------------------------------

namespace detail {

constexpr bool is_package_pattern(std::string_view pattern) noexcept {
    if (pattern == "*") return true;
    if (pattern.ends_with(".*")) pattern.remove_suffix(2);
    // "dev.*" is a pattern, though "de.*" would begin with what is too short for an id.
    return !pattern.empty() &&
           (flaw_of_package_id(pattern).empty() || (pattern.size() < shortest_package_id &&
                                                    pattern.find_first_of(".-_*") == std::string_view::npos));
}

struct revocations {
    std::vector<public_key> keys;
    std::vector<digest> trees;

    bool has(const public_key& key) const noexcept {
        return std::find(keys.begin(), keys.end(), key) != keys.end();
    }
    bool has(const digest& tree) const noexcept {
        return std::find(trees.begin(), trees.end(), tree) != trees.end();
    }
};

inline result<revocations> read_revocations(const std::vector<std::string>& revoked) {
    revocations read;
    for (const std::string& one : revoked) {
        if (const auto tree = read_digest(one)) read.trees.push_back(*tree);
        else if (const auto key = read_public_key(one)) read.keys.push_back(*key);
        else
            return fault{codes::invalid_params,
                         join({"revoked: \"", beginning_of(one, 70),
                               "\" is neither a public key of minisign nor a digest of 64 letters"})};
    }
    return read;
}

inline std::string name_of_key(const trusted_key& key) {
    return key.name.empty() ? join({"key ", key.key.id()})
                            : join({"\"", key.name, "\" (key ", key.key.id(), ")"});
}

/// What of the signatures counts, and what does not.
struct signature_review {
    trust_verdict verdict;
    std::vector<std::string> against; // why a signature does not count
    bool by_revoked = false, by_unknown = false;

    /// One sentence about all of them.
    std::string why(std::string_view id) const {
        std::string all = join({id, " is signed by "});
        for (std::size_t at = 0; at < against.size(); ++at) {
            if (at > 0) append(all, "; and by ");
            append(all, against[at]);
        }
        return all;
    }
};

inline fault badly_signed(std::string_view id, std::string_view why) {
    return package_fault(package_code::unverified, join({id, " is badly signed: ", why}));
}

/// Whose signature it is by the whole key, among all keys that are known here: nobody's, or the fault that says how it
/// is bad.
inline result<const public_key*> signer_of(const package_signature& given, const signed_files& files,
                                           const trust_settings& settings, const revocations& revoked) {
    const public_key* signer = nullptr;
    std::string flaw;
    const auto try_key = [&](const public_key& key) {
        if (signer != nullptr || key.label != given.label) return;
        if (!given.prehashed)
            flaw = join({"key ", given.key_id(),
                         " signed in minisign's old way, which is not taken here: "
                         "sign it again with minisign 0.11 or newer"});
        else if (auto good = verify(given, key, files.text); good) signer = &key;
        else flaw = std::move(good.error().message);
    };
    for (const trusted_key& one : settings.keys) try_key(one.key);
    for (const public_key& one : revoked.keys) try_key(one);
    if (signer == nullptr && !flaw.empty()) return badly_signed(files.id, flaw);
    return signer;
}

/// What the signatures are worth. `now_ms` is nothing where the last day of a key does not count.
inline result<signature_review> review_signatures(const signed_files& files, const trust_settings& settings,
                                                  std::optional<std::int64_t> now_ms) {
    auto revoked = read_revocations(settings.revoked);
    if (!revoked) return std::move(revoked).error();
    auto listed = digest_of(files.text);
    if (!listed) return std::move(listed).error();
    if (*listed != files.tree)
        return package_fault(package_code::unverified,
                             join({files.id, " was changed: its list of files has the digest ",
                                   listed->text(), ", and ", files.tree.text(), " is the recorded one"}));
    if (revoked->has(files.tree))
        return package_fault(package_code::policy,
                             join({files.id, ": this version is revoked (tree ", files.tree.text(), ")"}));

    signature_review review;
    for (const package_signature& given : files.signatures) {
        auto signer = signer_of(given, files, settings, *revoked);
        if (!signer) return std::move(signer).error();
        if (*signer == nullptr) {
            review.by_unknown = true;
            review.against.push_back(join({"key ", given.key_id(), ", which is not known here"}));
            continue;
        }
        if (revoked->has(**signer)) {
            review.by_revoked = true;
            review.against.push_back(join({"key ", given.key_id(), ", which is revoked"}));
            continue;
        }
        std::string against;
        const trusted_key* counts = nullptr;
        for (const trusted_key& one : settings.keys) {
            if (!(one.key == **signer)) continue;
            if (!any_covers_id(one.plugins, files.id))
                against = join({name_of_key(one), ", which is trusted for other packages, not for this one"});
            else if (now_ms && one.not_after_ms && *now_ms > *one.not_after_ms)
                against = join({name_of_key(one), ", which was trusted until ",
                                std::string_view(format_timestamp(std::chrono::system_clock::time_point(
                                                     std::chrono::milliseconds(*one.not_after_ms))))
                                    .substr(0, 10)});
            else {
                counts = &one;
                break;
            }
        }
        std::string text = (*signer)->text();
        if (counts == nullptr) review.against.push_back(std::move(against));
        else if (auto& all = review.verdict.signers; std::find(all.begin(), all.end(), text) == all.end()) {
            all.push_back(std::move(text));
            review.verdict.names.push_back(counts->name);
        }
    }
    review.verdict.level = review.verdict.signers.empty() ? "unsigned" : "signed";
    if (!review.against.empty()) review.verdict.note = review.why(files.id);
    return review;
}

inline fault not_signed(std::string_view id, const signature_review& review) {
    return package_fault(
        package_code::policy,
        review.against.empty()
            ? join({id, " is unsigned, and the policy \"signed\" asks for the signature of "
                        "a key that is trusted for it"})
            : join({review.why(id), review.by_unknown ? ": `tenon-host key trust FILE` trusts a key, over "
                                                        "HTTP POST /api/v1/trust/keys"
                                                      : ""}));
}

} // namespace detail

inline result<void> check_trust(const trust_settings& settings) {
    using namespace detail;
    for (const trusted_key& one : settings.keys)
        for (const std::string& pattern : one.plugins)
            if (!is_package_pattern(pattern))
                return fault{codes::invalid_params,
                             join({"keys: ", name_of_key(one), ": \"", beginning_of(pattern, 70),
                                   "\" is no pattern of ids: expected \"*\", an id, or as in "
                                   "\"dev.example.*\""})};
    if (auto revoked = read_revocations(settings.revoked); !revoked) return std::move(revoked).error();
    return {};
}

inline result<std::int64_t> read_last_day(std::string_view text) {
    using namespace std::chrono;
    std::uint64_t year_number = 0;
    const auto two = [&](std::size_t at) {
        return static_cast<unsigned>((text[at] - '0') * 10 + (text[at + 1] - '0'));
    };
    bool good = text.size() == 10 && text[4] == '-' && text[7] == '-' &&
                detail::read_number(text.substr(0, 4), year_number) && detail::is_number(text.substr(5, 2)) &&
                detail::is_number(text.substr(8, 2));
    if (good) {
        const year_month_day day(year(static_cast<int>(year_number)), month(two(5)),
                                 std::chrono::day(two(8)));
        if (day.ok())
            return std::int64_t{
                duration_cast<std::chrono::milliseconds>((sys_days(day) + days(1)).time_since_epoch())
                    .count() -
                1};
    }
    return fault{codes::invalid_params, detail::join({"expected a day as in \"2027-12-31\", got \"",
                                                      detail::beginning_of(text, 40), "\""})};
}

// ---- verdicts -----------------------------------------------------------------------------------------------------

inline result<trust_verdict> judge_trust(const signed_files& files, const trust_settings& settings,
                                         std::int64_t now_ms) {
    auto review = detail::review_signatures(files, settings, now_ms);
    if (!review) return std::move(review).error();
    if (review->verdict.signers.empty() &&
        (settings.policy == trust_policy::signed_only || review->by_revoked))
        return detail::not_signed(files.id, *review);
    return std::move(review->verdict);
}

inline result<trust_verdict> judge_start(const signed_files& files, const trust_settings& settings,
                                         std::string_view admitted_as) {
    auto review = detail::review_signatures(files, settings, std::nullopt);
    if (!review) return std::move(review).error();
    // "found": in a store whose records were lost. Nobody admitted it, so today's policy does.
    const bool must_be_signed =
        (admitted_as == "signed" || admitted_as == "found") && settings.policy == trust_policy::signed_only;
    if (review->verdict.signers.empty()) {
        if (must_be_signed || review->by_revoked) return detail::not_signed(files.id, *review);
        if (admitted_as != "signed") review->verdict.level = admitted_as;
    }
    return std::move(review->verdict);
}

inline std::optional<std::string> break_of_continuity(const std::vector<std::string>& before,
                                                      const std::vector<std::string>& now) {
    using namespace detail;
    if (before.empty()) return std::nullopt;
    const auto listed = [](const std::vector<std::string>& texts) {
        std::string all;
        for (const std::string& text : texts) {
            const auto key = read_public_key(text);
            append(all, all.empty() ? "key " : " and key ");
            append(all, key ? key->id() : text);
        }
        return all;
    };
    for (const std::string& text : before) {
        const auto one = read_public_key(text);
        for (const std::string& other : now) {
            const auto key = read_public_key(other);
            if (text == other || (one && key && *one == *key)) return std::nullopt;
        }
    }
    return now.empty() ? join({"the version before is signed by ", listed(before),
                               ", and this one by nobody "
                               "who is trusted for it"})
                       : join({"the version before is signed by ", listed(before), ", and this one by ",
                               listed(now)});
}

inline result<void> judge_downgrade(const version_change& change) {
    using namespace detail;
    if (change.minimum_safe && change.to < *change.minimum_safe && !change.administrator)
        return package_fault(package_code::policy,
                             join({change.to.text(), " is below ", change.minimum_safe->text(),
                                   ", which its author calls the first safe one: only an administrator may "
                                   "go back so far"}));
    if (change.ratchet && change.to < *change.ratchet && !change.in_history && !change.downgrade_allowed)
        return package_fault(package_code::policy,
                             join({change.to.text(), " is older than ", change.ratchet->text(),
                                   ", which was installed here: a downgrade must be asked for as one"}));
    return {};
}

} // namespace tenon

#endif
