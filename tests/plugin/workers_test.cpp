// A plugin of several threads: handlers side by side, calls to the host from all of them, and everybody home at the
// end. These are the tests to run under TSan.

#include "thread_host.hpp"

#include <tenon/wire/framing.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace tenon::tests;
namespace codes = tenon::codes;
using tenon::milliseconds;

namespace {

constexpr auto health = R"({"jsonrpc":"2.0","id":"h","method":"plugin/health"})";
const auto healthy = result_of(R"("h")", R"({"status":"healthy"})");
constexpr auto leave = R"({"jsonrpc":"2.0","method":"exit"})";

struct meet {
    static constexpr auto command = "meet";
    int count = 0;
};
struct wait {
    static constexpr auto command = "wait";
};
struct note {
    static constexpr auto event = "note";
    std::string text;
};
struct ask_host {
    static constexpr auto command = "askHost";
    int number = 0;
    int timeout = 0;
};
struct until_cancelled {
    static constexpr auto command = "untilCancelled";
};
struct fail {
    static constexpr auto command = "fail";
};
struct later {
    static constexpr auto command = "later";
    int number = 0;
};

template <int Threads>
class crew {
public:
    static constexpr tenon::about about{.name = "crew", .version = "1.0.0", .calls_host = true};
    static constexpr int threads = Threads;
    using receives = tenon::list<meet, wait, note, ask_host, until_cancelled, fail, later>;

    bool receive(const meet& m) { return together.meet(m.count); }
    bool receive(const wait&) { return gate.wait_open(); }
    void receive(const note& n) {
        const std::lock_guard lock(mutex);
        notes += n.text;
    }
    tenon::result<int> receive(const ask_host& a, tenon::context& here) {
        return here.call<int>("users/find", std::array{a.number}, milliseconds(a.timeout));
    }
    std::string receive(const until_cancelled&, tenon::context& here) {
        gate.meet(1);
        while (!here.cancelled()) std::this_thread::yield();
        return "noticed";
    }
    void receive(const fail&) { throw std::runtime_error("secret"); }
    void receive(const later& l, tenon::responder<later> answer) {
        std::thread([number = l.number, answer = std::move(answer)]() mutable {
            answer.progress(number);
            const auto found = answer.host().call<int>("users/find", std::array{number});
            answer.reply(found);
        }).detach();
    }

    std::string noted() {
        const std::lock_guard lock(mutex);
        return notes;
    }

    meeting together, gate;
    std::mutex mutex;
    std::string notes;
};

std::string number(int value) { return std::to_string(value); }
/// The only parameter of a call of ours.
std::string param_of(std::string_view body) {
    return std::string(tenon::json::parse(body).value()["params"][0].text());
}
std::string ask_for(int id, int timeout = 3'600'000) {
    return execute(number(id), "askHost", "[" + number(id) + "," + number(timeout) + "]");
}

TEST_CASE("as many handlers run side by side as there are threads") {
    thread_host<crew<4>> host;
    for (int id = 1; id <= 4; ++id) host.say(execute(number(id), "meet", "[4]"));
    CHECK(host.next_sorted(4) == texts{result_of("1", "true"), result_of("2", "true"), result_of("3", "true"),
                                       result_of("4", "true")});
}

TEST_CASE("health, cancellation and refusals do not wait for workers that are all busy") {
    thread_host<crew<2>> host;
    host.say(execute("1", "wait"));
    host.say(execute("2", "wait"));
    REQUIRE(host.plugin().gate.wait_for(2));
    CHECK(host.ask(health) == healthy);
    host.say(execute("3", "wait"));
    CHECK(code_of(host.ask(execute("3", "wait"))) == codes::invalid_request); // in flight, though not begun
    CHECK(host.ask(notification("$/cancelRequest", R"({"id":3})")) ==
          error_of("3", codes::cancelled, "cancelled"));
    CHECK(code_of(host.ask(request("4", "plugin/dance"))) == codes::method_not_found);
    CHECK(code_of(host.ask("{")) == codes::parse_error);
    host.plugin().gate.open();
    CHECK(host.next_sorted(2) == texts{result_of("1", "true"), result_of("2", "true")});
}

TEST_CASE("work begins in the order in which it came") {
    thread_host<crew<2>> host;
    host.say(execute("1", "wait")); // the other worker does the rest, one after the other
    REQUIRE(host.plugin().gate.wait_for(1));
    std::string expected;
    for (char letter = 'a'; letter <= 'z'; ++letter) {
        host.say(publish("note", R"({"text":")" + std::string(1, letter) + "\"}"));
        expected += letter;
    }
    host.say(execute("2", "meet", "[1]"));
    CHECK(host.next() == result_of("2", "true"));
    CHECK(host.plugin().noted() == expected);
    host.plugin().gate.open();
    CHECK(host.next() == result_of("1", "true"));
}

