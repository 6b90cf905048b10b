#include <tenon/rules/events/interests.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace tenon;
using namespace tenon::detail;

namespace {

using texts = std::vector<std::string>;

handshake_answer declaring(texts capabilities, std::optional<std::vector<event_interest>> events = {}) {
    handshake_answer answer;
    answer.name = "x";
    answer.version = "1";
    answer.capabilities = std::move(capabilities);
    answer.events = std::move(events);
    return answer;
}

event_interest wants(std::string type, std::optional<event_mode> mode = {}, std::optional<int> priority = {},
                     std::optional<failure_policy> on_failure = {}) {
    return {std::move(type), mode, priority, on_failure};
}

/// "b a", the names in their order.
std::string names(interest_table& table, std::string_view type) {
    std::string all;
    for (const interest& one : table.of(type)) {
        if (!all.empty()) all += ' ';
        all += one.name;
    }
    return all;
}

exclusion why(const interest_table& table, std::string_view type) {
    return table.explain(type).at(0).why_not;
}

} // namespace

TEST_CASE("E7: what decides is the capability, then the list, then exclude, then include") {
    struct row {
        std::string_view about;
        std::optional<texts> capabilities;
        std::optional<std::vector<event_interest>> events;
        event_filter filter;
        std::string_view type;
        exclusion why_not;
    };
    using list = std::vector<event_interest>;
    const row rows[] = {
        {"a capability alone is its whole family",
         texts{"message"},
         {},
         {},
         "message.incoming",
         exclusion::none},
        {"and nothing else", texts{"message"}, {}, {}, "room.joined", exclusion::capability},
        {"a family is a word, not a prefix", texts{"message"}, {}, {}, "messages.x", exclusion::capability},
        {"a type without dots is its own family", texts{"tick"}, {}, {}, "tick", exclusion::none},
        {"a star is every family", texts{"*"}, {}, {}, "room.joined", exclusion::none},
        {"no capabilities are none", {}, {}, {}, "message.incoming", exclusion::capability},
        {"also beside a list",
         {},
         list{wants("message.incoming")},
         {},
         "message.incoming",
         exclusion::capability},
        {"a list does not widen the capabilities",
         texts{"message"},
         list{wants("*")},
         {},
         "room.joined",
         exclusion::capability},
        {"a list narrows them",
         texts{"message"},
         list{wants("message.incoming")},
         {},
         "message.outgoing",
         exclusion::subscription},
        {"an empty list wants nothing",
         texts{"message"},
         list{},
         {},
         "message.incoming",
         exclusion::subscription},
        {"a star in the list", texts{"message"}, list{wants("*")}, {}, "message.outgoing", exclusion::none},
        {"exclude", texts{"message"}, {}, {{}, {"message.*"}}, "message.incoming", exclusion::excluded},
        {"include", texts{"message"}, {}, {{"room.*"}, {}}, "message.incoming", exclusion::not_included},
        {"exclude wins over include",
         texts{"message"},
         {},
         {{"message.incoming"}, {"*"}},
         "message.incoming",
         exclusion::excluded},
        {"include does not make up for a capability",
         {},
         {},
         {{"message.*"}, {}},
         "message.incoming",
         exclusion::capability},
        {"the capability is named before the list",
         {},
         list{},
         {{}, {"*"}},
         "message.incoming",
         exclusion::capability},
        {"the list before exclude",
         texts{"message"},
         list{},
         {{}, {"*"}},
         "message.incoming",
         exclusion::subscription},
        {"a type that nobody knows", texts{"message"}, {}, {}, "never.heard.of", exclusion::capability},
    };
    for (const row& one : rows) {
        CAPTURE(one.about);
        interest_table table;
        table.set_plugin(7, "p", one.filter, 0);
        handshake_answer answer = declaring({}, one.events);
        answer.capabilities = one.capabilities;
        CHECK(table.declare(7, answer) == 0);
        CHECK(why(table, one.type) == one.why_not);
        CHECK(table.of(one.type).size() == (one.why_not == exclusion::none ? 1u : 0u));
    }
}

