#ifndef TENON_HTTP_PRINCIPAL_HPP
#define TENON_HTTP_PRINCIPAL_HPP

// Who asks, as far as a token says it: a name, what it may, and which plugins that is about. And a table of such
// tokens, which has nothing but their hashes: who reads it cannot ask with it.
//
// Which role has which permission is not known here, nor how a token is hashed: the program says both.

#include <tenon/core/system_secret.hpp>
#include <tenon/core/text.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::http {

/// What a request needs: nothing, nothing but a place that strangers cannot take, or a permission. The name of a
/// permission is a literal: it is not copied.
class access {
public:
    constexpr access(const char* permission) noexcept : permission_(permission) {}

    /// Anybody's.
    static const access open;
    /// Open too, and with places that strangers cannot take.
    static const access probe;
    /// Of who may everything.
    static const access admin;

    constexpr bool needs_nothing() const noexcept { return permission_.empty(); }
    /// The permission's name; empty where none is needed.
    constexpr std::string_view permission() const noexcept { return permission_; }
    friend constexpr bool operator==(access, access) noexcept = default;

private:
    constexpr access(const char* permission, bool reserved) noexcept
        : permission_(permission), reserved_(reserved) {}

    std::string_view permission_;
    bool reserved_ = false;
};

inline constexpr access access::open{"", false};
inline constexpr access access::probe{"", true};
inline constexpr access access::admin{"admin", false};

struct principal {
    std::string name;                          // as the audit has it: "administrator", or the token's
    std::vector<std::string> roles = {};       // what it was given
    std::vector<std::string> permissions = {}; // what that comes to; "*": all there are
    std::vector<std::string> scope = {};       // patterns of plugins' ids, "dev.example.*"; none: all

    bool may(std::string_view permission) const noexcept {
        return std::any_of(permissions.begin(), permissions.end(),
                           [&](std::string_view one) { return one == "*" || one == permission; });
    }
    /// Whether the id is in its scope.
    bool reaches(std::string_view id) const noexcept {
        return scope.empty() || detail::any_covers_id(scope, id);
    }
    bool reaches_all() const noexcept {
        return scope.empty() || std::find(scope.begin(), scope.end(), "*") != scope.end();
    }

    /// Why it may not, for people.
    std::string lacks(std::string_view permission) const {
        return detail::join({"the token ", name, " lacks the permission ", permission});
    }
    std::string is_for_others() const { return detail::join({"the token ", name, " is for other plugins"}); }
    std::string is_for_some() const {
        return detail::join({"the token ", name, " is for some plugins, and this is about all of them"});
    }
};

/// Whose a token is.
struct bearer {
    std::shared_ptr<const principal> who = {}; // null: nobody's
    bool expired = false;                      // it was somebody's, and is nobody's any more
    /// Asked as long as a stream goes on that it opened: false ends that. None: it is somebody's for ever.
    std::function<bool()> still = {};
};

struct known_token {
    std::string hash; // as the table's hasher makes it
    std::shared_ptr<const principal> who;
    std::int64_t expires_at = 0; // unix ms; 0: never
};

/// The tokens besides the administrator's, for a guard to ask. They may change while a server runs.
class token_table {
public:
    using hasher = std::function<std::string(std::string_view token)>;
    using clock = std::function<std::int64_t()>; // unix ms

    token_table(hasher hash, clock now) : hash_(std::move(hash)), now_(std::move(now)) {}

    /// What is not among them any more is nobody's, and its streams end.
    void set(std::vector<known_token> all) {
        std::vector<held> now;
        for (known_token& one : all) {
            const auto before = std::find_if(all_.begin(), all_.end(),
                                             [&](const held& known) { return known.hash == one.hash; });
            auto life = before == all_.end() ? std::make_shared<char>() : std::move(before->life);
            now.push_back({std::move(one), std::move(life)});
        }
        all_ = std::move(now);
    }
    bool empty() const noexcept { return all_.empty(); }

    /// Every hash is compared, whichever is the right one.
    bearer find(std::string_view token) const {
        bearer result;
        if (all_.empty() || token.empty()) return result;
        const std::string hash = hash_(token);
        for (const held& one : all_) {
            if (!detail::same_secret(hash, one.hash)) continue;
            result.expired = is_over(one.expires_at, now_);
            if (result.expired) continue;
            result.who = one.who;
            result.still = [life = std::weak_ptr<const char>(one.life), until = one.expires_at, now = now_] {
                return !life.expired() && !is_over(until, now);
            };
        }
        return result;
    }

private:
    struct held : known_token {
        std::shared_ptr<char> life; // as long as it is here
    };
    static bool is_over(std::int64_t expires_at, const clock& now) {
        return expires_at != 0 && now() >= expires_at;
    }

    hasher hash_;
    clock now_;
    std::vector<held> all_;
};

/// What somebody changed, or was refused, for who writes that down. A stranger may be refused as often as it likes: rows
/// without an actor have to be bounded.
struct audited {
    std::string actor;                   // the principal's name; empty where nobody was known
    std::string action;                  // "POST /api/v1/plugins/{name}/start"
    std::string target;                  // what the pattern's first parameter took: the id of what has one
    int status = 0;                      // of the answer
    std::string missing = {};            // the permission, or the scope, for want of which it was refused
    std::string before = {}, after = {}; // of the target, where the function says it; JSON
};

} // namespace tenon::http

#endif
