// What a plugin may have beside receive(): configure(), health() and tick().

#include "raw_host.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace tenon::tests;
namespace codes = tenon::codes;
using tenon::milliseconds;

namespace {

constexpr auto ask_health = R"({"jsonrpc":"2.0","id":"h","method":"plugin/health"})";

struct note {
    static constexpr auto event = "note";
};
struct look {
    static constexpr auto command = "look";
};

// --- configure ---

struct settings {
    int size = 0;
    std::optional<std::string> mood;
};

class configured {
public:
    static constexpr tenon::about about{.name = "configured", .version = "1.0.0"};
    using receives = tenon::list<look>;

    tenon::result<void> configure(const settings& given) {
        if (given.size < 0) return tenon::fault{12, "size must not be negative", R"({"size":-1})"};
        if (given.mood == "angry") throw std::runtime_error("secret");
        if (given.mood == "odd") throw 7;
        now = given;
        ++times;
        return {};
    }
    std::string receive(const look&, tenon::context& here) { return here.config().value().text(); }

    settings now;
    int times = 0;
};

std::string configure(std::string_view config) {
    return request("1", "plugin/configure", R"({"config":)" + std::string(config) + "}");
}

TEST_CASE("the configuration comes with the handshake, before anything else") {
    raw_host<configured> host(false);
    CHECK(host.ask(handshake(R"({"size":3})")).find(R"("features":["configure"])") != std::string::npos);
    CHECK(host.plugin().now.size == 3);
    CHECK(host.plugin().times == 1);
}

TEST_CASE("a configuration that is refused fails the handshake, which may be tried again") {
    raw_host<configured> host(false);
    CHECK(
        host.ask(handshake(R"({"size":-1})")) ==
        R"({"jsonrpc":"2.0","id":"hello","error":{"code":12,"message":"size must not be negative","data":{"size":-1}}})");
    const std::string misfit = host.ask(handshake(R"({"size":"big"})"));
    CHECK(code_of(misfit) == codes::invalid_params);
    CHECK(misfit.find("config.size: expected integer, got string") != std::string::npos);
    CHECK(host.ask(handshake("{}")).find("config.size: missing") != std::string::npos);
    CHECK(code_of(host.ask(ask_health)) == codes::invalid_request);
    CHECK(host.plugin().times == 0);
    CHECK(code_of(host.ask(handshake(R"({"size":5})"))) == 0);
    CHECK(host.plugin().now.size == 5);
}

TEST_CASE("a typing error in a configuration is refused in words, and the schema comes with the refusal") {
    raw_host<configured> host(false);
    CHECK(
        host.ask(handshake(R"({"size":3,"moood":"good"})")) ==
        R"({"jsonrpc":"2.0","id":"hello","error":{"code":-32602,)"
        R"("message":"config.moood: unknown member; did you mean \"mood\"?","data":{"configSchema":)"
        R"({"type":"object","properties":{"size":{"type":"integer","minimum":-2147483648,"maximum":2147483647},)"
        R"("mood":{"anyOf":[{"type":"string"},{"type":"null"}]}},"required":["size"],)"
        R"("additionalProperties":false}}}})");
    CHECK(code_of(host.ask(handshake(R"({"size":3})"))) == 0);
    const std::string later = host.ask(configure(R"({"size":4,"colour":"red"})"));
    CHECK(later.find("config.colour: unknown member\"") != std::string::npos);
    CHECK(host.plugin().now.size == 3);
}

struct free_settings {
    static constexpr bool allow_unknown = true;
    int size = 0;
    std::vector<settings> inner;
};
class quiet { // whose configure() says nothing
public:
    static constexpr tenon::about about{.name = "quiet", .version = "1.0.0"};
    using receives = tenon::list<>;
    void configure(const free_settings& given) { size = given.size; }
    int size = 0;
};

TEST_CASE("a configure() that returns nothing takes whatever can be read") {
    raw_host<quiet> host(false);
    CHECK(code_of(host.ask(handshake(R"({"size":3,"inner":[]})"))) == 0);
    CHECK(host.plugin().size == 3);
    CHECK(host.ask(configure(R"({"size":4,"inner":[]})")) == result_of("1", "null"));
    CHECK(host.plugin().size == 4);
    CHECK(code_of(host.ask(configure(R"({"size":"x","inner":[]})"))) == codes::invalid_params);
}

TEST_CASE("a struct that allows unknown members takes them, and one within it does not") {
    raw_host<quiet> host(false);
    CHECK(code_of(host.ask(handshake(R"({"size":3,"later":1,"inner":[{"size":1}]})"))) == 0);
    const std::string refused = host.ask(configure(R"({"size":4,"inner":[{"size":1,"mod":"x"}]})"));
    CHECK(refused.find(R"(config.inner[0].mod: unknown member; did you mean \"mood\"?)") !=
          std::string::npos);
}

TEST_CASE("a later configuration takes the place of the whole old one, unless it is refused") {
    raw_host<configured> host(false);
    host.ask(handshake(R"({"size":3,"mood":"good"})"));
    CHECK(host.ask(configure(R"({"size":4})")) == result_of("1", "null"));
    CHECK(host.plugin().now.size == 4);
    CHECK_FALSE(host.plugin().now.mood.has_value());
    CHECK(host.ask(execute("2", "look")) == result_of("2", R"("{\"size\":4}")"));

    CHECK(code_of(host.ask(configure(R"({"size":-2})"))) == 12);
    CHECK(code_of(host.ask(configure(R"({"size":null})"))) == codes::invalid_params);
    CHECK(code_of(host.ask(configure("7"))) == codes::invalid_params);
    CHECK(code_of(host.ask(request("1", "plugin/configure", R"({"config":{},"config":{}})"))) ==
          codes::invalid_params);
    CHECK(host.ask(execute("2", "look")) == result_of("2", R"("{\"size\":4}")"));
    CHECK(host.plugin().times == 2);

    CHECK(host.ask(request("1", "plugin/configure", R"([{"size":5}])")) == result_of("1", "null"));
    CHECK(host.plugin().now.size == 5);
}

TEST_CASE("a configure() that throws refuses, says why in the log and not in the answer") {
    raw_host<configured> host(false);
    host.ask(handshake(R"({"size":3})"));
    auto said = host.say(configure(R"({"size":4,"mood":"angry"})"));
    REQUIRE(said.size() == 2);
    CHECK(method_of(said[0]) == "host/log");
    CHECK(said[0].find("secret") != std::string::npos);
    CHECK(code_of(said[1]) == codes::internal_error);
    CHECK(said[1].find("secret") == std::string::npos);
    said = host.say(configure(R"({"size":4,"mood":"odd"})"));
    REQUIRE(said.size() == 2);
    CHECK(code_of(said[1]) == codes::internal_error);
    CHECK(host.plugin().now.size == 3);

    raw_host<configured> other(false);
    said = other.say(handshake(R"({"size":4,"mood":"angry"})"));
    REQUIRE(said.size() == 2);
    CHECK(said[0].find("secret") != std::string::npos);
    CHECK(code_of(said[1]) == codes::internal_error);
    CHECK(code_of(other.ask(handshake(R"({"size":3})"))) == 0);
}

// --- health ---

class frail {
public:
    static constexpr tenon::about about{.name = "frail", .version = "1.0.0"};
    using receives = tenon::list<note>;
    void receive(const note&) {}
    tenon::health health() {
        if (state == "throws") throw std::runtime_error("secret");
        if (state == "warns")
            return {.status = tenon::health_status::warning,
                    .message = "cache is cold",
                    .metrics = {{"entries", 12}, {"load", 0.5}}};
        if (state == "ends")
            return {.status = tenon::health_status::critical, .metrics = {{"entries", -1e300}}};
        return {};
    }
    std::string state;
};

TEST_CASE("health is what health() says, else healthy") {
    raw_host<frail> host;
    CHECK(host.ask(ask_health) == result_of(R"("h")", R"({"status":"healthy"})"));
    host.plugin().state = "warns";
    CHECK(host.ask(ask_health) ==
          result_of(R"("h")",
                    R"({"status":"warning","message":"cache is cold","metrics":{"entries":12,"load":0.5}})"));
    host.plugin().state = "ends";
    CHECK(host.ask(ask_health) ==
          result_of(R"("h")", R"({"status":"critical","metrics":{"entries":-1e+300}})"));
    raw_host<configured> other(false);
    other.ask(handshake(R"({"size":1})"));
    CHECK(other.ask(ask_health) == result_of(R"("h")", R"({"status":"healthy"})"));
}

TEST_CASE("R7: a health() that throws is critical, and says no more than that") {
    raw_host<frail> host;
    host.plugin().state = "throws";
    const std::string answer = host.ask(ask_health);
    CHECK(answer.find(R"("status":"critical")") != std::string::npos);
    CHECK(answer.find("secret") == std::string::npos);
    host.plugin().state = "";
    CHECK(host.ask(ask_health) == result_of(R"("h")", R"({"status":"healthy"})"));
}

// --- tick ---

class ticking {
public:
    static constexpr tenon::about about{.name = "ticking", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<look, note>;
    tenon::milliseconds tick(const tenon::host_link& host) {
        ++ticks;
        if (fails) throw std::runtime_error("broken");
        if (emits) static_cast<void>(host.emit("tock", ticks));
        return wait;
    }
    void receive(const look&) {}
    void receive(const note&) {}

    int ticks = 0;
    bool fails = false, emits = false;
    tenon::milliseconds wait{1'000};
};

TEST_CASE("tick() is called after the handshake and then whenever its time has come") {
    raw_host<ticking> host(false);
    host.advance(60'000);
    CHECK(host.plugin().ticks == 0);
    host.say(handshake());
    host.work();
    CHECK(host.plugin().ticks == 1);
    CHECK(host.due == host.clock->now() + milliseconds(1'000));
    host.advance(999);
    CHECK(host.plugin().ticks == 1);
    host.advance(1);
    CHECK(host.plugin().ticks == 2);
    host.plugin().wait = milliseconds(10'000);
    host.advance(1'000);
    CHECK(host.plugin().ticks == 3);
    host.advance(9'000);
    CHECK(host.plugin().ticks == 3);
    host.advance(86'400'000);
    CHECK(host.plugin().ticks == 4); // what was missed is not made up for
}

TEST_CASE("messages neither hurry nor delay a tick, and do not starve behind one that is always due") {
    raw_host<ticking> host;
    host.work();
    for (int times = 0; times < 10; ++times) {
        host.say(execute("1", "look"), publish("note"));
        host.advance(100);
    }
    CHECK(host.plugin().ticks == 2);
    host.plugin().wait = milliseconds(0);
    host.advance(1'000);
    CHECK(host.ask(execute("1", "look")) == result_of("1", "null"));
}

TEST_CASE("tick() may call the host") {
    raw_host<ticking> host;
    host.work();
    host.plugin().emits = true;
    host.react = [&](const std::string& body) {
        if (method_of(body) == "host/emit") host.put(result_of(member_of(body, "id"), "null"));
    };
    CHECK(host.advance(1'000) == texts{request("1", "host/emit", R"({"eventType":"tock","payload":2})")});
}

TEST_CASE("R7: a tick() that throws is logged and tried again") {
    raw_host<ticking> host;
    host.work();
    host.plugin().fails = true;
    const auto said = host.advance(1'000);
    REQUIRE(said.size() == 1);
    CHECK(method_of(said[0]) == "host/log");
    CHECK(said[0].find("broken") != std::string::npos);
    host.plugin().fails = false;
    CHECK(host.advance(1'000).empty());
    CHECK(host.plugin().ticks == 3);
}

TEST_CASE("a tick() that returns for ever is not called again") {
    raw_host<ticking> host;
    host.plugin().wait = milliseconds::max();
    host.work();
    const int ticks = host.plugin().ticks;
    host.advance(1'000);
    host.advance(86'400'000);
    CHECK(host.plugin().ticks <= ticks + 1);
    CHECK(host.due == tenon::never);
}

} // namespace
