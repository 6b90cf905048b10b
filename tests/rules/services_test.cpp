#include <tenon/rules/calls/services.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace tenon;
using namespace tenon::detail;

namespace {

struct kick {
    std::string userId;
    std::optional<std::string> reason = {};
};
struct kicked {
    std::string userId, by;
};
struct nothing {};

/// What became of one request.
struct reply_slot {
    int answers = 0;
    int code = 0;
    std::string text;
    bool cancelled = false;

    open_request request() {
        return {.answer =
                    [this](const result<std::string_view>& answer) {
                        ++answers;
                        code = answer ? 0 : answer.error().code;
                        text = answer ? std::string(*answer) : answer.error().message;
                    },
                .cancelled = [this] { return cancelled; }};
    }
    bool once(int with_code) const { return answers == 1 && code == with_code; }
};

const time_point start = time_point(std::chrono::hours(1));

service_client client_with(std::vector<std::string> permissions) {
    return {.identity = {.plugin = "chat",
                         .id = "dev.chat",
                         .generation = 3,
                         .permissions = std::move(permissions)},
            .may_call = true};
}

struct desk {
    services provided;
    service_client client = client_with({"users:kick"});
    reply_slot slot;

    service_outcome call(std::string_view method, std::string_view params = "{}", time_point now = start) {
        slot = {};
        return provided.call(client, method, params, 10, slot.request(), now);
    }
};

int free_function(const kick& wanted) { return static_cast<int>(wanted.userId.size()); }

} // namespace

TEST_CASE("permissions: what a configuration grants, and what that covers") {
    CHECK(is_permission("users:kick"));
    CHECK(is_permission("a-1.b_c:read.all"));
    for (const char* bad :
         {"", ":", "users", "users:", ":kick", "users:*", "Users:kick", "a:b:c", "a b:c", "*"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_permission(bad));
    }
    CHECK(is_grant("*"));
    CHECK(is_grant("users:*"));
    CHECK(is_grant("users:kick"));
    for (const char* bad : {"", ":*", "**", "users*", "*:kick", "users:k*"}) CHECK_FALSE(is_grant(bad));
    CHECK(grants("*", "users:kick"));
    CHECK(grants("users:*", "users:kick"));
    CHECK(grants("users:kick", "users:kick"));
    CHECK_FALSE(grants("user:*", "users:kick"));
    CHECK_FALSE(grants("users:*", "users2:kick"));
    CHECK_FALSE(grants("users:kick", "users:kickall"));
    CHECK_FALSE(grants("users:kickall", "users:kick"));
    const caller one{.plugin = "a", .id = "a", .permissions = {"events:emit", "users:*"}};
    CHECK(one.has("events:emit"));
    CHECK(one.has("users:kick"));
    CHECK(one.has(""));
    CHECK_FALSE(one.has("config:write"));
}

TEST_CASE("a service takes its params by name or by position, and answers with what it returns") {
    desk at;
    REQUIRE(at.provided.provide("users/kick", "users:kick", [](const kick& wanted, const caller& from) {
        return kicked{wanted.userId, from.plugin};
    }));
    CHECK(at.call("users/kick", R"({"userId":"bo"})") == service_outcome::taken);
    CHECK(at.slot.once(0));
    CHECK(at.slot.text == R"({"userId":"bo","by":"chat"})");
    at.call("users/kick", R"(["al","rude"])");
    CHECK(at.slot.text == R"({"userId":"al","by":"chat"})");
}

TEST_CASE("a service may return a value, a result, nothing, or be a plain function") {
    desk at;
    bool done = false;
    REQUIRE(at.provided.provide("value", "", [](const kick&) { return 7; }));
    REQUIRE(at.provided.provide("good", "",
                                [](const kick&) -> result<std::string> { return std::string("yes"); }));
    REQUIRE(at.provided.provide("bad", "", [](const kick&) -> result<int> {
        return fault{12, "no such user"};
    }));
    REQUIRE(at.provided.provide("nothing", "", [&](const nothing&) { done = true; }));
    REQUIRE(at.provided.provide("tried", "", [](const nothing&) -> result<void> { return fault{13, "no"}; }));
    REQUIRE(at.provided.provide("function", "", free_function));
    REQUIRE(at.provided.provide("raw", "", [](json_view any) { return json(any["a"]); }));
    at.call("value", R"({"userId":"x"})");
    CHECK(at.slot.text == "7");
    at.call("good", R"({"userId":"x"})");
    CHECK(at.slot.text == R"("yes")");
    at.call("bad", R"({"userId":"x"})");
    CHECK(at.slot.once(12));
    CHECK(at.slot.text == "no such user");
    at.call("nothing", "");
    CHECK(done);
    CHECK(at.slot.text == "null");
    at.call("tried", "null");
    CHECK(at.slot.once(13));
    at.call("function", R"({"userId":"four"})");
    CHECK(at.slot.text == "4");
    at.call("raw", R"({"a":[1,2]})");
    CHECK(at.slot.text == "[1,2]");
    at.call("raw", "");
    CHECK(at.slot.text == "null");
}

