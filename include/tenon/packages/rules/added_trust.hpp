#ifndef TENON_PACKAGES_RULES_ADDED_TRUST_HPP
#define TENON_PACKAGES_RULES_ADDED_TRUST_HPP

// Keys that were added while the host works, and what was revoked, beside what is configured. A key that is in both is
// trusted for what either says; a revocation beats both.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_signature.hpp>
#include <tenon/packages/rules/trust.hpp>
#include <tenon/packages/store/records.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

/// Before it is recorded: the key as it is written, the name short, the patterns good.
inline result<trusted_key> read_trust_key(const trust_key_record& record) {
    using namespace detail;
    auto key = read_public_key(record.key);
    if (!key) return std::move(key).error();
    const auto refused = [&](std::string_view why) {
        return fault{codes::invalid_params, join({"key ", key->id(), ": ", why})};
    };
    if (record.name.size() > 200) return refused("its name may have 200 bytes");
    if (record.plugins.empty())
        return refused("it has to be trusted for something: \"*\" is for all packages");
    if (record.plugins.size() > 100) return refused("it may have 100 patterns");
    for (const std::string& pattern : record.plugins)
        if (!is_package_pattern(pattern))
            return refused(
                join({"\"", beginning_of(pattern, 70),
                      "\" is no pattern of ids: expected \"*\", an id, or as in \"dev.example.*\""}));
    trusted_key made{*key, record.name, record.plugins};
    if (record.not_after != 0) made.not_after_ms = record.not_after;
    return made;
}

inline result<void> check_revocation(const revocation_record& record) {
    if (read_digest(record.what)) return {};
    if (auto key = read_public_key(record.what); !key)
        return fault{codes::invalid_params,
                     detail::join({"\"", detail::beginning_of(record.what, 70),
                                   "\" is neither a public key of minisign nor a digest of 64 letters"})};
    return {};
}

/// What packages are judged by. A row that cannot be read is a fault, and not one that is not there: it may be a
/// revocation.
inline result<trust_settings> with_added_trust(trust_settings configured,
                                               const std::vector<trust_key_record>& keys,
                                               const std::vector<revocation_record>& revoked) {
    for (const trust_key_record& one : keys) {
        auto key = read_trust_key(one);
        if (!key) return std::move(key).error();
        configured.keys.push_back(*std::move(key));
    }
    for (const revocation_record& one : revoked) {
        if (auto good = check_revocation(one); !good) return std::move(good).error();
        configured.revoked.push_back(one.what);
    }
    return configured;
}

/// Whether somebody signed it who is trusted for it by now, as far as its record says. `revoked` is read from the settings.
inline bool is_signed_today(const version_record& version, const trust_settings& settings,
                            const detail::revocations& revoked) {
    return std::any_of(version.signers.begin(), version.signers.end(), [&](const std::string& text) {
        const auto key = read_public_key(text);
        return key && !revoked.has(*key) &&
               std::any_of(settings.keys.begin(), settings.keys.end(), [&](const trusted_key& one) {
                   return one.key == *key && detail::any_covers_id(one.plugins, version.id);
               });
    });
}

/// Why a version that is here would not be started any more, as far as its record says; empty: nothing is known against it.
inline std::string doubt_about(const version_record& version, const trust_settings& settings,
                               const detail::revocations& revoked) {
    using namespace detail;
    const auto doubted = [&](std::string_view why) { return join({version.id, " ", version.version, why}); };
    if (revoked.has(version.tree)) return doubted(" is revoked");
    if (is_signed_today(version, settings, revoked)) return {};
    const bool by_revoked =
        std::any_of(version.signers.begin(), version.signers.end(), [&](const std::string& text) {
            const auto key = read_public_key(text);
            return key && revoked.has(*key);
        });
    if (by_revoked) return doubted(" is signed by keys that are revoked");
    if (version.trust == "signed" && settings.policy == trust_policy::signed_only)
        return doubted(" is signed by keys that are not trusted for it any more");
    return {};
}

} // namespace tenon

#endif
