#ifndef TENON_HOST_HOST_BASE_IPP
#define TENON_HOST_HOST_BASE_IPP

// The bodies of host/host_base.hpp.

#include <tenon/core/compiled.hpp>
#include <tenon/host/host_base.hpp>
#include <tenon/host/host_core.hpp>

namespace tenon::detail {

TENON_COMPILED_ONCE std::shared_ptr<untyped_host> make_host(executor where) {
    return make_host(std::move(where), host_options());
}

TENON_COMPILED_ONCE std::shared_ptr<untyped_host> make_host(executor where, host_options&& options) {
    return std::make_shared<host_core>(std::move(where), std::move(options));
}

TENON_COMPILED_ONCE life_start starting(const std::shared_ptr<untyped_host>& core,
                                        const plugin_options& options) {
    return [core, options](untyped_host::life_done done) mutable {
        core->start(std::move(options), std::move(done));
    };
}

TENON_COMPILED_ONCE life_start commanding(const std::shared_ptr<untyped_host>& core, std::string&& name,
                                          void (untyped_host::*verb)(const std::string&,
                                                                     untyped_host::life_done)) {
    return [core, name = std::move(name), verb](untyped_host::life_done done) {
        (core.get()->*verb)(name, std::move(done));
    };
}

TENON_COMPILED_ONCE life_start configuring(const std::shared_ptr<untyped_host>& core, std::string&& name,
                                           json&& config) {
    return [core, name = std::move(name), config = std::move(config)](untyped_host::life_done done) mutable {
        core->configure(name, std::move(config), std::move(done));
    };
}

TENON_COMPILED_ONCE life_start shutting_down(const std::shared_ptr<untyped_host>& core) {
    return [core](untyped_host::life_done done) { core->shutdown(std::move(done)); };
}

TENON_COMPILED_ONCE decision_start::decision_start(std::shared_ptr<untyped_host> core, std::string type,
                                                   std::string payload, decide_options options,
                                                   payload_check check)
    : core_(std::move(core)), type_(std::move(type)), payload_(std::move(payload)),
      options_(std::move(options)), check_(check) {}

TENON_COMPILED_ONCE decision_start::decision_start(decision_start&& other) noexcept = default;
TENON_COMPILED_ONCE decision_start::~decision_start() = default;

TENON_COMPILED_ONCE void decision_start::operator()(untyped_host::decided&& done, cancel_point* cancel) {
    const auto run =
        core_->decide(std::move(type_), std::move(payload_), std::move(options_), check_, std::move(done));
    if (cancel) cancel->set([core = core_, run] { core->give_up(run); });
}

} // namespace tenon::detail

namespace tenon {

TENON_COMPILED_ONCE result<void> host_base::add(const plugin_options& options) { return core_->add(options); }

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
