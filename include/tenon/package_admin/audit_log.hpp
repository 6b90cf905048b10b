#ifndef TENON_PACKAGE_ADMIN_AUDIT_LOG_HPP
#define TENON_PACKAGE_ADMIN_AUDIT_LOG_HPP

// Who changed what, and who was refused: rows in the records of the store, which keep the newest 100,000 of them. They are
// written many at a time, so that a storm of requests is not a storm of commits; what is too much is counted, and the
// next row says how many were left out. A stranger may be refused as often as it likes: it gets few rows a minute, and
// nobody else loses one by it.

#include <tenon/core/text.hpp>
#include <tenon/host/host_base.hpp>
#include <tenon/http/principal.hpp>
#include <tenon/json/value.hpp>
#include <tenon/packages/operations/package_manager.hpp>
#include <tenon/packages/store/package_store.hpp>
#include <tenon/packages/store/records.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// Rows a minute about requests of nobody who is known; and about refusals of one who is.
inline constexpr std::uint64_t most_strange_rows = 30, most_refused_rows = 600;
/// Rows that wait for the disk.
inline constexpr std::size_t most_waiting_rows = 1'000;

namespace detail::package_admin {

struct audit_detail {
    std::optional<int> status = {};
    std::optional<std::string> missing = {}; // the permission for want of which it was refused
    std::optional<std::uint64_t> operation = {};
    std::optional<std::string> code = {}, message = {};
    std::optional<json> before = {}, after = {};
    std::optional<std::uint64_t> left_out = {}; // rows before this one

    static constexpr auto describe() { return camel_case(); }
};

/// What a row has room for.
inline std::string short_word(std::string_view text) { return std::string(beginning_of(text, 200)); }

inline audit_record row_of(const http::audited& about, audit_detail& detail) {
    constexpr std::size_t longest_state = 4'096;
    const auto state = [](const std::string& text) -> std::optional<json> {
        if (text.empty() || text.size() > longest_state) return std::nullopt;
        auto read = json::parse(text);
        return read ? std::optional(*std::move(read)) : std::nullopt;
    };
    detail.status = about.status;
    if (!about.missing.empty()) detail.missing = about.missing;
    detail.before = state(about.before);
    detail.after = state(about.after);
    audit_record row;
    row.actor = about.actor;
    row.action = about.action;
    row.target = about.target;
    row.outcome = about.status < 400                           ? "done"
                  : about.status == 401 || about.status == 403 ? "refused"
                                                               : "failed";
    return row;
}

/// Lives on the host's executor. Has to go before the packages do, or to be told nothing after that.
class audit_log : public std::enable_shared_from_this<audit_log> {
public:
    audit_log(host_base& host, package_manager& packages) : host_(host), packages_(packages) {}

    void add(const http::audited& about, std::int64_t now_ms) {
        audit_detail more;
        audit_record row = row_of(about, more);
        const bool refused = row.outcome == "refused";
        if (refused && !within(row.actor.empty() ? strange_ : refused_,
                               row.actor.empty() ? most_strange_rows : most_refused_rows, now_ms))
            return;
        add(std::move(row), std::move(more), now_ms);
    }
    void add(audit_record row, audit_detail more, std::int64_t now_ms) {
        if (waiting_.size() == most_waiting_rows) {
            ++left_out_;
            return;
        }
        if (left_out_ != 0) more.left_out = std::exchange(left_out_, 0);
        row.at = now_ms;
        for (std::string* word : {&row.actor, &row.action, &row.target, &row.outcome})
            *word = short_word(*word);
        row.detail = json::of(more);
        waiting_.push_back(std::move(row));
        write();
    }

private:
    struct minute {
        std::int64_t number = 0;
        std::uint64_t rows = 0;
    };
    bool within(minute& now, std::uint64_t most, std::int64_t now_ms) {
        if (const std::int64_t number = now_ms / 60'000; number != now.number) now = {number, 0};
        if (now.rows == most) {
            ++left_out_;
            return false;
        }
        ++now.rows;
        return true;
    }
    void write() {
        if (writing_ || waiting_.empty()) return;
        writing_ = true;
        packages_.ask<result<void>>(
            [weak = weak_from_this()](result<void> written) {
                const auto self = weak.lock();
                if (!self) return;
                self->writing_ = false;
                if (!written && !self->failed_)
                    self->host_.note(log_level::error,
                                     join({"packages: the audit is not written: ", written.error().message}));
                self->failed_ = !written;
                if (written || written.error().code != codes::shutting_down) self->write();
            },
            [rows = std::exchange(waiting_, {})](package_store& store) -> result<void> {
                auto changes = store.records().begin();
                if (!changes) return std::move(changes).error();
                for (const audit_record& row : rows)
                    if (auto good = changes->add(row); !good) return good;
                return changes->commit();
            });
    }

    host_base& host_;
    package_manager& packages_;
    std::vector<audit_record> waiting_;
    minute strange_, refused_;
    std::uint64_t left_out_ = 0;
    bool writing_ = false, failed_ = false;
};

} // namespace detail::package_admin

} // namespace tenon

#endif
