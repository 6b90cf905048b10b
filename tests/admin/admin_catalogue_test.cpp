// What a host says of itself over HTTP.

#include "running_admin.hpp"

#include <doctest/doctest.h>

namespace {

using namespace tenon::tests;

struct room_opened {
    static constexpr auto event = "room.opened";
    std::string room;
};

TEST_CASE("the catalogue over HTTP is what the host says of itself, for those with the token") {
    running_admin run;
    const std::string said = run.there([&] {
        run.host().publishes<room_opened>();
        return tenon::to_json(run.host().catalogue());
    });
    CHECK(has(said, R"("type":"room.opened")"));
    const answer heard = run.admin("GET", "/api/v1/catalogue");
    CHECK(heard.status == 200);
    CHECK(heard.body == said);
    CHECK(run.ask("GET", "/api/v1/catalogue").status == 401);
}

} // namespace
