// Clients that are slow, many, gone or silent, and a server that goes.

#include "raw_client.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>

using namespace tenon::http;
using std::chrono::steady_clock;

namespace {

void hello(const std::shared_ptr<exchange>& call) { call->answer(tenon::text("hello")); }

// Long enough for a test that has to wait for its turn on a busy machine.
constexpr limits hasty{.head_time = tenon::milliseconds{500},
                       .body_time = tenon::milliseconds{500},
                       .idle = tenon::milliseconds{500},
                       .write_time = tenon::milliseconds{200},
                       .linger = tenon::milliseconds{60}};

/// As many descriptors as 1,000 clients and their server need.
bool many_descriptors() {
    rlimit all{};
    ::getrlimit(RLIMIT_NOFILE, &all);
    if (all.rlim_cur < 4'096) all.rlim_cur = std::min<rlim_t>(all.rlim_max, 4'096);
    return ::setrlimit(RLIMIT_NOFILE, &all) == 0 && all.rlim_cur >= 2'200;
}

/// Until it is so; the test's own time limit ends it otherwise.
template <class Condition>
void wait_until(Condition condition) {
    while (!condition()) std::this_thread::yield();
}

} // namespace

TEST_CASE(
    "H9: with 1,000 clients that never finish their request, the next one is answered within a second") {
    REQUIRE(many_descriptors());
    running_server web(hello);
    std::vector<raw_client> slow;
    for (int count = 0; count != 1'000; ++count) {
        slow.push_back(web.client());
        slow.back().say("GET / HTTP/1.1\r\nHost: a\r\nX: ");
    }
    const auto before = steady_clock::now();
    CHECK(web.client().get("/").hear().body == "hello");
    CHECK(steady_clock::now() - before < std::chrono::seconds{1});
    CHECK(web.connections() <= limits{}.connections);
    // Those that came last have their places still.
    slow.back().say("y\r\n\r\n");
    CHECK(slow.back().hear().body == "hello");
    CHECK(slow.front().is_cut_off());
}

TEST_CASE("H9: clients that connect and say nothing give way too, and those at work do not") {
    running_server web([&](const std::shared_ptr<exchange>& call) { web.kept.push_back(call); },
                       {.connections = 4});
    std::vector<raw_client> at_work;
    for (int count = 0; count != 3; ++count) at_work.push_back(std::move(web.client().get("/")));
    raw_client silent = web.client();
    wait_until(
        [&] { return web.there([&] { return web.kept.size() == 3 && web.web()->connections() == 4; }); });
    at_work.push_back(std::move(web.client().get("/")));
    wait_until([&] { return web.there([&] { return web.kept.size() == 4; }); });
    CHECK(silent.is_cut_off());
    raw_client one_too_many = web.client();
    CHECK(one_too_many.hear().status == 503);
    web.there([&] {
        for (const auto& one : web.kept) hello(one);
    });
    for (raw_client& one : at_work) CHECK(one.hear().body == "hello");
}

TEST_CASE("H9: half a request is told that it took too long, an idle client is left without a word") {
    running_server web(hello, hasty);
    raw_client head = web.client(), body = web.client(), chunk = web.client(), idle = web.client(),
               used = web.client();
    head.say("GET / HTTP/1.1\r\nHost: a\r\n");
    body.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    chunk.say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
    CHECK(used.get("/").hear().status == 200);
    for (raw_client* one : {&head, &body, &chunk}) {
        const auto heard = one->hear();
        CHECK(heard.status == 408);
        CHECK(heard.body.find("the rest of the request did not come in time") != std::string::npos);
        CHECK(one->ends());
    }
    for (raw_client* one : {&idle, &used}) {
        std::string rest;
        CHECK(one->ends(&rest));
        CHECK(rest.empty());
    }
    wait_until([&] { return web.connections() == 0; });
}

TEST_CASE("H9: bytes that drip do not buy time") {
    running_server web(hello, {.head_time = tenon::milliseconds{60}});
    raw_client client = web.client();
    client.say("GET / HTTP/1.1\r\nHost: a\r\n");
    const auto before = steady_clock::now();
    while (web.connections() != 0 && client.say("X: y\r\n")) std::this_thread::yield();
    CHECK(steady_clock::now() - before < std::chrono::seconds{10});
}

