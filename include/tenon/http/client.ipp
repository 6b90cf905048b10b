#ifndef TENON_HTTP_CLIENT_IPP
#define TENON_HTTP_CLIENT_IPP

// The bodies of http/client.hpp.

#include <tenon/core/compiled.hpp>
#include <tenon/core/text.hpp>
#include <tenon/http/client.hpp>
#include <tenon/http/guard.hpp>
#include <tenon/transport/asio_io.hpp>
#include <tenon/web/address.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <fstream>
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
        begin(method, target, token);
        if (!body.empty()) stream_ << "Content-Type: application/json\r\n";
        if (method != "GET") stream_ << "Content-Length: " << body.size() << "\r\n";
        stream_ << "\r\n" << body << std::flush;
        return hear();
    }
    /// Where a path answers events or one answer, events are meant.
    result<response> listen(std::string_view target, std::string_view token) {
        begin("GET", target, token);
        stream_ << "Accept: text/event-stream\r\n\r\n" << std::flush;
        return hear();
    }
    /// Asks whether a body of that type and length may come: 100, or the answer.
    result<response> announce(std::string_view method, std::string_view target, std::string_view token,
                              std::string_view type, std::uint64_t length) {
        begin(method, target, token);
        stream_ << "Content-Type: " << type << "\r\nContent-Length: " << length
                << "\r\nExpect: 100-continue\r\n\r\n"
                << std::flush;
        return hear();
    }
    /// False: the server takes no more. It may have answered.
    bool put(std::string_view bytes) {
        stream_.expires_after(patience_);
        stream_ << bytes << std::flush;
        return static_cast<bool>(stream_);
    }
    result<response> hear() {
        if (!begun_asking_) return fault{codes::unavailable, "no host answers at " + address_};
        stream_.clear(); // it may have answered before it was told everything
        stream_.expires_after(patience_);
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
    void begin(std::string_view method, std::string_view target, std::string_view token) {
        begun_asking_ = static_cast<bool>(stream_);
        stream_ << method << ' ' << target << " HTTP/1.1\r\nHost: " << address_
                << "\r\nConnection: close\r\n";
        if (!token.empty()) stream_ << "Authorization: Bearer " << token << "\r\n";
    }
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
    bool chunked_ = false, begun_ = false, begun_asking_ = false;
};

/// A form as bytes, of which no more than a piece is in memory.
class written_form {
public:
    static result<written_form> open(const http::form& what, std::string_view boundary) {
        written_form form;
        for (const http::uploaded_field& one : what.fields)
            form.add(join({"--", boundary, "\r\nContent-Disposition: form-data; name=\"", escaped(one.name),
                           "\"\r\n\r\n", one.value, "\r\n"}));
        for (const http::form_file& one : what.files) {
            form.add(join({"--", boundary, "\r\nContent-Disposition: form-data; name=\"", escaped(one.name),
                           "\"; filename=\"", escaped(one.path.substr(one.path.rfind('/') + 1)),
                           "\"\r\nContent-Type: ", one.content_type, "\r\n\r\n"}));
            std::ifstream file(one.path, std::ios::binary | std::ios::ate);
            const auto size = file.tellg();
            if (!file || size < 0) return fault{codes::invalid_params, "cannot read " + one.path};
            file.seekg(0);
            form.parts_.push_back({{}, std::move(file), static_cast<std::uint64_t>(size)});
            form.size_ += static_cast<std::uint64_t>(size);
            form.add("\r\n");
        }
        form.add(join({"--", boundary, "--\r\n"}));
        return form;
    }

    std::uint64_t size() const noexcept { return size_; }
    /// The next bytes; nothing at the end, or where a file has fewer than it had.
    std::string next() {
        while (!parts_.empty()) {
            part& now = parts_.front();
            std::string piece = std::exchange(now.text, {});
            if (piece.empty() && now.left != 0) {
                piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(now.left, most_at_once)));
                now.file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
                if (!now.file) return {};
                now.left -= piece.size();
            }
            if (now.left == 0) parts_.pop_front();
            if (!piece.empty()) return piece;
        }
        return {};
    }

private:
    static constexpr std::size_t most_at_once = std::size_t{64} << 10;
    struct part {
        std::string text;
        std::ifstream file = {};
        std::uint64_t left = 0; // of the file
    };

    void add(std::string text) {
        size_ += text.size();
        parts_.push_back({std::move(text)});
    }
    static std::string escaped(std::string_view name) {
        std::string text;
        for (const char letter : name)
            append(text, letter == '"'                      ? "%22"
                         : letter == '\r' || letter == '\n' ? " "
                                                            : std::string_view(&letter, 1));
        return text;
    }

    std::deque<part> parts_;
    std::uint64_t size_ = 0;
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

TENON_COMPILED_ONCE result<client::answer> client::send(std::string_view method, std::string_view target,
                                                        const form& what, const told_progress& told) const {
    const auto boundary = make_token();
    if (!boundary) return boundary.error();
    auto whole = detail::written_form::open(what, *boundary);
    if (!whole) return std::move(whole).error();
    detail::client_connection to(address_, patience_);
    auto heard =
        to.announce(method, target, token_, "multipart/form-data; boundary=" + *boundary, whole->size());
    if (heard && heard->status == 100) {
        std::uint64_t sent = 0;
        for (std::string piece; sent != whole->size(); sent += piece.size()) {
            if (told && !told(sent, whole->size())) return fault{codes::cancelled, "it was given up"};
            piece = whole->next();
            if (piece.empty()) return fault{codes::invalid_params, "a file became shorter while it was sent"};
            if (!to.put(piece)) break;
        }
        if (told && sent == whole->size()) told(sent, sent);
        heard = to.hear();
    }
    if (heard) heard->body = to.body();
    return heard;
}

TENON_COMPILED_ONCE result<client::answer> client::follow(std::string_view target,
                                                          const told_event& told) const {
    detail::client_connection to(address_, patience_);
    auto heard = to.listen(target, token_);
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
