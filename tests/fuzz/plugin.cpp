// A whole plugin: the engine and typed handlers of every kind, in one thread, behind a stream in memory.
//
// Input: sizes of reads and writes, how much time each read takes, when the host stops reading; then a
// program of what the host says: raw bytes, bodies, and messages of docs/protocol.md with parameters from the
// input.
//
// - Nothing crashes, and nothing hangs: the engine reads a bounded number of times, and is over when the
//   input is.
// - The output is well-framed JSON-RPC for a pedantic reader, and whole unless the host stopped reading.
// - No id gets more answers than came requests with it.
// - The exit code is 0.

#include "small_limits.hpp"

#include "debts.hpp"
#include "output_reader.hpp"

#include <tenon/plugin/context.hpp>
#include <tenon/plugin/dispatch.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace tenon::detail;

namespace {

// --- the plugin ---

struct settings {
    std::optional<std::uint32_t> interval;
};
struct told {
    static constexpr auto event = "told";
    std::string text;
    std::optional<std::vector<std::uint8_t>> bytes;
};
struct decided {
    static constexpr auto event = "decided";
    std::string text;
};
struct changed {
    static constexpr auto event = "changed";
    std::string text;
    std::int64_t number = 0;
};
struct echo {
    static constexpr auto command = "echo";
    tenon::json value;
};
struct ask {
    static constexpr auto command = "ask";
    std::string method;
    std::uint16_t timeout = 0;
};
struct fail {
    static constexpr auto command = "fail";
};
struct later {
    static constexpr auto command = "later";
    std::uint8_t how = 0;
};
struct page {
    static constexpr auto route = "GET /page/{name}";
    std::string name;
    std::optional<std::uint32_t> limit;
};

class plugin {
public:
    static constexpr tenon::about about{.name = "fuzzed", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<told, decided, changed, echo, ask, fail, later, page>;

    void receive(const told&, tenon::context& host) {
        host.info("told");
        static_cast<void>(host.acknowledge());
    }
    tenon::flow receive(const decided& event) {
        return event.text.empty() ? tenon::proceed() : tenon::stop(event.text);
    }
    tenon::rewrite<changed> receive(const changed& event) {
        if (event.number == 0) return tenon::proceed();
        return changed{event.text + event.text, -event.number};
    }
    tenon::json receive(const echo& command) { return command.value; }
    tenon::result<tenon::json> receive(const ask& command, tenon::context& host) {
        host.progress(command.timeout);
        if (host.cancelled()) return tenon::fault{7, "cancelled", "[1]"};
        return host.call(command.method, settings{command.timeout}, tenon::milliseconds(command.timeout));
    }
    void receive(const fail&) { throw std::runtime_error("no"); }
    void receive(const later& command, tenon::responder<later> answer) {
        if (command.how % 3 == 0) return; // dropped, which answers it too
        if (command.how % 3 == 2 && !waiting_.empty()) waiting_.pop_back();
        waiting_.push_back(std::move(answer));
    }
    tenon::response receive(const page& wanted) {
        return wanted.limit ? tenon::text(wanted.name, 404) : tenon::ok(wanted.name);
    }

    tenon::result<void> configure(const settings& wanted) {
        if (wanted.interval == 0u) return tenon::fault{12, "an interval is needed"};
        settings_ = wanted;
        return {};
    }
    tenon::health health() { return {.metrics = {{"waiting", static_cast<double>(waiting_.size())}}}; }
    tenon::milliseconds tick(const tenon::host_link& host) {
        host.debug("tick");
        return tenon::milliseconds(settings_.interval.value_or(100));
    }

private:
    settings settings_;
    std::vector<tenon::responder<later>> waiting_;
};

// --- the stream ---

class chopped_stream final : public stream {
public:
    chopped_stream(std::string input, const std::uint8_t* sizes, tenon::fuzz::debts& owed)
        : input_(std::move(input)), sizes_(sizes), owed_(owed),
          writes_left_(sizes[5] < 200 ? static_cast<std::size_t>(-1) : sizes[5] - 200u),
          reads_left_(16 * input_.size() + 4096) {}

    bool broken() const noexcept { return writes_left_ == 0; }
    void finish() const {
        if (!broken()) output_.finish();
    }

    read_outcome read(std::span<char> room, tenon::time_point deadline, std::size_t& count) override {
        FUZZ_REQUIRE(reads_left_-- != 0);
        FUZZ_REQUIRE(room.size() >= tenon::read_bytes);
        now_ += tenon::milliseconds(sizes_[4]);
        const std::string_view rest = std::string_view(input_).substr(at_);
        if (rest.empty()) {
            // The host is silent for a while before it goes.
            if (deadline != tenon::never && silences_left_ != 0) {
                --silences_left_;
                now_ = std::max(now_, deadline);
                return read_outcome::timed_out;
            }
            if (!std::exchange(ended_, true)) owed_.end();
            return read_outcome::ended;
        }
        const std::size_t size = sizes_[3] >= 128 ? room.size() : sizes_[turn_++ % 3] % 64u + 1u;
        count = std::min({rest.size(), room.size(), size});
        std::memcpy(room.data(), rest.data(), count);
        at_ += count;
        owed_.receive(rest.substr(0, count));
        lines_ = lines_ || first_byte_is_json();
        return read_outcome::bytes;
    }