TEST_CASE("how long an answer takes is not the client's fault") {
    running_server web(
        [&](const std::shared_ptr<exchange>& call) {
            web.later(tenon::milliseconds{800}, [call] { hello(call); });
        },
        hasty);
    raw_client client = web.client();
    client.say("GET / HT");
    CHECK(client.say("TP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(client.hear().body == "hello");
}

TEST_CASE("a client that does not read its answer is left when its time is over") {
    const std::string large(20 << 20, 'x');
    running_server web([&](const std::shared_ptr<exchange>& call) { call->answer(tenon::text(large)); },
                       hasty);
    raw_client client(web.address(), 4'096);
    client.get("/");
    wait_until([&] { return web.connections() == 1; });
    wait_until([&] { return web.connections() == 0; });
}

TEST_CASE("H10: who waits for a client is told that it went, and may answer all the same") {
    std::atomic<int> gone = 0;
    running_server web([&](const std::shared_ptr<exchange>& call) {
        call->on_gone([&] { ++gone; });
        web.kept.push_back(call);
    });
    raw_client first = web.client(), second = web.client();
    first.get("/");
    wait_until([&] { return web.there([&] { return web.kept.size() == 1; }); });
    first.close();
    wait_until([&] { return gone == 1; });
    second.get("/");
    wait_until([&] { return web.there([&] { return web.kept.size() == 2; }); });
    second.stop_sending(); // who knows whether it still listens
    wait_until([&] { return gone == 2; });
    web.there([&] {
        for (const auto& one : web.kept) hello(one);
    });
    CHECK(second.hear().body == "hello");
    CHECK(second.ends());
    wait_until([&] { return web.connections() == 0; });
    // Too late is told too; after the answer there is nothing to tell.
    web.there([&] { web.kept[0]->on_gone([&] { gone = 99; }); });
    raw_client third = web.client();
    third.get("/");
    wait_until([&] { return web.there([&] { return web.kept.size() == 3; }); });
    third.close();
    wait_until([&] { return gone == 3; });
    web.there([&] { web.kept[2]->on_gone([&] { gone += 10; }); });
    wait_until([&] { return gone == 13; });
}

TEST_CASE("requests of a client that stopped sending are all answered") {
    running_server web(hello);
    raw_client client = web.client();
    client.get("/").get("/").get("/");
    client.stop_sending();
    for (int count = 0; count != 3; ++count) CHECK(client.hear().body == "hello");
    CHECK(client.ends());
}

TEST_CASE("destroying the server closes every connection, wherever it is, and nothing is called after that") {
    int called = 0;
    running_server web([&](const std::shared_ptr<exchange>& call) {
        call->on_gone([&] { ++called; });
        if (call->asked().path == "/stream") {
            web.streams.push_back(call->answer_with_events());
            web.streams.back().on_gone([&] { ++called; });
        } else if (call->asked().path == "/end") {
            web.web().reset();
            CHECK_FALSE(web.streams[0].send("too", "late"));
            call->answer(tenon::text("too late"));
            call->on_gone([&] { ++called; });
        } else {
            web.kept.push_back(call);
        }
    });
    raw_client idle = web.client(), half = web.client(), waits = web.client(), listens = web.client(),
               ends = web.client();
    half.say("GET / HT");
    waits.get("/").get("/behind it");
    listens.get("/stream");
    CHECK(listens.hear().status == 200);
    wait_until(
        [&] { return web.there([&] { return web.kept.size() == 1 && web.web()->connections() == 5; }); });
    ends.get("/end").get("/behind it");
    for (raw_client* one : {&idle, &half, &waits, &listens, &ends}) CHECK(one->is_cut_off());
    web.there([&] {
        web.kept[0]->answer(tenon::text("too late"));
        web.streams[0].close();
        web.streams[0].on_gone([&] { ++called; });
    });
    CHECK(web.there([&] { return called; }) == 0);
}

TEST_CASE("what handlers keep may be let go of after the server, and after its io_context") {
    std::shared_ptr<exchange> kept;
    stream listened;
    {
        asio::io_context io;
        server web(io.get_executor(), {}, [&](std::shared_ptr<exchange> call) {
            if (kept) listened = call->answer_with_events();
            else kept = std::move(call);
        });
        REQUIRE(web.listen("localhost:0"));
        raw_client first(web.address()), second(web.address());
        first.get("/");
        while (!kept) io.run_one();
        second.get("/");
        while (!listened.send("x", "y")) io.run_one();
    }
    CHECK_FALSE(listened.send("x", "y"));
    kept->answer(tenon::text("nobody"));
    listened.close();
}

TEST_CASE("where no descriptor is left nobody spins, and clients are served again afterwards") {
    running_server web(hello, {.idle = tenon::milliseconds{10'000}});
    raw_client idle = web.client(); // which gives its descriptor away
    REQUIRE(idle.get("/").hear().status == 200);
    rlimit all{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &all) == 0);
    raw_client waiting[] = {web.client(), web.client(), web.client()}; // accepted before, or never
    wait_until([&] { return web.connections() == 4; });
    const int next = ::fcntl(0, F_DUPFD_CLOEXEC, 3);
    REQUIRE(next >= 0);
    const rlimit none{static_cast<rlim_t>(next) + 1, all.rlim_max}; // one for the client below
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    ::close(next);
    {
        const auto before = std::clock();
        raw_client late = web.client();
        CHECK(late.get("/").hear().body == "hello");
        CHECK(std::clock() - before < CLOCKS_PER_SEC / 2);
    }
    CHECK(::setrlimit(RLIMIT_NOFILE, &all) == 0);
    CHECK(web.client().get("/").hear().body == "hello");
}

TEST_CASE("an address that is none, or is taken, is refused in words") {
    asio::io_context io;
    server web(io.get_executor(), {}, hello), other(io.get_executor(), {}, hello);
    for (const char* none :
         {"", "a", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999", "evil.com:80", ":80"})
        CHECK_FALSE(web.listen(none));
    CHECK(web.address().empty());
    REQUIRE(web.listen("127.0.0.1:0"));
    const auto taken = other.listen(web.address());
    REQUIRE_FALSE(taken);
    CHECK(taken.error().message == "cannot listen on " + web.address() + ": Address already in use");
}
