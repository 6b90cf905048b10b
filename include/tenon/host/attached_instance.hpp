#ifndef TENON_HOST_ATTACHED_INSTANCE_HPP
#define TENON_HOST_ATTACHED_INSTANCE_HPP

// A plugin that the host does not start: somebody else does, and it attaches over the host's socket
// (plugin_options::attach). A run is its connection and no more.

#include <tenon/host/instance.hpp>

#include <memory>

namespace tenon::detail {

/// For who comes by hand, as under a debugger: also a plugin that the host could start, and has not.
inline result<void> admit_by_hand(const plugin_options& options, const attach_request& who) {
    if (!options.attach)
        return refused_to_attach(options, "may not attach by itself: its options do not say so");
    if (who.token && !who.token->empty())
        return refused_to_attach(options, "has no process that this token could be of");
    return {};
}

class attached_instance final : public instance {
public:
    explicit attached_instance(instance_owner& owner) : owner_(owner) {}

    plugin_origin origin() const noexcept override { return plugin_origin::process; }
    /// The supervisor wants no start of it, for it has no command.
    result<std::shared_ptr<link>> open(const program_to_start&) override {
        return fault{codes::unavailable, "it has no command, and attaches by itself"};
    }
    result<void> admit(const attach_request& who) const override {
        return admit_by_hand(owner_.options(), who);
    }

private:
    instance_owner& owner_;
};

} // namespace tenon::detail

#endif
