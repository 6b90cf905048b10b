// Answers that come later: kept, moved, dropped, given twice, too late, from other threads.

#include "raw_host.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace tenon::tests;
namespace codes = tenon::codes;

namespace {

struct build {
    static constexpr auto command = "build";
    std::string project;
};
struct judged {
    static constexpr auto event = "judged";
    std::string text;
};
struct page {
    static constexpr auto route = "GET /page";
};
struct look {
    static constexpr auto command = "look";
};

class builder {
public:
    static constexpr tenon::about about{.name = "builder", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<build, judged, page, look>;

    void receive(const build& b, tenon::responder<build> answer) {
        if (b.project == "drop") return;
        builds.push_back(std::move(answer));
        if (b.project == "throw") throw std::runtime_error("x");
        if (b.project == "drop and throw") {
            builds.clear();
            throw std::runtime_error("x");
        }
    }
    void receive(const judged&, tenon::responder<judged> answer) { judgements.push_back(std::move(answer)); }
    void receive(const page&, tenon::responder<page> answer) { pages.push_back(std::move(answer)); }
    std::string receive(const look&) { return "looked"; }

    std::vector<tenon::responder<build>> builds;
    std::vector<tenon::responder<judged>> judgements;
    std::vector<tenon::responder<page>> pages;
};

const auto route = request("3", "plugin/handleRequest", R"({"method":"GET","path":"/page","route":"/page"})");

TEST_CASE("a request may be answered long after its handler returned, and others meanwhile") {
    raw_host<builder> host;
    auto& plugin = host.plugin();
    CHECK(host.say(execute("1", "build", R"({"project":"a"})"), execute("2", "build", R"({"project":"b"})"),
                   execute("3", "look")) == texts{result_of("3", R"("looked")")});
    REQUIRE(plugin.builds.size() == 2);
    plugin.builds[1].reply(std::vector<int>{2});
    plugin.builds[0].progress("half");
    plugin.builds[0].fail({42, "no such project"});
    CHECK(host.work() ==
          texts{result_of("2", "[2]"),
                R"({"jsonrpc":"2.0","method":"$/progress","params":{"token":1,"value":"half"}})",
                error_of("1", 42, "no such project")});
}

TEST_CASE("a later answer is written for the kind of its message") {
    raw_host<builder> host;
    auto& plugin = host.plugin();
    const std::string ask = decide("1", "judged", R"({"text":"a"})");
    CHECK(host.say(ask).empty());
    plugin.judgements.back().reply(tenon::stop("no"));
    CHECK(host.work() == texts{result_of("1", R"({"flow":"stop","reason":"no"})")});
    host.say(ask);
    plugin.judgements.back().reply(tenon::rewrite<judged>(judged{"b"}));
    CHECK(host.work() == texts{result_of("1", R"({"flow":"continue","payload":{"text":"b"}})")});
    host.say(ask);
    plugin.judgements.back().reply(tenon::result<tenon::flow>(tenon::fault{7, "cannot"}));
    CHECK(host.work() == texts{error_of("1", 7, "cannot")});
    host.say(ask);
    plugin.judgements.back().reply(tenon::result<void>());
    CHECK(host.work() == texts{result_of("1", R"({"flow":"continue"})")});

    host.say(route);
    plugin.pages.back().reply(tenon::response{.status = 404});
    CHECK(host.work() == texts{result_of("3", R"({"status":404})")});
    host.say(route);
    plugin.pages.back().reply(7);
    CHECK(
        host.work() ==
        texts{result_of("3", R"({"status":200,"headers":{"content-type":"application/json"},"body":"7"})")});
    host.say(execute("4", "build", R"({"project":"a"})"));
    plugin.builds.back().reply(nullptr);
    CHECK(host.work() == texts{result_of("4", "null")});
    host.say(execute("5", "build", R"({"project":"a"})"));
    plugin.builds.back().reply(tenon::result<std::string>(std::string("fine")));
    CHECK(host.work() == texts{result_of("5", R"("fine")")});
}

TEST_CASE("a responder that is dropped answers with an error") {
    raw_host<builder> host;
    const auto dropped = [](const char* id) {
        return error_of(id, codes::internal_error, "the plugin dropped the request without an answer");
    };
    CHECK(host.say(execute("1", "build", R"({"project":"drop"})")) == texts{dropped("1")});
    CHECK(host.say(execute("2", "build", R"({"project":"a"})")).empty());
    host.plugin().builds.clear();
    CHECK(host.work() == texts{dropped("2")});
}

TEST_CASE("answering twice is harmless: the first answer counts") {
    raw_host<builder> host;
    host.say(execute("1", "build", R"({"project":"a"})"));
    tenon::responder<build> answer = std::move(host.plugin().builds.back());
    host.plugin().builds.clear();
    answer.reply(1);
    answer.reply(2);
    answer.fail({3, "three"});
    answer.progress(4);
    CHECK_FALSE(answer.cancelled());
    CHECK(host.work() == texts{result_of("1", "1")});
    // The place of that request is used again: what is left of the old responder must not touch it.
    host.say(execute("1", "build", R"({"project":"a"})"));
    answer.reply(5);
    CHECK(host.work().empty());
    host.plugin().builds.back().reply(6);
    CHECK(host.work() == texts{result_of("1", "6")});
}

TEST_CASE("a responder that was moved from is empty, one that is assigned over answers first") {
    raw_host<builder> host;
    host.say(execute("1", "build", R"({"project":"a"})"), execute("2", "build", R"({"project":"b"})"));
    auto& builds = host.plugin().builds;
    tenon::responder<build> mine = std::move(builds[0]);
    builds[0].reply("nothing");
    CHECK(host.work().empty());
    mine = std::move(builds[1]);
    builds.clear();
    CHECK(host.work().size() == 1); // the first one, dropped
    mine.reply("second");
    CHECK(host.work() == texts{result_of("2", R"("second")")});
}

TEST_CASE("R7: a handler that throws with a responder in its hands answers once") {
    raw_host<builder> host;
    auto said = host.say(execute("1", "build", R"({"project":"throw"})"));
    REQUIRE(said.size() == 2);
    CHECK(code_of(said[1]) == codes::internal_error);
    host.plugin().builds.back().reply(1); // too late
    CHECK(host.work().empty());
    said = host.say(execute("2", "build", R"({"project":"drop and throw"})"));
    REQUIRE(said.size() == 2);
    CHECK(code_of(said[0]) == codes::internal_error);
    CHECK(method_of(said[1]) == "host/log");
}

TEST_CASE("an event that nobody waits for gets no answer, and its responder is harmless") {
    raw_host<builder> host;
    CHECK(host.say(publish("judged", R"({"text":"a"})")).empty());
    auto& answer = host.plugin().judgements.back();
    answer.progress(1);
    CHECK_FALSE(answer.cancelled());
    answer.reply(tenon::proceed());
    host.plugin().judgements.clear();
    CHECK(host.work().empty());
}

TEST_CASE("R10: a responder learns that its request was cancelled, and answers all the same") {
    raw_host<builder> host;
    host.say(execute("1", "build", R"({"project":"a"})"));
    auto& answer = host.plugin().builds.back();
    CHECK_FALSE(answer.cancelled());
    CHECK(host.say(notification("$/cancelRequest", R"({"id":1})")).empty());
    CHECK(answer.cancelled());
    answer.fail({codes::cancelled, "stopped building"});
    CHECK(host.work() == texts{error_of("1", codes::cancelled, "stopped building")});
    CHECK_FALSE(answer.cancelled());
}

TEST_CASE("a responder logs and calls through its link to the host") {
    raw_host<builder> host;
    host.say(execute("1", "build", R"({"project":"a"})"));
    host.react = [&](const std::string& body) {
        if (method_of(body) == "users/find") host.put(result_of(member_of(body, "id"), "9"));
    };
    auto& answer = host.plugin().builds.back();
    answer.host().info("half way");
    const auto found = answer.host().call<int>("users/find", nullptr);
    answer.reply(found.value());
    CHECK(host.work() ==
          texts{R"({"jsonrpc":"2.0","method":"host/log","params":{"level":"info","message":"half way"}})",
                request("1", "users/find"), result_of("1", "9")});
}

TEST_CASE("a responder that is kept beyond the end of the connection, or of everything, is harmless") {
    std::vector<tenon::responder<build>> kept;
    {
        raw_host<builder> host;
        host.say(execute("1", "build", R"({"project":"a"})"), execute("2", "build", R"({"project":"b"})"));
        kept = std::move(host.plugin().builds);
        CHECK(host.say(notification("exit")).empty());
        CHECK(host.over());
        kept[0].reply(1);
        CHECK(kept[1].cancelled()); // nobody wants it any more
        CHECK(host.work().empty());
    }
    REQUIRE(kept.size() == 2);
    kept[1].progress(1);
    kept[1].host().info("nobody hears this");
    CHECK_FALSE(kept[1].host().call("users/find", nullptr));
    kept[1].fail({1, "nobody hears this either"});
}

TEST_CASE("a plugin may die with requests unanswered") {
    raw_host<builder> host;
    host.say(execute("1", "build", R"({"project":"a"})"));
    host.destroy_plugin();
    CHECK(host.work() ==
          texts{error_of("1", codes::internal_error, "the plugin dropped the request without an answer")});
}

TEST_CASE("what was asked for before the shutdown may be answered until exit") {
    raw_host<builder> host;
    host.say(execute("1", "build", R"({"project":"a"})"));
    CHECK(host.ask(request("2", "plugin/shutdown")) == result_of("2", "null"));
    host.plugin().builds.back().reply(1);
    CHECK(host.work() == texts{result_of("1", "1")});
}

TEST_CASE("answers come from any thread") {
    raw_host<builder> host;
    constexpr int count = 64;
    for (int id = 1; id <= count; ++id) host.say(execute(std::to_string(id), "build", R"({"project":"a"})"));
    auto builds = std::move(host.plugin().builds);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&builds, thread] {
            for (int index = thread; index < count; index += 4)
                builds[static_cast<std::size_t>(index)].reply(std::string(1 << (index % 14), 'x'));
        });
    for (auto& thread : threads) thread.join();
    auto said = host.work();
    REQUIRE(said.size() == count);
    std::vector<int> ids;
    for (const auto& body : said) ids.push_back(std::stoi(member_of(body, "id")));
    std::sort(ids.begin(), ids.end());
    for (int id = 1; id <= count; ++id) CHECK(ids[static_cast<std::size_t>(id - 1)] == id);
}

} // namespace
