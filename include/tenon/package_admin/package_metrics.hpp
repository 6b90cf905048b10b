#ifndef TENON_PACKAGE_ADMIN_PACKAGE_METRICS_HPP
#define TENON_PACKAGE_ADMIN_PACKAGE_METRICS_HPP

// Packages as numbers, behind the host's own metrics; and what those are counted from. What takes the disk is asked when
// an operation has ended, and not when somebody looks: the disk may be busy for as long as an installation takes.

#include <tenon/host/metrics_writer.hpp>
#include <tenon/package_admin/state.hpp>
#include <tenon/packages/store/package_store.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::detail::package_admin {

inline std::string package_metrics(const package_admin_state& admin) {
    metrics_writer out;
    const auto number = [](auto count) { return static_cast<double>(count); };
    std::map<package_state, std::size_t> states;
    for (const package_state state :
         {package_state::installed, package_state::enabled, package_state::disabled, package_state::broken})
        states[state] = 0;
    for (const auto& [id, one] : admin.packages.installed()) ++states[one.record.state];
    out.family("tenon_packages", "gauge", "Packages that are installed.");
    for (const auto& [state, count] : states) out.sample({{"state", name_of(state)}}, number(count));
    out.family("tenon_package_operations_running", "gauge", "Operations on packages that are under way.");
    out.sample({}, number(admin.packages.running_operations()));
    out.family("tenon_package_operations_total", "counter", "Operations on packages that have ended.");
    for (const auto& [which, count] : admin.packages.ended_operations())
        out.sample({{"kind", name_of(which.first)}, {"outcome", name_of(which.second)}}, number(count));
    out.family("tenon_package_operation_seconds_total", "counter", "How long those took.");
    for (const auto& [kind, took] : admin.ended.took_ms)
        out.sample({{"kind", name_of(kind)}}, number(took) / 1e3);
    out.family("tenon_package_refusals_total", "counter",
               "Why operations on packages did not do what was asked.");
    for (const auto& [code, count] : admin.ended.refused) out.sample({{"code", code}}, number(count));
    out.family("tenon_package_store_bytes", "gauge", "Trees and archives of packages on the disk.");
    out.sample({}, number(admin.store.bytes));
    out.family("tenon_package_store_trees", "gauge", "Versions of packages on the disk.");
    out.sample({}, number(admin.store.trees));
    out.family("tenon_package_store_degraded", "gauge",
               "Whether the records are lost, so that nothing can change.");
    out.sample({}, admin.store.degraded ? 1 : 0);
    return out.take();
}

/// One at a time: what has changed meanwhile is asked for again with the next operation.
inline void look_at_store(package_admin_state& admin) {
    if (std::exchange(admin.store_asked, true)) return;
    admin.packages.store([weak = admin.weak_from_this()](result<package_store_view> now) {
        const auto self = weak.lock();
        if (!self) return;
        self->store_asked = false;
        if (now) self->store = *std::move(now);
    });
}

inline void count_ended(package_admin_state& admin) {
    admin.watched->next([weak = admin.weak_from_this()](const result<watched<package_operation>>& next) {
        const auto self = weak.lock();
        if (!self || !next) return;
        const package_operation& of = *next->item;
        self->ended.took_ms[of.kind] += of.ended_at - of.started_at;
        if (!of.code.empty()) ++self->ended.refused[of.code];
        look_at_store(*self);
        count_ended(*self);
    });
}

inline void begin_counting(package_admin_state& admin) {
    watch_settings<package_operation> wanted;
    wanted.wants = [](const package_operation& of) { return of.outcome != package_outcome::running; };
    admin.watched.emplace(admin.packages.watch_operations(std::move(wanted)));
    count_ended(admin);
    look_at_store(admin);
}

} // namespace tenon::detail::package_admin

#endif
