#ifndef TENON_TESTS_PLUGIN_RAW_HOST_HPP
#define TENON_TESTS_PLUGIN_RAW_HOST_HPP

// A plugin behind its engine, in memory, and a host that is nothing but bytes: what a test says goes to the plugin
// as it stands, what the plugin writes comes back as bodies of strictly checked frames. Time is turned by hand.

#include <tenon/plugin/dispatch.hpp>
#include <tenon/testing/memory_stream.hpp>
#include <tenon/testing/scripted_peer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

template <>
struct doctest::StringMaker<std::vector<std::string>> {
    static String convert(const std::vector<std::string>& lines) {
        std::string all;
        for (const auto& line : lines) all += "\n    " + line.substr(0, 1000);
        return all.c_str();
    }
};

namespace tenon::tests {

using texts = std::vector<std::string>;

inline std::string framed(std::string_view body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

/// Takes whole frames off the front; anything but the strict form is a failure of the test. It never throws, because
/// it also runs in the middle of the plugin's engine.
inline texts take_frames(std::string& bytes) {
    texts bodies;
    constexpr std::string_view prefix = "Content-Length: ";
    for (std::size_t end; (end = bytes.find("\r\n\r\n")) != std::string::npos;) {
        const std::string digits = bytes.substr(0, end).substr(std::min(prefix.size(), end));
        const bool strict = bytes.starts_with(prefix) && !digits.empty() && digits.size() < 10 &&
                            digits.find_first_not_of("0123456789") == std::string::npos && digits[0] != '0';
        CHECK_MESSAGE(strict, "no header: " << bytes.substr(0, 200));
        const std::size_t length = strict ? std::stoul(digits) : 0;
        if (!strict || bytes.size() < end + 4 + length) break;
        bodies.push_back(bytes.substr(end + 4, length));
        bytes.erase(0, end + 4 + length);
        CHECK_MESSAGE(json::parse(bodies.back()).has_value(), "no JSON: " << bodies.back());
    }
    return bodies;
}

inline std::string request(std::string_view id, std::string_view method, std::string_view params = "{}") {
    return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":")" + std::string(method) +
           R"(","params":)" + std::string(params) + "}";
}
inline std::string notification(std::string_view method, std::string_view params = "{}") {
    return R"({"jsonrpc":"2.0","method":")" + std::string(method) + R"(","params":)" + std::string(params) +
           "}";
}
inline std::string execute(std::string_view id, std::string_view command, std::string_view args = "{}") {
    return request(id, "plugin/execute",
                   R"({"command":")" + std::string(command) + R"(","args":)" + std::string(args) + "}");
}
inline std::string event_params(std::string_view type, std::string_view payload = "{}",
                                std::string_view more = "") {
    return R"({"eventId":"e1","eventType":")" + std::string(type) + R"(","payload":)" + std::string(payload) +
           R"(,"metadata":{},"timestamp":"2025-06-01T12:00:00.000Z")" + std::string(more) + "}";
}
inline std::string decide(std::string_view id, std::string_view type, std::string_view payload = "{}") {
    return request(id, "plugin/onEvent", event_params(type, payload));
}
inline std::string publish(std::string_view type, std::string_view payload = "{}") {
    return notification("plugin/onEvent", event_params(type, payload));
}
inline std::string handshake(std::string_view config = "{}", std::string_view more = "") {
    return request(
        R"("hello")", "plugin/handshake",
        R"({"name":"test","version":"1","protocolVersions":[1],"supportsReverseRpc":true,"config":)" +
            std::string(config) + std::string(more) + "}");
}

inline std::string result_of(std::string_view id, std::string_view result) {
    return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"result":)" + std::string(result) + "}";
}
inline std::string error_of(std::string_view id, int code, std::string_view message) {
    return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"error":{"code":)" + std::to_string(code) +
           R"(,"message":")" + std::string(message) + R"("}})";
}
inline std::string method_of(std::string_view body) {
    std::string scratch;
    return std::string(json::parse(body).value()["method"].as_text(scratch));
}
inline std::string member_of(std::string_view body, std::string_view name) {
    return std::string(json::parse(body).value()[name].text());
}
inline int code_of(std::string_view body) {
    return json::parse(body).value()["error"]["code"].as<int>().value_or(0);
}

template <class P>
class raw_host {
public:
    /// Before the handshake, unless told otherwise.
    explicit raw_host(bool ready = true) : raw_host(std::make_unique<P>(), ready) {}
    raw_host(std::unique_ptr<P> made, bool ready) : plugin_(std::move(made)) {
        auto hooks = detail::make_hooks<P>(plugin_->about);
        hooks.start_workers = nullptr;
        engine_.emplace(detail::engine_ref::adopt(new detail::engine(hooks, stream)));
        (*engine_)->set_plugin(plugin_.get());
        stream->attend = [this] { return attend(); };
        if (ready) REQUIRE(say(handshake()).size() == 1);
    }
    raw_host(const raw_host&) = delete;
    raw_host& operator=(const raw_host&) = delete;
    ~raw_host() {
        react = nullptr;
        leave();
        stream->abandon();
    }

    /// Called with each body that the plugin writes, at the moment when it waits for more input. It may put().
    std::function<void(const std::string& body)> react;

    void put(std::string_view body) { stream->put(framed(body)); }

    /// Sends the bodies at once and lets the plugin work; what it said.
    template <class... Body>
    texts say(const Body&... body) {
        return say_raw((framed(body) + ...));
    }
    texts say_raw(std::string_view bytes) {
        stream->put(bytes);
        return work();
    }
    /// For what is answered by exactly one message.
    std::string ask(std::string_view body) {
        const texts said = say(body);
        REQUIRE(said.size() == 1);
        return said.front();
    }
    texts work() {
        if (!over()) due = (*engine_)->turn();
        attend();
        CHECK(unread_.empty());
        return std::exchange(said_, {});
    }
    texts advance(std::int64_t ms) {
        clock->advance(milliseconds(ms));
        return work();
    }
    void leave() {
        stream->end_input();
        if (!over()) (*engine_)->turn();
    }
    bool over() { return (*engine_)->over(); }
    texts reports() { return stream->take_reports(); }
    detail::engine& engine() { return **engine_; }
    P& plugin() { return *plugin_; }
    void destroy_plugin() { plugin_.reset(); }

    std::shared_ptr<testing::manual_clock> clock = std::make_shared<testing::manual_clock>();
    testing::memory_stream* stream = new testing::memory_stream(clock);
    time_point due = never;

private:
    time_point attend() {
        unread_ += stream->take_output();
        for (auto& body : take_frames(unread_)) {
            said_.push_back(body);
            if (react) react(said_.back());
        }
        return never;
    }

    std::unique_ptr<P> plugin_;
    std::optional<detail::engine_ref> engine_;
    std::string unread_;
    texts said_;
};

} // namespace tenon::tests

#endif
