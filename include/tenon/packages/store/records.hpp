#ifndef TENON_PACKAGES_STORE_RECORDS_HPP
#define TENON_PACKAGES_STORE_RECORDS_HPP

// What a store knows about its packages, as plain values. Times are milliseconds since 1970; 0 is never.

#include <tenon/json/value.hpp>
#include <tenon/packages/format/digest.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

enum class package_state { installed, enabled, disabled, broken };

struct package_record {
    std::string id = {}, name = {};
    package_state state = package_state::installed;
    std::string active = {};  // the version that runs, or empty
    std::string pinned = {};  // the version that no update leaves, or empty
    std::string ratchet = {}; // nothing older is installed without being asked for by name
    std::vector<std::string> granted = {}, signers = {};
    json config = {};         // what was set for it; null: nothing
    std::string problem = {}; // the sentence that a person can act on
    std::int64_t installed_at = 0, updated_at = 0;

    bool is_enabled() const noexcept { return state == package_state::enabled; }
};

/// Whose data stayed when it was removed: who installs that id next finds it.
struct left_data_record {
    std::string id = {};
    std::vector<std::string> signers = {}; // as the package's
    std::string ratchet = {};
};

struct version_record {
    std::string id = {}, version = {};
    digest tree = {};
    std::optional<digest> archive = {}; // as it was received, where that is kept
    std::uint64_t size = 0, files = 0;
    json manifest = {};
    std::string trust = {};
    std::vector<std::string> signers = {};
    json origin = {};      // {"kind": "upload"}, and what else its origin has to say
    std::string held = {}; // why no update offers it again, or empty
    std::int64_t installed_at = 0, used_at = 0;
};

/// One change of a package's version: the history. It outlives the package.
struct deployment_record {
    std::int64_t n = 0; // given by the file
    std::string id = {}, kind = {}, from_version = {}, to_version = {}, state = {}, reason = {}, actor = {};
    std::int64_t started_at = 0, switched_at = 0, ended_at = 0; // ended_at 0: it is under way
};

struct token_record {
    std::string name = {};
    digest hash = {};
    std::vector<std::string> roles = {}, scope = {};
    std::int64_t created_at = 0, expires_at = 0; // 0: never
};

/// A key that was added to those of the configuration.
struct trust_key_record {
    std::string key = {}, name = {};       // whole, as minisign writes it; whose it is
    std::vector<std::string> plugins = {}; // patterns of ids
    std::int64_t not_after = 0;            // 0: it has no last day
    std::string added_by = {};
    std::int64_t added_at = 0;
};

/// What is trusted no more, whoever trusted it: also a key of the configuration.
struct revocation_record {
    std::string what = {}; // a whole key, or the digest of a tree
    std::string reason = {}, revoked_by = {};
    std::int64_t revoked_at = 0;
};

struct audit_record {
    std::int64_t n = 0; // given by the file
    std::int64_t at = 0;
    std::string actor = {}, action = {}, target = {}, outcome = {};
    json detail = {};
};

/// The versions of one package among those of all, which come by id (records_file::versions).
inline std::span<const version_record> versions_of(const std::vector<version_record>& all,
                                                   std::string_view id) {
    const auto first =
        std::lower_bound(all.begin(), all.end(), id,
                         [](const version_record& one, std::string_view wanted) { return one.id < wanted; });
    const auto last = std::find_if(first, all.end(), [&](const version_record& one) { return one.id != id; });
    return {first, last};
}

} // namespace tenon

#endif
