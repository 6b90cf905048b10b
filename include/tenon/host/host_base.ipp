#ifndef TENON_HOST_HOST_BASE_IPP
#define TENON_HOST_HOST_BASE_IPP

#include <tenon/core/compiled.hpp>
#include <tenon/host/host_base.hpp>
#include <tenon/host/host_core.hpp>

#include <memory>
#include <utility>

namespace tenon::detail {

TENON_COMPILED_ONCE std::shared_ptr<untyped_host> make_host(executor where, host_options options) {
    return std::make_shared<host_core>(std::move(where), std::move(options));
}

} // namespace tenon::detail

namespace tenon {

TENON_COMPILED_ONCE watch<state_change> host_base::watch_changes(watch_settings<state_change> settings) {
    return {core_->where(), core_->watched_changes, std::move(settings)};
}

TENON_COMPILED_ONCE watch<log_record> host_base::watch_logs(watch_settings<log_record> settings) {
    return {core_->where(), core_->watched_logs, std::move(settings)};
}

TENON_COMPILED_ONCE watch<event_record> host_base::watch_events(watch_settings<event_record> settings) {
    return {core_->where(), core_->watched_events, std::move(settings)};
}

} // namespace tenon

#endif
