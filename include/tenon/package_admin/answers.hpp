#ifndef TENON_PACKAGE_ADMIN_ANSWERS_HPP
#define TENON_PACKAGE_ADMIN_ANSWERS_HPP

// What becomes of an operation for who asked for it over HTTP: the package, or a problem with a code, or, where it takes
// longer than somebody wants to wait, the operation's number. And its row in the audit, once it is known how it ended.

#include <tenon/core/text.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/json/number.hpp>
#include <tenon/package_admin/state.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/operations/source_build.hpp>
#include <tenon/packages/rules/installed_package.hpp>
#include <tenon/transport/asio.hpp>
#include <tenon/web/problem.hpp>

#include <asio/steady_timer.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail::package_admin {

constexpr int http_status_of(package_code code) noexcept {
    switch (code) {
    case package_code::manifest: return 400;
    case package_code::policy:
    case package_code::permission: return 403;
    case package_code::unknown: return 404;
    case package_code::busy:
    case package_code::exists:
    case package_code::needs_consent:
    case package_code::needed: return 409;
    case package_code::too_large: return 413;
    case package_code::dependency: return 424;
    case package_code::disk: return 507;
    default:
        return 422; // what was sent is understood, and not good: hostile, unverified, config, start, build
    }
}

inline response problem(package_code code, std::string_view words) {
    return http::problem(http_status_of(code), words, word_of(code));
}
inline response problem(const fault& why) {
    const auto code = code_of(why);
    if (!code) return http::problem(why);
    response given = problem(*code, why.message);
    if (*code == package_code::needs_consent)
        given.body.insert(given.body.size() - 1, join({",\"consent\":", to_json(consent_of(why))}));
    return given;
}
inline constexpr auto as_json = [](const auto& made) { return http::json_answer(to_json(made)); };
/// Answers what `shown` makes of the outcome.
template <class Shown>
auto answer_from(const http::call& asked, Shown shown) {
    return [asked, shown](const auto& outcome) {
        asked.answer(outcome ? shown(*outcome) : problem(outcome.error()));
    };
}
/// 403 for want of a permission that only some requests need, or, with these words, of a scope. It is in the audit, too.
inline void refuse(package_admin_state& admin, const http::call& asked, std::string_view missing,
                   std::string_view words) {
    admin.audit->add({.actor = asked.actor(),
                      .action = asked.where->action(),
                      .target = admin.id_of(asked.name),
                      .status = 403,
                      .missing = std::string(missing)},
                     wall_clock_ms());
    asked.answer(problem(package_code::permission, words));
}
inline void refuse(package_admin_state& admin, const http::call& asked, std::string_view permission) {
    refuse(admin, asked, permission, asked.who->lacks(permission));
}

/// The package, where there is one of that name or id. Null: the client has heard that there is none.
inline const installed_package* known(const package_admin_state& admin, const http::call& asked) {
    if (const auto* const found = admin.packages.installed(asked.name)) return found;
    std::string name;
    append_safe(name, asked.name, 64);
    asked.answer(
        problem(package_code::unknown, admin.host.knows(asked.name)
                                           ? join({name, " is a plugin, and no package"})
                                           : join({"\"", name, "\" is no package that is installed"})));
    return nullptr;
}

inline std::optional<std::int64_t> number_in(std::string_view text) noexcept {
    std::int64_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}
inline std::optional<bool> yes_or_no(std::string_view word) noexcept {
    if (word == "true" || word == "1") return true;
    if (word == "false" || word == "0") return false;
    return std::nullopt;
}
/// Of the query; not there is no, and a name alone is neither. Nothing: the client has heard why.
inline std::optional<bool> yes_in(const http::call& asked, std::string_view name) {
    const auto& query = asked.asked().query;
    const auto said =
        std::find_if(query.begin(), query.end(), [&](const auto& one) { return one.name == name; });
    if (said == query.end()) return false;
    const auto read = yes_or_no(said->value);
    if (!read) asked.answer(http::problem(400, join({name, ": expected true or false"})));
    return read;
}

