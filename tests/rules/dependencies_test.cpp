#include <tenon/rules/supervision/dependencies.hpp>

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

using tenon::detail::dependencies;
using names = std::vector<std::string>;

TEST_CASE("S9: who needs another one waits until that is ready") {
    dependencies needs;
    CHECK(needs.set("bot", {"store", "rooms"}));
    CHECK(needs.set("store", {}));
    CHECK(needs.set("rooms", {"store"}));
    CHECK(needs.missing_of("bot") == "store");
    CHECK(needs.missing_of("store").empty());
    CHECK(needs.missing_of("nobody").empty());
    CHECK(needs.explain("bot") == "it needs store, which is not ready");
    CHECK(needs.explain("store").empty());
    CHECK(needs.needed_by("store") == names{"bot", "rooms"});
    CHECK(needs.got_ready("store") == names{"rooms"});
    CHECK(needs.missing_of("bot") == "rooms");
    CHECK(needs.got_ready("store").empty()); // already
    CHECK(needs.got_ready("rooms") == names{"bot"});
    CHECK(needs.missing_of("bot").empty());
    CHECK(needs.was_lost("store") == names{"bot", "rooms"});
    CHECK(needs.was_lost("rooms").empty()); // bot waits already
    CHECK(needs.was_lost("rooms").empty());
    CHECK(needs.explain("bot") == "it needs store, which is not ready");
    CHECK(needs.got_ready("nobody").empty());
    CHECK(needs.was_lost("nobody").empty());
}

TEST_CASE("S9: what is blocked behind what is told to its end") {
    dependencies needs;
    CHECK(needs.set("a", {"b"}));
    CHECK(needs.set("b", {"c"}));
    CHECK(needs.explain("a") == "it needs b, which needs c, which is not there");
    CHECK(needs.set("c", {}));
    CHECK(needs.explain("a") == "it needs b, which needs c, which is not ready");
    CHECK(needs.got_ready("c") == names{"b"});
    CHECK(needs.explain("a") == "it needs b, which is not ready");
    for (int number = 0; number < 100; ++number)
        CHECK(needs.set("x" + std::to_string(number), {"x" + std::to_string(number + 1)}));
    const std::string words = needs.explain("x0");
    CHECK(words.ends_with("which needs x16, and so on"));
}

TEST_CASE("S9: a circle is refused with the circle in the words, and changes nothing") {
    dependencies needs;
    CHECK(needs.set("a", {"b"}));
    CHECK(needs.set("b", {"x", "c"}));
    const auto closed = needs.set("c", {"y", "a"});
    REQUIRE_FALSE(closed);
    CHECK(closed.error().code == tenon::codes::invalid_params);
    CHECK(closed.error().message ==
          "plugins that need each other could never start: c needs a, a needs b, b needs c");
    CHECK(needs.order() == names{"b", "a"}); // c is not there
    CHECK(needs.needed_by("y").empty());
    CHECK(needs.set("c", {}));
    REQUIRE_FALSE(needs.set("c", {"b"})); // neither later
    CHECK(needs.missing_of("c").empty());
    const auto itself = needs.set("d", {"e", "d"});
    REQUIRE_FALSE(itself);
    CHECK(itself.error().message == "plugin 'd' needs itself and could never start");
    CHECK(needs.needed_by("e").empty());
}