TEST_CASE("E1: the order is priority, then mutate, validate, observe, then the id") {
    interest_table table;
    const auto add = [&](plugin_index index, std::string id, event_mode mode, int configured, int declared) {
        table.set_plugin(index, std::move(id), {}, configured);
        table.declare(index, declaring({"m"}, {{wants("m.x", mode, declared)}}));
    };
    add(1, "d", event_mode::validate, 0, 0);
    add(2, "c", event_mode::observe, 0, 0);
    add(3, "b", event_mode::mutate, 0, 0);
    add(4, "a", event_mode::validate, 0, 0);
    add(5, "z", event_mode::mutate, 5, 5);
    add(6, "y", event_mode::mutate, -1, 0);
    add(7, "aa", event_mode::mutate, 0, 0);
    CHECK(names(table, "m.x") == "z aa b a d c y");
    CHECK(table.of("m.x")[0].priority == 10);
    // Whoever comes and goes does not change it.
    table.withdraw(3);
    CHECK(names(table, "m.x") == "z aa a d c y");
    table.declare(3, declaring({"m"}, {{wants("m.x", event_mode::mutate)}}));
    CHECK(names(table, "m.x") == "z aa b a d c y");
}

TEST_CASE("two plugins with one id keep the order in which they were made known") {
    interest_table table;
    table.set_plugin(9, "same", {}, 0, "second");
    table.set_plugin(4, "same", {}, 0, "first");
    table.declare(9, declaring({"m"}));
    table.declare(4, declaring({"m"}));
    CHECK(names(table, "m.x") == "first second");
}

TEST_CASE("priorities that do not fit are the largest that do") {
    interest_table table;
    table.set_plugin(1, "a", {}, std::numeric_limits<int>::max());
    table.set_plugin(2, "b", {}, std::numeric_limits<int>::min());
    table.declare(1, declaring({"m"}, {{wants("m.x", {}, std::numeric_limits<int>::max())}}));
    table.declare(2, declaring({"m"}, {{wants("m.x", {}, std::numeric_limits<int>::min())}}));
    CHECK(table.of("m.x")[0].priority == std::numeric_limits<int>::max());
    CHECK(table.of("m.x")[1].priority == std::numeric_limits<int>::min());
}

TEST_CASE("E7: the most particular entry says how, and of equals the first") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    table.declare(1, declaring({"m"}, {{wants("*", event_mode::observe, 1),
                                        wants("m.x", event_mode::validate, 3, failure_policy::stop),
                                        wants("m.*", event_mode::mutate, 2), wants("m.x", {}, 9)}}));
    CHECK(table.of("m.x")[0].mode == event_mode::validate);
    CHECK(table.of("m.x")[0].mode_given);
    CHECK(table.of("m.x")[0].priority == 3);
    CHECK(table.of("m.x")[0].on_failure == failure_policy::stop);
    CHECK(table.of("m.y")[0].mode == event_mode::mutate);
    CHECK(table.of("m.y")[0].priority == 2);
    CHECK(table.of("m")[0].mode == event_mode::observe);
    CHECK(table.of("m.x").size() == 1); // once, however many entries match
}

TEST_CASE("who does not say a mode mutates when it is asked") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    table.set_plugin(2, "b", {}, 0);
    table.declare(1, declaring({"m"}));
    table.declare(2, declaring({"m"}, {{wants("m.*")}}));
    for (const interest& one : table.of("m.x")) {
        CHECK(one.mode == event_mode::mutate);
        CHECK_FALSE(one.mode_given);
        CHECK(one.on_failure == failure_policy::proceed);
    }
}

TEST_CASE("E7: a capability that is gone after a reload is gone at once") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    table.declare(1, declaring({"message", "room"}));
    CHECK(names(table, "room.joined") == "a");
    table.declare(1, declaring({"message"}));
    CHECK(names(table, "room.joined").empty());
    CHECK(names(table, "message.incoming") == "a");
    table.withdraw(1);
    CHECK(names(table, "message.incoming").empty());
    CHECK(why(table, "message.incoming") == exclusion::state);
}

TEST_CASE("E7: a changed filter or priority holds at once, and what was declared stays") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    table.set_plugin(2, "b", {}, 0);
    table.declare(1, declaring({"m"}));
    table.declare(2, declaring({"m"}));
    CHECK(names(table, "m.x") == "a b");
    table.set_plugin(2, "b", {}, 1);
    CHECK(names(table, "m.x") == "b a");
    table.set_plugin(1, "a", {{}, {"m.x"}}, 0);
    CHECK(names(table, "m.x") == "b");
    table.set_plugin(1, "a", {}, 0);
    CHECK(names(table, "m.x") == "b a");
}

