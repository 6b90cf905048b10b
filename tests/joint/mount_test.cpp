// Plugins that run within the program of their host: no process anywhere.

#include "../host/run_on_host.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
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
struct echo {
    static constexpr auto command = "echo";
    std::string text;
};
struct fail {
    static constexpr auto command = "fail";
    std::string how;
};
struct later {
    static constexpr auto command = "later";
    using result = std::string;
};
struct ask {
    static constexpr auto command = "ask";
    std::string method;
};
struct run_command {
    static constexpr auto command = "run";
    std::string which;
};
struct count {
    static constexpr auto command = "count";
};
struct page {
    static constexpr auto route = "GET /page/{name}";
    std::string name;
};

struct settings {
    std::string forbidden = "spam";
    static constexpr bool allow_missing = true;
};

// What happened outside of the plugin object, which is made anew.
struct diary {
    std::vector<std::string> lines;
    int alive = 0;
    int ticks = 0;
    std::vector<responder<later>> waiting;
    std::optional<host_link> link;
    std::string all() const {
        std::string text;
        for (const auto& line : lines) text += (text.empty() ? "" : " ") + line;
        return text;
    }
};

class worker {
public:
    static constexpr tenon::about about{.name = "worker", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<message, noted, echo, fail, later, ask, run_command, count, page>;

    explicit worker(diary& kept) : diary_(&kept) { ++diary_->alive; }
    worker(const worker& other) : diary_(other.diary_), settings_(other.settings_) { ++diary_->alive; }
    worker& operator=(const worker&) = delete;
    ~worker() { --diary_->alive; }

    tenon::flow receive(const message& m, tenon::context& here) {
        ++seen_;
        if (m.content == "emit") {
            const noted heard{"heard"};
            const auto emitted = here.emit(heard);
            return emitted ? proceed() : stop(emitted.error().message);
        }
        return m.content.find(settings_.forbidden) == std::string::npos ? proceed()
                                                                        : stop(settings_.forbidden);
    }
    void receive(const noted& n) { diary_->lines.push_back(n.text); }
    std::string receive(const echo& e) { return e.text; }
    void receive(const fail& f) {
        if (f.how == "throw") throw std::runtime_error("secret detail");
        throw 7;
    }
    void receive(const later&, tenon::responder<later> answer) {
        diary_->waiting.push_back(std::move(answer));
    }
    tenon::result<tenon::json> receive(const ask& a, tenon::context& here) {
        return here.call(a.method, settings_);
    }
    tenon::result<tenon::json> receive(const run_command& r, tenon::context& here) {
        return here.execute(r.which, echo{"inner"});
    }
    int receive(const count&) { return ++seen_; }
    tenon::response receive(const page& p) { return tenon::text("page " + p.name); }

    tenon::result<void> configure(const settings& wanted) {
        if (wanted.forbidden == "bad") return tenon::fault{7, "no such word"};
        settings_ = wanted;
        return {};
    }
    tenon::health health() {
        return {.status = health_status::warning, .message = "seen " + std::to_string(seen_)};
    }
    milliseconds tick(const tenon::host_link& host) {
        diary_->link = host;
        return ++diary_->ticks < 3 ? milliseconds(1) : milliseconds(60'000);
    }

private:
    diary* diary_;
    settings settings_;
    int seen_ = 0;
};

plugin_options trusted(plugin_options options = {}) {
    options.allow_reverse_calls = true;
    options.permissions = {"*"};
    return options;
}

TEST_CASE("a mounted plugin is ready when mount() returns, and answers like any other") {
    diary kept;
    running_host run;
    const auto mounted = run.host.mount(worker(kept));
    REQUIRE_MESSAGE(mounted, mounted.error().message);
    CHECK(run.states("worker") == "starting handshaking ready");
    CHECK(!run.status("worker").pid);

    CHECK(!run.decide(message{"hello"}).stopped());
    const auto bad = run.decide(message{"buy spam"});
    CHECK(bad.stopped());
    CHECK(bad.stopped_by() == "worker");
    CHECK(bad.reason() == "spam");
    CHECK(run.execute<std::string>("echo", echo{"hi"}).value() == "hi");

    CHECK(run.host.publish(noted{"first"}) == 1);
    CHECK(run.host.publish(noted{"second"}) == 1);
    CHECK(kept.lines.empty()); // never within a verb of the host
    CHECK(run.wait_for([&] { return kept.lines.size() == 2; }));
    CHECK(kept.all() == "first second");
}

TEST_CASE("a mounted plugin stops, starts and restarts with a fresh instance, and is removed") {
    diary kept;
    running_host run;
    REQUIRE(run.host.mount(worker(kept)));
    CHECK(kept.alive == 2); // the one that is copied, and the copy
    CHECK(run.execute<int>("count", count{}).value() == 1);
    CHECK(run.execute<int>("count", count{}).value() == 2);

    CHECK(run.stop("worker"));
    CHECK(run.states("worker") == "starting handshaking ready stopping stopped");
    CHECK(kept.alive == 1);
    CHECK(run.execute<int>("count", count{}).error().code == codes::method_not_found);

    REQUIRE(run.until<result<void>>([&](auto done) { run.host.start("worker", done); }));
    CHECK(run.execute<int>("count", count{}).value() == 1);
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.restart("worker", done); }));
    CHECK(kept.alive == 2);
    CHECK(run.execute<int>("count", count{}).value() == 1);
    CHECK(run.status("worker").generation == 3);

    REQUIRE(run.until<result<void>>([&](auto done) { run.host.remove("worker", done); }));
    CHECK(kept.alive == 0);
    CHECK(run.host.mount(worker(kept)));
}

