#ifndef TENON_PACKAGE_ADMIN_OPERATIONS_HPP
#define TENON_PACKAGE_ADMIN_OPERATIONS_HPP

// Operations on packages as they go on: as a list, one by its number, and as server-sent events, "step" for each change
// and "done" once it has ended, also for who comes late. What a token's scope is not about, it does not see; an
// operation of which nobody knows yet what it is about is seen by who began it.

#include <tenon/json/encode.hpp>
#include <tenon/package_admin/answers.hpp>
#include <tenon/package_admin/state.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail::package_admin {

inline bool may_see(const http::call& asked, const package_operation& of) {
    return asked.reaches_all() || (of.id.empty() ? of.actor == asked.actor() : asked.reaches(of.id));
}

/// To one client: of one operation, until it has ended, or of all.
class followed_operations : public std::enable_shared_from_this<followed_operations> {
public:
    followed_operations(watch<package_operation> from, http::stream to, bool of_one)
        : from_(std::move(from)), to_(std::move(to)), of_one_(of_one) {}

    /// Whether more will come.
    bool tell(const package_operation& now) {
        const bool over = now.outcome != package_outcome::running;
        if (over && of_one_) {
            to_.close("done", to_json(now));
            return false;
        }
        return to_.send(over ? "done" : "step", to_json(now));
    }
    void go() {
        from_.next([self = shared_from_this()](const result<watched<package_operation>>& next) {
            if (!next) return self->to_.close();
            if (self->tell(*next->item)) self->go();
        });
    }
    void stop() { from_.stop(); }

private:
    watch<package_operation> from_;
    http::stream to_;
    bool of_one_;
};

inline bool takes_events(const http::call& asked) {
    return asked.asked().header("accept") == "text/event-stream";
}

inline void follow(package_admin_state& admin, const http::call& asked, const package_operation* one) {
    const http::stream to = asked.exchange->answer_with_events();
    if (!to.open()) return;
    watch_settings<package_operation> wanted;
    if (one != nullptr)
        wanted.wants = [number = one->n](const package_operation& of) { return of.n == number; };
    else wanted.wants = [asked](const package_operation& of) { return may_see(asked, of); };
    const auto made = std::make_shared<followed_operations>(
        admin.packages.watch_operations(std::move(wanted)), to, one != nullptr);
    if (one != nullptr && !made->tell(*one)) return;
    to.on_gone([made] { made->stop(); });
    made->go();
}

inline void list_operations(package_admin_state& admin, const http::call& asked) {
    if (takes_events(asked)) return follow(admin, asked, nullptr);
    std::string all;
    for (const package_operation& one : admin.packages.operations())
        if (may_see(asked, one)) append(all, join({all.empty() ? "" : ",", to_json(one)}));
    asked.answer(json_of("operations", join({"[", all, "]"})));
}

inline void show_operation(package_admin_state& admin, const http::call& asked) {
    const auto number = number_in(asked.name);
    const auto found = number ? admin.packages.operation(static_cast<std::uint64_t>(*number)) : std::nullopt;
    if (!found || !may_see(asked, *found))
        return asked.answer(
            problem(package_code::unknown, "there is no operation of that number, or none any more"));
    if (takes_events(asked)) return follow(admin, asked, &*found);
    asked.answer(http::json_answer(to_json(*found)));
}

inline constexpr entry operation_entries[] = {
    {.method = "GET",
     .pattern = "/api/v1/operations",
     .needs = "packages:read",
     .run = list_operations,
     .scoped = http::scoping::by_function},
    {.method = "GET",
     .pattern = "/api/v1/operations/{number}",
     .needs = "packages:read",
     .run = show_operation,
     .scoped = http::scoping::by_function},
};

} // namespace tenon::detail::package_admin

#endif
