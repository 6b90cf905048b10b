#ifndef TENON_TESTS_FUZZ_OUTPUT_READER_HPP
#define TENON_TESTS_FUZZ_OUTPUT_READER_HPP

// The other end of what we write, and a pedantic one: exactly `Content-Length: N\r\n\r\n`, or one message a
// line once the peer spoke so, and behind it exactly one JSON-RPC message or a batch of answers.

#include "require.hpp"

#include <tenon/wire/envelope.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::fuzz {

class output_reader {
public:
    /// Calls `take(message)` for every message; the answers of a batch one by one.
    template <class Take>
    void receive(std::string_view bytes, bool lines, Take take) {
        pending_.append(bytes);
        std::string_view rest = pending_, body;
        while (next(rest, lines, body)) read(body, take);
        pending_.erase(0, pending_.size() - rest.size());
    }
    /// Nothing more comes: nothing may be half written.
    void finish() const { FUZZ_REQUIRE(pending_.empty()); }

private:
    static bool next(std::string_view& rest, bool lines, std::string_view& body) {
        constexpr std::string_view name = "Content-Length: ";
        if (rest.empty()) return false;
        if (lines && (rest[0] == '{' || rest[0] == '[')) {
            const std::size_t end = rest.find('\n');
            if (end == std::string_view::npos) return false;
            body = rest.substr(0, end);
            rest.remove_prefix(end + 1);
            FUZZ_REQUIRE(body.find('\r') == std::string_view::npos);
            return true;
        }
        FUZZ_REQUIRE(name.starts_with(rest.substr(0, name.size())));
        if (rest.size() <= name.size()) return false;
        std::size_t length = 0, at = name.size();
        for (; at != rest.size() && rest[at] >= '0' && rest[at] <= '9'; ++at)
            length = length * 10 + static_cast<std::size_t>(rest[at] - '0');
        FUZZ_REQUIRE(rest[name.size()] != '0');
        const std::string_view end = rest.substr(at, 4);
        FUZZ_REQUIRE(std::string_view("\r\n\r\n").starts_with(end));
        if (end.size() != 4 || rest.size() - at - 4 < length) return false;
        body = rest.substr(at + 4, length);
        rest.remove_prefix(at + 4 + length);
        return true;
    }

    template <class Take>
    void read(std::string_view body, Take& take) {
        FUZZ_REQUIRE(detail::parse_envelope(body, message_));
        if (message_.kind != detail::envelope_kind::batch) return take(message_);
        struct batch {
            detail::envelope& message;
            Take& take;
        } entries{message_, take};
        fault error;
        const auto take_entry = [](void* context, std::string_view entry) {
            auto& [message, take_it] = *static_cast<batch*>(context);
            FUZZ_REQUIRE(detail::parse_envelope(entry, message));
            FUZZ_REQUIRE(message.kind == detail::envelope_kind::response);
            take_it(message);
        };
        FUZZ_REQUIRE(detail::read_batch(body, take_entry, &entries, error));
    }

    std::string pending_;
    detail::envelope message_;
};

} // namespace tenon::fuzz

#endif
