// Which handler runs, with what, and what its answer looks like on the wire: every form that receive() can take.

#include "raw_host.hpp"

#include <tenon/testing/http_parts.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace tenon::tests;

namespace {

// --- events ---

struct seen {
    static constexpr auto event = "seen.plain";
    std::string text;
};
struct seen_with_context {
    static constexpr auto event = "seen.context";
    std::string text;
};
struct judged {
    static constexpr auto event = "judged.plain";
    std::string text;
};
struct judged_with_context {
    static constexpr auto event = "judged.context";
    std::string text;
};
struct judged_or_failed {
    static constexpr auto event = "judged.failed";
    std::string text;
};
struct changed {
    static constexpr auto event = "changed.plain";
    std::string text;
};
struct changed_or_failed {
    static constexpr auto event = "changed.failed";
    std::string text;
};
struct noted_or_failed {
    static constexpr auto event = "seen.failed";
    std::string text;
};
struct judged_later {
    static constexpr auto event = "judged.later";
    std::string text;
};

class listener {
public:
    static constexpr tenon::about about{.name = "listener", .version = "1.0.0"};
    using receives = tenon::list<seen, seen_with_context, judged, judged_with_context, judged_or_failed,
                                 changed, changed_or_failed, noted_or_failed, judged_later>;

    void receive(const seen& e) { texts += e.text + ";"; }
    void receive(const seen_with_context& e, tenon::context& here) {
        texts += here.name() + "=" + e.text + ";";
    }
    tenon::flow receive(const judged& e) {
        texts += e.text + ";";
        return e.text == "bad" ? tenon::stop("it is bad") : tenon::proceed();
    }
    tenon::flow receive(const judged_with_context& e, tenon::context& here) {
        return {.stopped = true, .reason = here.name(), .data = tenon::json::of(e.text)};
    }
    tenon::result<tenon::flow> receive(const judged_or_failed& e) {
        if (e.text == "bad") return tenon::fault{7, "cannot tell"};
        return tenon::proceed();
    }
    tenon::rewrite<changed> receive(const changed& e) {
        if (e.text == "bad") return tenon::stop("no");
        if (e.text == "same") return tenon::proceed();
        return changed{e.text + e.text};
    }
    tenon::result<tenon::rewrite<changed_or_failed>> receive(const changed_or_failed& e, tenon::context&) {
        if (e.text == "bad") return tenon::fault{8, "cannot change"};
        return tenon::rewrite<changed_or_failed>(changed_or_failed{"new"});
    }
    tenon::result<void> receive(const noted_or_failed& e) {
        if (e.text == "bad") return tenon::fault{9, "cannot note"};
        return {};
    }
    void receive(const judged_later& e, tenon::responder<judged_later> answer) {
        answer.reply(tenon::stop("later " + e.text));
    }

