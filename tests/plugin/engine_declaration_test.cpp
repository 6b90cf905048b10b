// What a plugin says of itself in the handshake, word for word.

#include "raw_host.hpp"

#include <tenon/json/schema.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon::tests;

namespace {

struct bare {
    static constexpr tenon::about about{.name = "bare", .version = "0.0.1"};
    using receives = tenon::list<>;
};

struct incoming {
    static constexpr auto event = "message.incoming";
    static constexpr int priority = 10;
    static constexpr bool stop_on_failure = true;
    std::string content;
};
struct renamed {
    static constexpr auto event = "user.renamed";
    static constexpr int priority = -3;
    static constexpr bool stop_on_failure = false;
    std::string name;
};
struct any_message {
    static constexpr auto event = "message.*";
};
struct anything {
    static constexpr auto event = "*";
};
struct awaited {
    static constexpr auto event = "room.opened";
};
struct greet {
    static constexpr auto command = "greet";
    static constexpr auto description = "Says \"hello\"";
    std::string who;
    std::optional<int> times;
};
struct reset {
    static constexpr auto command = "reset";
};
struct build {
    static constexpr auto command = "build";
    using result = std::vector<int>;
};
struct dig {
    static constexpr auto command = "dig";
};
struct users {
    static constexpr auto route = "GET /users/{id}";
    static constexpr auto description = "One user";
    static constexpr bool auth = true;
    std::string id;
};
struct stats {
    static constexpr auto route = "GET /stats";
};

class everything {
public:
    static constexpr tenon::about about{
        .name = "everything", .version = "1.2.3", .description = "One of each", .calls_host = true};
    using receives = tenon::list<incoming, greet, renamed, users, any_message, reset, anything, stats,
                                 awaited, build, dig>;

    tenon::flow receive(const incoming&) { return tenon::proceed(); }
    tenon::result<tenon::rewrite<renamed>> receive(const renamed&) {
        return tenon::rewrite<renamed>(tenon::proceed());
    }
    void receive(const any_message&) {}
    tenon::result<void> receive(const anything&, tenon::context&) { return {}; }
    void receive(const awaited&, tenon::responder<awaited>) {}
    tenon::result<std::string> receive(const greet&) { return std::string(); }
    void receive(const reset&) {}
    void receive(const build&, tenon::responder<build>) {}
    void receive(const dig&, tenon::responder<dig>) {}
    tenon::response receive(const users&) { return {}; }
    int receive(const stats&) { return 0; }
    tenon::result<void> configure(const greet&) { return {}; }
};

TEST_CASE("a plugin that receives nothing says who it is") {
    raw_host<bare> host(false);
    CHECK(host.ask(handshake()) ==
          result_of(R"("hello")", R"({"name":"bare","version":"0.0.1","protocolVersion":1,"capabilities":[],)"
                                  R"("maxConcurrency":1,"features":[]})"));
}

TEST_CASE("the declarations of a plugin come from its types") {
    raw_host<everything> host(false);
    const std::string said = host.ask(handshake(R"({"who":"x"})"));
    const std::string schema = tenon::json_schema<greet>();
    CHECK(
        said ==
        result_of(
            R"("hello")",
            R"({"name":"everything","version":"1.2.3","description":"One of each","protocolVersion":1,"capabilities":["message","user","*","room"],)"
            R"("events":[{"type":"message.incoming","mode":"validate","priority":10,"onFailure":"stop"},)"
            R"({"type":"user.renamed","mode":"mutate","priority":-3,"onFailure":"continue"},)"
            R"({"type":"message.*","mode":"observe"},{"type":"*","mode":"observe"},)"
            R"({"type":"room.opened","mode":"validate"}],)"
            R"("routes":[{"path":"/users/{id}","method":"GET","description":"One user","auth":true,"schema":)" +
                tenon::json_schema<users>() + R"(},{"path":"/stats","method":"GET"}],)" +
                R"("commands":[{"name":"greet","description":"Says \"hello\"","params":)" + schema +
                R"(,"result":)" + tenon::json_schema<std::string>() + R"(},{"name":"reset","params":)" +
                tenon::json_schema<reset>() + R"(},{"name":"build","params":)" + tenon::json_schema<build>() +
                R"(,"result":)" + tenon::json_schema<std::vector<int>>() + R"(},{"name":"dig","params":)" +
                tenon::json_schema<dig>() +
                R"(}],"reverseRpc":true,"maxConcurrency":64,"features":["configure"],"configSchema":)" +
                schema.substr(0, schema.size() - 1) + R"(,"additionalProperties":false}})"));
}

struct note {
    static constexpr auto event = "note";
};
struct patient {
    static constexpr tenon::about about{.name = "patient", .version = "1.0.0"};
    static constexpr int threads = 4;
    using receives = tenon::list<note>;
    void receive(const note&) {}
};
struct limited {
    static constexpr tenon::about about{.name = "limited", .version = "1.0.0"};
    static constexpr int threads = 4;
    static constexpr int max_concurrency = 9;
    using receives = tenon::list<note>;
    void receive(const note&, tenon::responder<note>) {}
};

TEST_CASE("concurrency is that of the threads, or what the author says") {
    raw_host<patient> host(false);
    CHECK(host.ask(handshake()).find(R"("maxConcurrency":4)") != std::string::npos);
    raw_host<limited> other(false);
    CHECK(other.ask(handshake()).find(R"("maxConcurrency":9)") != std::string::npos);
}

} // namespace
