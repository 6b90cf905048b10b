#ifndef REFERENCE_API_API_HPP
#define REFERENCE_API_API_HPP

// What the host and the chat can do, over HTTP: JSON in and out, errors as RFC 9457 has them.
//
//     std::unique_ptr<api> routes;
//     http::server web(io.get_executor(), {}, [&](auto call) { routes->answer(std::move(call)); },
//                      [&](const http::request& head) { return routes->admit(head); });
//     web.listen("127.0.0.1:8080");
//     routes = std::make_unique<api>(host, chat, api_settings{.token = token, .address = web.address()});
//
// Everything but probes, chat and plugins' own routes needs the token. Host and Origin are looked at before anything
// else. What plugins wrote is data: JSON, or, on their own routes, in a sandbox.
//
// Belongs to the host's executor. Host and chat must outlive it, and the server must be closed first.

#include <http/exchange.hpp>

#include <tenon/core/result.hpp>
#include <tenon/json/value.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {
class host;
}

namespace reference {

class chat;

struct api_settings {
    std::string token = {};              // of administrators; nobody is one where it is empty
    std::string address = {};            // where the server listens: "127.0.0.1:8080"
    std::vector<std::string> hosts = {}; // what else it may be called: "chat.example.org", "10.0.0.7:8080"
    /// Plugins known to the host that are not to run. None: all may.
    std::function<bool(std::string_view plugin)> enabled = {};
    /// Enables and starts, or stops and disables. None: that cannot be done here (501).
    std::function<void(std::string plugin, bool on, std::function<void(tenon::result<void>)> done)> enable =
        {};
    /// Called with a configuration that a plugin has taken from an administrator.
    std::function<tenon::result<void>(const std::string& plugin, const tenon::json& config)> keep_config = {};
    /// Texts that nobody is shown in a plugin's configuration: what came from ${VARIABLES}.
    std::function<std::vector<std::string>(std::string_view plugin)> secrets = {};
};

enum class access { open, admin };

/// What there is, for tests and documentation.
struct known_path {
    std::string_view method, pattern; // "*": any; "/api/v1/plugins/{name}/start"
    access needs = access::admin;
};

class api {
public:
    api(tenon::host& host, chat& chat, api_settings settings);
    ~api();
    api(const api&) = delete;
    api& operator=(const api&) = delete;

    static std::vector<known_path> paths(); // "*", "/api/plugins/*": the routes of plugins

    /// The server's gate: what may not be asked is refused before its body is read.
    std::optional<http::response> admit(const http::request& head) const;
    void answer(std::shared_ptr<http::exchange> call);

    struct internal; // paths.hpp

private:
    std::shared_ptr<internal> state_;
};

} // namespace reference

#endif
