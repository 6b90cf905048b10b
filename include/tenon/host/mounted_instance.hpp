#ifndef TENON_HOST_MOUNTED_INSTANCE_HPP
#define TENON_HOST_MOUNTED_INSTANCE_HPP

// A plugin within the host's own process: each run is a link that is made, with an object behind it (joint/mounted_link.hpp,
// or what tests script).

#include <tenon/host/instance.hpp>
#include <tenon/host/untyped_host.hpp>

#include <memory>
#include <utility>

namespace tenon::detail {

class mounted_instance final : public instance {
public:
    mounted_instance(instance_owner& owner, link_maker make) : owner_(owner), make_(std::move(make)) {}

    plugin_origin origin() const noexcept override { return plugin_origin::mounted; }
    result<std::shared_ptr<link>> open(const program_to_start&) override {
        if (auto made = make_(owner_)) return made;
        return fault{codes::unavailable, "the plugin could not be made"};
    }
    result<void> admit(const attach_request&) const override {
        return refused_to_attach(owner_.options(), "runs within the host");
    }

private:
    instance_owner& owner_;
    link_maker make_;
};

} // namespace tenon::detail

#endif
