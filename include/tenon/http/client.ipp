#ifndef TENON_HTTP_CLIENT_IPP
#define TENON_HTTP_CLIENT_IPP

// The bodies of http/client.hpp.

#include <tenon/core/compiled.hpp>
#include <tenon/core/text.hpp>
#include <tenon/http/client.hpp>
#include <tenon/transport/asio_io.hpp>
#include <tenon/web/address.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <istream>

namespace tenon::detail {

inline constexpr std::size_t most_answered = std::size_t{64} << 20; // of an answer or a line
inline constexpr std::size_t most_headers = 100;                    // that are kept; the others are read

class client_connection {
public:
    client_connection(const std::string& address, std::chrono::milliseconds patience)
        : address_(address), patience_(patience) {
        const auto at = http::split_address(address);
        stream_.expires_after(patience_);
        if (at) stream_.connect(std::string(at->host), std::to_string(at->port));
        else stream_.setstate(std::ios::failbit);
    }

    result<response> ask(std::string_view method, std::string_view target, std::string_view token,
                         std::string_view body) {
        if (!stream_) return fault{codes::unavailable, "no host answers at " + address_};
        stream_ << method << ' ' << target << " HTTP/1.1\r\nHost: " << address_
                << "\r\nConnection: close\r\n";
        if (!token.empty()) stream_ << "Authorization: Bearer " << token << "\r\n";
        if (!body.empty()) stream_ << "Content-Type: application/json\r\n";
        if (method != "GET") stream_ << "Content-Length: " << body.size() << "\r\n";
        stream_ << "\r\n" << body << std::flush;

        response read;
        std::string text;
        if (!line(text) || text.size() < 12 || text.compare(0, 5, "HTTP/") != 0) return lost();
        read.status = std::atoi(text.c_str() + 9);
        std::size_t length = std::string::npos;
        while (line(text) && !text.empty()) {
            const std::size_t colon = std::min(text.find(':'), text.size() - 1);
            const std::string name = lower_case(std::string_view(text).substr(0, colon));
            const std::string value(trimmed(std::string_view(text).substr(colon + 1)));
            if (name == "transfer-encoding") chunked_ = lower_case(value).find("chunked") != value.npos;
            if (name == "content-length") length = std::strtoul(value.c_str(), nullptr, 10);
            if (read.headers.size() < most_headers) read.headers.push_back({name, value});
        }
        left_ = chunked_ ? 0 : length;
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
        stream_.expires_after(patience_);
        text.clear();
        for (char byte = 0; text.size() < most_answered && next(byte);) {
            if (byte == '\n') return true;
            if (byte != '\r') text += byte;
        }
        return false;
    }
    std::string body() {
        std::string text;
        for (char byte = 0; text.size() < most_answered && next(byte);) text += byte;
        return text;
    }
    fault lost() const { return {codes::unavailable, "the host at " + address_ + " hung up"}; }

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
    std::chrono::milliseconds patience_;
    asio::ip::tcp::iostream stream_;
    std::size_t left_ = 0; // of the body, or of its chunk
    bool chunked_ = false, begun_ = false;
};

} // namespace tenon::detail

namespace tenon::http {

TENON_COMPILED_ONCE result<client::answer> client::ask(std::string_view method, std::string_view target,
                                                       std::string_view body) const {
    detail::client_connection to(address_, patience_);
    auto heard = to.ask(method, target, token_, body);
    if (heard) heard->body = to.body();
    return heard;
}

TENON_COMPILED_ONCE result<client::answer> client::follow(std::string_view target,
                                                          const told_event& told) const {
    detail::client_connection to(address_, patience_);
    auto heard = to.ask("GET", target, token_, {});
    if (!heard) return heard;
    if (heard->status != 200) {
        heard->body = to.body();
        return heard;
    }
    std::string line, event, data;
    while (to.body_line(line)) {
        if (line.empty()) {
            if (!data.empty() && !told(event, data)) return heard;
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

} // namespace tenon::http

#endif