TEST_CASE("a removed plugin leaves nothing behind") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    table.declare(1, declaring({"m"}));
    CHECK(names(table, "m.x") == "a");
    table.remove(1);
    CHECK(names(table, "m.x").empty());
    CHECK(table.explain("m.x").empty());
    CHECK(table.declare(1, declaring({"m"})) == 0);
    table.withdraw(1);
    CHECK_FALSE(table.unsubscribe(1, "m.x"));
    CHECK(table.wanted_by(1).listed.empty());
    CHECK(table.subscribe(1, {"m.x", {}, {}}).error().code == codes::unavailable);
}

TEST_CASE("a plugin subscribes and unsubscribes while it runs") {
    interest_table table;
    table.set_plugin(1, "a", {}, 10);
    CHECK_FALSE(table.subscribe(1, {"m.x", {}, {}}));
    table.declare(1, declaring({"m", "r"}, {{wants("m.y")}}));
    CHECK(names(table, "m.x").empty());
    REQUIRE(table.subscribe(1, {"m.x", event_mode::observe, 3}));
    REQUIRE(table.of("m.x").size() == 1);
    CHECK(table.of("m.x")[0].mode == event_mode::observe);
    CHECK(table.of("m.x")[0].priority == 13);
    // Once more is another wish, not a second copy.
    REQUIRE(table.subscribe(1, {"m.x", event_mode::validate, {}}));
    REQUIRE(table.of("m.x").size() == 1);
    CHECK(table.of("m.x")[0].mode == event_mode::validate);
    CHECK(table.wanted_by(1).listed.at(0).type == "m.y");
    CHECK(table.wanted_by(1).subscribed.at(0).type == "m.x");
    CHECK(table.wanted_by(1).subscribed.at(0).mode == event_mode::validate);
    CHECK(table.unsubscribe(1, "m.x"));
    CHECK_FALSE(table.unsubscribe(1, "m.x"));
    CHECK(names(table, "m.x").empty());
    // What it listed it can give up as well.
    CHECK(table.unsubscribe(1, "m.y"));
    CHECK(names(table, "m.y").empty());
}

TEST_CASE("a subscription wins over the same entry of the handshake, not over a more particular one") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    table.declare(1, declaring({"m"}, {{wants("m.*", {}, 1), wants("m.x", {}, 2)}}));
    REQUIRE(table.subscribe(1, {"m.*", {}, 5}));
    CHECK(table.of("m.y")[0].priority == 5);
    CHECK(table.of("m.x")[0].priority == 2);
}

TEST_CASE("whole families stay whole beside a subscription") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    table.declare(1, declaring({"m"}));
    REQUIRE(table.subscribe(1, {"m.x", {}, 4}));
    CHECK(table.of("m.x")[0].priority == 4);
    CHECK(table.of("m.y")[0].priority == 0);
}

TEST_CASE("a new connection knows nothing of the old one's subscriptions") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    table.declare(1, declaring({"m"}, std::vector<event_interest>{}));
    REQUIRE(table.subscribe(1, {"m.x", {}, {}}));
    table.declare(1, declaring({"m"}, std::vector<event_interest>{}));
    CHECK(names(table, "m.x").empty());
}

TEST_CASE("E7: a subscription that could bring nothing is refused with the reason") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    table.declare(1, declaring({"m"}, std::vector<event_interest>{}));
    for (const std::string& bad : texts{"", "a b", "m.*.x", "mess*", std::string(200, 'm')}) {
        CAPTURE(bad);
        const auto refused = table.subscribe(1, {bad, {}, {}});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == codes::invalid_params);
        CHECK(refused.error().message.find("params.type") == 0);
    }
    const auto refused = table.subscribe(1, {"room.joined", {}, {}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "params.type: \"room\" is not among the capabilities of the handshake");
    REQUIRE(table.subscribe(1, {"*", {}, {}})); // of what it is capable of
    CHECK(names(table, "m.x") == "a");
    CHECK(names(table, "room.joined").empty());
}

TEST_CASE("a plugin that subscribes for ever is refused, and hears what it has") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    table.declare(1, declaring({"m"}, std::vector<event_interest>{}));
    for (std::size_t number = 0; number < max_subscriptions; ++number)
        REQUIRE(table.subscribe(1, {"m." + std::to_string(number), {}, {}}));
    CHECK(table.subscribe(1, {"m.more", {}, {}}).error().code == codes::limit_exceeded);
    REQUIRE(table.subscribe(1, {"m.0", {}, 7})); // a known one can change
    CHECK(table.of("m.0")[0].priority == 7);
    CHECK(names(table, "m.more").empty());
    CHECK(table.unsubscribe(1, "m.0"));
    CHECK(table.subscribe(1, {"m.more", {}, {}}));
}

