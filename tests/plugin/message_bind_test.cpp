// From an HTTP request to the struct of a route: where each member comes from, and what is refused.

#include "raw_host.hpp"

#include <tenon/testing/http_parts.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace tenon::tests;
namespace codes = tenon::codes;

namespace {

enum class order { rising, falling };

struct inner {
    int a = 0;
};

struct search {
    static constexpr auto route = "GET /rooms/{room}/messages/{number}";
    std::string room;
    int number = 0;
    std::optional<int> limit;
    std::vector<std::string> tag;
    std::optional<order> sorted;
    std::optional<bool> exact;
    std::optional<double> weight;
    std::set<int> year;
    static constexpr bool allow_missing = true;
};
struct labelled {
    static constexpr auto route = "GET /labelled";
    std::optional<std::vector<int>> label;
};
struct strict_page {
    static constexpr auto route = "GET /strict";
    int size = 0;
    std::vector<std::string> tag;
};
struct create {
    static constexpr auto route = "POST /rooms/{room}";
    std::string room;
    std::string title;
    std::optional<inner> more;
    std::optional<std::vector<int>> list;
};

class site {
public:
    static constexpr tenon::about about{.name = "site", .version = "1.0.0"};
    using receives = tenon::list<search, labelled, strict_page, create>;
    search receive(const search& given) { return given; }
    labelled receive(const labelled& given) { return given; }
    strict_page receive(const strict_page& given) { return given; }
    create receive(const create& given) { return given; }
};

std::string http(std::string_view method, std::string_view path, std::string_view more = "") {
    return request("1", "plugin/handleRequest",
                   R"({"requestId":"r","method":")" + std::string(method) + R"(","path":")" +
                       std::string(path) + "\"" + std::string(more) + "}");
}

/// What the handler was given, as JSON; or the fault.
std::string given_to(raw_host<site>& host, const std::string& body) {
    const std::string answer = host.ask(body);
    if (code_of(answer) != 0) {
        CHECK(code_of(answer) == codes::invalid_params);
        std::string scratch;
        return std::string(tenon::json::parse(answer).value()["error"]["message"].as_text(scratch));
    }
    return tenon::detail::read_response(member_of(answer, "result")).value().body;
}

constexpr auto in_room = R"(,"route":"/rooms/{room}/messages/{number}","params":{"room":"a b","number":"7"})";

