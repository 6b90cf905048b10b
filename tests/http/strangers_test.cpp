// Strangers who take whatever they get, and what is left for those who hold the token and for probes.

#include "raw_client.hpp"

#include <tenon/http/router.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace tenon::http;

namespace {

struct served {
    explicit served(const limits& bounds)
        : web([this](auto call) { paths->answer(std::move(call)); }, bounds,
              [this](const request& head) { return paths->admit(head); }) {
        web.there([&] {
            paths.emplace(guard("Tok-1", web.web()->address(), {"a"}));
            const auto keep = [this](const call& asked) { web.kept.push_back(asked.exchange); };
            const auto hear = [this](const call& asked) {
                web.streams.push_back(asked.exchange->answer_with_events());
            };
            const auto hello = [](const call& asked) { asked.answer(tenon::text("hello")); };
            paths->add({"GET", "/slow", access::open}, keep);
            paths->add({"GET", "/other", access::open}, hello);
            paths->add({.method = "POST", .pattern = "/small", .needs = access::open, .body = 1'000}, hello);
            paths->add({"POST", "/large", access::open}, hello);
            paths->add({"GET", "/chat", access::open}, hear);
            paths->add({"GET", "/healthz", access::probe}, hello);
            paths->add({"GET", "/logs", access::admin}, hear);
            paths->add({"GET", "/plugins", access::admin}, hello);
            paths->add_below("/plugins/", keep);
        });
    }
    ~served() {
        web.stop();
        web.there([this] { paths.reset(); });
    }

    raw_client ask(const std::string& target, bool admin = false) {
        raw_client one = web.client();
        one.say("GET " + target + " HTTP/1.1\r\nHost: a\r\n" +
                (admin ? "Authorization: Bearer Tok-1\r\n" : "") + "\r\n");
        return one;
    }
    template <class Condition>
    void wait_until(Condition holds) {
        while (!web.there(holds)) std::this_thread::yield();
    }

    std::optional<router> paths;
    running_server web;
};

} // namespace

TEST_CASE("600 slow requests to an open route turned the administrator's paths and the probe into 503") {
    served all({.connections = 64, .streams = 32, .reserved = 16, .per_address = 1'000});
    std::vector<raw_client> slow;
    for (int count = 0; count != 600; ++count)
        slow.push_back(all.ask("/plugins/one" + std::to_string(count) + "/x"));
    all.wait_until([&] { return all.web.kept.size() == 48; }); // 64 but 16
    for (int count = 0; count != 20; ++count) {
        CHECK(all.ask("/healthz").hear().status == 200);
        CHECK(all.ask("/plugins", true).hear().body == "hello");
    }
    raw_client stranger = all.ask("/other");
    const auto refused = stranger.hear();
    CHECK(refused.status == 503);
    CHECK(refused.head.find("Retry-After: 1") != refused.head.npos);
    // Whoever is answered makes room.
    all.web.there([&] {
        for (const auto& one : all.web.kept) one->answer(tenon::text("late"));
        all.web.kept.clear();
    });
    while (all.ask("/other").hear().status != 200) std::this_thread::yield();
}

TEST_CASE("one slow route took the places of all others") {
    served all({});
    std::vector<raw_client> slow;
    for (int count = 0; count != 200; ++count) slow.push_back(all.ask("/slow"));
    for (int count = 0; count != 40; ++count)
        slow.push_back(all.ask("/plugins/slow/x" + std::to_string(count)));
    all.wait_until([&] { return all.web.kept.size() == 128 + 40; });
    CHECK(all.ask("/slow").hear().status == 503);
    CHECK(all.ask("/other").hear().status == 200);
    for (int count = 0; count != 88; ++count) slow.push_back(all.ask("/plugins/slow/x"));
    all.wait_until([&] { return all.web.kept.size() == 256; });
    CHECK(all.ask("/plugins/slow/x").hear().status == 429); // 256 of this address
}

TEST_CASE("one address took the places of all others") {
    served all({.per_address = 10});
    std::vector<raw_client> slow;
    for (int count = 0; count != 10; ++count) slow.push_back(all.ask("/slow"));
    all.wait_until([&] { return all.web.kept.size() == 10; });
    CHECK(all.ask("/other").hear().status == 429);
    CHECK(all.ask("/healthz").hear().status == 200);
    CHECK(all.ask("/plugins", true).hear().status == 200);
    slow.clear(); // who goes is not answered, and does not count
    all.wait_until([&] {
        all.web.kept.clear();
        return true;
    });
    all.wait_until([&] { return all.web.web()->connections() == 0; });
    CHECK(all.ask("/other").hear().status == 200);
}

TEST_CASE("256 streams of strangers blocked the administrator's logs") {
    served all({.connections = 64, .streams = 16, .reserved = 4});
    std::vector<raw_client> listening;
    for (int count = 0; count != 12; ++count) {
        listening.push_back(all.ask("/chat"));
        REQUIRE(listening.back().hear().status == 200);
    }
    CHECK(all.ask("/chat").hear().status == 503);
    for (int count = 0; count != 4; ++count) {
        listening.push_back(all.ask("/logs", true));
        CHECK(listening.back().hear().status == 200);
    }
    CHECK(all.ask("/logs", true).hear().status == 503);
    listening.front().close();
    all.wait_until([&] { return all.web.web()->connections() == 15; });
    raw_client next = all.ask("/chat");
    CHECK(next.hear().status == 200);
}

TEST_CASE("10 MiB were stored for a route that takes 16 KiB") {
    served all({});
    const std::string post = "POST /small HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    raw_client declares = all.web.client();
    declares.say(post + "Content-Length: 1001\r\n\r\n"); // not one byte of it is needed
    CHECK(declares.hear().status == 413);
    raw_client chunked = all.web.client();
    chunked.say(post + "Transfer-Encoding: chunked\r\n\r\n3E8\r\n" + std::string(1'000, 'x') + "\r\n1\r\n");
    CHECK(chunked.hear().status == 413);
    raw_client fits = all.web.client();
    fits.say(post + "Content-Length: 1000\r\n\r\n" + std::string(1'000, 'x'));
    CHECK(fits.hear().status == 200);
    // The next request on a connection has the bound of its own path.
    fits.say(
        "POST /large HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2000\r\n\r\n" +
        std::string(2'000, 'x'));
    CHECK(fits.hear().status == 200);
}

TEST_CASE("bodies that do not end were kept, however much they came to together") {
    served all({.held = 1'000'000});
    const std::string post =
        "POST /large HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n";
    std::vector<raw_client> slow;
    for (int count = 0; count != 3; ++count) {
        slow.push_back(all.web.client());
        slow.back().say(post + std::string(600'000, 'x'));
    }
    int refused = 0;
    for (raw_client& one : slow)
        if (one.say(std::string(300'000, 'x'))) refused += one.hear().status == 503;
        else ++refused;
    CHECK(refused >= 1);
    CHECK(refused < 3);
    raw_client next = all.web.client();
    next.say(post + std::string(900'000, 'x'));
    CHECK(next.hear().status == 200);
}

TEST_CASE("answers that clients do not read were kept for 30 s each: 322 MiB with 30 clients") {
    const std::string large(4 << 20, 'x');
    running_server web([&](const std::shared_ptr<exchange>& call) { call->answer(tenon::text(large)); },
                       {.held = std::size_t{20} << 20});
    std::vector<raw_client> silent;
    for (int count = 0; count != 30; ++count) {
        silent.emplace_back(web.address(), 4'096);
        silent.back().get("/");
    }
    while (web.connections() > 5) std::this_thread::yield(); // 5 of 4 MiB have room
    // Who reads is not among them.
    raw_client reads = web.client();
    CHECK(reads.get("/").hear().body.size() == large.size());
    CHECK(silent.front().is_cut_off());
}