TEST_CASE("a handshake without end is taken over as far as is reasonable, and the rest is counted") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    std::vector<event_interest> events(5'000, wants("m.x"));
    texts capabilities(5'000, "m");
    capabilities[0] = std::string(100'000, 'c');
    events[0].type = "m *";
    CHECK(table.declare(1, declaring(std::move(capabilities), std::move(events))) ==
          2 * (5'000 - max_declared_events));
    CHECK(names(table, "m.x") == "a");
}

TEST_CASE("what is no type is nobody's, and is not remembered") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    table.declare(1, declaring({"*"}));
    CHECK(names(table, "*").empty());
    CHECK(names(table, "").empty());
    CHECK(names(table, std::string(100'000, 'a')).empty());
    CHECK_FALSE(table.explain("a b").at(0).receives());
    CHECK(table.explain("a b").at(0).words == "no event can be of this type");
}

TEST_CASE("more types than are remembered are answered as well") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0);
    table.declare(1, declaring({"m"}));
    for (int round = 0; round < 2; ++round)
        for (int number = 0; number < 2'000; ++number) {
            const std::string type = (number % 2 == 0 ? "m." : "r.") + std::to_string(number);
            REQUIRE(table.of(type).size() == (number % 2 == 0 ? 1u : 0u));
        }
}

TEST_CASE("explain says for every plugin whether it gets an event, in words") {
    interest_table table;
    table.set_plugin(1, "e", {}, 0, "listing");
    table.set_plugin(2, "d", {}, 2, "whole");
    table.set_plugin(3, "c", {{}, {"message.*"}}, 0, "excluded");
    table.set_plugin(4, "b", {{"room.*"}, {}}, 0, "others");
    table.set_plugin(5, "a", {}, 0, "silent");
    table.set_plugin(6, "f", {}, 0, "elsewhere");
    table.set_plugin(7, "g", {}, 0, "later");
    table.set_plugin(8, "h", {}, 0, "picky");
    for (const plugin_index index : {2u, 3u, 4u}) table.declare(index, declaring({"message"}));
    table.declare(
        1, declaring({"message"}, {{wants("message.*", event_mode::validate, 1, failure_policy::stop)}}));
    table.declare(6, declaring({"room"}));
    table.declare(7, declaring({"message"}, std::vector<event_interest>{}));
    REQUIRE(table.subscribe(7, {"message.incoming", {}, {}}));
    table.declare(8, declaring({"message"}, {{wants("message.outgoing")}}));
    CHECK(to_json(table.explain("message.incoming")) ==
          R"([{"plugin":"silent","receives":false,"whyNot":"notDeclared",)"
          R"("words":"has not said what it wants: no handshake yet"},)"
          R"({"plugin":"others","receives":false,"whyNot":"notIncluded",)"
          R"("words":"nothing that the configuration includes matches"},)"
          R"({"plugin":"excluded","receives":false,"whyNot":"excluded",)"
          R"("words":"the configuration excludes \"message.*\""},)"
          R"({"plugin":"whole","receives":true,"words":"gets all of the family \"message\"",)"
          R"("priority":2,"onFailure":"continue"},)"
          R"({"plugin":"listing","receives":true,"words":"lists \"message.*\"",)"
          R"("mode":"validate","priority":1,"onFailure":"stop"},)"
          R"({"plugin":"elsewhere","receives":false,"whyNot":"capability",)"
          R"("words":"its handshake does not name the capability \"message\""},)"
          R"({"plugin":"later","receives":true,"words":"subscribed to \"message.incoming\"",)"
          R"("priority":0,"onFailure":"continue"},)"
          R"({"plugin":"picky","receives":false,"whyNot":"subscription",)"
          R"("words":"none of the events that it lists or subscribed to matches"}])");
}

