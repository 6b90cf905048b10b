// Conversations with random damage. Whatever comes: nothing depends on how it was split, every call completes
// once, the connection closes once, and what is sent is always whole JSON-RPC.

#include "peer.hpp"

#include <random>

using namespace tenon;
using namespace tenon::detail;

namespace {

struct outcome {
    std::string told;
    std::string sent;
    bool operator==(const outcome&) const = default;
};

// Answers each request as soon as it is told, with its params.
void answer_all(peer& self, std::string& told, std::vector<int>& completed, int& closed) {
    session_event event;
    while (self.session.next_event(event, self.now)) {
        told += std::to_string(static_cast<int>(event.kind)) + " " + std::string(event.id) + " " +
                std::string(event.method) + " " + std::string(event.params) + " " + std::string(event.value) +
                " " + std::string(event.text) + " " + std::to_string(event.call.value) +
                (event.failed ? " " + event.error.message : "") + "\n";
        if (event.kind == event_kind::response) ++completed.at(static_cast<std::size_t>(event.call.value));
        if (event.kind == event_kind::closed) ++closed;
        if (event.kind != event_kind::request) continue;
        if (event.method == "later") continue;
        CHECK(self.session.reply(event.request, event.params));
    }
}

template <class NextSize>
outcome converse(std::string_view bytes, NextSize next_size) {
    session_limits limits;
    limits.max_frame_bytes = 2000;
    ready_plugin plugin(limits);
    outcome result;
    for (int index = 0; index < 3; ++index) REQUIRE(plugin.session.call("ask", "", never, plugin.now));
    std::vector<int> completed(4);
    int closed = 0;
    while (!bytes.empty()) {
        const std::size_t size = std::min(bytes.size(), static_cast<std::size_t>(next_size()));
        plugin.session.receive_bytes(bytes.substr(0, size), plugin.now);
        bytes.remove_prefix(size);
        answer_all(plugin, result.told, completed, closed);
    }
    plugin.session.receive_end(plugin.now);
    answer_all(plugin, result.told, completed, closed);
    CHECK(completed == std::vector<int>{0, 1, 1, 1});
    CHECK(closed == 1);
    CHECK(plugin.session.pending_calls() == 0);
    result.sent = plugin.sent_bytes();
    return result;
}

bool is_whole(std::string_view bytes) {
    frame_reader reader(4000);
    reader.append(bytes);
    reader.end();
    std::string_view body;
    frame_step step;
    envelope message;
    bool good = true;
    while ((step = reader.next(body)) == frame_step::body) good = good && parse_envelope(body, message);
    return good && step == frame_step::end;
}

} // namespace

TEST_CASE("any bytes, split anyhow, are told and answered the same, and every call completes once") {
    std::mt19937 random(17);
    const texts bodies = {call_text("1", "a"),
                          call_text("\"x\"", "later"),
                          R"({"jsonrpc":"2.0","id":7,"method":"b","params":{"k":[1,"\u00e4"]}})",
                          R"({"jsonrpc":"2.0","method":"n","params":[true,null,1.5e3]})",
                          result_text(1, "{\"r\":1}"),
                          R"({"jsonrpc":"2.0","id":2,"error":{"code":-5,"message":"no"}})",
                          R"({"jsonrpc":"2.0","id":3})",
                          R"({"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"x"}})",
                          R"({"jsonrpc":"2.0","method":"$/progress","params":{"token":3,"value":1}})",
                          "[" + call_text("8", "c") + ",1," + call_text("9", "d") + "]",
                          "{",
                          std::string(3000, '[')};
    for (int round = 0; round < 3000; ++round) {
        std::string bytes;
        for (auto count = random() % 8 + 1; count != 0; --count) {
            bytes += framed(bodies[random() % bodies.size()]);
            if (random() % 8 == 0) bytes += "printed\n";
        }
        for (auto count = random() % 4; count != 0; --count) {
            const auto at = random() % (bytes.size() - 1) + 1; // the first byte decides how we are to write
            switch (random() % 4) {
            case 0: bytes[at] = static_cast<char>(random()); break;
            case 1: bytes.erase(at, random() % 20); break;
            case 2: bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 20)); break;
            default: bytes[at] = "{}[]\",:0123456789\r\n"[random() % 19];
            }
            if (bytes.size() < 2) bytes = "xx";
        }
        CAPTURE(bytes);
        const outcome whole = converse(bytes, [&] { return bytes.size(); });
        CHECK(whole == converse(bytes, [] { return 1; }));
        CHECK(whole == converse(bytes, [&] { return random() % 40 + 1; }));
        CHECK(is_whole(whole.sent));
    }
}