TEST_CASE("params of the wrong shape are refused with their place, and the handler is not run") {
    desk at;
    int runs = 0;
    REQUIRE(at.provided.provide("users/kick", "", [&](const kick&) { ++runs; }));
    at.call("users/kick", R"({"userId":7})");
    CHECK(at.slot.once(codes::invalid_params));
    CHECK(at.slot.text.find("params.userId") != std::string::npos);
    at.call("users/kick", "");
    CHECK(at.slot.once(codes::invalid_params));
    at.call("users/kick", R"([])");
    CHECK(at.slot.once(codes::invalid_params));
    CHECK(runs == 0);
}

TEST_CASE("a service may answer later, once: the first answer counts") {
    desk at;
    std::optional<service_reply<int>> kept;
    REQUIRE(at.provided.provide(
        "later", "", [&](const nothing&, service_reply<int> answer) { kept.emplace(std::move(answer)); }));
    at.call("later");
    CHECK(at.slot.answers == 0);
    CHECK_FALSE(kept->cancelled());
    at.slot.cancelled = true;
    CHECK(kept->cancelled());
    kept->reply(4);
    CHECK(at.slot.once(0));
    CHECK(at.slot.text == "4");
    kept->reply(5);
    kept->fail({1, "no"});
    kept.reset();
    CHECK(at.slot.answers == 1);
}

TEST_CASE("a reply that is dropped answers with an internal error, one that was given away does not") {
    desk at;
    REQUIRE(at.provided.provide("dropped", "", [](const nothing&, service_reply<void>) {}));
    at.call("dropped");
    CHECK(at.slot.once(codes::internal_error));

    std::vector<service_reply<void>> kept;
    REQUIRE(at.provided.provide("kept", "", [&](const nothing&, const caller&, service_reply<void> answer) {
        kept.push_back(std::move(answer));
    }));
    reply_slot first, second;
    at.provided.call(at.client, "kept", "{}", 0, first.request(), start);
    at.provided.call(at.client, "kept", "{}", 0, second.request(), start);
    kept[0] = std::move(kept[1]);
    kept.pop_back(); // dies with the first request in it
    CHECK(first.once(codes::internal_error));
    kept[0].reply();
    CHECK(second.once(0));
    CHECK(second.text == "null");
}

TEST_CASE("a reply takes a result as it is") {
    desk at;
    REQUIRE(at.provided.provide("r", "", [](const nothing&, service_reply<int> answer) {
        answer.reply(result<int>(fault{9, "nine"}));
    }));
    REQUIRE(at.provided.provide(
        "v", "", [](const nothing&, service_reply<void> answer) { answer.reply(result<void>()); }));
    at.call("r");
    CHECK(at.slot.once(9));
    REQUIRE(at.provided.provide("f", "", [](const nothing&, service_reply<void> answer) {
        answer.reply(result<void>(fault{8, "eight"}));
    }));
    REQUIRE(at.provided.provide("e", "", [](const nothing&, service_reply<json> answer) {
        answer.reply_encoded(R"({"as":"it is"})");
    }));
    at.call("v");
    CHECK(at.slot.once(0));
    at.call("f");
    CHECK(at.slot.once(8));
    at.call("e");
    CHECK(at.slot.text == R"({"as":"it is"})");
}

TEST_CASE("Z5: an exception out of a service is an internal error without its words, answered once") {
    desk at;
    REQUIRE(
        at.provided.provide("throws", "", [](const nothing&) -> int { throw std::runtime_error("secret"); }));
    REQUIRE(at.provided.provide(
        "throws/later", "", [](const nothing&, service_reply<int>) { throw std::runtime_error("secret"); }));
    at.call("throws");
    CHECK(at.slot.once(codes::internal_error));
    CHECK(at.slot.text == "throws failed");
    at.call("throws/later");
    CHECK(at.slot.once(codes::internal_error));
    CHECK(at.slot.text.find("secret") == std::string::npos);
}

TEST_CASE("X5: what is not granted is denied, whatever the params say, and counted") {
    desk at;
    int runs = 0;
    REQUIRE(at.provided.provide("users/ban", "users:ban", [&](json_view) { ++runs; }));
    CHECK(at.call("users/ban", R"({"plugin":"admin","permissions":["*"]})") == service_outcome::denied);
    CHECK(at.slot.once(codes::permission_denied));
    CHECK(at.slot.text ==
          "users/ban needs the permission users:ban, which is not among the `permissions` of chat");
    CHECK(runs == 0);
    CHECK(at.client.counts.denied == 1);
    at.client.identity.permissions = {"users:*"}; // granted while it runs: at once
    CHECK(at.call("users/ban") == service_outcome::taken);
    at.client.identity.permissions.clear(); // and revoked
    CHECK(at.call("users/ban") == service_outcome::denied);
    CHECK(runs == 1);
}

