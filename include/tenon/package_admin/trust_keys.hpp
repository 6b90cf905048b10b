#ifndef TENON_PACKAGE_ADMIN_TRUST_KEYS_HPP
#define TENON_PACKAGE_ADMIN_TRUST_KEYS_HPP

// Whose signatures count: keys of the configuration, and those that were added here; and what is trusted no more. A key in a
// path is the key whole, with '-' and '_' for '+' and '/', which mean something in a path.

#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/package_admin/answers.hpp>
#include <tenon/package_admin/state.hpp>
#include <tenon/packages/rules/trust.hpp>
#include <tenon/packages/store/records.hpp>
#include <tenon/rules/time_words.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail::package_admin {

/// "2027-12-31", or empty.
inline std::string day_of(std::int64_t unix_ms) {
    if (unix_ms == 0) return {};
    return format_timestamp(std::chrono::sys_time<milliseconds>(milliseconds(unix_ms))).substr(0, 10);
}

struct key_view {
    std::string key, name;
    std::vector<std::string> plugins;
    std::string not_after = {}; // its last day
    bool configured = false;    // it stands in the configuration, and goes there alone
    std::string added_by = {};
    std::int64_t added_at = 0;

    static constexpr auto describe() { return camel_case(); }
};
inline key_view view_of(const trust_key_record& of) {
    return {of.key, of.name, of.plugins, day_of(of.not_after), false, of.added_by, of.added_at};
}
struct revocation_view {
    std::string what, reason = {}, revoked_by = {};
    std::int64_t revoked_at = 0;
    bool configured = false;

    static constexpr auto describe() { return camel_case(); }
};
inline revocation_view view_of(const revocation_record& of) {
    return {of.what, of.reason, of.revoked_by, of.revoked_at};
}

inline std::string key_in_path(std::string text) {
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    return text;
}

inline void list_keys(package_admin_state& admin, const http::call& asked) {
    std::vector<key_view> keys;
    for (const trusted_key& one : admin.packages.options().trust.keys)
        keys.push_back({one.key.text(), one.name, one.plugins, day_of(one.not_after_ms.value_or(0)), true});
    for (const trust_key_record& one : admin.packages.added_keys()) keys.push_back(view_of(one));
    std::vector<revocation_view> revoked;
    for (const std::string& one : admin.packages.options().trust.revoked)
        revoked.push_back({.what = one, .configured = true});
    for (const revocation_record& one : admin.packages.revocations()) revoked.push_back(view_of(one));
    asked.answer(
        http::json_answer(join({"{\"keys\":", to_json(keys), ",\"revoked\":", to_json(revoked), "}"})));
}

enum class list_change { added, removed };
/// Answers how it went, and shows what was added or removed.
inline auto answer_change(const http::call& asked, list_change change, std::string shown) {
    return [asked, change, shown = std::move(shown)](const result<void>& done) {
        if (!done)
            return asked.answer(code_of(done.error()) ? problem(done.error())
                                                      : http::problem(400, done.error().message));
        const bool added = change == list_change::added;
        asked.exchange->changed(added ? "" : shown, added ? shown : "");
        asked.answer(http::json_answer(shown, added ? 201 : 200));
    };
}

/// It is shown on terminals and in logs.
inline bool is_line(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(), is_control);
}

/// Whether the key is trusted already. Who adds it otherwise may not widen it unawares; the client hears then what there is.
inline bool is_added(const package_admin_state& admin, const http::call& asked,
                     const trust_key_record& wanted) {
    for (const trusted_key& one : admin.packages.options().trust.keys)
        if (one.key.text() == wanted.key) {
            asked.answer(problem(package_code::exists, "this key stands in the configuration"));
            return true;
        }
    for (const trust_key_record& one : admin.packages.added_keys()) {
        if (one.key != wanted.key) continue;
        if (one.name == wanted.name && one.plugins == wanted.plugins && one.not_after == wanted.not_after)
            asked.answer(http::json_answer(to_json(view_of(one))));
        else
            asked.answer(
                problem(package_code::exists,
                        "this key is trusted already, with another name, for other packages or until "
                        "another day: to change that, remove it, and add it again"));
        return true;
    }
    return false;
}

