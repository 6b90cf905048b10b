#ifndef TENON_HOST_HOST_SOCKET_HPP
#define TENON_HOST_HOST_SOCKET_HPP

// A host's socket: plugins that attach over it, and events that people put in by hand. It owns the server, once there
// is one, and counts whom it turned away. It finds plugins in host_plugins, and asks host_events for decisions.

#include <tenon/host/host_events.hpp>
#include <tenon/host/host_plugins.hpp>
#include <tenon/host/socket/socket_server.hpp>
#include <tenon/host/untyped_host.hpp>
#include <tenon/rules/rates.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tenon::detail {

class host_socket final : private socket_owner {
public:
    host_socket(untyped_host& host, host_plugins& plugins, host_events& events)
        : host_(host), plugins_(plugins), events_(events) {}
    host_socket(const host_socket&) = delete;
    host_socket& operator=(const host_socket&) = delete;

    result<void> listen(std::string_view path, const socket_options& options);
    /// Nobody comes in any more; an event that is being decided still gets its line.
    void finish() {
        if (server_) server_->finish();
    }
    void close() {
        if (server_) server_->close();
    }

    /// Empty where the host does not listen.
    std::string path() const { return server_ ? server_->path() : std::string(); }
    const socket_server* server() const noexcept { return server_.get(); }
    std::uint64_t attaches_refused() const noexcept { return attaches_refused_; }

private:
    inline result<void> on_attach(const attach_request& who) override;
    inline void take_plugin(const attach_request& who, descriptor connection, std::string bytes) override;
    inline void on_manual_event(const manual_event& event, event_client::decided done) override;
    void on_socket_trouble(std::string_view words) override { host_.note(log_level::warn, words); }

    untyped_host& host_;
    host_plugins& plugins_;
    host_events& events_;
    std::shared_ptr<socket_server> server_; // or null
    std::uint64_t attaches_refused_ = 0;
    log_rate attach_notes_{10}; // a second; who comes again and again must not fill the log
};

} // namespace tenon::detail

#include <tenon/host/host_socket.ipp>

#endif
