#ifndef TENON_PACKAGE_ADMIN_ACCESS_TOKENS_HPP
#define TENON_PACKAGE_ADMIN_ACCESS_TOKENS_HPP

// Tokens besides the administrator's: made, listed, revoked; and the audit, which says what was done with them. A token's
// text is shown once, to who made it. What is kept is its hash, in the records of the store.

#include <tenon/admin/roles.hpp>
#include <tenon/http/guard.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/package_admin/answers.hpp>
#include <tenon/package_admin/kept.hpp>
#include <tenon/package_admin/state.hpp>
#include <tenon/packages/format/package_files.hpp>
#include <tenon/packages/store/package_store.hpp>
#include <tenon/session/names.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// Each of them is compared with the token of each request.
inline constexpr std::size_t most_access_tokens = 1'000;

namespace detail::package_admin {

struct token_view {
    std::string name;
    std::vector<std::string> roles, scope;
    std::int64_t created_at, expires_at; // 0: never
    std::optional<std::string> token = {};

    static constexpr auto describe() { return camel_case(); }
};
inline token_view view_of(const token_record& of) {
    return {of.name, of.roles, of.scope, of.created_at, of.expires_at, {}};
}

/// What the guard asks is what the records say.
inline void keep_in_step(package_admin_state& admin) {
    std::vector<http::known_token> all;
    for (const token_record& one : admin.packages.access_tokens())
        all.push_back({std::string(one.hash.bytes.begin(), one.hash.bytes.end()),
                       std::make_shared<const http::principal>(
                           http::principal{one.name, one.roles, permissions_of(one.roles), one.scope}),
                       one.expires_at});
    admin.table.set(std::move(all));
}

/// The scope that is asked for reaches nothing that it does not say: an id, "dev.example.*", "*".
inline bool is_scope(std::string_view pattern) noexcept {
    if (pattern == "*") return true;
    if (pattern.ends_with(".*")) pattern.remove_suffix(2);
    return is_plugin_name(pattern) || flaw_of_package_id(pattern).empty();
}

struct wanted_token {
    std::string name;
    std::vector<std::string> roles;
    std::optional<std::vector<std::string>> scope = {};
    std::optional<std::int64_t> expires_at = {};

