// A client on a socket and what it hears: one request after the other, bodies, refusals, timeouts.

#include "raw_client.hpp"

#include <tenon/http/answer_writer.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon::http;
using tenon::response;

namespace {

/// Says what it was asked, so that a client sees which request an answer belongs to.
void echo(const std::shared_ptr<exchange>& call) {
    const request& asked = call->asked();
    call->answer(tenon::text(asked.method + " " + asked.target + " " + asked.body));
}

const std::string post = "POST /p HTTP/1.1\r\nHost: a\r\n";

} // namespace

TEST_CASE("a connection is kept, and requests sent in one go are answered in their order") {
    running_server web(echo);
    raw_client client = web.client();
    for (const char* target : {"/1", "/2"}) {
        const auto heard = client.get(target).hear();
        CHECK(heard.status == 200);
        CHECK(heard.body == std::string("GET ") + target + " ");
        CHECK(heard.head.find("Connection:") == heard.head.npos);
    }
    std::string all;
    for (int number = 0; number != 200; ++number)
        all += "GET /" + std::to_string(number) + " HTTP/1.1\r\nHost: a\r\n\r\n" + post +
               "Content-Length: 2\r\n\r\nhi";
    client.say(all);
    for (int number = 0; number != 200; ++number) {
        REQUIRE(client.hear().body == "GET /" + std::to_string(number) + " ");
        REQUIRE(client.hear().body == "POST /p hi");
    }
    CHECK(web.connections() == 1);
}

TEST_CASE("answers come in the order of requests, however late the first one is") {
    running_server web([&](const std::shared_ptr<exchange>& call) {
        if (call->asked().path == "/slow") web.kept.push_back(call);
        else echo(call);
    });
    raw_client client = web.client();
    client.get("/slow").get("/fast");
    while (web.there([&] { return web.kept.empty(); })) {
    }
    web.there([&] {
        web.kept[0]->answer(tenon::text("late"));
        web.kept[0]->answer(tenon::text("and once more"));
        web.kept.clear();
    });
    CHECK(client.hear().body == "late");
    CHECK(client.hear().body == "GET /fast ");
}

TEST_CASE("a request that nobody answers is a fault of the server") {
    running_server web([](const std::shared_ptr<exchange>&) {});
    raw_client client = web.client();
    CHECK(client.get("/").hear().status == 500);
    CHECK(client.get("/").hear().status == 500);
}

TEST_CASE("every answer has a date and is what it says it is; nothing tells who serves") {
    running_server web(echo);
    const auto heard = web.client().get("/").hear();
    CHECK(heard.head.starts_with("HTTP/1.1 200 OK\r\nDate: "));
    CHECK(heard.head.find(" GMT\r\n") != heard.head.npos);
    CHECK(heard.head.find("X-Content-Type-Options: nosniff\r\n") != heard.head.npos);
    CHECK(heard.head.find("Server") == heard.head.npos);
}

