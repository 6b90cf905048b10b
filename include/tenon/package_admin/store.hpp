#ifndef TENON_PACKAGE_ADMIN_STORE_HPP
#define TENON_PACKAGE_ADMIN_STORE_HPP

// The store of packages over HTTP: what it is like, and its housekeeping. Each answer comes when it is done, however long
// that takes: a check reads every file of every version.

#include <tenon/json/encode.hpp>
#include <tenon/package_admin/answers.hpp>
#include <tenon/package_admin/state.hpp>
#include <tenon/packages/operations/package_view.hpp>
#include <tenon/packages/store/package_store.hpp>

#include <string>
#include <utility>
#include <vector>

namespace tenon::detail::package_admin {

struct store_problem_view {
    std::string id, version, tree, problem;
};

inline void show_store(package_admin_state& admin, const http::call& asked) {
    admin.packages.store(answer_from(asked, as_json));
}

inline void check_store(package_admin_state& admin, const http::call& asked) {
    admin.packages.check_store(
        asked.actor(), answer_from(asked, [count = admin.packages.installed().size()](
                                              const std::vector<store_problem>& found) {
            std::vector<store_problem_view> all;
            for (const store_problem& one : found) // those of the store itself have no tree
                all.push_back({one.id, one.version, one.id.empty() ? "" : one.tree.text(), one.problem});
            return http::json_answer(
                join({"{\"problems\":", to_json(all), ",\"packages\":", digits(count), "}"}));
        }));
}

inline void repair_store(package_admin_state& admin, const http::call& asked) {
    admin.packages.repair_store(asked.actor(), answer_from(asked, [](const std::vector<std::string>& done) {
                                    return json_of("done", to_json(done));
                                }));
}

inline void collect_store(package_admin_state& admin, const http::call& asked) {
    admin.packages.collect_store(asked.actor(), answer_from(asked, as_json));
}

inline constexpr entry store_entries[] = {
    {.method = "GET", .pattern = "/api/v1/store", .needs = http::access::admin, .run = show_store},
    {.method = "POST",
     .pattern = "/api/v1/store/check",
     .needs = http::access::admin,
     .run = check_store,
     .takes = body::optional},
    {.method = "POST",
     .pattern = "/api/v1/store/repair",
     .needs = http::access::admin,
     .run = repair_store,
     .takes = body::optional},
    {.method = "POST",
     .pattern = "/api/v1/store/collect",
     .needs = http::access::admin,
     .run = collect_store,
     .takes = body::optional},
};

} // namespace tenon::detail::package_admin

#endif
