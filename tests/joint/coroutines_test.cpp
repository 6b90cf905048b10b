// Handlers that are coroutines, in a mounted plugin and in one that is served on a loop; bytes go through a socket pair.

#include "../host/inside.hpp"
#include "../host/run_on_host.hpp"

#include <tenon/asio.hpp>

#ifdef ASIO_HAS_CO_AWAIT

#include <tenon/testing.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace tenon;
using tests::running_host;

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};
struct noted {
    static constexpr auto event = "noted";
    std::string text;
};
struct wait_until { // until open(name)
    static constexpr auto command = "wait";
    std::string name;
};
struct echo {
    static constexpr auto command = "echo";
    std::string text;
};
struct ask {
    static constexpr auto command = "ask";
    std::string method;
    int timeout_ms = 5'000;
};
struct nap {
    static constexpr auto command = "nap";
    std::int64_t ms;
};
struct fail {
    static constexpr auto command = "fail";
    std::string how;
};
struct page {
    static constexpr auto route = "GET /page/{name}";
    std::string name;
};

// What the plugin did, and what it waits for.
struct diary {
    int running = 0, most = 0, alive = 0;
    std::vector<std::string> lines;
};

class sleeper {
public:
    static constexpr tenon::about about{.name = "sleeper", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<message, noted, echo, ask, nap, fail, page>;

    static inline diary* book = nullptr;

    sleeper(tenon::host_link, tenon::executor where) : where_(std::move(where)) { ++book->alive; }
    sleeper(const sleeper&) = delete;
    sleeper& operator=(const sleeper&) = delete;
    ~sleeper() { --book->alive; }

    asio::awaitable<tenon::flow> receive(const message& m) {
        co_await sleep(1);
        co_return m.content == "spam" ? stop("spam") : proceed();
    }
    asio::awaitable<void> receive(const noted& n) {
        co_await sleep(1);
        book->lines.push_back(n.text);
    }
    std::string receive(const echo& e) { return e.text; } // an ordinary one beside them
    asio::awaitable<tenon::result<json>> receive(const ask& a, tenon::context& here) {
        const json nothing;
        co_return co_await here.async_call(a.method, nothing, milliseconds(a.timeout_ms));
    }
    asio::awaitable<int> receive(const nap& n, tenon::context& here) {
        struct counted {
            counted() { book->most = std::max(book->most, ++book->running); }
            ~counted() { --book->running; }
        } const here_for_now;
        co_await sleep(n.ms);
        co_return here.cancelled() ? -1 : static_cast<int>(n.ms);
    }
    asio::awaitable<void> receive(const fail& f) {
        if (f.how == "late") co_await sleep(1);
        throw std::runtime_error("secret detail");
    }
    asio::awaitable<tenon::response> receive(const page& p, tenon::context& here) {
        co_await sleep(1);
        co_return tenon::text(p.name + " of " + here.request()->path);
    }

private:
    asio::awaitable<void> sleep(std::int64_t ms) {
        asio::steady_timer timer(where_, milliseconds(ms));
        co_await timer.async_wait(asio::use_awaitable);
    }

    tenon::executor where_;
};

// The plugin's side of a socket pair, and the host's as a started plugin.
struct served {
    explicit served(running_host& on, plugin_options options = {}) {
        int ends[2];
        REQUIRE(detail::make_socket_pair(ends));
        loop = detail::served_loop::make(on.io.get_executor(),
                                         detail::make_loop_hooks<sleeper>(sleeper::about), ends[0], ends[0]);
        loop->set_plugin(detail::make_plugin<sleeper>(loop->runs(), on.io.get_executor()));
        loop->start([this](bool all) {
            ended = true;
            all_ended = all;
        });
        options.name = "sleeper";
        options.allow_reverse_calls = true;
        options.permissions = {"*"};
        options.attach = true;
        options.restart.enabled = false;
        REQUIRE(on.host.add(options));
        inside(on.host).find("sleeper")->actor->attach(
            [&](detail::link_owner& owner) -> std::shared_ptr<detail::link> {
                return detail::descriptor_link::open(on.io.get_executor(), detail::session_role::host,
                                                     host_limits(), owner, detail::descriptor(ends[1]),
                                                     detail::descriptor());
            });
        REQUIRE(on.wait_for([&] { return on.status("sleeper").state == plugin_state::ready; }));
    }
    std::shared_ptr<detail::served_loop> loop;
    bool ended = false, all_ended = false;
};

// Either way the plugin is the same to its host.
struct either {
    either(running_host& on, bool mounted) {
        if (!mounted) {
            connection.emplace(on);
            return;
        }
        plugin_options options{.name = "sleeper"};
        options.allow_reverse_calls = true;
        options.permissions = {"*"};
        REQUIRE(on.host.mount<sleeper>(options));
    }
    std::optional<served> connection;
};

struct fresh_diary {
    fresh_diary() { sleeper::book = &book; }
    diary book;
};

TEST_CASE("handlers that are coroutines answer like others") {
    for (const bool mounted : {true, false}) {
        CAPTURE(mounted);
        fresh_diary kept;
        running_host run;
        const either plugin(run, mounted);
        CHECK(run.decide(message{"spam"}).stopped_by() == "sleeper");
        CHECK(!run.decide(message{"ham"}).stopped());
        CHECK(run.host.publish(noted{"heard"}) == 1);
        CHECK(run.wait_for([&] { return !kept.book.lines.empty(); }));
        CHECK(run.execute<std::string>("echo", echo{"hi"}).value() == "hi");
        CHECK(run.execute<int>("nap", nap{1}).value() == 1);
        const auto answer = run.until<result<json>>([&](auto done) {
            const json request =
                json::parse(
                    R"({"requestId":"r","method":"GET","path":"/page/7","route":"/page/{name}","params":{"name":"7"}})")
                    .value();
            run.host.call("sleeper", "plugin/handleRequest", request, {}, done);
        });
        REQUIRE(answer);
        CHECK((*answer)["body"].as<std::string>().value() == "7 of /page/7");
    }
}

TEST_CASE("many coroutines are in flight at once, as many as the plugin says and no more") {
    for (const bool mounted : {true, false}) {
        CAPTURE(mounted);
        fresh_diary kept;
        running_host run;
        const either plugin(run, mounted);
        int done = 0;
        for (int number = 0; number < 100; ++number)
            run.host.execute<int>("nap", nap{20}, {},
                                  [&](const result<int>& slept) { done += slept ? 1 : 1000; });
        CHECK(run.wait_for([&] { return done >= 100; }));
        CHECK(done == 100);
        CHECK(kept.book.most == 64);
    }
}

TEST_CASE("a coroutine awaits its calls to the host, and nobody waits with it") {
    for (const bool mounted : {true, false}) {
        CAPTURE(mounted);
        fresh_diary kept;
        running_host run;
        std::vector<service_reply<int>> open;
        REQUIRE(run.host.provide("answer/later", "answer:later", [&](const json&, service_reply<int> answer) {
            open.push_back(std::move(answer));
        }));
        const either plugin(run, mounted);
        std::optional<result<int>> answer;
        run.host.execute<int>("ask", ask{"answer/later"}, {},
                              [&](result<int> value) { answer = std::move(value); });
        CHECK(run.wait_for([&] { return open.size() == 1; }));
        CHECK(run.execute<std::string>("echo", echo{"meanwhile"}).value() == "meanwhile");
        CHECK(!answer);
        open[0].reply(7);
        CHECK(run.wait_for([&] { return answer.has_value(); }));
        CHECK(answer->value() == 7);

        CHECK(run.execute("ask", ask{"not/there"}).error().code == codes::method_not_found);
        CHECK(run.execute("ask", ask{"answer/later", 1}).error().code == codes::timeout);
        CHECK(run.execute("ask", ask{"answer/later", 0}).error().code == codes::timeout);
    }
}

TEST_CASE("a coroutine that throws answers as an ordinary handler does") {
    for (const bool mounted : {true, false}) {
        CAPTURE(mounted);
        fresh_diary kept;
        running_host run;
        const either plugin(run, mounted);
        for (const std::string how : {"late", "at once"}) {
            const auto failed = run.execute("fail", fail{how});
            REQUIRE(!failed);
            CHECK(failed.error().code == codes::internal_error);
            CHECK(failed.error().message == "the handler of 'fail' failed");
        }
        CHECK(run.wait_for([&] { return run.logged("secret detail"); }));
    }
}

TEST_CASE("a request that the host takes back cancels its coroutine") {
    for (const bool mounted : {true, false}) {
        CAPTURE(mounted);
        fresh_diary kept;
        running_host run;
        std::vector<service_reply<int>> open;
        REQUIRE(run.host.provide("answer/later", "answer:later", [&](const json&, service_reply<int> answer) {
            open.push_back(std::move(answer));
        }));
        const either plugin(run, mounted);
        // Its time is over, so the host cancels it; an hour would be the plugin's own.
        const auto late = run.execute<int>("nap", nap{3'600'000}, {.timeout = milliseconds(30)});
        REQUIRE(!late);
        CHECK(late.error().code == codes::timeout);
        CHECK(run.wait_for([&] { return kept.book.most == 1 && kept.book.running == 0; }));
        CHECK(!run.logged("threw"));

        const auto asked = run.execute<int>("ask", ask{"answer/later"}, {.timeout = milliseconds(30)});
        CHECK(asked.error().code == codes::timeout);
        CHECK(run.wait_for([&] { return !open.empty() && open[0].cancelled(); }));
        CHECK(run.execute<std::string>("echo", echo{"alive"}).value() == "alive");
    }
}

TEST_CASE("at the end coroutines are cancelled, and the plugin goes when the last has ended") {
    for (const bool mounted : {true, false}) {
        CAPTURE(mounted);
        fresh_diary kept;
        {
            running_host run;
            either plugin(run, mounted);
            std::optional<result<int>> answer;
            run.host.execute<int>("nap", nap{3'600'000}, {},
                                  [&](result<int> value) { answer = std::move(value); });
            CHECK(run.wait_for([&] { return kept.book.running == 1; }));
            CHECK(run.stop("sleeper"));
            CHECK(run.wait_for([&] { return answer.has_value(); }));
            CHECK(!*answer);
            CHECK(run.wait_for([&] { return kept.book.running == 0; }));
            if (!mounted) {
                CHECK(run.wait_for([&] { return plugin.connection->ended; }));
                CHECK(plugin.connection->all_ended);
            }
            plugin.connection.reset();
            CHECK(run.wait_for([&] { return kept.book.alive == 0; }));
        }
    }
}

TEST_CASE("a coroutine that is still there when nobody runs the loop any more is given up without harm") {
    for (const bool mounted : {true, false}) {
        CAPTURE(mounted);
        fresh_diary kept;
        {
            running_host run;
            either plugin(run, mounted);
            run.host.execute<int>("nap", nap{3'600'000}, {}, [](const result<int>&) {});
            CHECK(run.wait_for([&] { return kept.book.running == 1; }));
            plugin.connection.reset();
        }
        CHECK(kept.book.running == 0);
        CHECK(kept.book.alive == 0);
    }
}

class lambda_like {
public:
    static constexpr tenon::about about{.name = "unit", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<nap, ask>;
    asio::awaitable<int> receive(const nap& n) {
        asio::steady_timer timer(co_await asio::this_coro::executor, milliseconds(n.ms));
        co_await timer.async_wait(asio::use_awaitable);
        co_return static_cast<int>(n.ms);
    }
    asio::awaitable<tenon::result<int>> receive(const ask& a, tenon::context& here) {
        const json nothing;
        co_return co_await here.async_call<int>(a.method, nothing);
    }
};

TEST_CASE("without a loop, as in a unit test, a coroutine is run to its end") {
    tenon::testing::host_of<lambda_like> host;
    host.provide("seven", [] { return 7; });
    CHECK(host.execute<int>("nap", nap{1}).value() == 1);
    CHECK(host.execute<int>("ask", ask{"seven"}).value() == 7);
}

TEST_CASE("a lambda of the host may be a coroutine") {
    running_host run;
    CHECK(run.host.receive([](const message& m) -> asio::awaitable<tenon::flow> {
        asio::steady_timer timer(co_await asio::this_coro::executor, milliseconds(1));
        co_await timer.async_wait(asio::use_awaitable);
        co_return m.content == "spam" ? stop("spam") : proceed();
    }) == "host");
    CHECK(run.decide(message{"spam"}).stopped_by() == "host");
    CHECK(!run.decide(message{"ham"}).stopped());
}

} // namespace

#endif
