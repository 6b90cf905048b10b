#include <tenon/rules/option_words.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tenon;

TEST_CASE("mistakes are said in their order, the first twenty of them, and how many more there are") {
    mistakes wrong;
    CHECK(wrong.none());
    CHECK(wrong.finish());
    wrong.add("a.b", "expected number, got string");
    wrong.add("", "expected object, got array");
    CHECK(wrong.finish().error().message == "a.b: expected number, got string\nexpected object, got array");
    for (int count = 0; count < 23; ++count) wrong.add("c", std::to_string(count));
    mistakes others;
    others.add(wrong);
    for (const mistakes* one : {&wrong, &others}) {
        CHECK(one->count() == 25);
        CHECK(one->sentences().size() == 20);
        CHECK(one->text().ends_with("c: 17\nand 5 more"));
        CHECK(mistakes::lines_of(one->text()).size() == 21);
    }
}

TEST_CASE("what may only follow from another mistake is not said") {
    mistakes wrong;
    wrong.add("stop[1].action", "missing");
    wrong.add_new("stop: expected kill as the last step");
    wrong.add_new("stop[1].action.more: wrong");
    wrong.add_new("stopped: is something else");
    wrong.add_new("stop[1].act: is something else");
    CHECK(wrong.count() == 3);
}