inline void add_key(package_admin_state& admin, const http::call& asked) {
    struct wanted_key {
        std::string key, name;
        std::optional<std::vector<std::string>> plugins = {};
        std::optional<std::string> not_after = {};

        static constexpr auto describe() { return camel_case(); }
    };
    auto wanted = asked.body<wanted_key>();
    if (!wanted) return;
    trust_key_record made{.key = std::move(wanted->key),
                          .name = std::move(wanted->name),
                          .plugins = std::move(wanted->plugins).value_or(std::vector<std::string>{"*"}),
                          .added_by = asked.actor(),
                          .added_at = wall_clock_ms()};
    if (wanted->not_after && !wanted->not_after->empty()) {
        const auto day = read_last_day(*wanted->not_after);
        if (!day) return asked.answer(http::problem(400, join({"notAfter: ", day.error().message})));
        made.not_after = *day;
    }
    if (!is_line(made.name)) return asked.answer(http::problem(400, "name: expected one line of text"));
    const auto key = read_public_key(made.key);
    if (!key) return asked.answer(http::problem(400, join({"key: ", key.error().message})));
    made.key = key->text();
    if (is_added(admin, asked, made)) return;
    admin.packages.trust_key(made, answer_change(asked, list_change::added, to_json(view_of(made))));
}

inline void forget_key(package_admin_state& admin, const http::call& asked) {
    const std::string wanted = key_in_path(asked.name);
    for (const trust_key_record& one : admin.packages.added_keys()) {
        if (one.key != wanted) continue;
        return admin.packages.forget_key(wanted,
                                         answer_change(asked, list_change::removed, to_json(view_of(one))));
    }
    for (const trusted_key& one : admin.packages.options().trust.keys)
        if (one.key.text() == wanted)
            return asked.answer(problem(
                package_code::exists, "this key stands in the configuration: it goes there, or is revoked"));
    asked.answer(problem(package_code::unknown, "there is no such key"));
}

inline void revoke(package_admin_state& admin, const http::call& asked) {
    struct wanted_revocation {
        std::string what;
        std::optional<std::string> reason = {};
    };
    auto wanted = asked.body<wanted_revocation>();
    if (!wanted) return;
    const revocation_record made{.what = std::move(wanted->what),
                                 .reason = std::string(beginning_of(wanted->reason.value_or(""), 500)),
                                 .revoked_by = asked.actor(),
                                 .revoked_at = wall_clock_ms()};
    admin.packages.revoke(made, answer_change(asked, list_change::added, to_json(view_of(made))));
}

inline void take_back(package_admin_state& admin, const http::call& asked) {
    for (const revocation_record& one : admin.packages.revocations()) {
        if (one.what != asked.name && one.what != key_in_path(asked.name)) continue;
        return admin.packages.take_back_revocation(
            one.what, answer_change(asked, list_change::removed, to_json(view_of(one))));
    }
    asked.answer(problem(package_code::unknown, "that was not revoked here"));
}

inline constexpr entry trust_entries[] = {
    {.method = "GET", .pattern = "/api/v1/trust/keys", .needs = "packages:read", .run = list_keys},
    {.method = "POST", .pattern = "/api/v1/trust/keys", .needs = "trust:write", .run = add_key},
    {.method = "DELETE",
     .pattern = "/api/v1/trust/keys/{key}",
     .needs = "trust:write",
     .run = forget_key,
     .takes = body::optional},
    {.method = "POST", .pattern = "/api/v1/trust/revoked", .needs = "trust:write", .run = revoke},
    {.method = "DELETE",
     .pattern = "/api/v1/trust/revoked/{what}",
     .needs = "trust:write",
     .run = take_back,
     .takes = body::optional},
};

} // namespace tenon::detail::package_admin

#endif
