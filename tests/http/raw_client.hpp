#ifndef TENON_TESTS_HTTP_RAW_CLIENT_HPP
#define TENON_TESTS_HTTP_RAW_CLIENT_HPP

// A client that says whatever bytes a test wants, on a plain blocking socket, and waits 20 s for anything; and a
// server in a thread of its own for it to talk to.

#include "loop_thread.hpp"

#include <tenon/http/server.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace tenon::http {

class raw_client {
public:
    struct answer {
        int status = 0; // 0: none came
        std::string head = {}, body = {};
    };

    explicit raw_client(std::string_view address, int receive_buffer = 0)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        REQUIRE(socket_ >= 0);
        const timeval patience{20, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (receive_buffer != 0)
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in place{};
        place.sin_family = AF_INET;
        place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        place.sin_port =
            htons(static_cast<std::uint16_t>(std::atoi(address.substr(address.rfind(':') + 1).data())));
        REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0);
    }
    raw_client(raw_client&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), got_(std::move(other.got_)) {}
    ~raw_client() { close(); }

    /// False: the server does not take it.
    bool say(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    raw_client& get(const std::string& target) {
        say("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
        return *this;
    }

    answer hear(bool has_body = true) {
        if (!hear_until("\r\n\r\n")) return {};
        answer heard;
        heard.head = take(got_.find("\r\n\r\n") + 4);
        heard.status = std::atoi(heard.head.c_str() + std::string_view("HTTP/1.1 ").size());
        const std::size_t at = heard.head.find("Content-Length: ");
        if (!has_body || at == heard.head.npos) return heard;
        const auto size = static_cast<std::size_t>(std::atol(heard.head.c_str() + at + 16));
        while (got_.size() < size && receive()) {
        }
        heard.body = take(size);
        return heard;
    }
    /// What comes up to there, or to the end.
    bool hear_until(std::string_view text) {
        while (got_.find(text) == got_.npos)
            if (!receive()) return false;
        return true;
    }
    std::string take(std::size_t size) {
        std::string taken = got_.substr(0, size);
        got_.erase(0, size);
        return taken;
    }
    /// The rest, up to an orderly end. Nothing if the connection broke or went on.
    bool ends(std::string* rest = nullptr) {
        while (receive()) {
        }
        if (rest != nullptr) *rest = got_;
        return ended_;
    }
    bool is_cut_off() {
        while (receive()) {
        }
        return ended_ || broken_;
    }
    void stop_sending() { ::shutdown(socket_, SHUT_WR); }
    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }

private:
    bool receive() {
        std::array<char, 65'536> bytes;
        ssize_t got = 0;
        do got = ::recv(socket_, bytes.data(), bytes.size(), 0);
        while (got < 0 && errno == EINTR); // a plugin that ends is a signal
        if (got > 0) got_.append(bytes.data(), static_cast<std::size_t>(got));
        ended_ = got == 0;
        broken_ = got < 0 && errno != EAGAIN;
        return got > 0;
    }

    int socket_;
    std::string got_;
    bool ended_ = false, broken_ = false;
};

class running_server : public tests::loop_thread {
public:
    explicit running_server(handler handle, const limits& bounds = {}, gate admit = {}) {
        there([&] {
            web_ = std::make_unique<server>(io.get_executor(), bounds, std::move(handle), std::move(admit));
            REQUIRE(web_->listen("127.0.0.1:0"));
            address_ = web_->address();
        });
    }
    ~running_server() {
        stop();
        there([] {});
    }

    const std::string& address() const { return address_; }
    raw_client client() const { return raw_client(address_); }
    void stop() {
        asio::post(io, [this] {
            web_.reset();
            kept.clear();
            streams.clear();
        });
    }
    std::size_t connections() {
        return there([this] { return web_->connections(); });
    }

    std::vector<std::shared_ptr<exchange>> kept; // for handlers: they and there() alone may touch it
    std::vector<stream> streams;
    std::unique_ptr<server>& web() { return web_; }

private:
    std::unique_ptr<server> web_;
    std::string address_;
};

} // namespace tenon::http

#endif
