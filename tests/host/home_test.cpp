#include <tenon/host/home.hpp>

#include <doctest/doctest.h>

using tenon::executor;
using tenon::detail::home;

TEST_CASE("what runs on a loop is at home there, and nowhere else") {
    asio::io_context loop, other;
    const home here{executor(loop.get_executor())};
    CHECK_FALSE(here.here());
    asio::post(loop, [&] { CHECK(here.here()); });
    asio::post(other, [&] { CHECK_FALSE(here.here()); });
    CHECK(loop.run() + other.run() == 2);
    CHECK(here.work().has_value());
}

TEST_CASE("on the loop below a strand nobody is at home whose home is the strand") {
    asio::io_context loop;
    const auto strand = asio::make_strand(loop);
    const home here{executor(strand)};
    CHECK_FALSE(here.work().has_value());
    asio::post(loop, [&] { CHECK_FALSE(here.here()); });
    asio::post(strand, [&] { CHECK(here.here()); });
    CHECK(loop.run() == 2);
}

TEST_CASE("of another kind of executor it cannot be told") {
    const home elsewhere{executor(asio::system_executor())};
    CHECK_FALSE(elsewhere.here());
    CHECK_FALSE(elsewhere.work().has_value());
}