TEST_CASE("HEAD is answered like GET without the body") {
    running_server web(echo);
    raw_client client = web.client();
    client.say("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto heard = client.hear(false);
    CHECK(heard.head.find("Content-Length: 10\r\n") != heard.head.npos);
    CHECK(client.get("/").hear().body == "GET / ");
}

TEST_CASE("HTTP/1.0 and Connection: close are answered, and the connection ends") {
    for (const std::string asked : {"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
                                    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"}) {
        running_server web(echo);
        raw_client client = web.client();
        client.say(asked + "GET /second HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto heard = client.hear();
        CHECK(heard.body == "GET / ");
        CHECK(heard.head.find("Connection: close\r\n") != heard.head.npos);
        std::string rest;
        CHECK(client.ends(&rest));
        CHECK(rest.empty());
    }
}

TEST_CASE("bodies come whole, in chunks or not, and Expect: 100-continue is honoured") {
    running_server web(echo);
    raw_client client = web.client();
    client.say(post + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(client.hear().head == "HTTP/1.1 100 Continue\r\n\r\n");
    client.say("hi");
    CHECK(client.hear().body == "POST /p hi");
    client.say(post + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"); // it did not wait
    CHECK(client.hear().body == "POST /p hi");
    client.say(post + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
    client.say("1\r\n!\r\n0\r\n\r\n");
    CHECK(client.hear().body == "POST /p hi!");
    const std::string large(10 << 20, 'x');
    std::thread sends([&] { client.say(post + "Content-Length: 10485760\r\n\r\n" + large); });
    const auto heard = client.hear();
    sends.join();
    CHECK(heard.body == "POST /p " + large);
}

TEST_CASE("H9: what is too large is refused in words that arrive, although the client is still sending") {
    running_server web(echo);
    const std::string much(3 << 20, 'x');
    const auto refused = [&](const std::string& bytes) {
        raw_client client = web.client();
        client.say(bytes + much); // as much of it as the server takes
        const auto heard = client.hear();
        CHECK(heard.head.find("Connection: close\r\n") != heard.head.npos);
        CHECK(heard.head.find("Content-Type: application/problem+json\r\n") != heard.head.npos);
        CHECK(heard.body.find("\"status\":" + std::to_string(heard.status)) != heard.body.npos);
        client.stop_sending();
        std::string rest;
        CHECK(client.ends(&rest));
        CHECK(rest.empty());
        return heard.status;
    };
    CHECK(refused(post + "Content-Length: 99999999\r\n\r\n") == 413);
    CHECK(refused(post + "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n") == 413);
    CHECK(refused(post + "Transfer-Encoding: chunked\r\n\r\nffffff\r\n") == 413);
    CHECK(refused("GET /") == 414);
    CHECK(refused("GET / HTTP/1.1\r\nX: ") == 431);
    CHECK(refused("GET / HTTP/1.1\r\n") == 431);
    std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int number = 0; number != 10'000; ++number) many += "X-" + std::to_string(number) + ": y\r\n";
    CHECK(refused(many + "\r\n") == 431);
    CHECK(web.client().get("/").hear().status == 200);
}

TEST_CASE("H5: the request behind one that is refused is never executed") {
    int executed = 0;
    running_server web([&](const std::shared_ptr<exchange>& call) {
        ++executed;
        echo(call);
    });
    for (const char* fields :
         {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Content-Length: +4\r\n",
          "Transfer-Encoding: chunked, chunked\r\n", "X: a\nY: b\r\n", "Host: b\r\n"}) {
        raw_client client = web.client();
        client.say(post + fields + "\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK(client.hear().status == 400);
        client.stop_sending();
        std::string rest;
        CHECK(client.ends(&rest));
        CHECK(rest.empty());
    }
    CHECK(web.there([&] { return executed; }) == 0);
}

TEST_CASE("H10: CONNECT and TRACE are refused, and Upgrade is ignored") {
    running_server web(echo);
    for (const char* method : {"CONNECT a:80", "TRACE /"}) {
        raw_client client = web.client();
        client.say(std::string(method) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto heard = client.hear();
        CHECK(heard.status == 405);
        CHECK(heard.head.find("Allow: ") != heard.head.npos);
    }
    raw_client client = web.client();
    client.say("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    CHECK(client.hear().status == 200);
}

TEST_CASE("H6: no answer can begin another one, and what is about the connection is the server's to say") {
    const std::time_t then = 784'111'777; // RFC 9110's own example
    const auto sent = [&](const response& given) {
        return tenon::detail::write_answer(given, tenon::detail::answer_part::whole,
                                           tenon::detail::after_answer::next, then);
    };
    CHECK(sent(tenon::text("hi", 404)) == "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                          "X-Content-Type-Options: nosniff\r\ncontent-type: text/plain; "
                                          "charset=utf-8\r\nContent-Length: 2\r\n\r\nhi");
    for (const response& none :
         {response{.headers = {{"X", "a\r\nSet-Cookie: b"}}}, response{.headers = {{"X", "a\nb"}}},
          response{.headers = {{"X", std::string("a\0b", 3)}}}, response{.headers = {{"X\r\nY", "a"}}},
          response{.headers = {{"", "a"}}}, response{.headers = {{"X Y", "a"}}}, response{.status = 99},
          response{.status = 101}, response{.status = 1000}, response{.status = -200}})
        CHECK(sent(none).starts_with("HTTP/1.1 500 "));
    const std::string without = sent({.headers = {{"Content-Length", "99"},
                                                  {"transfer-encoding", "chunked"},
                                                  {"Connection", "keep-alive"},
                                                  {"Upgrade", "h2c"},
                                                  {"date", "today"}}});
    CHECK(without == "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Content-Type-Options: "
                     "nosniff\r\nContent-Length: 0\r\n\r\n");
    CHECK(sent({.status = 204, .body = "x"}).find("Content-Length") == std::string::npos);
    CHECK(sent({.status = 299}).starts_with("HTTP/1.1 299 "));
}

TEST_CASE("who may not ask is told so before sending a body, and reads it") {
    int handled = 0;
    running_server web(
        [&](const std::shared_ptr<exchange>& call) {
            ++handled;
            echo(call);
        },
        {},
        [](const request& asked) {
            return asked.path == "/open" ? admission() : admission{.refused = tenon::text("no", 401)};
        });
    raw_client client = web.client();
    CHECK(client.get("/closed").hear().status == 401);
    CHECK(client.get("/open").hear().status == 200); // there was no body: the connection goes on
    client.say(post + "Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n");
    const auto heard = client.hear();
    CHECK(heard.status == 401);
    CHECK(heard.head.find("Connection: close\r\n") != heard.head.npos);
    raw_client other = web.client();
    other.say(post + "Content-Length: 9999999\r\n\r\n" + std::string(3 << 20, 'x'));
    CHECK(other.hear().status == 401);
    CHECK(web.there([&] { return handled; }) == 1);
}
