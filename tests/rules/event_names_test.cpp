#include <tenon/rules/events/event_names.hpp>

#include <doctest/doctest.h>

using namespace tenon::detail;

TEST_CASE("E7: a pattern stands for its own type, its family or everything") {
    struct row {
        std::string_view pattern, type;
        bool matches;
    };
    const row rows[] = {
        {"message.incoming", "message.incoming", true},
        {"message.incoming", "message.incoming.late", false},
        {"message.incoming", "message.Incoming", false},
        {"message.*", "message.incoming", true},
        {"message.*", "message.incoming.late", true},
        {"message.incoming.*", "message.incoming.late", true},
        {"message.incoming.*", "message.incoming", false},
        {"message.*", "message", false},
        {"message.*", "messages.incoming", false},
        {"message.*", "message.", false},
        {"message", "message", true},
        {"message", "message.incoming", false},
        {"*", "message.incoming", true},
        {"*", "tick", true},
        {"mess*", "message.incoming", false},
        {"*.incoming", "message.incoming", false},
        {".*", ".incoming", false},
        {"", "message.incoming", false},
    };
    for (const row& one : rows) {
        CAPTURE(one.pattern);
        CAPTURE(one.type);
        CHECK(matches(one.pattern, one.type) == one.matches);
    }
}

TEST_CASE("E7: the more particular pattern is the one that counts") {
    CHECK(particularity("a.b.c", "a.b.c") > particularity("a.b.*", "a.b.c"));
    CHECK(particularity("a.b.*", "a.b.c") > particularity("a.*", "a.b.c"));
    CHECK(particularity("a.*", "a.b.c") > particularity("*", "a.b.c"));
    CHECK(particularity("*", "a.b.c") > particularity("b", "a.b.c"));
}

TEST_CASE("a type has a family, and words that are not empty") {
    CHECK(event_family("message.incoming.late") == "message");
    CHECK(event_family("tick") == "tick");
    for (const std::string_view good : {"tick", "message.incoming", "a.b.c", "user_join", "caf\xC3\xA9.open"})
        CHECK(is_event_type(good));
    for (const std::string_view bad : {"", ".", "a.", ".a", "a..b", "a b", "a\n", "*", "a.*", "a\x7F"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_event_type(bad));
    }
    for (const std::string_view unseen :
         {"a.\u202eb", "a\u200bb", "a\u0085", "\ufeffa", "a\u2028b", "a\xC3"}) {
        CAPTURE(unseen); // an override of direction was good
        CHECK_FALSE(is_event_type(unseen));
        CHECK_FALSE(is_event_pattern(std::string(unseen) + ".*"));
        CHECK_FALSE(is_command_name(unseen));
    }
    CHECK(is_event_type(std::string(longest_event_type, 'a')));
    CHECK_FALSE(is_event_type(std::string(longest_event_type + 1, 'a')));
    CHECK_FALSE(is_event_type(std::string_view("a\0b", 3)));
}

TEST_CASE("a pattern is a type, a family with a star, or a star") {
    for (const std::string_view good : {"tick", "message.*", "*", "a.b.*"}) CHECK(is_event_pattern(good));
    for (const std::string_view bad : {"", ".*", "**", "*.*", "a*", "a.*.b", "a..*", "a.**"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_event_pattern(bad));
    }
}

TEST_CASE("E7: an empty include means everything, and exclude wins over include") {
    struct row {
        tenon::event_filter filter;
        bool incoming, outgoing, room;
    };
    const row rows[] = {
        {{{}, {}}, true, true, true},
        {{{"message.*"}, {}}, true, true, false},
        {{{}, {"message.*"}}, false, false, true},
        {{{"message.*"}, {"message.incoming"}}, false, true, false},
        {{{"message.incoming"}, {"message.*"}}, false, false, false}, // also over what is more particular
        {{{"*"}, {"*"}}, false, false, false},
        {{{"message.incoming"}, {"message.incoming"}}, false, false, false},
        {{{"nothing.known"}, {}}, false, false, false},
        {{{}, {"nothing.known"}}, true, true, true},
        {{{"message.*", "room.joined"}, {"message.outgoing"}}, true, false, true},
    };
    for (const row& one : rows) {
        CAPTURE(&one - rows);
        CHECK(passes(one.filter, "message.incoming") == one.incoming);
        CHECK(passes(one.filter, "message.outgoing") == one.outgoing);
        CHECK(passes(one.filter, "room.joined") == one.room);
    }
}
