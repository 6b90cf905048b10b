// The client of commands: what it asks, what it hears, and what it says where nobody answers.

#include "raw_client.hpp"

#include <tenon/http/client.hpp>

using namespace tenon::http;
using tenon::codes::unavailable;

TEST_CASE("it is answered, and what is refused is an answer too") {
    running_server web([](const std::shared_ptr<exchange>& call) {
        const request& asked = call->asked();
        call->answer(tenon::text(asked.method + " " + asked.target + " " +
                                     std::string(asked.header("authorization")) + " " +
                                     std::string(asked.header("content-type")) + " " + asked.body,
                                 asked.method == "PUT" ? 403 : 200));
    });
    const client one(web.address(), "T");
    const auto read = one.ask("GET", "/a?b=c");
    REQUIRE(read);
    CHECK(read->status == 200);
    CHECK(read->body == "GET /a?b=c Bearer T  ");
    CHECK(std::any_of(read->headers.begin(), read->headers.end(), [](const field& each) {
        return each.name == "content-type" && each.value == "text/plain; charset=utf-8";
    }));
    const auto written = one.ask("PUT", "/a", "{}");
    REQUIRE(written);
    CHECK(written->status == 403);
    CHECK(written->body == "PUT /a Bearer T application/json {}");
    CHECK(client(web.address(), "").ask("POST", "/").value().body == "POST /   ");
}

TEST_CASE("events are told one by one, until nobody wants more or the server ends them") {
    running_server web([&](const std::shared_ptr<exchange>& call) {
        const stream to = call->answer_with_events();
        to.send("one", "a\nb");
        to.send("two", "c");
        if (call->asked().path == "/ends") to.close();
        else web.streams.push_back(to);
    });
    const client one(web.address(), "");
    std::string heard;
    const auto told = [&](std::string_view event, std::string_view data) {
        heard.append(event).append("=").append(data).append(";");
        return heard.size() < 12;
    };
    REQUIRE(one.follow("/", told));
    CHECK(heard == "one=a\nb;two=c;");
    heard.clear();
    const auto ended = one.follow("/ends", [&](std::string_view, std::string_view) { return true; });
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code == unavailable);
}

TEST_CASE("where nobody answers, or not in HTTP, it says so") {
    std::string address;
    {
        running_server web([](const std::shared_ptr<exchange>&) {});
        address = web.address();
    }
    const auto nobody = client(address, "").ask("GET", "/");
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().code == unavailable);
    CHECK(nobody.error().message == "no host answers at " + address);
    for (const char* bad : {"", "nowhere", "127.0.0.1:", "127.0.0.1:0"})
        CHECK_MESSAGE(!client(bad, "").ask("GET", "/"), bad);
}
