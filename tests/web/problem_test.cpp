// Answers of a host's own.

#include <tenon/web/problem.hpp>

#include <doctest/doctest.h>

using namespace tenon;
using http::not_this_method;
using http::problem;

TEST_CASE("every fault has the status that the page says") {
    CHECK(http_status_of(codes::invalid_params) == 400);
    CHECK(http_status_of(codes::internal_error) == 502);
    CHECK(http_status_of(codes::method_not_found) == 502);
    CHECK(http_status_of(codes::version_mismatch) == 502);
    CHECK(http_status_of(codes::timeout) == 504);
    for (const int code : {codes::unavailable, codes::circuit_open, codes::overloaded, codes::shutting_down,
                           codes::limit_exceeded, codes::cancelled})
        CHECK(http_status_of(code) == 503);
    CHECK(http_status_of(codes::permission_denied) == 403);
    CHECK(http_status_of(codes::too_large) == 413);
    CHECK(http_status_of(codes::reentrant_call) == 508);
    CHECK(http_status_of(42) == 422);
}

TEST_CASE("a problem says its status in words, and a fault's code besides") {
    CHECK(problem(404, "there is nothing here").body ==
          R"({"type":"about:blank","title":"Not Found","status":404,"detail":"there is nothing here"})");
    CHECK(problem(799, "").body == R"({"type":"about:blank","title":"Other","status":799,"detail":""})");
    const response late = problem(fault{codes::timeout, "no answer"});
    CHECK(late.status == 504);
    CHECK(late.body.ends_with(R"("detail":"no answer","code":)" + std::to_string(codes::timeout) + "}"));
}

TEST_CASE("405 says which methods there are, each once") {
    const response answer = not_this_method({"DELETE", "GET"});
    CHECK(answer.status == 405);
    REQUIRE(answer.headers.size() == 2);
    CHECK(answer.headers[1].name == "Allow");
    CHECK(answer.headers[1].value == "DELETE, GET");
    CHECK(problem(405, "no").headers[1].value == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}
