#ifndef TENON_ADMIN_PROBES_HPP
#define TENON_ADMIN_PROBES_HPP

// For whatever looks on: metrics, health, readiness; and for authors, what the host offers to plugins.

#include <tenon/admin/state.hpp>
#include <tenon/host/metrics_text.hpp>

#include <string>
#include <vector>

namespace tenon::detail::admin {

inline void show_health(admin_state&, const http::call& asked) {
    asked.answer(http::json_answer(R"({"status":"ok"})"));
}

inline void show_readiness(admin_state& admin, const http::call& asked) {
    std::vector<std::string> missing;
    for (const plugin_status& plugin : admin.host.status().plugins)
        if (admin.enabled(plugin.name) && plugin.state != plugin_state::ready) missing.push_back(plugin.name);
    asked.answer(
        missing.empty()
            ? http::json_answer(R"({"status":"ok"})")
            : http::json_answer("{\"status\":\"not ready\",\"plugins\":" + to_json(missing) + "}", 503));
}

inline void show_metrics(admin_state& admin, const http::call& asked) {
    asked.answer({.headers = {{"Content-Type", std::string(metrics_content_type)}},
                  .body = metrics_text(status_for(admin, asked)) +
                          (admin.settings.more_metrics ? admin.settings.more_metrics() : std::string())});
}

inline void show_catalogue(admin_state& admin, const http::call& asked) {
    asked.answer(http::json_answer(to_json(admin.host.catalogue())));
}

inline constexpr entry probe_entries[] = {
    {"GET", "/metrics", "metrics:read", show_metrics, body::needed, http::scoping::by_function},
    {"GET", "/api/v1/catalogue", "plugins:read", show_catalogue, body::needed, http::scoping::by_function},
    {"GET", "/healthz", http::access::probe, show_health},
    {"GET", "/readyz", http::access::probe, show_readiness},
};

} // namespace tenon::detail::admin

#endif
