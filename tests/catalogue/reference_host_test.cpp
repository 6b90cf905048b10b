// A plugin that is written with nothing but the header that `tenon-host catalogue --header` prints.

#include <reference_host_offered.hpp>

#include <tenon/testing.hpp>

#include <doctest/doctest.h>

namespace {

namespace events = offered::events;
namespace services = offered::services;

class bouncer {
public:
    static constexpr tenon::about about{.name = "bouncer", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<events::message_incoming, events::room_joined>;

    tenon::flow receive(const events::message_incoming& m, tenon::context& here) {
        if (m.content != "spam") return tenon::proceed();
        const auto kicked = here.call(services::users_kick{.userId = m.from_uid, .reason = "spam"});
        return tenon::stop(kicked ? "kicked" : kicked.error().message);
    }
    void receive(const events::room_joined& j, tenon::context& here) {
        const auto who = here.call(services::users_get{.userId = j.uid});
        if (who && who->online && !who->rooms.empty()) here.info(who->userId + " is in " + who->rooms[0]);
    }
};

} // namespace

TEST_CASE("a plugin made with the reference host's own header hears it and calls it") {
    tenon::testing::host_of<bouncer> host;
    std::string asked;
    host.provide("users/kick", [&](const tenon::json& params) { asked = params.text(); });
    host.provide("users/get", [](const services::users_get& wanted) {
        return services::users_get::result{
            .userId = wanted.userId, .online = true, .banned = false, .rooms = {"#lobby"}};
    });
    const events::message_incoming spam{.content = "spam", .from_uid = "ada", .to_uid = "#lobby"};
    CHECK(host.decide(spam)->reason == "kicked");
    CHECK(asked == R"({"userId":"ada","reason":"spam"})");
    CHECK(host.publish(events::room_joined{.room = "#lobby", .uid = "bo"}));
    CHECK(host.logs().back().message == "bo is in #lobby");
}