TEST_CASE("an exception in a mounted handler is an answer, and the details stay in the log") {
    diary kept;
    running_host run;
    REQUIRE(run.host.mount(worker(kept)));
    for (const std::string how : {"throw", "throw 7"}) {
        const auto failed = run.execute("fail", fail{how});
        REQUIRE(!failed);
        CHECK(failed.error().code == codes::internal_error);
        CHECK(failed.error().message.find("secret") == std::string::npos);
    }
    CHECK(run.logged("secret detail"));
    CHECK(run.execute<std::string>("echo", echo{"alive"}).value() == "alive");
}

TEST_CASE("a mounted plugin calls what the host answers at once, with its own identity and permissions") {
    diary kept;
    running_host run;
    CHECK(run.host.provide("tell/name", "tell:name",
                           [](const json&, const caller& who) { return who.plugin; }));
    REQUIRE(run.host.mount(worker(kept), trusted({.name = "asker"})));
    CHECK(run.execute<std::string>("ask", ask{"tell/name"}).value() == "asker");
    CHECK(run.execute("ask", ask{"not/there"}).error().code == codes::method_not_found);

    CHECK(!run.decide(message{"emit"}).stopped());
    CHECK(run.wait_for([&] { return !kept.lines.empty(); }));
    CHECK(kept.all() == "heard");

    plugin_options poor{.name = "poor"};
    poor.allow_reverse_calls = true;
    REQUIRE(run.host.mount(worker(kept), poor));
    const auto denied = run.until<result<json>>([&](auto done) {
        run.host.call("poor", "plugin/execute",
                      json::parse(R"({"command":"ask","args":{"method":"tell/name"}})").value(), {}, done);
    });
    REQUIRE(!denied);
    CHECK(denied.error().code == codes::permission_denied);
}

TEST_CASE("a mounted plugin that would have to wait for the host is told at once that it cannot") {
    diary kept;
    running_host run;
    std::vector<service_reply<int>> open;
    CHECK(run.host.provide("answer/later", "answer:later", [&](const json&, service_reply<int> answer) {
        open.push_back(std::move(answer));
    }));
    REQUIRE(run.host.mount(worker(kept), trusted()));
    const auto started = std::chrono::steady_clock::now();
    const auto refused = run.execute("ask", ask{"answer/later"});
    REQUIRE(!refused);
    CHECK(refused.error().code == codes::reentrant_call);
    CHECK(refused.error().message.find("cannot wait") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(5)); // a call's time is 5 s
    REQUIRE(open.size() == 1);
    open[0].reply(7); // too late, and harmless

    // Its own command, and one of a neighbour, cannot come before it has ended either.
    const auto own = run.execute("run", run_command{"echo"});
    REQUIRE(!own);
    CHECK(own.error().code == codes::reentrant_call);
    CHECK(run.execute<std::string>("echo", echo{"alive"}).value() == "alive");
}