TEST_CASE("a plugin without reverse calls may call what needs no permission alone") {
    desk at;
    at.client = client_with({"*"});
    at.client.may_call = false;
    int logs = 0;
    REQUIRE(at.provided.provide("host/log", "", [&](const nothing&) { ++logs; }));
    REQUIRE(at.provided.provide("host/emit", "events:emit", [](const nothing&) {}));
    CHECK(at.provided.notify(at.client, "host/log", "{}", 0, start) == service_outcome::taken);
    CHECK(logs == 1);
    CHECK(at.call("host/emit") == service_outcome::denied);
    CHECK(at.slot.once(codes::permission_denied));
}

TEST_CASE("R8: an unknown method is -32601, an unknown notification is ignored, both are counted") {
    desk at;
    CHECK(at.call("no/such") == service_outcome::unknown);
    CHECK(at.slot.once(codes::method_not_found));
    CHECK(at.slot.text == "unknown method 'no/such'");
    CHECK(at.provided.notify(at.client, "no/such", "", 0, start) == service_outcome::unknown);
    CHECK(at.client.counts == service_counts{.asked = 2, .unknown = 2});
    at.call(std::string(100'000, 'x'));
    CHECK(at.slot.text.size() < 200);
}

TEST_CASE("a plugin that only logged was shown with calls: a line counted as one") {
    desk at;
    int lines = 0;
    REQUIRE(at.provided.provide("host/log", "", [&](const nothing&) { ++lines; }));
    at.provided.notify(at.client, "host/log", "{}", 0, start);
    CHECK(lines == 1);
    CHECK(at.client.counts.asked == 0);
    at.call("host/log");
    CHECK(at.client.counts.asked == 0);
}

TEST_CASE("R8: a plugin that is denied again and again is reported once in a second") {
    desk at;
    REQUIRE(at.provided.provide("users/ban", "users:ban", [](const nothing&) {}));
    int reports = 0, denied = 0;
    for (int call = 0; call < 1'000; ++call) {
        const auto outcome = at.call("users/ban", "{}", start + milliseconds(call));
        reports += outcome == service_outcome::abusive ? 1 : 0;
        denied += at.slot.once(codes::permission_denied) ? 1 : 0;
        if (reports == 1 && denied < 1'000) CHECK(denied > 100);
    }
    CHECK(reports == 1);
    CHECK(denied == 1'000);
    CHECK(at.client.counts.denied == 1'000);

    // Now and then is no abuse.
    at.client = client_with({});
    for (int call = 0; call < 1'000; ++call)
        CHECK(at.call("users/ban", "{}", start + milliseconds(20 * call)) == service_outcome::denied);

    refusal_meter none(0);
    for (int call = 0; call < 10'000; ++call) CHECK_FALSE(none.add(start));
}

TEST_CASE("what can be no service is refused with its name") {
    services provided;
    const auto refusal = [&](std::string_view method, std::string_view permission) {
        const auto added = provided.provide(method, permission, [](const nothing&) {});
        return added ? std::string() : added.error().message;
    };
    CHECK(refusal("users/kick", "users:kick") == "");
    CHECK(refusal("users/kick", "users:kick") == "service 'users/kick': there is one already");
    CHECK(refusal("", "") == "service '': it has no name");
    CHECK(refusal("$/x", "") == "service '$/x': such names are reserved");
    CHECK(refusal("rpc.x", "") == "service 'rpc.x': such names are reserved");
    CHECK(refusal("x", "users") == "service 'x': expected a permission like scope:verb, got 'users'");
    CHECK(refusal("x", "users:*") == "service 'x': expected a permission like scope:verb, got 'users:*'");
    CHECK(refusal("a", "") == "");
    const auto all = provided.list();
    REQUIRE(all.size() == 2);
    CHECK(all[0].method == "a");
    CHECK(all[1].permission == "users:kick");
    CHECK(provided.withdraw("a"));
    CHECK_FALSE(provided.withdraw("a"));
    CHECK_FALSE(provided.knows("a"));
}

TEST_CASE("a service may withdraw itself, provide others and call again while it runs") {
    desk at;
    int depth = 0;
    REQUIRE(at.provided.provide("self", "", [&](const nothing&) {
        const std::string still = "alive";
        CHECK(at.provided.withdraw("self"));
        CHECK(at.provided.provide("other", "", [](const nothing&) { return 2; }));
        return still;
    }));
    REQUIRE(at.provided.provide("nested", "", [&](const nothing&) {
        if (++depth == 64) return;
        reply_slot inner;
        at.provided.call(at.client, "nested", "{}", 0, inner.request(), start);
        CHECK(inner.once(0));
    }));
    at.call("self");
    CHECK(at.slot.text == R"("alive")");
    at.call("other");
    CHECK(at.slot.text == "2");
    at.call("nested");
    CHECK(depth == 64);
    CHECK(at.slot.once(0));
}