    std::string texts;
};

constexpr auto goes_on = R"({"flow":"continue"})";

TEST_CASE("an event's handler decides by what it returns") {
    raw_host<listener> host;
    const auto text = [](const std::string& value) { return R"({"text":")" + value + R"("})"; };
    const auto answer = [&](const char* type, const char* value) {
        return host.ask(decide("1", type, text(value)));
    };

    CHECK(answer("seen.plain", "a") == result_of("1", goes_on));
    CHECK(answer("seen.context", "b") == result_of("1", goes_on));
    CHECK(answer("judged.plain", "c") == result_of("1", goes_on));
    CHECK(answer("judged.plain", "bad") == result_of("1", R"({"flow":"stop","reason":"it is bad"})"));
    CHECK(answer("judged.context", "d") ==
          result_of("1", R"({"flow":"stop","reason":"judged.context","data":"d"})"));
    CHECK(answer("judged.failed", "e") == result_of("1", goes_on));
    CHECK(answer("judged.failed", "bad") == error_of("1", 7, "cannot tell"));
    CHECK(answer("changed.plain", "bad") == result_of("1", R"({"flow":"stop","reason":"no"})"));
    CHECK(answer("changed.plain", "same") == result_of("1", goes_on));
    CHECK(answer("changed.plain", "f") == result_of("1", R"({"flow":"continue","payload":{"text":"ff"}})"));
    CHECK(answer("changed.failed", "g") == result_of("1", R"({"flow":"continue","payload":{"text":"new"}})"));
    CHECK(answer("changed.failed", "bad") == error_of("1", 8, "cannot change"));
    CHECK(answer("seen.failed", "h") == result_of("1", goes_on));
    CHECK(answer("seen.failed", "bad") == error_of("1", 9, "cannot note"));
    CHECK(answer("judged.later", "i") == result_of("1", R"({"flow":"stop","reason":"later i"})"));
    CHECK(host.plugin().texts == "a;seen.context=b;c;bad;");
}

TEST_CASE("an event that is only told is handled and never answered, whatever the handler returns") {
    raw_host<listener> host;
    for (const char* type : {"seen.plain", "seen.context", "judged.plain", "judged.context", "judged.failed",
                             "changed.plain", "changed.failed", "seen.failed", "judged.later"}) {
        CAPTURE(type);
        for (const char* text : {R"({"text":"good"})", R"({"text":"bad"})"})
            CHECK(host.say(publish(type, text)).empty());
    }
    CHECK(host.plugin().texts == "good;bad;seen.context=good;seen.context=bad;good;bad;");
    CHECK(host.reports().empty());
}

TEST_CASE("an event that a plugin does not know goes on") {
    raw_host<listener> host;
    CHECK(host.ask(decide("1", "unheard.of")) == result_of("1", goes_on));
    CHECK(host.say(publish("unheard.of")).empty());
}

TEST_CASE(
    "an event whose payload does not fit is refused with the place, and only logged where nobody asked") {
    raw_host<listener> host;
    const std::string refused = host.ask(decide("1", "judged.plain", R"({"text":7})"));
    CHECK(code_of(refused) == tenon::codes::invalid_params);
    CHECK(member_of(refused, "error").find("params.payload.text: expected string, got number at byte ") !=
          std::string::npos);
    const std::string missing = host.ask(decide("1", "judged.plain"));
    CHECK(code_of(missing) == tenon::codes::invalid_params);
    CHECK(member_of(missing, "error").find("params.payload.text: missing") != std::string::npos);

    const std::string log = host.ask(publish("judged.plain", R"({"text":7})"));
    CHECK(method_of(log) == "host/log");
    CHECK(log.find(R"("level":"warn")") != std::string::npos);
    CHECK(host.plugin().texts.empty());
}

TEST_CASE("the offset in a refusal is that of the byte in the body") {
    raw_host<listener> host;
    const std::string body = decide("1", "judged.plain", R"({"text":7})");
    const std::string refused = host.ask(body);
    CHECK(refused.find("at byte " + std::to_string(body.find("7}"))) != std::string::npos);
}

// --- commands ---

struct add {
    static constexpr auto command = "add";
    int a = 0, b = 0;
};
struct name_me {
    static constexpr auto command = "nameMe";
};
struct forget {
    static constexpr auto command = "forget";
};
struct divide {
    static constexpr auto command = "divide";
    int a = 0, b = 0;
};
struct lock {
    static constexpr auto command = "lock";
    bool twice = false;
};
struct build {
    static constexpr auto command = "build";
    using result = std::vector<std::string>;
    std::string project;
};
struct anything {
    static constexpr auto command = "anything";
    tenon::json value;
};

struct quotient {
    int value = 0;
    std::optional<int> rest;
};

class calculator {
public:
    static constexpr tenon::about about{.name = "calculator", .version = "1.0.0"};
    using receives = tenon::list<add, name_me, forget, divide, lock, build, anything>;

    int receive(const add& c) const { return c.a + c.b; }
    std::string receive(const name_me&, tenon::context& here) { return "I am " + here.name(); }
    void receive(const forget&) { forgotten = true; }
    tenon::result<quotient> receive(const divide& c) {
        if (c.b == 0) return tenon::fault{42, "division by zero", R"({"a":1})"};
        return quotient{c.a / c.b, c.a % c.b == 0 ? std::nullopt : std::optional(c.a % c.b)};
    }
    tenon::result<void> receive(const lock& c, tenon::context&) {
        if (c.twice) return tenon::fault{43, "locked already"};
        return {};
    }
    void receive(const build& c, tenon::responder<build> answer) {
        if (c.project == "none") return answer.fail({44, "no such project"});
        answer.reply(std::vector<std::string>{c.project, "done"});
    }
    tenon::json receive(const anything& c) { return c.value; }