TEST_CASE("each worker's call gets its own answer, in whatever order they come") {
    thread_host<crew<4>> host;
    constexpr int count = 40;
    for (int id = 1; id <= count; ++id) host.say(ask_for(id));
    std::vector<bool> answered(count + 1);
    for (int done = 0, waiting = 0; done < count;) {
        // Four calls come before any is answered; then the latest first.
        std::vector<std::string> calls;
        for (; waiting < std::min(4, count - done); ++waiting) calls.push_back(host.next());
        for (; !calls.empty(); calls.pop_back()) {
            CHECK(method_of(calls.back()) == "users/find");
            host.say(result_of(member_of(calls.back(), "id"), param_of(calls.back())));
            const std::string answer = host.next();
            if (method_of(answer) == "users/find") FAIL("a worker that waits took more work");
            CHECK(member_of(answer, "id") == member_of(answer, "result"));
            answered[static_cast<std::size_t>(std::stoi(member_of(answer, "id")))] = true;
            ++done;
            --waiting;
            if (done + waiting < count) {
                calls.insert(calls.begin(), host.next());
                ++waiting;
            }
        }
    }
    CHECK(std::count(answered.begin(), answered.end(), true) == count);
}

TEST_CASE("R10: a worker's call ends when its time is up, and the host is told") {
    thread_host<crew<2>> host;
    host.say(ask_for(1, 60'000));
    CHECK(host.next() == request("1", "users/find", "[1]"));
    host.stream->advance(milliseconds(59'999));
    CHECK(host.ask(health) == healthy); // which also makes the worker look at the clock
    host.stream->advance(milliseconds(1));
    host.say(health);
    const texts said = host.next_sorted(3);
    CHECK(said == texts{healthy, error_of("1", codes::timeout, "no answer in time"),
                        notification("$/cancelRequest", R"({"id":1})")});
    host.say(result_of("1", "7")); // late
    CHECK(host.ask(health) == healthy);
}

TEST_CASE("R10: a worker's call has timed out also when the reader hears first that it was given up") {
    thread_host<crew<2>> host;
    const tenon::host_link link(host.engine());
    host.say(ask_for(1, 60'000));
    CHECK(host.next() == request("1", "users/find", "[1]"));
    host.stream->hold_reader_until_written("$/cancelRequest");
    host.say(health);
    host.stream->advance(milliseconds(60'000));
    link.info("look"); // at the clock, unless the worker has done so by itself
    const texts said = host.next_sorted(4);
    CHECK(said == texts{healthy, error_of("1", codes::timeout, "no answer in time"),
                        notification("$/cancelRequest", R"({"id":1})"),
                        notification("host/log", R"({"level":"info","message":"look"})")});
}

TEST_CASE("R10: progress of the host restarts the time of a worker's call") {
    thread_host<crew<2>> host;
    host.say(ask_for(1, 60'000));
    CHECK(host.next() == request("1", "users/find", "[1]"));
    for (int times = 0; times < 3; ++times) {
        host.stream->advance(milliseconds(50'000));
        host.say(notification("$/progress", R"({"token":1,"value":1})"));
        CHECK(host.ask(health) == healthy);
    }
    host.say(result_of("1", "7"));
    CHECK(host.next() == result_of("1", "7"));
}

TEST_CASE("R10: a running handler on a worker learns that it was cancelled") {
    thread_host<crew<2>> host;
    host.say(execute("1", "untilCancelled"));
    REQUIRE(host.plugin().gate.wait_for(1));
    CHECK(host.ask(health) == healthy);
    host.say(notification("$/cancelRequest", R"({"id":1})"));
    CHECK(host.next() == result_of("1", R"("noticed")"));
}

TEST_CASE("R7: a handler that throws on a worker is answered for, and the worker lives") {
    thread_host<crew<2>> host;
    for (int id = 1; id <= 20; ++id) host.say(execute(number(id), "fail"));
    int logs = 0, errors = 0;
    for (int count = 0; count < 40; ++count) {
        const std::string said = host.next();
        if (method_of(said) == "host/log") ++logs;
        else errors += code_of(said) == codes::internal_error && said.find("secret") == said.npos ? 1 : 0;
    }
    CHECK(logs == 20);
    CHECK(errors == 20);
    host.say(execute("1", "meet", "[2]"));
    host.say(execute("2", "meet", "[2]"));
    CHECK(host.next_sorted(2) == texts{result_of("1", "true"), result_of("2", "true")});
}

TEST_CASE("workers that wait for the host are not stopped by more events than there is room for") {
    thread_host<crew<2>> host;
    host.say(ask_for(1));
    host.say(ask_for(2));
    const std::string first = host.next(), second = host.next();
    const std::string large = publish("note", R"({"text":")" + std::string(1 << 20, 'n') + "\"}");
    for (int count = 0; count < 20; ++count) host.say(large);
    CHECK(host.ask(health) == healthy);
    host.say(result_of(member_of(first, "id"), "1"));
    host.say(result_of(member_of(second, "id"), "2"));
    CHECK(host.next_sorted(2).size() == 2);
    host.say(execute("3", "meet", "[1]"));
    CHECK(host.next() == result_of("3", "true"));
    CHECK(host.plugin().noted().size() <= std::size_t{20} << 20);
}

TEST_CASE("reading pauses while workers have too much to do, and goes on") {
    thread_host<crew<2>> host;
    host.say(execute("1", "wait"));
    host.say(execute("2", "wait"));
    REQUIRE(host.plugin().gate.wait_for(2));
    const std::string large = publish("note", R"({"text":")" + std::string(1 << 20, 'n') + "\"}");
    for (int count = 0; count < 40; ++count) host.say(large);
    host.say(execute("3", "meet", "[1]"));
    host.plugin().gate.open();
    CHECK(host.next_sorted(3).size() == 3);
    // Nothing is lost. Both workers may still be at it: one more meeting of both makes sure.
    host.say(execute("4", "meet", "[3]"));
    host.say(execute("5", "meet", "[3]"));
    CHECK(host.next_sorted(2).size() == 2);
    CHECK(host.plugin().noted().size() == std::size_t{40} << 20);
}

TEST_CASE("threads of the author's own report, call and answer through a responder") {
    thread_host<crew<2>> host;
    constexpr int count = 16;
    for (int id = 1; id <= count; ++id) host.say(execute(number(id), "later", "[" + number(id) + "]"));
    int reports = 0, answers = 0;
    while (answers < count) {
        const std::string said = host.next();
        if (method_of(said) == "$/progress") ++reports;
        else if (method_of(said) == "users/find") host.say(result_of(member_of(said, "id"), param_of(said)));
        else {
            CHECK(member_of(said, "id") == member_of(said, "result"));
            ++answers;
        }
    }
    CHECK(reports == count);
}

TEST_CASE("a thread that has much to say waits for the host to read, and loses nothing") {
    thread_host<crew<2>> host;
    const tenon::host_link link(host.engine());
    host.stream->limit_output(1'000);
    const std::string line(10'000, 'l');
    std::atomic<int> logged = 0;
    std::thread talker([&] {
        for (int count = 0; count < 1'000; ++count, ++logged) link.info(line);
    });
    for (int count = 0; count < 1'000; ++count) {
        if (count == 10) CHECK(logged <= 10 + 110); // what waits is bounded: 1 MiB
        if (count == 10) host.stream->limit_output(std::string::npos);
        // Frames are longer than the room: let them come in pieces.
        if (count < 10) host.stream->limit_output(20'000);
        CHECK(method_of(host.next()) == "host/log");
    }
    talker.join();
}

// --- the end ---

TEST_CASE("shutdown is answered while workers are busy, and their answers still leave") {
    thread_host<crew<2>> host;
    host.say(execute("1", "wait"));
    REQUIRE(host.plugin().gate.wait_for(1));
    CHECK(host.ask(request("2", "plugin/shutdown")) == result_of("2", "null"));
    CHECK(code_of(host.ask(execute("3", "wait"))) == codes::shutting_down);
    host.plugin().gate.open();
    CHECK(host.next() == result_of("1", "true"));
    host.say(leave);
    CHECK(host.join() == 0);
}

TEST_CASE("exit ends calls that wait and handlers that ask whether they are cancelled") {
    thread_host<crew<4>> host;
    host.say(ask_for(1));
    host.say(ask_for(2));
    host.say(execute("3", "untilCancelled"));
    host.next(), host.next();
    REQUIRE(host.plugin().gate.wait_for(1));
    host.say(leave);
    CHECK(host.join() == 0);
}

TEST_CASE("the end of the input ends a plugin whose workers are idle, busy or about to begin") {
    for (int round = 0; round < 50; ++round) {
        thread_host<crew<4>> host;
        for (int id = 1; id <= round % 8; ++id) host.say(ask_for(id));
        if (round % 3 == 0) host.say(publish("note", R"({"text":"n"})"));
        host.stream->end_input();
        CHECK(host.join() == 0);
    }
}

TEST_CASE("the end before the handshake leaves no worker behind") {
    for (int round = 0; round < 20; ++round) {
        thread_host<crew<4>> host("");
        host.stream->end_input();
        CHECK(host.join() == 0);
    }
}

// --- F13 ---

std::string content(std::uint32_t seed, std::size_t size) {
    std::string text(size, ' ');
    for (char& letter : text) {
        seed = seed * 1664525u + 1013904223u;
        letter = static_cast<char>('0' + (seed >> 26) + (seed >> 26) / 44); // no quotes, no backslashes
    }
    return text;
}
std::uint64_t hash(std::string_view text) {
    std::uint64_t value = 1469598103934665603u;
    for (const char byte : text) value = (value ^ static_cast<unsigned char>(byte)) * 1099511628211u;
    return value;
}
/// Mostly up to 1 KiB, sometimes up to 1 MiB.
std::size_t size_of(std::uint32_t seed) {
    seed = seed * 2654435761u;
    return 1 + (seed >> 8) % (seed % 300 == 0 ? std::size_t{1} << 20 : std::size_t{1} << (seed >> 5) % 11);
}

struct blast {
    static constexpr auto command = "blast";
    std::uint32_t seed = 0;
};
struct blasted {
    std::uint32_t seed = 0;
    std::uint64_t hash = 0;
    std::string text;
};

class cannon {
public:
    static constexpr tenon::about about{.name = "cannon", .version = "1.0.0"};
    static constexpr int threads = 16;
    using receives = tenon::list<blast>;
    blasted receive(const blast& b, tenon::context& here) {
        here.log(tenon::log_level::info, "blast", make(b.seed + 1));
        return make(b.seed);
    }
    static blasted make(std::uint32_t seed) {
        std::string text = content(seed, size_of(seed));
        const auto value = hash(text) >> 12; // exact as a JSON number everywhere
        return {seed, value, std::move(text)};
    }
};

TEST_CASE("F13: messages of 16 threads, 1 byte to 1 MiB, never mix") {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    const auto runs = tenon::detail::engine_ref::adopt(
        new tenon::detail::engine(tenon::detail::make_hooks<cannon>(cannon::about),
                                  new tenon::detail::descriptor_stream(ends[1], ends[1])));
    cannon plugin;
    runs->set_plugin(&plugin);
    std::thread thread([&] { runs->run(); });

    const auto begin = std::chrono::steady_clock::now();
    tenon::detail::frame_reader reader;
    const auto next = [&]() -> std::string_view {
        std::string_view body;
        for (;;) {
            const auto step = reader.next(body);
            if (step == tenon::detail::frame_step::body) return body;
            if (step != tenon::detail::frame_step::need_more) return {};
            pollfd entry{ends[0], POLLIN, 0};
            if (::poll(&entry, 1, 30'000) != 1) return {};
            const auto room = reader.input_room();
            const auto got = ::read(ends[0], room.data(), room.size());
            if (got <= 0) return {};
            reader.input_received(static_cast<std::size_t>(got));
        }
    };
    const auto say = [&](const std::string& body) { tenon::detail::write_all(ends[0], framed(body)); };
    say(handshake());
    REQUIRE_FALSE(next().empty());

    constexpr int wanted = 50'000; // requests: as many answers, as many notifications
    int asked = 0, answered = 0, noted = 0;
    std::uint64_t bytes = 0;
    bool good = true, out_of_time = false;
    while (good && (answered < asked || (asked < wanted && !out_of_time))) {
        for (; asked - answered < 200 && asked < wanted && !out_of_time; ++asked)
            say(execute(number(asked + 1), "blast", R"({"seed":)" + number(asked * 2) + "}"));
        const auto body = next();
        good = !body.empty();
        if (!good) break;
        bytes += body.size();
        struct line {
            blasted fields;
        };
        struct message {
            std::optional<std::int64_t> id;
            std::optional<blasted> result;
            std::optional<line> params;
        };
        const auto read = tenon::from_json<message>(body);
        good = read && (read->result || read->params);
        if (!good) break;
        const blasted& said = read->result ? *read->result : read->params->fields;
        good = hash(said.text) >> 12 == said.hash && said.text.size() == size_of(said.seed) &&
               (!read->result || *read->id == static_cast<std::int64_t>(said.seed / 2 + 1));
        ++(read->result ? answered : noted);
        if ((answered & 63) == 0)
            out_of_time = std::chrono::steady_clock::now() - begin > std::chrono::seconds(20);
    }
    CHECK(good);
    CHECK(answered == asked);
    CHECK(noted == asked); // a handler's log line leaves before its answer
    CHECK((asked == wanted || out_of_time));
    MESSAGE((answered + noted) << " messages, " << (bytes >> 20) << " MiB");
    say(leave);
    thread.join();
    ::close(ends[0]);
    ::close(ends[1]);
}

} // namespace
