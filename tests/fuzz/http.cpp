// The reader of HTTP requests.
//
// Input: five bytes for the limits and the size of pieces, then the bytes of a connection.
//
// - The bytes as one piece, byte by byte and in pieces of the given size yield the same requests, the same refusal
//   and the same words for it, and agree on whether a request has begun.
// - Every request was told twice, its head and then the whole of it, and keeps the limits. It says one host, and not
//   both lengths; nothing in it could end a line; its path is what its target says, decoded.
// - Written down in the plainest way, without chunks, it is read back as it was.
// - What is buffered is never more than a line may have, and after a refusal nothing comes, whatever is appended.

#include "require.hpp"

#include "../http/parsed.hpp"

#include <cstdint>
#include <string>
#include <string_view>

using namespace tenon::http;
using tenon::detail::http_parser;
using step = tenon::detail::http_step;
using tenon::detail::equals_ignoring_case;

namespace {

std::size_t count_of(const request& asked, std::string_view name) {
    std::size_t count = 0;
    for (const field& one : asked.headers) count += equals_ignoring_case(one.name, name) ? 1u : 0u;
    return count;
}

std::string plainest(const request& asked) {
    std::string text = asked.method + " " + asked.target + " HTTP/1.1\r\n";
    for (const field& one : asked.headers)
        if (!equals_ignoring_case(one.name, "content-length") &&
            !equals_ignoring_case(one.name, "transfer-encoding"))
            text += one.name + ":" + one.value + "\r\n";
    return text + "Content-Length: " + std::to_string(asked.body.size()) + "\r\n\r\n" + asked.body;
}

void look_at(const request& asked, const limits& bounds) {
    FUZZ_REQUIRE(asked.target.size() <= bounds.target + std::string_view("http://").size());
    FUZZ_REQUIRE(asked.headers.size() <= bounds.headers);
    FUZZ_REQUIRE(asked.body.size() <= bounds.body);
    FUZZ_REQUIRE(count_of(asked, "host") == 1 && !asked.header("Host").empty());
    FUZZ_REQUIRE(count_of(asked, "content-length") + count_of(asked, "transfer-encoding") <= 1);
    const std::string_view target = asked.target;
    FUZZ_REQUIRE(tenon::decode_path(target.substr(0, target.find('?'))).value() == asked.path);
    FUZZ_REQUIRE(asked.query.empty());
    FUZZ_REQUIRE(asked.target.find_first_of("\r\n \t") == asked.target.npos);
    std::size_t head = 0;
    for (const field& one : asked.headers) {
        FUZZ_REQUIRE(tenon::detail::is_token(one.name) && tenon::detail::is_field_value(one.value));
        head += one.name.size() + one.value.size() + 3;
    }
    FUZZ_REQUIRE(head <= bounds.head);

    http_parser from(limits{.head = 10 * bounds.head + 1'000, .headers = bounds.headers + 1});
    const std::string text = plainest(asked);
    from.append(text);
    FUZZ_REQUIRE(from.next() == step::head && from.next() == step::whole);
    const request& again = from.asked();
    FUZZ_REQUIRE(again.method == asked.method && again.path == asked.path && again.target == asked.target);
    FUZZ_REQUIRE(again.body == asked.body && plainest(again) == text);
    FUZZ_REQUIRE(from.next() == step::need_more && !from.begun());
}

void look_at_all(std::string_view bytes, std::size_t piece, const limits& bounds) {
    http_parser from(bounds);
    step last = step::need_more;
    bool head = false;
    while (!bytes.empty() && last != step::refused) {
        from.append(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
        while ((last = from.next()) == step::head || last == step::whole) {
            FUZZ_REQUIRE(head == (last == step::whole));
            head = last == step::head;
            FUZZ_REQUIRE(!head || from.asked().body.empty());
            if (!head) look_at(from.asked(), bounds);
        }
        FUZZ_REQUIRE(from.waiting() <= bounds.head + 20);
    }
    if (last != step::refused) return;
    const int status = from.why().status;
    FUZZ_REQUIRE(status >= 400 && status < 600 && !from.why().words.empty());
    from.append("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    FUZZ_REQUIRE(from.next() == step::refused && from.why().status == status && from.waiting() == 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 5) return 0;
    const limits bounds{.target = data[0] % 64u + 1u,
                        .head = data[1] + 32u,
                        .headers = data[2] % 8u + 1u,
                        .body = data[3] % 32u};
    const std::size_t piece = data[4] % 48u + 1u;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 5, size - 5);

    const parsed whole = parse(bytes, bytes.size(), bounds);
    for (const std::size_t some : {std::size_t{1}, piece}) {
        const parsed split = parse(bytes, some, bounds);
        FUZZ_REQUIRE(split.said == whole.said && split.words == whole.words && split.begun == whole.begun);
        FUZZ_REQUIRE(split.heads == whole.heads && split.requests == whole.requests);
    }
    look_at_all(bytes, piece, bounds);
    return 0;
}
