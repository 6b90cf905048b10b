#ifndef TENON_HOST_HOST_SOCKET_IPP
#define TENON_HOST_HOST_SOCKET_IPP

// The bodies of host/host_socket.hpp.

#include <tenon/host/host_socket.hpp>
#include <tenon/session/names.hpp>
#include <tenon/transport/descriptor_link.hpp>

#include <utility>

namespace tenon::detail {

inline result<void> host_socket::listen(std::string_view path, const socket_options& options) {
    if (plugins_.closing()) return shutting_down();
    if (auto good = check_options(options); !good) return good.error();
    if (server_)
        return fault{codes::invalid_request, join({"the host listens on ", server_->path(), " already"})};
    auto made = std::make_shared<socket_server>(host_.where(), static_cast<socket_owner&>(*this), options);
    if (auto good = made->open(path); !good) return good.error();
    server_ = std::move(made);
    return {};
}

inline result<void> host_socket::on_attach(const attach_request& who) {
    if (plugins_.closing()) return shutting_down();
    plugin_record* const plugin = plugins_.find(who.name);
    if (plugin == nullptr) {
        ++attaches_refused_;
        if (attach_notes_.admit(steady_now())) {
            const std::uint64_t more = attach_notes_.take_suppressed();
            host_.note(
                log_level::warn,
                join({"a plugin wanted to attach that the configuration does not know: \"",
                      quotable(who.name), "\"",
                      more == 0 ? std::string() : join({" (and ", digits(more), " more before it)"})}));
        }
        return unknown_plugin(who.name);
    }
    const auto kept = plugin->actor;
    auto good = kept->may_attach(who);
    if (good) return good;
    ++attaches_refused_;
    kept->note_refused(good.error());
    return good;
}

/// Hears the request of a plugin that was found good, answers it, and hands the connection over before the next
/// message: the answer goes out first, and then the handshake.
class attach_hearing final : public link_owner {
public:
    explicit attach_hearing(std::shared_ptr<plugin_actor> plugin) : plugin_(std::move(plugin)) {}

    void hear(descriptor connection, std::string_view bytes) {
        const plugin_options& options = plugin_->options();
        const auto opened = descriptor_link::open(plugin_->where(), session_role::host, options.connection,
                                                  *this, std::move(connection), descriptor(),
                                                  options.write_timeout, plugin_->awake());
        link_ = opened;
        opened->peer().use_framing(framing_rule::first_byte); // it has spoken first
        opened->hear(bytes);
        link_.reset(); // where it was not handed over, that ends it
    }

private:
    void on_event(session_event& event, time_point) override {
        if (event.kind != event_kind::request || event.method != methods::attach) return;
        link_->peer().reply(event.request, "{}");
        plugin_->attach([this](link_owner& plugin) {
            link_->set_owner(plugin);
            return link_;
        });
    }

    std::shared_ptr<plugin_actor> plugin_;
    std::shared_ptr<link> link_;
};

inline void host_socket::take_plugin(const attach_request& who, descriptor connection, std::string bytes) {
    plugin_record* const plugin = plugins_.find(who.name);
    if (plugin != nullptr) attach_hearing(plugin->actor).hear(std::move(connection), bytes);
}

inline void host_socket::on_manual_event(const manual_event& event, event_client::decided done) {
    decide_options options;
    if (event.metadata) options.metadata = json(*event.metadata);
    events_.decide(event.event, std::string(event.payload.text()), std::move(options), {}, std::move(done));
}

} // namespace tenon::detail

#endif