    std::size_t write(std::span<const std::string_view> pieces) override {
        FUZZ_REQUIRE(!pieces.empty());
        if (writes_left_ == 0) return 0;
        --writes_left_;
        std::size_t total = 0;
        for (const std::string_view piece : pieces) {
            const std::string_view part = piece.substr(0, sizes_[2] * 16u + 1u - total);
            total += part.size();
            output_.receive(part, lines_, [this](const envelope& message) {
                if (message.kind == envelope_kind::response) owed_.answered(message.id);
            });
        }
        FUZZ_REQUIRE(total != 0);
        return total;
    }

    tenon::time_point now() override { return now_; }
    void report(std::string_view line) override { FUZZ_REQUIRE(!line.empty()); }

private:
    bool first_byte_is_json() const {
        const std::size_t first = input_.find_first_not_of(" \t\r\n");
        return first < at_ && (input_[first] == '{' || input_[first] == '[');
    }

    std::string input_;
    std::size_t at_ = 0, turn_ = 0;
    const std::uint8_t* sizes_;
    tenon::fuzz::debts& owed_;
    tenon::fuzz::output_reader output_;
    tenon::time_point now_ = tenon::time_point{} + tenon::milliseconds(1'000'000);
    std::size_t writes_left_;
    std::size_t reads_left_;
    int silences_left_ = 20;
    bool ended_ = false, lines_ = false;
};

// --- what the host says ---

std::string framed(std::string_view body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
std::string request(std::string_view id, std::string_view method, std::string_view params) {
    std::string body = R"({"jsonrpc":"2.0","method":")" + std::string(method) + "\"";
    if (!id.empty()) body += ",\"id\":" + std::string(id);
    if (!params.empty()) body += ",\"params\":" + std::string(params);
    return body + "}";
}
std::string execute(std::string_view id, std::string_view command, std::string_view arguments) {
    return request(id, "plugin/execute",
                   R"({"command":")" + std::string(command) + R"(","args":)" + std::string(arguments) + "}");
}
std::string event(std::string_view id, std::string_view type, std::string_view payload) {
    return request(id, "plugin/onEvent",
                   R"({"eventId":"e","eventType":")" + std::string(type) + R"(","payload":)" +
                       std::string(payload) + R"(,"timestamp":"2025-06-01T12:00:00.000Z","deadlineMs":500})");
}

// `text` stands where a value is due; it need not be one.
std::string said(unsigned kind, unsigned which, std::string_view text) {
    const std::string id = which % 8 == 7 ? "\"x\"" : std::to_string(which % 8 + 1);
    const std::string number = std::to_string(which), string = "\"" + std::string(text) + "\"";
    switch (kind % 24) {
    case 0:
        return framed(request(
            id, "plugin/handshake",
            R"({"name":"h","version":"1","protocolVersions":[1],"supportsReverseRpc":true,"config":)" +
                (text.empty() ? "{}" : std::string(text)) + "}"));
    case 1: return framed(request(id, "plugin/handshake", text));
    case 2: return framed(event("", "told", R"({"text":)" + string + "}"));
    case 3: return framed(event(id, "decided", R"({"text":)" + string + "}"));
    case 4: return framed(event(id, "changed", R"({"text":"a","number":)" + number + "}"));
    case 5: return framed(event(which % 2 != 0 ? id : "", "changed", text));
    case 6: return framed(execute(id, "echo", R"({"value":)" + std::string(text) + "}"));
    case 7: return framed(execute(id, "ask", R"({"method":"m","timeout":)" + number + "}"));
    case 8: return framed(execute(id, "fail", "{}"));
    case 9: return framed(execute(id, "later", R"({"how":)" + number + "}"));
    case 10: return framed(execute(id, "echo", text));
    case 11:
        return framed(request(
            id, "plugin/handleRequest",
            R"({"requestId":"r","method":"GET","path":"/page/a","route":"/page/{name}","params":{"name":)" +
                string + R"(},"query":{"limit":")" + number + "\"}}"));
    case 12: return framed(request(id, "plugin/handleRequest", text));
    case 13: return framed(request(id, "plugin/health", ""));
    case 14: return framed(request(id, "plugin/configure", R"({"config":{"interval":)" + number + "}}"));
    case 15: return framed(request(id, "plugin/configure", text));
    case 16: return framed(request(which % 2 != 0 ? id : "", "plugin/shutdown", text));
    case 17: return framed(request("", "$/cancelRequest", "{\"id\":" + id + "}"));
    case 18: return framed(R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":)" + std::string(text) + "}");
    case 19:
        return framed(R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":{"code":)" + number +
                      R"(,"message":""}})");
    case 20:
        return framed("[" + execute(id, "later", R"({"how":1})") + "," + event("", "told", R"({"text":""})") +
                      "]");
    case 21: return framed(request("", which % 4 == 0 ? "exit" : "m", ""));
    case 22: return framed(text);
    default: return std::string(text);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t head = 7;
    if (size < head) return 0;
    std::string input;
    if (data[6] % 2 == 0) input += said(0, 0, "");
    for (std::size_t at = head; at + 3 <= size;) {
        const std::size_t length = std::min<std::size_t>(data[at + 2] % 128u, size - at - 3);
        input += said(data[at], data[at + 1], {reinterpret_cast<const char*>(data) + at + 3, length});
        at += 3 + length;
    }

    tenon::fuzz::debts owed(tenon::detail::session_role::plugin, tenon::default_max_frame_bytes);
    auto hooks = make_hooks<plugin>(plugin::about);
    hooks.start_workers = nullptr; // all in this thread
    auto* io = new chopped_stream(std::move(input), data, owed);
    const engine_ref runs = engine_ref::adopt(new engine(hooks, io));
    plugin fuzzed;
    runs->set_plugin(&fuzzed);
    FUZZ_REQUIRE(runs->run() == 0);
    io->finish();
    return 0;
}