    bool forgotten = false;
};

TEST_CASE("a command's handler answers with what it returns") {
    raw_host<calculator> host;
    CHECK(host.ask(execute("1", "add", R"({"a":20,"b":22})")) == result_of("1", "42"));
    CHECK(host.ask(execute(R"("x")", "nameMe")) == result_of(R"("x")", R"("I am nameMe")"));
    CHECK(host.ask(execute("2", "forget")) == result_of("2", "null"));
    CHECK(host.plugin().forgotten);
    CHECK(host.ask(execute("3", "divide", R"({"a":7,"b":2})")) == result_of("3", R"({"value":3,"rest":1})"));
    CHECK(host.ask(execute("4", "divide", R"({"a":6,"b":2})")) == result_of("4", R"({"value":3})"));
    CHECK(host.ask(execute("5", "divide", R"({"a":6,"b":0})")) ==
          R"({"jsonrpc":"2.0","id":5,"error":{"code":42,"message":"division by zero","data":{"a":1}}})");
    CHECK(host.ask(execute("6", "lock", R"({"twice":false})")) == result_of("6", "null"));
    CHECK(host.ask(execute("7", "lock", R"({"twice":true})")) == error_of("7", 43, "locked already"));
    CHECK(host.ask(execute("8", "build", R"({"project":"tenon"})")) == result_of("8", R"(["tenon","done"])"));
    CHECK(host.ask(execute("9", "build", R"({"project":"none"})")) == error_of("9", 44, "no such project"));
    CHECK(host.ask(execute("10", "anything", R"({"value":{"b":[1.50,null]}})")) ==
          result_of("10", R"({"b":[1.50,null]})"));
}

TEST_CASE("the arguments of a command may be absent or null, and stand by position") {
    raw_host<calculator> host;
    CHECK(host.ask(request("1", "plugin/execute", R"({"command":"forget"})")) == result_of("1", "null"));
    CHECK(host.ask(request("1", "plugin/execute", R"({"command":"forget","args":null})")) ==
          result_of("1", "null"));
    CHECK(host.ask(execute("1", "add", "[20,22]")) == result_of("1", "42"));
    CHECK(host.ask(execute("1", "add", "[20, 22]")) == result_of("1", "42"));
    CHECK(host.ask(execute("1", "forget", "[]")) == result_of("1", "null"));

    const auto refusal = [&](const char* args) {
        const std::string refused = host.ask(execute("1", "add", args));
        CHECK(code_of(refused) == tenon::codes::invalid_params);
        return member_of(refused, "error");
    };
    CHECK(refusal("[20]").find("too few elements") != std::string::npos);
    CHECK(refusal("[]").find("too few elements") != std::string::npos);
    CHECK(refusal("[20,22,1]").find("too many elements") != std::string::npos);
    CHECK(refusal(R"([20,"22"])").find("params.args[1]: expected integer, got string at byte") !=
          std::string::npos);
    CHECK(refusal(R"({"a":1,"a":2,"b":3})").find("params.args.a: duplicate member") != std::string::npos);
    CHECK(refusal(R"({"a":1,"b":3000000000})").find("params.args.b") != std::string::npos);
    CHECK(refusal("7").find("params.args: expected object") != std::string::npos);
    CHECK(refusal("null").find("params.args.a: missing") != std::string::npos);
}

TEST_CASE("the envelope of a command may stand by position too") {
    raw_host<calculator> host;
    CHECK(host.ask(request("1", "plugin/execute", R"(["add",{"a":20,"b":22}])")) == result_of("1", "42"));
    CHECK(host.ask(request("1", "plugin/execute", R"(["add",[20,22],{"uid":"ada"}])")) ==
          result_of("1", "42"));
    CHECK(host.ask(request("1", "plugin/execute", R"(["forget"])")) == result_of("1", "null"));
    CHECK(host.ask(request("1", "plugin/execute", R"(["forget",null,null,"of a later version"])")) ==
          result_of("1", "null"));
}

TEST_CASE("R8: an unknown command is answered -32601 with its name") {
    raw_host<calculator> host;
    CHECK(host.ask(execute("1", "subtract")) ==
          error_of("1", tenon::codes::method_not_found, "unknown command 'subtract'"));
    CHECK(code_of(host.ask(request("1", "plugin/execute", "{}"))) == tenon::codes::invalid_params);
    CHECK(code_of(host.ask(request("1", "plugin/execute", R"({"command":7})"))) ==
          tenon::codes::invalid_params);
    CHECK(code_of(host.ask(request("1", "plugin/execute", R"({"command":"add","command":"add"})"))) ==
          tenon::codes::invalid_params);
    CHECK(code_of(host.ask(R"({"jsonrpc":"2.0","id":1,"method":"plugin/execute"})")) ==
          tenon::codes::invalid_params);
}

TEST_CASE("J7: a command's name is compared as a whole, with every byte of it") {
    raw_host<calculator> host;
    CHECK(code_of(host.ask(execute("1", R"(add\u0000)", R"({"a":1,"b":1})"))) ==
          tenon::codes::method_not_found);
    CHECK(code_of(host.ask(execute("1", "ad", R"({"a":1,"b":1})"))) == tenon::codes::method_not_found);
    CHECK(code_of(host.ask(execute("1", "ADD", R"({"a":1,"b":1})"))) == tenon::codes::method_not_found);
    CHECK(host.ask(execute("1", R"(\u0061dd)", R"({"a":1,"b":1})")) == result_of("1", "2"));
}

// --- routes ---

struct page {
    static constexpr auto route = "GET /page";
};
struct numbers {
    static constexpr auto route = "GET /numbers";
};
struct removal {
    static constexpr auto route = "DELETE /page";
};
struct upload {
    static constexpr auto route = "POST /upload";
};
struct perhaps {
    static constexpr auto route = "GET /perhaps/{name}";
    std::string name;
};
struct later_page {
    static constexpr auto route = "GET /later";
};

class site {
public:
    static constexpr tenon::about about{.name = "site", .version = "1.0.0"};
    using receives = tenon::list<page, numbers, removal, upload, perhaps, later_page>;

