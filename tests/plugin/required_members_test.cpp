// What the host's own requests must carry, and what the host says it does not take.

#include "raw_host.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tenon::tests;

namespace {

struct told {
    static constexpr auto event = "room.opened";
};
struct ask_host {
    static constexpr auto command = "ask";
};

class asker {
public:
    static constexpr tenon::about about{.name = "asker", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<told, ask_host>;
    void receive(const told&) {}
    tenon::result<tenon::json> receive(const ask_host&, tenon::context& here) {
        return here.call("host/getConfig", tenon::json());
    }
};

TEST_CASE("an event without a type, or a command without a name, is refused as invalid params") {
    raw_host<asker> host;
    const std::string no_type = "params.eventType: expected string";
    CHECK(host.ask(request("1", "plugin/onEvent", R"({"payload":{}})")) == error_of("1", -32602, no_type));
    CHECK(host.ask(request("2", "plugin/onEvent", R"({"eventType":7})")) == error_of("2", -32602, no_type));
    CHECK(host.ask(request("3", "plugin/execute", R"({"args":{}})")) ==
          error_of("3", -32602, "params.command: expected string"));
}

TEST_CASE("a host that says it takes no calls is not called") {
    raw_host<asker> host(false);
    host.ask(request("0", "plugin/handshake", R"({"name":"h","version":"1","supportsReverseRpc":false})"));
    const std::string answer = host.ask(execute("1", "ask"));
    CHECK(answer == error_of("1", -32013,
                             "the host takes no calls from this plugin: its `allowReverseRpc` is not true"));
}

} // namespace
