#ifndef TENON_TESTS_ADMIN_RUNNING_ADMIN_HPP
#define TENON_TESTS_ADMIN_RUNNING_ADMIN_HPP

// A host with its administration and its server in a thread of their own, and clients that say any bytes to it.

#include "../http/raw_client.hpp"

#include <tenon/admin.hpp>
#include <tenon/testing/scripted_plugin.hpp>

#include <asio/use_future.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tenon::tests {

inline const std::string token = "Tok-3f9c81d2b7";

using http::raw_client;
using answer = raw_client::answer;

class running_admin : public loop_thread {
public:
    /// What else the server has, as a program would add it. What it returns goes before the host does.
    using more_paths = std::function<std::shared_ptr<void>(http::router& to, tenon::host& host)>;

    explicit running_admin(admin_settings settings = {}, const std::vector<std::string>& hosts = {},
                           const more_paths& more = {}) {
        there([&] {
            host_.emplace(io);
            host_->on_log([this](const log_record& record) { logs.push_back(record); });
            paths_.emplace(http::guard(token, hosts));
            web_.emplace(io, *paths_);
            REQUIRE(web_->listen("127.0.0.1:0"));
            address = web_->address();
            add_admin_paths(*paths_, *host_, std::move(settings));
            if (more) kept_ = more(*paths_, *host_);
        });
    }
    ~running_admin() {
        there([this] {
            web_.reset();
            paths_.reset();
            kept_.reset();
            host_.reset();
        });
    }

    template <class Condition>
    bool soon(Condition holds) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!there(holds))
            if (std::chrono::steady_clock::now() > end) return false;
            else std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return true;
    }
    tenon::host& host() { return *host_; } // within there() alone
    std::vector<http::endpoint> endpoints() const { return paths_->endpoints(); }

    /// Adds it and starts it.
    bool start(testing::scripted_plugin& plugin, const std::string& name, plugin_options options = {}) {
        options.name = name;
        if (!there([&] { return plugin.add_to(*host_, options); })) return false;
        return there([&] { return host_->start(name, asio::use_future); }).get().has_value();
    }
    plugin_status status(const std::string& name) {
        return there([&] { return host_->status(name).value_or(plugin_status()); });
    }

    raw_client client() const { return raw_client(address); }
    /// `more`: further header lines, each with its end.
    answer ask(std::string_view method, std::string_view target, std::string_view body = {},
               std::string_view more = {}) const {
        raw_client one = client();
        one.say(head(method, target, body, more));
        return one.hear(method != "HEAD");
    }
    /// The same as an administrator.
    answer admin(std::string_view method, std::string_view target, std::string_view body = {}) const {
        return ask(method, target, body, "Authorization: Bearer " + token + "\r\n");
    }
    std::string head(std::string_view method, std::string_view target, std::string_view body = {},
                     std::string_view more = {}) const {
        using detail::digits;
        const std::string about_body =
            body.empty()
                ? std::string()
                : detail::join(
                      {"Content-Type: application/json\r\nContent-Length: ", digits(body.size()), "\r\n"});
        return detail::join(
            {method, " ", target, " HTTP/1.1\r\nHost: ", address, "\r\n", about_body, more, "\r\n", body});
    }

    std::string address;
    std::vector<log_record> logs; // within there() alone

private:
    std::optional<tenon::host> host_;
    std::optional<http::router> paths_;
    std::shared_ptr<void> kept_;
    std::optional<http::server> web_;
};

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }
/// In any case, as names of headers are.
inline bool has_header(const answer& heard, std::string_view line) {
    return has(detail::lower_case(heard.head), detail::lower_case(line));
}

} // namespace tenon::tests

#endif
