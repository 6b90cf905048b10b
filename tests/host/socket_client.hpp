#ifndef TENON_TESTS_HOST_SOCKET_CLIENT_HPP
#define TENON_TESTS_HOST_SOCKET_CLIENT_HPP

// Somebody who connects to a host's socket and says anything, on the loop of the host.

#include "../scratch_folder.hpp"
#include "run_on_host.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::tests {

class socket_client {
public:
    socket_client(running_host& run, const std::string& path)
        : run_(run), state_(std::make_shared<state>(run.io)) {
        asio::error_code error;
        state_->socket.connect(asio::local::stream_protocol::endpoint(path), error);
        connected_ = !error;
        if (connected_) state_->read();
    }
    socket_client(const socket_client&) = delete;
    socket_client& operator=(const socket_client&) = delete;
    ~socket_client() { hang_up(); }

    bool connected() const { return connected_; }
    void send(std::string text) {
        state_->waiting += text;
        if (state_->writing.empty()) state_->write();
    }
    void line(std::string_view text) { send(std::string(text) + "\n"); }
    void frame(std::string_view body) {
        send("Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    }
    /// After everything was sent.
    void end_input() {
        state_->ends = true;
        if (state_->writing.empty()) state_->write();
    }
    void stop_reading() { state_->reads = false; }
    void read_on() {
        state_->reads = true;
        state_->read();
    }
    void hang_up() {
        asio::error_code ignored;
        state_->socket.close(ignored);
    }

    /// The next line that came, or "" when nothing comes any more.
    std::string next_line() {
        const auto has = [&] { return state_->received.find('\n') != std::string::npos; };
        CHECK(run_.wait_for([&] { return has() || state_->ended; }));
        if (!has()) return {};
        const std::size_t end = state_->received.find('\n');
        std::string line = state_->received.substr(0, end);
        state_->received.erase(0, end + 1);
        return line;
    }
    json next() { return json::parse(next_line()).value_or(json()); }
    bool ended() {
        return run_.wait_for([&] { return state_->ended; });
    }
    bool ended_already() const { return state_->ended; }
    const std::string& received() const { return state_->received; }
    std::size_t sent() const { return state_->sent; }

private:
    struct state : std::enable_shared_from_this<state> {
        explicit state(asio::io_context& io) : socket(io) {}

        void read() {
            socket.async_read_some(asio::buffer(room), [self = shared_from_this()](
                                                           const asio::error_code& error, std::size_t count) {
                self->received.append(self->room, count);
                if (error) self->ended = true;
                else if (self->reads) self->read();
            });
        }

        void write() {
            asio::error_code ignored;
            writing = std::exchange(waiting, {});
            if (writing.empty() && ends) socket.shutdown(asio::socket_base::shutdown_send, ignored);
            if (writing.empty()) return;
            asio::async_write(socket, asio::buffer(writing),
                              [self = shared_from_this()](const asio::error_code& error, std::size_t count) {
                                  self->sent += count;
                                  self->writing.clear();
                                  if (!error) self->write();
                              });
        }

        asio::local::stream_protocol::socket socket;
        std::string received, waiting, writing;
        std::size_t sent = 0;
        bool ended = false, reads = true, ends = false;
        char room[4096];
    };

    running_host& run_;
    std::shared_ptr<state> state_;
    bool connected_ = false;
};

/// The words of {"error":{"message":...}}, of a line or of a response.
inline std::string error_words(const json& answer) {
    return answer["error"]["message"].as<std::string>().value_or("");
}

} // namespace tenon::tests

#endif
