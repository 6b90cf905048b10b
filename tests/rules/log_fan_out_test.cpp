#include <tenon/rules/logs/log_fan_out.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace tenon;
using namespace tenon::detail;

namespace {

using texts = fan_out<std::string>;
using text_watcher = watcher<std::string>;

std::vector<std::string> take_all(text_watcher& from) {
    std::vector<std::string> all;
    for (watched<std::string> next; from.next(next);)
        all.push_back((next.lost == 0 ? "" : "(" + std::to_string(next.lost) + " lost) ") + *next.item);
    return all;
}

text_watcher watch(texts& stream, watch_options<std::string> options = {}) {
    auto made = stream.watch(std::move(options));
    REQUIRE(made);
    return *std::move(made);
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("everybody who watches gets everything that comes from then on, stored once") {
    texts stream;
    stream.publish("too early");
    text_watcher one = watch(stream);
    stream.publish("a");
    text_watcher other = watch(stream);
    stream.publish(std::string("b"));
    watched<std::string> last_of_one, last_of_other;
    CHECK(one.queued() == 2);
    REQUIRE(one.next(last_of_one));
    REQUIRE(one.next(last_of_one));
    REQUIRE(other.next(last_of_other));
    CHECK(*last_of_one.item == "b");
    CHECK(last_of_one.item == last_of_other.item);
    CHECK_FALSE(one.next(last_of_one));
}

TEST_CASE("who is slow loses its own oldest items, is told how many, and nobody else loses any") {
    texts stream;
    text_watcher slow = watch(stream, {.max_items = 3}), quick = watch(stream, {.max_items = 3});
    list quick_saw;
    for (int item = 0; item < 10; ++item) {
        stream.publish(std::to_string(item));
        for (const std::string& text : take_all(quick)) quick_saw.push_back(text);
    }
    CHECK(quick_saw.size() == 10);
    CHECK(quick.lost() == 0);
    CHECK(take_all(slow) == list{"(7 lost) 7", "8", "9"});
    for (int item = 10; item < 14; ++item) stream.publish(std::to_string(item));
    CHECK(take_all(slow) == list{"(1 lost) 11", "12", "13"});
    CHECK(slow.lost() == 8);
}

TEST_CASE("a queue is bounded in bytes too, but always holds the newest item") {
    texts stream;
    text_watcher one = watch(stream, {.max_bytes = 10});
    for (const char* text : {"1234", "5678", "90ab"}) stream.publish(text);
    CHECK(one.queued_bytes() == 8);
    stream.publish("a very long text indeed");
    CHECK(one.queued() == 1);
    CHECK(take_all(one) == list{"(3 lost) a very long text indeed"});
    CHECK(one.queued_bytes() == 0);
    text_watcher none = watch(stream, {.max_items = 0});
    stream.publish("x");
    stream.publish("y");
    CHECK(take_all(none) == list{"(1 lost) y"});
}

TEST_CASE("a watcher is woken once, and again only after it took everything") {
    texts stream;
    int woken = 0;
    text_watcher one = watch(stream, {.wake = [&] { ++woken; }});
    stream.publish("a");
    stream.publish("b");
    CHECK(woken == 1);
    watched<std::string> next;
    REQUIRE(one.next(next));
    REQUIRE(one.next(next));
    stream.publish("c"); // it has not been told yet that there was nothing more
    CHECK(woken == 1);
    CHECK(take_all(one) == list{"c"});
    stream.publish("d");
    CHECK(woken == 2);
}

TEST_CASE("a watcher gets what it wants, and nothing is stored that nobody wants") {
    texts stream;
    int asked = 0;
    text_watcher one = watch(stream, {.wants = [&](const std::string& text) {
                                 ++asked;
                                 return text.starts_with("a");
                             }});
    text_watcher other = watch(stream, {.wants = [](const std::string& text) { return text.size() > 1; }});
    for (const char* text : {"a", "b", "ab", "cd"}) stream.publish(std::string(text));
    CHECK(asked == 4);
    CHECK(take_all(one) == list{"a", "ab"});
    CHECK(take_all(other) == list{"ab", "cd"});
}

TEST_CASE("who is woken may take, publish, stop itself and others, and destroy the stream") {
    auto stream = std::make_unique<texts>();
    list seen;
    std::optional<text_watcher> taking, stopping, stopped, destroying, last;
    const auto add = [&](std::optional<text_watcher>& to, std::function<void()> wake) {
        to.emplace(watch(*stream, {.wake = std::move(wake)}));
    };
    add(taking, [&] {
        for (const std::string& text : take_all(*taking)) seen.push_back(text);
        if (seen.size() == 1) stream->publish("from within");
    });
    add(stopping, [&] {
        stopped.reset();
        stopping.reset();
    });
    add(stopped, [&] { seen.push_back("must not be heard"); });
    add(destroying, [&] { stream.reset(); });
    add(last, [&] {
        seen.push_back("last");
        // One that is woken while it is told takes what came meanwhile without another call.
        for (const std::string& text : take_all(*last)) seen.push_back(text);
    });
    stream->publish("first");
    CHECK(stream == nullptr);
    CHECK(seen == list{"first", "from within", "last", "first", "from within"});
    CHECK(last->ended());
    CHECK(taking->ended());
    CHECK_FALSE(destroying->ended()); // it has not taken what came before
    CHECK(take_all(*destroying) == list{"first", "from within"});
    CHECK(destroying->ended());
}

TEST_CASE("an end is told to all, after what came before it") {
    texts stream;
    int woken = 0;
    text_watcher one = watch(stream, {.wake = [&] { ++woken; }});
    stream.publish("a");
    stream.close();
    CHECK(woken == 2);
    CHECK_FALSE(one.ended());
    CHECK(take_all(one) == list{"a"});
    CHECK(one.ended());
    stream.publish("b");
    CHECK(take_all(one).empty());
    CHECK(stream.watch({}).error().code == codes::shutting_down);
}

TEST_CASE("the number of watchers is bounded, and one that stopped makes room") {
    texts stream(2);
    CHECK_FALSE(stream.watched_at_all());
    text_watcher one = watch(stream);
    std::optional<text_watcher> other = watch(stream);
    CHECK(stream.watch({}).error().code == codes::overloaded);
    CHECK(stream.watchers() == 2);
    other.reset();
    CHECK(stream.watchers() == 1);
    text_watcher third = watch(stream);
    one = std::move(third); // watches on as the third, the first is over
    CHECK(stream.watchers() == 1);
    stream.publish("x");
    CHECK(take_all(one) == list{"x"});
    CHECK(third.ended());
}

TEST_CASE("what a function holds is given back when its watcher stops") {
    texts stream;
    const auto held = std::make_shared<int>(1);
    {
        text_watcher one = watch(stream, {.wake = [held] {}});
        CHECK(held.use_count() == 2);
    }
    CHECK(held.use_count() == 1);
    std::optional<text_watcher> itself;
    itself.emplace(watch(stream, {.wake = [held, &itself] { itself.reset(); }}));
    stream.publish("x");
    CHECK_FALSE(itself);
    CHECK(held.use_count() == 1);
}

TEST_CASE("records of a log are held by what they weigh") {
    fan_out<tenon::log_record> logs;
    auto one = logs.watch({.max_bytes = 1'000});
    REQUIRE(one);
    tenon::log_record record{.plugin = "p", .message = std::string(400, 'x')};
    for (int round = 0; round < 5; ++round) logs.publish(record);
    CHECK(one->queued() == 2);
    CHECK(one->lost() == 3);
}