TEST_CASE("explain and of never disagree") {
    interest_table table;
    const texts patterns{"m.x", "m.*", "*", "r.x", "r.*", "m"};
    unsigned seed = 1;
    const auto pick = [&](unsigned bound) {
        return (seed = seed * 1'664'525u + 1'013'904'223u) / 65'536u % bound;
    };
    for (plugin_index index = 0; index < 200; ++index) {
        event_filter filter;
        if (pick(3) == 0) filter.include.push_back(patterns[pick(6)]);
        if (pick(3) == 0) filter.exclude.push_back(patterns[pick(6)]);
        table.set_plugin(index, std::to_string(pick(1'000)), std::move(filter), static_cast<int>(pick(5)));
        if (pick(5) == 0) continue;
        texts capabilities;
        if (pick(3) != 0) capabilities.push_back("m");
        if (pick(3) == 0) capabilities.push_back("*");
        std::optional<std::vector<event_interest>> events;
        if (pick(3) != 0) {
            events.emplace();
            for (unsigned count = pick(4); count != 0; --count) events->push_back(wants(patterns[pick(6)]));
        }
        table.declare(index, declaring(std::move(capabilities), std::move(events)));
        if (pick(4) == 0) (void)table.subscribe(index, {patterns[pick(6)], {}, {}});
    }
    for (const std::string_view type : {"m", "m.x", "m.y", "r.x", "r", "t"}) {
        std::size_t explained = 0;
        for (const explanation& one : table.explain(type)) explained += one.receives() ? 1u : 0u;
        CHECK(table.of(type).size() == explained);
    }
}

TEST_CASE(
    "who is away is told nothing, and is among those that should be asked, as it declared itself last") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0, {}, {.absent = absence::hold, .absent_of = {{"m.y", absence::stop}}});
    table.set_plugin(2, "b", {}, 0);
    table.set_plugin(3, "c", {}, 0);
    table.declare(1, declaring({"m"}, {{wants("m.*", event_mode::validate, 3, failure_policy::stop)}}));
    table.declare(2, declaring({"m"}));
    table.declare(3, declaring({"m"}, {{wants("m.*", event_mode::observe)}}));
    CHECK(table.asked("m.x").data() == table.of("m.x").data()); // nobody is away: nothing is kept twice
    table.withdraw(1);
    table.withdraw(3);
    CHECK(names(table, "m.x") == "b");
    REQUIRE(table.asked("m.x").size() == 2); // who observes owes nothing
    const interest away = table.asked("m.x")[0];
    CHECK(away.name == "a");
    CHECK(away.away);
    CHECK(away.mode == event_mode::validate);
    CHECK(away.priority == 3);
    CHECK(away.on_failure == failure_policy::stop);
    CHECK(away.absent == absence::hold);
    CHECK(table.asked("m.y")[0].absent == absence::stop);
    CHECK_FALSE(table.asked("m.x")[1].away);
    CHECK(table.asked("n.x").empty());
    CHECK_FALSE(table.subscribe(1, {"m.x", {}, {}})); // its connection is gone
    CHECK(table.wanted_by(1).listed.empty());
    table.set_expected(1, false); // stopped on purpose, and its absence holds
    table.set_expected(2, false);
    table.withdraw(2); // the same, and it passes without it
    REQUIRE(table.asked("m.x").size() == 1);
    CHECK(table.asked("m.x")[0].name == "a");
    table.set_expected(1, true);
    table.declare(2, declaring({"m"}));
    table.declare(1, declaring({"m"}, {{wants("m.z")}}));
    CHECK(table.asked("m.x").size() == 1);
    CHECK(names(table, "m.z") == "a b");
}

TEST_CASE("before its first handshake a plugin owes what the configuration requires it for, then what it "
          "declares of that") {
    interest_table table;
    table.set_plugin(1, "a", {{}, {"m.excluded"}}, 7, {}, {.required = {"m.*"}});
    table.set_expected(1, false); // also if it was never started, or stopped on purpose
    REQUIRE(table.asked("m.x").size() == 1);
    CHECK(table.asked("m.x")[0].required);
    CHECK(table.asked("m.x")[0].away);
    CHECK(table.asked("m.x")[0].priority == 7);
    CHECK(table.of("m.x").empty());
    CHECK(table.hold("m.x") == nullptr);
    CHECK(table.asked("n.x").empty());
    CHECK(table.asked("m.excluded").empty());
    CHECK(why(table, "m.x") == exclusion::not_declared);
    table.declare(
        1, declaring({"m", "n"}, {{wants("m.x"), wants("m.seen", event_mode::observe), wants("n.*")}}));
    CHECK(table.asked("m.x")[0].required);
    CHECK(table.asked("m.y").empty()); // it says itself that it has nothing to say of these
    CHECK_FALSE(table.asked("m.seen")[0].required);
    CHECK_FALSE(table.asked("n.x")[0].required);
    table.withdraw(1);
    CHECK(table.asked("m.x")[0].required);
    CHECK(table.asked("m.seen").empty());
    CHECK(table.asked("n.x").empty()); // stopped on purpose, and not required
    const explanation said = table.explain("m.x").at(0);
    CHECK(said.missed);
    CHECK(said.required);
    CHECK(to_json(said).find(R"("whyNot":"state","words":"is not there","absent":"pass","required":true})") !=
          std::string::npos);
}

TEST_CASE("what must not pass without a plugin was seen nowhere while the plugin was there") {
    interest_table table;
    table.set_plugin(1, "a", {}, 0, {}, {.required = {"m.x"}, .absent_of = {{"m.*", absence::hold}}});
    table.declare(1, declaring({"m"}, {{wants("m.x"), wants("m.y"), wants("m.seen", event_mode::observe)}}));
    CHECK(table.explain("m.x").at(0).words == "lists \"m.x\"; required; held while it is not there");
    CHECK(to_json(table.explain("m.x").at(0)).ends_with(R"("absent":"hold","required":true})"));
    CHECK(table.explain("m.y").at(0).words == "lists \"m.y\"; held while it is not there");
    CHECK(table.explain("m.seen").at(0).words ==
          "lists \"m.seen\"; the configuration lets none pass without it, and it does not decide about them");
    CHECK(to_json(table.explain("m.seen").at(0)).find("absent") == std::string::npos);
    CHECK(table.explain("n.x").at(0).words == "its handshake does not name the capability \"n\"");
}

TEST_CASE("nothing said that a plugin is required for events about which it does not decide") {
    interest_table table;
    const auto told = [&](event_filter filter, interest_terms terms, const handshake_answer& answer) {
        table.set_plugin(1, "a", std::move(filter), 0, {}, std::move(terms));
        CHECK(table.undecided(1).empty()); // it is not there: that is another matter
        table.declare(1, answer);
        std::string all;
        for (const std::string& one : table.undecided(1)) all += one + '\n';
        table.remove(1);
        return all;
    };
    const interest_terms family{.required = {"m.*"}}, exactly{.required = {"m.x"}}, all{.required = {"*"}},
        stops{.absent = absence::stop}, holds{.absent_of = {{"m.x", absence::hold}, {"m.y", absence::pass}}};
    const auto lists = [](std::string type, std::optional<event_mode> mode = event_mode::validate) {
        return declaring({"m"}, {{wants(std::move(type), mode)}});
    };
    for (const interest_terms& one : {family, exactly, all, stops, holds}) {
        CHECK(told({}, one, lists("m.x")).empty());
        CHECK(told({}, one, lists("m.*")).empty());
        CHECK(told({}, one, lists("m.x", {})).empty());
        CHECK(told({}, one, declaring({"m"})).empty());
        CHECK(told({}, one, declaring({"*"})).empty());
        CHECK(told({{"m.x"}, {}}, one, declaring({"*"})).empty());
        CHECK_FALSE(told({}, one, lists("m.*", event_mode::observe)).empty());
        CHECK_FALSE(told({}, one, declaring({"m"}, {{wants("m x")}})).empty()); // which is refused
        CHECK_FALSE(told({}, one, declaring({})).empty());
        CHECK_FALSE(told({{}, {"m.*"}}, one, lists("m.x")).empty());
    }
    for (const interest_terms& one : {family, all, stops}) { // one of several is enough
        CHECK(told({}, one, lists("m.other")).empty());
        CHECK(told({{}, {"m.x"}}, one, lists("m.*")).empty());
    }
    CHECK(told({}, family, lists("m.*", event_mode::observe)) ==
          "required: it decides about no event of \"m.*\", and they pass: it only observes them\n");
    CHECK(told({}, exactly, lists("m.other")) ==
          "required: it decides about no event of \"m.x\", and they pass: it lists none of them\n");
    CHECK(told({}, holds, declaring({"n"})) ==
          "absent: it decides about no event of \"m.x\", and they pass: its handshake does not name the "
          "capability \"m\"\n");
    CHECK(told({{}, {"m.x"}}, exactly, lists("m.*")) ==
          "required: it decides about no event of \"m.x\", and they pass: events.exclude keeps \"m.x\" from "
          "the plugin\n");
}
