#ifndef TENON_TESTS_REFERENCE_HOST_API_RUNNING_API_HPP
#define TENON_TESTS_REFERENCE_HOST_API_RUNNING_API_HPP

// A host with its chat, API and server in a thread of their own, and clients that say any bytes to it.

#include "../http/raw_client.hpp"

#include <api/api.hpp>
#include <chat/chat.hpp>

#include <tenon/host.hpp>
#include <tenon/testing/scripted_plugin.hpp>

#include <optional>
#include <string>
#include <vector>

namespace reference {

inline const std::string token = "Tok-3f9c81d2b7";

using http::raw_client;
using answer = raw_client::answer;

class running_api {
public:
    /// Runs it where the host runs, and waits for it.
    template <class Function>
    auto there(Function function) {
        std::packaged_task<decltype(function())()> task(function);
        auto done = task.get_future();
        asio::post(io_, [&] { task(); });
        return done.get();
    }
    explicit running_api(api_settings settings = {}) {
        host_.emplace(io_);
        host_->on_log([this](const tenon::log_record& record) { logs.push_back(record); });
        chat_.emplace(*host_);
        web_.emplace(
            io_.get_executor(), http::limits(), [this](auto call) { api_->answer(std::move(call)); },
            [this](const http::request& head) { return api_->admit(head); });
        REQUIRE(web_->listen("127.0.0.1:0"));
        address = web_->address();
        settings.token = token;
        settings.address = address;
        api_.emplace(*host_, *chat_, std::move(settings));
        thread_ = std::thread([this] { io_.run(); });
    }
    ~running_api() {
        there([this] {
            web_.reset();
            api_.reset();
            chat_.reset();
            host_.reset();
        });
        work_.reset();
        thread_.join();
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
    reference::chat& chat() { return *chat_; }

    /// Adds it and starts it.
    bool start(tenon::testing::scripted_plugin& plugin, const std::string& name,
               tenon::plugin_options options = {}) {
        options.name = name;
        if (!there([&] { return plugin.add_to(*host_, options); })) return false;
        return there([&] { return host_->start(name, asio::use_future); }).get().has_value();
    }
    tenon::plugin_status status(const std::string& name) {
        return there([&] { return host_->status(name).value_or(tenon::plugin_status()); });
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
        using tenon::detail::digits;
        const std::string about_body =
            body.empty()
                ? std::string()
                : tenon::detail::join(
                      {"Content-Type: application/json\r\nContent-Length: ", digits(body.size()), "\r\n"});
        return tenon::detail::join(
            {method, " ", target, " HTTP/1.1\r\nHost: ", address, "\r\n", about_body, more, "\r\n", body});
    }

    std::string address;
    std::vector<tenon::log_record> logs; // within there() alone

private:
    asio::io_context io_;
    asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
    std::optional<tenon::host> host_;
    std::optional<reference::chat> chat_;
    std::optional<api> api_;
    std::optional<http::server> web_;
    std::thread thread_;
};

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }
/// In any case, as names of headers are.
inline bool has_header(const answer& heard, std::string_view line) {
    return has(tenon::detail::lower_case(heard.head), tenon::detail::lower_case(line));
}

} // namespace reference

#endif