/// One operation, and the client that waits for it.
class awaited_operation : public std::enable_shared_from_this<awaited_operation> {
public:
    /// Null: ?wait= is wrong, and the client has heard it.
    static std::shared_ptr<awaited_operation> of(package_admin_state& admin, const http::call& asked) {
        constexpr std::int64_t longest_wait = 600; // seconds
        milliseconds patience = admin.settings.wait;
        if (const std::string word = asked.queried("wait"); !word.empty()) {
            const auto seconds = number_in(word);
            if (!seconds || *seconds > longest_wait) {
                asked.answer(http::problem(400, "wait: expected seconds, 0 to 600"));
                return nullptr;
            }
            patience = milliseconds(*seconds * 1'000);
        }
        return std::shared_ptr<awaited_operation>(new awaited_operation(admin, asked, patience));
    }

    /// `begin` is given the request, with who asks, and what answers in the end.
    template <class Made = package_view, class Request, class Begin>
    void run(Request request, Begin begin) {
        request.actor = asked_.actor();
        request.begun = [self = shared_from_this()](std::uint64_t number) { self->number_ = number; };
        begin(std::move(request), over<Made>());
        wait();
    }

private:
    awaited_operation(package_admin_state& admin, const http::call& asked, milliseconds patience)
        : admin_(admin.weak_from_this()), asked_(asked), target_(admin.id_of(asked.name)),
          patience_(patience), timer_(admin.host.get_executor()) {
        asked.exchange->audits_itself(); // also where the path is that of every plugin
        if (asked.name.empty()) return;
        if (const auto* const before = admin.packages.installed(asked.name)) before_ = before->record.active;
    }

    template <class Made>
    auto over() {
        return [self = shared_from_this()](const result<Made>& outcome) {
            self->ended_ = true;
            self->timer_.cancel();
            if (const auto admin = self->admin_.lock()) self->write_row(*admin, outcome);
            if (outcome) self->answer(*outcome);
            else self->asked_.answer(problem(outcome.error()));
        };
    }
    void wait() {
        if (ended_) return;
        if (patience_ == milliseconds{0}) return answer_number();
        timer_.expires_after(patience_);
        timer_.async_wait([self = shared_from_this()](const std::error_code& cancelled) {
            if (!cancelled && !self->ended_) self->answer_number();
        });
    }
    void answer_number() {
        const std::string number = std::to_string(number_), where = "/api/v1/operations/" + number;
        response given =
            http::json_answer(join({"{\"operation\":", number, ",\"location\":\"", where, "\"}"}), 202);
        given.headers.push_back({"Location", where});
        asked_.answer(given);
    }
    void answer(package_view shown) {
        shown.operation = number_;
        const bool made = asked_.where->pattern.ends_with("/install") && shown.installed_at >= asked_at_;
        asked_.answer(http::json_answer(to_json(shown), made ? 201 : 200));
    }
    void answer(const build_report& report) { asked_.answer(http::json_answer(to_json(report))); }
    static void put_after(audit_record& row, audit_detail& more, const package_view& now) {
        row.target = now.id;
        more.after = json::of(now.version);
    }
    static void put_after(audit_record&, audit_detail&, const build_report&) {}
    template <class Made>
    void write_row(package_admin_state& admin, const result<Made>& outcome) {
        audit_detail more;
        if (number_ != 0) more.operation = number_;
        if (!before_.empty()) more.before = json::of(before_);
        audit_record row{.actor = asked_.actor(),
                         .action = asked_.where->action(),
                         .target = target_,
                         .outcome = outcome ? "done" : "failed"};
        if (outcome) {
            put_after(row, more, *outcome);
        } else {
            const auto code = code_of(outcome.error());
            if (code) more.code = std::string(word_of(*code));
            more.message = short_word(outcome.error().message);
            if (const auto at = admin.packages.operation(number_); at && !at->id.empty()) row.target = at->id;
        }
        admin.audit->add(std::move(row), std::move(more), wall_clock_ms());
    }

    std::weak_ptr<package_admin_state> admin_;
    http::call asked_;
    std::string target_, before_; // it may be gone in the end
    const std::int64_t asked_at_ = wall_clock_ms();
    std::uint64_t number_ = 0;
    bool ended_ = false;
    milliseconds patience_;
    asio::steady_timer timer_;
};

} // namespace tenon::detail::package_admin

#endif