TEST_CASE("S9: a long circle is told by its beginning and its end") {
    dependencies needs;
    for (int number = 0; number < 10'000; ++number)
        REQUIRE(needs.set("p" + std::to_string(number), {"p" + std::to_string(number + 1)}));
    const auto closed = needs.set("p10000", {"p0"});
    REQUIRE_FALSE(closed);
    const std::string& words = closed.error().message;
    CHECK(words.find("p10000 needs p0, p0 needs p1, ") != std::string::npos);
    CHECK(words.ends_with("p14 needs p15, ..., p9999 needs p10000"));
    CHECK(words.size() < 500);
    CHECK(needs.order().size() == 10'000);
    CHECK(needs.order().front() == "p9999");
}

TEST_CASE("other needs replace the old ones, also to turn them around") {
    dependencies needs;
    CHECK(needs.set("a", {"b", "b"}));
    CHECK(needs.set("b", {}));
    CHECK(needs.needed_by("b") == names{"a"}); // said twice, needed once
    CHECK(needs.order() == names{"b", "a"});
    CHECK(needs.got_ready("b") == names{"a"});
    CHECK(needs.set("a", {}));
    CHECK(needs.set("b", {"a"}));
    CHECK(needs.order() == names{"a", "b"});
    CHECK(needs.missing_of("b") == "a");
    CHECK(needs.got_ready("a") == names{"b"});
    CHECK(needs.set("c", {"a"})); // ready already
    CHECK(needs.missing_of("c").empty());
    CHECK(needs.set("d", {}));
    CHECK(needs.set("c", {"a", "d"}));
    CHECK(needs.got_ready("d") == names{"c"}); // the other one was ready before
}

TEST_CASE("a plugin that is removed is missed by those who need it, and may come back") {
    dependencies needs;
    CHECK(needs.set("a", {"b", "z"}));
    CHECK(needs.set("b", {"z"}));
    CHECK(needs.set("z", {}));
    needs.got_ready("z");
    needs.got_ready("b");
    CHECK(needs.remove("b") == names{"a"});
    CHECK(needs.explain("a") == "it needs b, which is not there");
    CHECK(needs.needed_by("z") == names{"a"});
    CHECK(needs.order() == names{"z", "a"});
    CHECK(needs.got_ready("b").empty()); // there is no such plugin
    CHECK(needs.remove("b").empty());
    CHECK(needs.set("b", {}));
    CHECK(needs.got_ready("b") == names{"a"});
    CHECK(needs.remove("a").empty());
    CHECK(needs.needed_by("b").empty());
    CHECK(needs.remove("b").empty());
    CHECK(needs.remove("z").empty());
    CHECK(needs.order().empty());
}

TEST_CASE("plugins without needs keep the order in which they were said") {
    dependencies needs;
    for (const char* name : {"m", "z", "a", "k"}) CHECK(needs.set(name, {}));
    CHECK(needs.set("z", {"k"}));
    CHECK(needs.order() == names{"m", "k", "z", "a"});
}

TEST_CASE("S9: after anything at random, the order holds, and exactly who waits for nothing is free") {
    for (unsigned seed = 0; seed < 50; ++seed) {
        std::mt19937 random(seed);
        dependencies needs;
        std::map<std::string, std::set<std::string>> model;
        std::set<std::string> ready;
        const auto any = [&] { return std::string(1, static_cast<char>('a' + random() % 12)); };
        // Whether `to` can be reached from `from` in the model.
        const auto reaches = [&](const std::string& from, const std::string& to) {
            std::set<std::string> known{from};
            names open{from};
            while (!open.empty()) {
                const std::string one = open.back();
                open.pop_back();
                if (one == to) return true;
                for (const std::string& need : model[one])
                    if (known.insert(need).second) open.push_back(need);
            }
            return false;
        };
        std::set<std::string> known;
        for (int step = 0; step < 300; ++step) {
            const std::string name = any();
            switch (random() % 5) {
            case 0:
            case 1: {
                names wanted;
                for (unsigned left = random() % 4; left > 0; --left) wanted.push_back(any());
                bool closes = false;
                for (const std::string& need : wanted) closes = closes || reaches(need, name);
                CHECK(needs.set(name, wanted).has_value() == !closes);
                if (!closes) model[name] = {wanted.begin(), wanted.end()}, known.insert(name);
                break;
            }
            case 2:
                needs.remove(name);
                model[name].clear();
                known.erase(name);
                ready.erase(name);
                break;
            case 3: {
                const auto free = needs.got_ready(name);
                if (known.count(name) == 1) ready.insert(name);
                for (const std::string& one : free) CHECK(model[one].count(name) == 1);
                break;
            }
            case 4:
                needs.was_lost(name);
                ready.erase(name);
                break;
            }
            for (const std::string& one : known) {
                bool waits = false;
                for (const std::string& need : model[one]) waits = waits || ready.count(need) == 0;
                REQUIRE(needs.missing_of(one).empty() == !waits);
                REQUIRE(needs.explain(one).empty() == !waits);
            }
            const names order = needs.order();
            REQUIRE(std::set<std::string>(order.begin(), order.end()) == known);
            REQUIRE(order.size() == known.size());
            std::set<std::string> before;
            for (const std::string& one : order) {
                for (const std::string& need : model[one])
                    if (known.count(need) == 1) REQUIRE(before.count(need) == 1);
                before.insert(one);
            }
        }
    }
}
