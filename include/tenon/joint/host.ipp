#ifndef TENON_JOINT_HOST_IPP
#define TENON_JOINT_HOST_IPP

#include <tenon/core/compiled.hpp>
#include <tenon/joint/host.hpp>
#include <tenon/joint/mounted_link.hpp>

#include <exception>
#include <optional>

namespace tenon::detail {

TENON_COMPILED_ONCE result<void> mount_plugin(const std::shared_ptr<untyped_host>& core,
                                              plugin_options options, const plugin_hooks& hooks,
                                              plugin_maker make) {
    if (options.name.empty()) options.name = hooks.identity.name;
    options.attach = false;
    const std::string name = options.name;
    // What is made here may be told things when the host is gone already.
    const auto note = [weak = std::weak_ptr(core), name](log_level level, std::string_view line) {
        if (const auto host = weak.lock()) host->note_of(name, level, line);
    };
    mounted_options mounted{.name = name,
                            .hooks = hooks,
                            .make = std::move(make),
                            .limits = options.connection,
                            .report = [note](std::string_view line) { note(log_level::warn, line); }};
    const auto latest = std::make_shared<std::weak_ptr<mounted_link>>();
    auto added = core->add_made_by(
        [where = core->where(), note, latest,
         mounted = std::move(mounted)](link_owner& owner) -> std::shared_ptr<link> {
            std::string why = "threw something";
            try {
                auto made = mounted_link::open(where, mounted, owner);
                *latest = made->watch();
                return made;
            } catch (const std::exception& thrown) {
                why = join({"threw: ", thrown.what()});
            } catch (...) {
            }
            note(log_level::error, join({"the plugin's constructor ", why}));
            return nullptr;
        },
        std::move(options));
    if (!added) return added;
    const auto started = std::make_shared<std::optional<result<void>>>();
    core->start_known(name, [started](result<void> outcome) { *started = std::move(outcome); });
    // The handshake needs one turn; nobody has to run the loop for it.
    if (const auto link = latest->lock()) link->turn();
    return *started ? **started : result<void>();
}

} // namespace tenon::detail

#endif