TEST_CASE("answers of a mounted plugin may come later, also from a thread of its own") {
    diary kept;
    running_host run;
    REQUIRE(run.host.mount(worker(kept)));
    std::optional<result<std::string>> first, second;
    run.host.execute<std::string>("later", later{}, {},
                                  [&](result<std::string> text) { first = std::move(text); });
    CHECK(run.wait_for([&] { return kept.waiting.size() == 1; }));
    CHECK(!first);
    kept.waiting[0].reply(std::string("at last"));
    CHECK(!first);
    CHECK(run.wait_for([&] { return first.has_value(); }));
    CHECK(first->value() == "at last");

    run.host.execute<std::string>("later", later{}, {},
                                  [&](result<std::string> text) { second = std::move(text); });
    CHECK(run.wait_for([&] { return kept.waiting.size() == 2; }));
    std::thread elsewhere(
        [answer = std::move(kept.waiting[1])]() mutable { answer.reply(std::string("elsewhere")); });
    CHECK(run.wait_for([&] { return second.has_value(); }));
    elsewhere.join();
    CHECK(second->value() == "elsewhere");
}

TEST_CASE("a call from a thread of a mounted plugin's own waits there, and is answered by the loop") {
    diary kept;
    running_host run;
    CHECK(run.host.provide("tell/name", "", [](const json&, const caller& who) { return who.plugin; }));
    REQUIRE(run.host.mount(worker(kept), trusted()));
    CHECK(run.wait_for([&] { return kept.link.has_value(); }));
    std::atomic<bool> done = false;
    result<std::string> name = std::string();
    std::thread elsewhere([&] {
        name = kept.link->call<std::string>("tell/name", settings{});
        done = true;
    });
    CHECK(run.wait_for([&] { return done.load(); }));
    elsewhere.join();
    CHECK(name.value() == "worker");
    // On the host's own thread, outside of a handler, it is answered there and then.
    CHECK(kept.link->call<std::string>("tell/name", settings{}).value() == "worker");
}

TEST_CASE("a mounted plugin is configured, refuses a configuration in words, ticks and says how it is") {
    diary kept;
    running_host run;
    plugin_options options = trusted({.health_interval = milliseconds(1)});
    options.config = json::of(settings{"eggs"});
    REQUIRE(run.host.mount(worker(kept), options));
    CHECK(run.decide(message{"eggs"}).stopped());
    CHECK(run.until<result<void>>([&](auto done) { run.host.configure("worker", settings{"ham"}, done); }));
    CHECK(run.decide(message{"ham"}).stopped());
    const auto refused =
        run.until<result<void>>([&](auto done) { run.host.configure("worker", settings{"bad"}, done); });
    REQUIRE(!refused);
    CHECK(refused.error().message == "no such word");
    CHECK(run.wait_for([&] { return kept.ticks >= 3; }));
    CHECK(run.wait_for([&] { return run.status("worker").health_message.find("seen") == 0; }));

    plugin_options bad{.name = "second"};
    bad.config = json::of(settings{"bad"});
    const auto not_mounted = run.host.mount(worker(kept), bad);
    REQUIRE(!not_mounted);
    CHECK(not_mounted.error().message.find("no such word") != std::string::npos);
    CHECK(run.status("second").state == plugin_state::failed);
}

TEST_CASE("mount() says what is wrong with its options") {
    diary kept;
    running_host run;
    REQUIRE(run.host.mount(worker(kept)));
    CHECK(run.host.mount(worker(kept)).error().message.find("already") != std::string::npos);
    CHECK(run.host.mount(worker(kept), {.name = "no spaces"}).error().code == codes::invalid_params);
}

TEST_CASE("a mounted plugin that needs another starts when that is ready") {
    diary kept;
    running_host run;
    plugin_options options{.name = "second"};
    options.needs = {"first"};
    CHECK(run.host.mount(worker(kept), options));
    CHECK(run.states("second") == "blocked");
    CHECK(run.host.mount(worker(kept), {.name = "first"}));
    CHECK(run.wait_for([&] { return run.status("second").state == plugin_state::ready; }));
}

