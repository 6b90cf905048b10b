// How the dashboard is given out. What it does is tested in a browser: tests/page.

#include "../../admin/running_admin.hpp"

#include <page/page.hpp>

#include <doctest/doctest.h>

using namespace tenon::tests;

TEST_CASE("Z6: the page may run its own script alone, and says no token") {
    running_admin run({}, {}, [](tenon::http::router& to, tenon::host&) {
        to.add({"GET", "/", tenon::http::access::open}, reference::show_page);
        return std::shared_ptr<void>();
    });
    const answer page = run.ask("GET", "/");
    CHECK(page.status == 200);
    CHECK(has_header(page, "content-security-policy: default-src 'none'; script-src 'nonce-"));
    CHECK_FALSE(has_header(page, "unsafe-inline'; connect"));
    CHECK(has_header(page, "x-content-type-options: nosniff\r\n"));
    CHECK_FALSE(has(page.body, token));
    CHECK(run.ask("GET", "/").head != page.head); // another nonce every time
}