    static constexpr auto describe() { return camel_case(); }
};

/// Why there cannot be such a token, or nothing.
inline std::string why_not(const wanted_token& wanted, std::int64_t now_ms) {
    constexpr std::size_t most_scopes = 64;
    if (!is_plugin_name(wanted.name)) return "name: expected 1 to 64 letters, digits, '-', '_' or '.'";
    if (wanted.name == "administrator") return "name: \"administrator\" is the one with the adminToken";
    if (wanted.roles.empty())
        return "roles: expected at least one of viewer, operator, installer, publisher, admin";
    for (const std::string& role : wanted.roles)
        if (!is_role(role)) return "roles: expected viewer, operator, installer, publisher or admin";
    if (wanted.scope && wanted.scope->empty())
        return "scope: expected at least one pattern; leave it out for all plugins";
    if (wanted.scope && wanted.scope->size() > most_scopes) return "scope: expected at most 64 patterns";
    if (wanted.scope)
        for (const std::string& one : *wanted.scope)
            if (!is_scope(one)) return "scope: expected ids of plugins, or patterns as dev.example.*";
    if (wanted.expires_at && *wanted.expires_at != 0 && *wanted.expires_at <= now_ms)
        return "expiresAt: expected a time to come, in milliseconds since 1970, or 0 for never";
    return {};
}

inline void list_tokens(package_admin_state& admin, const http::call& asked) {
    std::vector<token_view> all;
    for (const token_record& one : admin.packages.access_tokens()) all.push_back(view_of(one));
    asked.answer(json_of("tokens", to_json(all)));
}

inline const token_record* find_token(const package_admin_state& admin, std::string_view name) {
    for (const token_record& one : admin.packages.access_tokens())
        if (one.name == name) return &one;
    return nullptr;
}

/// Commits, and goes on here.
template <class Change, class Then>
void change_tokens(package_admin_state& admin, const std::string& name, Change change, Then then) {
    admin.tokens_in_work.insert(name);
    admin.packages.ask<result<void>>(
        [weak = admin.weak_from_this(), name, then = std::move(then)](result<void> written) {
            const auto self = weak.lock();
            if (!self) return;
            self->tokens_in_work.erase(name);
            then(*self, std::move(written));
            keep_in_step(*self);
        },
        [change = std::move(change)](package_store& store) -> result<void> {
            auto changes = store.records().begin();
            if (!changes) return std::move(changes).error();
            if (auto good = change(*changes); !good) return good;
            return changes->commit();
        });
}

inline void make_access_token(package_admin_state& admin, const http::call& asked) {
    auto wanted = asked.body<wanted_token>();
    if (!wanted) return;
    const std::int64_t now = wall_clock_ms();
    if (const std::string why = why_not(*wanted, now); !why.empty())
        return asked.answer(http::problem(400, why));
    if (find_token(admin, wanted->name) != nullptr || admin.tokens_in_work.count(wanted->name) != 0)
        return asked.answer(
            problem(package_code::exists, join({"there is a token ", wanted->name, " already"})));
    if (admin.packages.access_tokens().size() + admin.tokens_in_work.size() >= most_access_tokens)
        return asked.answer(
            http::problem(409, join({"there are ", digits(most_access_tokens), " tokens already"})));
    auto token = http::make_token();
    const auto hash = token ? digest_of(*token) : result<digest>(token.error());
    if (!hash) return asked.answer(http::problem(hash.error()));
    token_record made{.name = wanted->name,
                      .hash = *hash,
                      .roles = std::move(wanted->roles),
                      .scope = std::move(wanted->scope).value_or(std::vector<std::string>()),
                      .created_at = now,
                      .expires_at = wanted->expires_at.value_or(0)};
    change_tokens(
        admin, made.name, [made](transaction& changes) { return changes.put(made); },
        [asked, made, token = *token](package_admin_state& self, const result<void>& written) {
            if (!written) return asked.answer(problem(written.error()));
            self.packages.access_tokens().push_back(made);
            token_view shown = view_of(made);
            asked.exchange->changed({}, to_json(shown));
            shown.token = token;
            asked.answer(http::json_answer(to_json(shown), 201));
        });
}

/// It ends with the commit: what is answered before that is not revoked.
inline void revoke_token(package_admin_state& admin, const http::call& asked) {
    const token_record* const found = find_token(admin, asked.name);
    if (found == nullptr || admin.tokens_in_work.count(asked.name) != 0) {
        std::string name;
        append_safe(name, asked.name, 64);
        return asked.answer(problem(package_code::unknown, join({"there is no token \"", name, "\""})));
    }
    change_tokens(
        admin, found->name, [name = found->name](transaction& changes) { return changes.erase_token(name); },
        [asked, gone = view_of(*found)](package_admin_state& self, const result<void>& written) {
            if (!written) return asked.answer(problem(written.error()));
            std::erase_if(self.packages.access_tokens(),
                          [&](const token_record& one) { return one.name == gone.name; });
            asked.exchange->changed(to_json(gone), {});
            asked.answer(http::json_answer(to_json(gone)));
        });
}

inline void show_audit(package_admin_state& admin, const http::call& asked) {
    struct row {
        std::int64_t n, at;
        std::string actor, action, target, outcome;
        json detail;
    };
    const auto most = count_in(asked, "limit", 100, 1'000);
    if (!most) return;
    const std::string word = asked.queried("before");
    const auto before = word.empty() ? std::optional<std::int64_t>(0) : number_in(word);
    if (!before) return asked.answer(http::problem(400, "before: expected the number of a row"));
    using rows = std::vector<audit_record>;
    admin.packages.ask<result<rows>>(
        [asked](const result<rows>& read) {
            if (!read) return asked.answer(problem(read.error()));
            std::vector<row> shown;
            for (const audit_record& one : *read)
                shown.push_back({one.n, one.at, one.actor, one.action, one.target, one.outcome, one.detail});
            asked.answer(json_of("audit", to_json(shown)));
        },
        [before = *before, most = *most](package_store& store) {
            return store.records().audit(before, most);
        });
}

inline constexpr entry access_entries[] = {
    {.method = "GET", .pattern = "/api/v1/access/tokens", .needs = "access:write", .run = list_tokens},
    {.method = "POST", .pattern = "/api/v1/access/tokens", .needs = "access:write", .run = make_access_token},
    {.method = "DELETE",
     .pattern = "/api/v1/access/tokens/{name}",
     .needs = "access:write",
     .run = revoke_token,
     .takes = body::optional},
    {.method = "GET", .pattern = "/api/v1/audit", .needs = "audit:read", .run = show_audit},
};

} // namespace detail::package_admin

} // namespace tenon

#endif
