// HTTP/1.1 as a client: one request, one connection.

#include "command_line/client.hpp"

#include <asio.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <istream>

namespace reference {

namespace {

using asio::ip::tcp;
using tenon::fault;

constexpr std::size_t most_bytes = std::size_t{64} << 20; // of an answer or a line
constexpr std::chrono::seconds patience{60}; // a plugin may take its time; a stream has a beat every 15 s

struct head {
    int status = 0;
    bool chunked = false;
    std::size_t length = std::string::npos;
};

class connection {
public:
    explicit connection(const std::string& address) : address_(address) {
        const std::size_t colon = address.rfind(':');
        std::string name = address.substr(0, colon);
        if (name.size() > 2 && name.front() == '[') name = name.substr(1, name.size() - 2);
        stream_.expires_after(patience);
        if (colon != address.npos) stream_.connect(name, address.substr(colon + 1));
        else stream_.setstate(std::ios::failbit);
    }

    tenon::result<head> ask(std::string_view method, std::string_view target, std::string_view token,
                            std::string_view body) {
        if (!stream_) return fault{tenon::codes::unavailable, "no host answers at " + address_};
        stream_ << method << ' ' << target << " HTTP/1.1\r\nHost: " << address_
                << "\r\nConnection: close\r\n";
        if (!token.empty()) stream_ << "Authorization: Bearer " << token << "\r\n";
        if (!body.empty()) stream_ << "Content-Type: application/json\r\n";
        if (method != "GET") stream_ << "Content-Length: " << body.size() << "\r\n";
        stream_ << "\r\n" << body << std::flush;

        head read;
        std::string text;
        if (!line(text) || text.size() < 12 || text.compare(0, 5, "HTTP/") != 0) return lost();
        read.status = std::atoi(text.c_str() + 9);
        while (line(text) && !text.empty()) {
            std::transform(text.begin(), text.end(), text.begin(), [](char byte) {
                return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte;
            });
            if (text.find("transfer-encoding:") == 0) read.chunked = text.find("chunked") != text.npos;
            if (text.find("content-length:") == 0) read.length = std::strtoul(text.c_str() + 15, nullptr, 10);
        }
        left_ = read.chunked ? 0 : read.length;
        chunked_ = read.chunked;
        if (!stream_) return lost();
        return read;
    }

    /// One byte of the body; false at its end.
    bool next(char& byte) {
        if (left_ == 0 && (!chunked_ || !next_chunk())) return false;
        if (!stream_.get(byte)) return false;
        if (left_ != std::string::npos) --left_;
        return true;
    }
    bool body_line(std::string& text) {
        stream_.expires_after(patience);
        text.clear();
        for (char byte = 0; text.size() < most_bytes && next(byte);) {
            if (byte == '\n') return true;
            if (byte != '\r') text += byte;
        }
        return false;
    }
    std::string body() {
        std::string text;
        for (char byte = 0; text.size() < most_bytes && next(byte);) text += byte;
        return text;
    }
    fault lost() const { return {tenon::codes::unavailable, "the host at " + address_ + " hung up"}; }

private:
    bool line(std::string& text) {
        if (!std::getline(stream_, text)) return false;
        if (!text.empty() && text.back() == '\r') text.pop_back();
        return true;
    }
    bool next_chunk() {
        std::string size;
        if (begun_ && !line(size)) return false; // the end of the one before
        begun_ = true;
        if (!line(size)) return false;
        left_ = std::strtoul(size.c_str(), nullptr, 16);
        return left_ != 0;
    }

    std::string address_;
    tcp::iostream stream_;
    std::size_t left_ = 0; // of the body, or of its chunk
    bool chunked_ = false, begun_ = false;
};

} // namespace

tenon::result<client::answer> client::ask(std::string_view method, std::string_view target,
                                          std::string_view body) const {
    connection to(address_);
    const auto read = to.ask(method, target, token_, body);
    if (!read) return read.error();
    return answer{read->status, to.body()};
}

tenon::result<client::answer> client::follow(std::string_view target, const told_event& told) const {
    connection to(address_);
    const auto read = to.ask("GET", target, token_, {});
    if (!read) return read.error();
    if (read->status != 200) return answer{read->status, to.body()};
    std::string line, event, data;
    while (to.body_line(line)) {
        if (line.empty()) {
            if (!data.empty() && !told(event, data)) return answer{200, {}};
            event.clear();
            data.clear();
        } else if (line.compare(0, 7, "event: ") == 0) {
            event = line.substr(7);
        } else if (line.compare(0, 6, "data: ") == 0) {
            data += (data.empty() ? "" : "\n") + line.substr(6);
        }
    }
    return to.lost();
}

std::string url_part(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string safe;
    for (const char byte : text) {
        const auto code = static_cast<unsigned char>(byte);
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.' ||
                           byte == '*';
        if (plain) safe += byte;
        else (safe += '%') += {hex[code >> 4], hex[code & 15]};
    }
    return safe;
}

} // namespace reference