TEST_CASE("members of a route come from the path, the query and the body, whichever has one first") {
    raw_host<site> host;
    const auto get = [&](const std::string& more) {
        return given_to(host, http("GET", "/rooms/a%20b/messages/7", in_room + more));
    };
    CHECK(get("") == R"({"room":"a b","number":7,"tag":[],"year":[]})");
    CHECK(
        get(R"(,"query":{"limit":"20","sorted":"falling","exact":"true","weight":"1.5"})") ==
        R"({"room":"a b","number":7,"limit":20,"tag":[],"sorted":"falling","exact":true,"weight":1.5,"year":[]})");
    CHECK(get(R"(,"query":{"room":"other","number":"9"})") ==
          R"({"room":"a b","number":7,"tag":[],"year":[]})");
    CHECK(get(R"(,"query":{"limit":"20"},"body":"{\"limit\":1,\"exact\":false}")") ==
          R"({"room":"a b","number":7,"limit":20,"tag":[],"exact":false,"year":[]})");
    CHECK(get(R"(,"query":{"unknown":"1"},"headers":{"limit":"5"})") ==
          R"({"room":"a b","number":7,"tag":[],"year":[]})");
}

TEST_CASE("a query that is repeated fills a sequence, and is refused by anything else") {
    raw_host<site> host;
    const auto get = [&](const std::string& query) {
        return given_to(host, http("GET", "/", in_room + (R"(,"query":)" + query)));
    };
    CHECK(get(R"({"tag":["a","b"],"year":["2001","1999","2001"]})") ==
          R"({"room":"a b","number":7,"tag":["a","b"],"year":[1999,2001]})");
    CHECK(get(R"({"tag":"one","year":"2001"})") ==
          R"({"room":"a b","number":7,"tag":["one"],"year":[2001]})");
    CHECK(get(R"({"tag":""})") == R"({"room":"a b","number":7,"tag":[""],"year":[]})");
    CHECK(get(R"({"limit":["1","2"]})") == "query.limit: given more than once");
    CHECK(get(R"({"tag":[]})") == R"({"room":"a b","number":7,"tag":[],"year":[]})");
}

TEST_CASE("an optional sequence may be absent, given once, and repeated") {
    raw_host<site> host;
    const auto get = [&](const std::string& query) {
        return given_to(host, http("GET", "/labelled", R"(,"route":"/labelled","query":)" + query));
    };
    CHECK(get("{}") == "{}");
    CHECK(get(R"({"label":"1"})") == R"({"label":[1]})");
    CHECK(get(R"({"label":["1","2"]})") == R"({"label":[1,2]})");
    CHECK(get(R"({"label":["1","x"]})") == "query.label: not of the type expected");
    CHECK(get(R"({"label":["1",2]})") == "query.label: not of the type expected");
}

TEST_CASE("J6: a query that is repeated very often takes no more than its share of time") {
    raw_host<site> host;
    std::string many;
    for (int count = 0; count < 200'000; ++count) many += R"("1",)";
    many.back() = ']';
    const auto begin = std::chrono::steady_clock::now();
    const std::string got =
        given_to(host, http("GET", "/labelled", R"(,"route":"/labelled","query":{"label":[)" + many + "}"));
    CHECK(got.size() == std::string(R"({"label":[]})").size() + 2 * 200'000 - 1);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

TEST_CASE("what does not fit is refused with the place where it stood") {
    raw_host<site> host;
    const auto get = [&](const std::string& more) { return given_to(host, http("GET", "/", more)); };
    const std::string route = R"(,"route":"/rooms/{room}/messages/{number}")";
    CHECK(get(route + R"(,"params":{"room":"a","number":"seven"})") == "number: not of the type expected");
    CHECK(get(route + R"(,"params":{"room":"a","number":"7.5"})") == "number: not of the type expected");
    CHECK(get(route + R"(,"params":{"room":"a","number":"7 8"})") == "number: not of the type expected");
    CHECK(get(route + R"(,"params":{"room":"a","number":""})") == "number: not of the type expected");
    CHECK(get(route + R"(,"params":{"room":"a","number":"99999999999"})") ==
          "number: not of the type expected");
    CHECK(get(std::string(in_room) + R"(,"query":{"sorted":"sideways"})") ==
          "query.sorted: not of the type expected");
    CHECK(get(std::string(in_room) + R"(,"query":{"year":["2001","x"]})") ==
          "query.year: not of the type expected");
    CHECK(get(std::string(in_room) + R"(,"query":{"exact":"yes"})") ==
          "query.exact: not of the type expected");
}

TEST_CASE("members that are required are missed") {
    raw_host<site> host;
    const auto get = [&](const std::string& more) { return given_to(host, http("GET", "/strict", more)); };
    CHECK(get(R"(,"route":"/strict")") == "size: missing");
    CHECK(get(R"(,"route":"/strict","query":{"size":"3"})") == "tag: missing");
    CHECK(get(R"(,"route":"/strict","query":{"size":"3","tag":"x"})") == R"({"size":3,"tag":["x"]})");
}

TEST_CASE("a body may be anything where all that is missing may be missing") {
    raw_host<site> host;
    const auto post = [&](const std::string& more) {
        return given_to(host, http("POST", "/rooms/a", R"(,"query":{"title":"t"})" + more));
    };
    const std::string bare = R"({"room":"a","title":"t"})";
    CHECK(post(R"(,"body":"no json")") == bare);
    CHECK(post(R"(,"body":"title=u&more=1")") == bare);
    CHECK(post(R"(,"body":"/9j/4A==","bodyEncoding":"base64")") == bare);
    CHECK(post(R"(,"body":"[1]")") == bare);
    CHECK(post(R"(,"body":"{\"list\":[1]}")") == R"({"room":"a","title":"t","list":[1]})");
    CHECK(post(R"(,"body":"{\"list\":1}")").find("body.list: ") == 0);
}

TEST_CASE("a body is JSON where a member is looked for in it") {
    raw_host<site> host;
    const auto post = [&](const std::string& more) {
        return given_to(host,
                        http("POST", "/rooms/a", R"(,"route":"/rooms/{room}","params":{"room":"a"})" + more));
    };
    CHECK(post(R"(,"body":"{\"title\":\"t\",\"more\":{\"a\":1},\"list\":[1,2],\"else\":0}")") ==
          R"({"room":"a","title":"t","more":{"a":1},"list":[1,2]})");
    CHECK(post(R"(,"body":"eyJ0aXRsZSI6InQifQ==","bodyEncoding":"base64")") == R"({"room":"a","title":"t"})");
    CHECK(post("") == "title: missing");
    CHECK(post(R"(,"body":"")") == "title: missing");
    CHECK(post(R"(,"body":"[]")") == "title: missing");
    CHECK(post(R"(,"body":"{\"title\":null}")") == "title: missing");
    CHECK(post(R"(,"body":"{\"title\":7}")").find("body.title: expected string, got number") == 0);
    CHECK(
        post(R"(,"body":"{\"title\":\"t\",\"more\":{\"a\":\"x\"}}")").find("body.more.a: expected integer") ==
        0);
    CHECK(post(R"(,"body":"no json")").find("body: ") == 0);
    CHECK(post(R"(,"body":"?","bodyEncoding":"base64")") == "params.body: expected base64");
}

TEST_CASE("a host that sends only a path is understood") {
    raw_host<site> host;
    CHECK(given_to(host, http("GET", "/rooms/lobby/messages/12")) ==
          R"({"room":"lobby","number":12,"tag":[],"year":[]})");
    CHECK(code_of(host.ask(http("GET", "/rooms/lobby/messages"))) == codes::method_not_found);
    CHECK(code_of(host.ask(http("GET", "/rooms//messages/12"))) == codes::method_not_found);
    CHECK(code_of(host.ask(http("POST", "/rooms/lobby/messages/12"))) == codes::method_not_found);
}

TEST_CASE("a route that was not declared is refused") {
    raw_host<site> host;
    CHECK(code_of(host.ask(http("GET", "/else", R"(,"route":"/else")"))) == codes::method_not_found);
    CHECK(code_of(host.ask(http("DELETE", "/strict", R"(,"route":"/strict")"))) == codes::method_not_found);
    CHECK(code_of(host.ask(http("get", "/strict", R"(,"route":"/strict")"))) == codes::method_not_found);
    CHECK(code_of(host.ask(request("1", "plugin/handleRequest", "{}"))) == codes::method_not_found);
}

TEST_CASE("the request itself may stand by position") {
    raw_host<site> host;
    CHECK(
        given_to(
            host,
            request(
                "1", "plugin/handleRequest",
                R"(["r1","POST","/rooms/a","/rooms/{room}",{"room":"a"},{},{},"{\"title\":\"t\"}","utf8"])")) ==
        R"({"room":"a","title":"t"})");
}

} // namespace