// Knows its host from the start, and cannot be copied.
class linked {
public:
    static constexpr tenon::about about{.name = "linked", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<count>;
    explicit linked(tenon::host_link host) : host_(std::move(host)) {}
    linked(const linked&) = delete;
    linked& operator=(const linked&) = delete;
    int receive(const count&) {
        host_.info("counting");
        return ++count_;
    }

private:
    tenon::host_link host_;
    int count_ = 0;
};

// Can be neither made nor copied by anybody else.
class heirloom {
public:
    static constexpr tenon::about about{.name = "heirloom", .version = "1.0.0"};
    using receives = tenon::list<count>;
    explicit heirloom(int first) : count_(std::make_unique<int>(first)) {}
    int receive(const count&) { return ++*count_; }

private:
    std::unique_ptr<int> count_;
};

class broken {
public:
    static constexpr tenon::about about{.name = "broken", .version = "1.0.0"};
    using receives = tenon::list<count>;
    broken() { throw std::runtime_error("no database"); }
    int receive(const count&) { return 1; }
};

TEST_CASE("a plugin is mounted by its type, made from a link to the host") {
    running_host run;
    REQUIRE(run.host.mount<linked>());
    CHECK(run.execute<int>("count", count{}).value() == 1);
    CHECK(run.logged("counting"));
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.restart("linked", done); }));
    CHECK(run.execute<int>("count", count{}).value() == 1);
}

TEST_CASE("an object that nobody can make again is kept for all starts") {
    running_host run;
    REQUIRE(run.host.mount(heirloom(10)));
    CHECK(run.execute<int>("count", count{}).value() == 11);
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.restart("heirloom", done); }));
    CHECK(run.execute<int>("count", count{}).value() == 12);
}

TEST_CASE("a constructor that throws is a failed start, in words") {
    running_host run;
    const auto mounted = run.host.mount<broken>({.restart = {.enabled = false}});
    REQUIRE(!mounted);
    CHECK(run.status("broken").state == plugin_state::failed);
    CHECK(run.logged("no database"));
}

TEST_CASE("a mounted plugin may have itself stopped and removed within its own handler") {
    for (const bool remove : {false, true}) {
        diary kept;
        running_host run;
        bool gone = false;
        CHECK(run.host.provide("end/me", "", [&](const json&, const caller& who) {
            if (remove) run.host.remove(who.plugin, [&](result<void>) { gone = true; });
            else run.host.stop(who.plugin, [&](result<void>) { gone = true; });
        }));
        REQUIRE(run.host.mount(worker(kept), trusted()));
        const auto answer = run.execute("ask", ask{"end/me"});
        CHECK(run.wait_for([&] { return gone; }));
        CHECK(kept.alive == (remove ? 0 : 1));
    }
}

TEST_CASE("the host may die while a handler of a mounted plugin runs") {
    diary kept;
    asio::io_context io;
    auto host = std::make_unique<tenon::host>(io);
    REQUIRE(host->provide("end/all", "", [&](const json&) { host.reset(); }));
    REQUIRE(host->mount(worker(kept), trusted()));
    std::optional<result<json>> answer;
    host->execute("ask", ask{"end/all"}, {}, [&](result<json> text) { answer = std::move(text); });
    io.run_for(std::chrono::seconds(1));
    CHECK(!host);
    REQUIRE(answer);
    CHECK(kept.alive == 0);
}

TEST_CASE("a mounted plugin is destroyed with its host, also where nobody runs the loop any more") {
    diary kept;
    {
        asio::io_context io;
        tenon::host host(io);
        REQUIRE(host.mount(worker(kept), trusted()));
        CHECK(host.publish(noted{"unheard"}) == 1);
    }
    CHECK(kept.alive == 0);
}

TEST_CASE("many large events reach a mounted plugin in order, and others get their turns") {
    diary kept;
    int turns = 0;
    std::function<void()> other; // still on its way when the host ends
    running_host run;
    REQUIRE(run.host.mount(worker(kept)));
    const std::string padding(64 << 10, 'x');
    other = [&] {
        ++turns;
        if (kept.lines.size() < 100) asio::post(run.io, other);
    };
    other();
    for (int number = 0; number < 100; ++number)
        run.host.publish(noted{std::to_string(number) + " " + padding});
    CHECK(run.wait_for([&] { return kept.lines.size() == 100; }));
    for (std::size_t number = 0; number < 100; ++number)
        CHECK(kept.lines[number].substr(0, kept.lines[number].find(' ')) == std::to_string(number));
    CHECK(turns > 10);
}

} // namespace