    tenon::response receive(const page&) { return tenon::text("hello", 201); }
    std::vector<int> receive(const numbers&) { return {1, 2}; }
    void receive(const removal&) {}
    tenon::response receive(const upload&, tenon::context& here) {
        const tenon::http_request& given = *here.request();
        return tenon::text(given.method + " " + given.path + " " + here.name() + " " + given.body + " " +
                           std::string(given.headers["accept"].text()));
    }
    tenon::result<tenon::response> receive(const perhaps& wanted) {
        if (wanted.name == "broken") return tenon::fault{50, "broken"};
        if (wanted.name == "nobody") return tenon::response{.status = 404};
        return tenon::ok(wanted.name);
    }
    void receive(const later_page&, tenon::responder<later_page> answer) {
        answer.reply(tenon::text("later"));
    }
};

std::string http(std::string_view method, std::string_view path, std::string_view route,
                 std::string_view more = "") {
    return request("1", "plugin/handleRequest",
                   R"({"requestId":"r1","method":")" + std::string(method) + R"(","path":")" +
                       std::string(path) + R"(","route":")" + std::string(route) + "\"" + std::string(more) +
                       "}");
}

TEST_CASE("a route's handler answers with a response or with a value as JSON") {
    raw_host<site> host;
    CHECK(
        host.ask(http("GET", "/page", "/page")) ==
        result_of("1",
                  R"({"status":201,"headers":{"content-type":"text/plain; charset=utf-8"},"body":"hello"})"));
    CHECK(host.ask(http("GET", "/numbers", "/numbers")) ==
          result_of("1", R"({"status":200,"headers":{"content-type":"application/json"},"body":"[1,2]"})"));
    CHECK(host.ask(http("DELETE", "/page", "/page")) == result_of("1", R"({"status":204})"));
    CHECK(host.ask(http("GET", "/perhaps/ada", "/perhaps/{name}", R"(,"params":{"name":"ada"})")) ==
          result_of("1", R"({"status":200,"headers":{"content-type":"application/json"},"body":"\"ada\""})"));
    CHECK(host.ask(http("GET", "/perhaps/nobody", "/perhaps/{name}", R"(,"params":{"name":"nobody"})")) ==
          result_of("1", R"({"status":404})"));
    CHECK(host.ask(http("GET", "/perhaps/broken", "/perhaps/{name}", R"(,"params":{"name":"broken"})")) ==
          error_of("1", 50, "broken"));
    CHECK(
        host.ask(http("GET", "/later", "/later")) ==
        result_of("1",
                  R"({"status":200,"headers":{"content-type":"text/plain; charset=utf-8"},"body":"later"})"));
}

TEST_CASE("a handler with a context sees the HTTP request behind a route") {
    raw_host<site> host;
    const std::string answer =
        host.ask(http("POST", "/upload", "/upload",
                      R"(,"headers":{"accept":"text/html"},"body":"AAH/","bodyEncoding":"base64")"));
    // The body is no UTF-8, so it comes back in base64.
    CHECK(answer.find(R"("bodyEncoding":"base64")") != std::string::npos);
    const auto page = tenon::detail::read_response(member_of(answer, "result"));
    CHECK(page.value().body == std::string("POST /upload /upload \0\1\xff \"text/html\"", 36));
}

} // namespace
