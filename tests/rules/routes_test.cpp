#include <tenon/rules/calls/routes.hpp>
#include <tenon/session/route_pattern.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace tenon;
using namespace tenon::detail;

namespace {

std::string refusal(const result<void>& outcome) { return outcome ? std::string() : outcome.error().message; }

struct map {
    plugin_routes table;

    result<void> add(std::string path, std::string method = "GET", std::uint32_t plugin = 1,
                     std::string_view prefix = "/api/plugins/a") {
        return table.add(plugin, "plugin" + std::to_string(plugin), prefix,
                         {.path = std::move(path), .method = std::move(method)});
    }
    std::string find(std::string_view path, std::string_view method = "GET") const {
        const route_match match = table.find(method, path);
        if (match.route == nullptr) {
            std::string allowed = match.allowed.empty() ? "404" : "405";
            for (const std::string_view one : match.allowed) allowed.append(" ").append(one);
            return allowed;
        }
        std::string text = std::to_string(match.route->plugin) + " " + match.route->path;
        for (const auto& [name, value] : match.params)
            text.append(" ").append(name).append("=").append(value);
        return text;
    }
};

} // namespace

TEST_CASE("a route is found below its plugin's prefix, with its parameters") {
    map at;
    CHECK(at.add("/users/{id}"));
    CHECK(at.add("/rooms/{room}/messages/{number}"));
    CHECK(at.find("/api/plugins/a/users/7") == "1 /users/{id} id=7");
    CHECK(at.find("/api/plugins/a/rooms/tea room/messages/12") ==
          "1 /rooms/{room}/messages/{number} room=tea room number=12");
    const std::string path = "/api/plugins/a/users/7";
    const route_match match = at.table.find("GET", path);
    CHECK(match.path == "/users/7");
    CHECK(match.route->prefix == "/api/plugins/a");
    CHECK(match.route->method == "GET");
    for (const char* none : {"/users/7", "/api/plugins/a", "/api/plugins/a/users", "/api/plugins/a/users/7/x",
                             "/api/plugins/a/users/", "/api/plugins/a/users/7/", "/api/plugins/b/users/7",
                             "/api/plugins/ausers/7", "/API/plugins/a/users/7", ""})
        CHECK(at.find(none) == "404");
}

TEST_CASE("what compiles as a route of a plugin is one for its host, and nothing else is") {
    std::string deep, long_one = "/";
    for (int at = 0; at < 33; ++at) deep += "/a";
    long_one += std::string(2'000, 'a');
    const std::string paths[] = {
        "/",      "/a",           "/a/{b}",    "/{a}/{b}",   "/{a}/x/{a}", "",
        "a",      "//",           "/a/",       "/a//b",      "/a/.",       "/../b",
        "/{}",    "/x{b}",        "/{b}x",     "/{a{b}}",    "/a b",       "/a?b",
        "/a#b",   "/a%20",        "/*",        "/{a*}",      "/a\\b",      "/a\nb",
        "/\x7F",  "/ä",           "/{a b}",    "/...",       deep,         deep.substr(2),
        long_one, "/a:b,c;d=e~f", "/a\u202eb", "/{a\u200b}", "/\u0085",    "/a\xC3"};
    for (const std::string& path : paths) {
        map at;
        CHECK_MESSAGE(is_route("GET " + path) == at.add(path).has_value(), path);
    }
    for (const std::string method :
         {"GET", "get", "", "TRACE", "CONNECT", "PROPFIND", "ABCDEFGHIJKLMNOPQRSTU"}) {
        map at;
        CHECK_MESSAGE(is_route(method + " /a") == at.add("/a", method).has_value(), method);
    }
}

TEST_CASE("a path that has other methods says which") {
    map at;
    CHECK(at.add("/users", "POST"));
    CHECK(at.add("/users", "GET"));
    CHECK(at.add("/users/{id}", "DELETE"));
    CHECK(at.find("/api/plugins/a/users", "PUT") == "405 GET POST");
    CHECK(at.find("/api/plugins/a/users", "get") == "405 GET POST");
    CHECK(at.find("/api/plugins/a/users/1", "GET") == "405 DELETE");
    CHECK(at.find("/api/plugins/a/users", "HEAD") == "405 GET POST");
}

TEST_CASE("literal segments go before parameters, from the left") {
    std::vector<std::string> patterns = {"/users/{id}",   "/users/me",    "/{kind}/me", "/{kind}/{id}",
                                         "/users/{id}/x", "/{kind}/me/x", "/users/me/y"};
    std::mt19937 random(1);
    for (int turn = 0; turn < 20; ++turn) {
        std::shuffle(patterns.begin(), patterns.end(), random);
        map at;
        for (const std::string& pattern : patterns) CHECK(at.add(pattern));
        CHECK(at.find("/api/plugins/a/users/me") == "1 /users/me");
        CHECK(at.find("/api/plugins/a/users/7") == "1 /users/{id} id=7");
        CHECK(at.find("/api/plugins/a/rooms/me") == "1 /{kind}/me kind=rooms");
        CHECK(at.find("/api/plugins/a/rooms/7") == "1 /{kind}/{id} kind=rooms id=7");
        CHECK(at.find("/api/plugins/a/users/me/x") == "1 /users/{id}/x id=me"); // back from /users/me
        CHECK(at.find("/api/plugins/a/rooms/me/x") == "1 /{kind}/me/x kind=rooms");
        CHECK(at.find("/api/plugins/a/rooms/7/x") == "404");
    }
}

TEST_CASE("a parameter that led nowhere leaves nothing behind") {
    map at;
    CHECK(at.add("/a/{p}/x"));
    CHECK(at.add("/{k}/b/{q}"));
    CHECK(at.find("/api/plugins/a/a/b/y") == "1 /{k}/b/{q} k=a q=y");
}

TEST_CASE("a less specific pattern answers a method that the more specific one does not have") {
    map at;
    CHECK(at.add("/users/me", "GET"));
    CHECK(at.add("/users/{id}", "DELETE"));
    CHECK(at.find("/api/plugins/a/users/me", "DELETE") == "1 /users/{id} id=me");
    CHECK(at.find("/api/plugins/a/users/me", "PUT") == "405 DELETE GET");
}

TEST_CASE("the path '/' is the prefix itself, with or without a slash behind it") {
    map at;
    CHECK(at.add("/"));
    CHECK(at.add("/users"));
    CHECK(at.find("/api/plugins/a") == "1 /");
    CHECK(at.find("/api/plugins/a/") == "1 /");
    CHECK(at.table.find("GET", "/api/plugins/a").path == "/");
    CHECK(at.table.find("GET", "/api/plugins/a/").path == "/");
    CHECK(at.find("/api/plugins/a/", "POST") == "405 GET");
    CHECK(at.find("/api/plugins/a/users/") == "404");
    CHECK(at.find("/api/plugins/a/users/", "POST") == "404");
    CHECK(at.find("/api/plugins/a//") == "404");
    map root;
    CHECK(root.add("/", "GET", 1, ""));
    CHECK(root.add("/x", "GET", 1, "/"));
    CHECK(root.find("/") == "1 /");
    CHECK(root.find("//") == "404");
    CHECK(root.find("/x") == "1 /x");
}

TEST_CASE("H8: two plugins with the same route: each below its own prefix") {
    map at;
    CHECK(at.add("/users/{id}", "GET", 1, "/api/plugins/a"));
    CHECK(at.add("/users/{id}", "GET", 2, "/api/plugins/b"));
    CHECK(at.find("/api/plugins/a/users/1") == "1 /users/{id} id=1");
    CHECK(at.find("/api/plugins/b/users/1") == "2 /users/{id} id=1");
}

TEST_CASE("H8: with the same prefix the first one has it, and the other is refused with its name") {
    map at;
    CHECK(at.add("/users/{id}", "GET", 1, "/shared"));
    CHECK(refusal(at.add("/users/{name}", "GET", 2, "/shared/")) ==
          "route 'GET /users/{name}': it belongs to plugin1");
    // Prefixes inside of each other are one space of paths.
    CHECK(refusal(at.add("/{id}", "GET", 2, "/shared/users")) == "route 'GET /{id}': it belongs to plugin1");
    CHECK(refusal(at.add("/users/{x}", "GET", 1, "/shared")) ==
          "route 'GET /users/{x}': this plugin has it already");
    CHECK(at.add("/users/{name}", "POST", 2, "/shared"));
    CHECK(at.find("/shared/users/1") == "1 /users/{id} id=1");
    CHECK(at.find("/shared/users/1", "POST") == "2 /users/{name} name=1");
}

TEST_CASE("H8: a route of the host's own stays below the plugin's prefix") {
    map at;
    CHECK(at.add("/api/v1/plugins/install", "POST"));
    CHECK(at.find("/api/v1/plugins/install", "POST") == "404");
    CHECK(at.find("/api/plugins/a/api/v1/plugins/install", "POST") == "1 /api/v1/plugins/install");
}

TEST_CASE("H8: what may not be declared is refused in words") {
    map at;
    for (const char* path :
         {"",      "users", "*",       "/*",     "/..",      "/../x", "/a/../b", "/.",    "//",      "/a//b",
          "/a/",   "/a\\b", "/%2e%2e", "/a%2fb", "/a?b",     "/a#b",  "/a b",    "/a\nb", "/{a}{b}", "/x{a}",
          "/{a}x", "/{}",   "/{a",     "/a}",    "/{a}/{a}", "/{a*}", "/\x7f",   "/\xff"}) {
        CAPTURE(path);
        CHECK_FALSE(at.add(path));
    }
    for (const char* method :
         {"", "get", "GET ", "G/T", "*", "TRACE", "CONNECT", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}) {
        CAPTURE(method);
        CHECK_FALSE(at.add("/x", method));
    }
    for (const char* prefix : {"api", "/a/../b", "/{x}", "/a//b", "/*"}) {
        CAPTURE(prefix);
        CHECK_FALSE(at.add("/x", "GET", 1, prefix));
    }
    CHECK(refusal(at.add("/../x")) == "route 'GET /../x': it has a segment '.' or '..'");
    CHECK(refusal(at.add("/a\u202e/b")) == "route 'GET /a\u202e/b': it has characters that are not seen");
    CHECK(refusal(at.add("/x", "TRACE")) == "route 'TRACE /x': TRACE and CONNECT are not for routes");
    CHECK(refusal(at.add("/x", "GET", 1, "api")) ==
          "route 'GET /x': the plugin's prefix 'api': it does not begin with '/'");
    CHECK(refusal(at.add("/" + std::string(100'000, 'x'))).size() < 300);
    CHECK(at.table.list().empty());
}

TEST_CASE("routes are bounded in number, depth and text") {
    map at;
    for (std::size_t index = 0; index < max_routes; ++index) CHECK(at.add("/r" + std::to_string(index)));
    CHECK(refusal(at.add("/more")) == "route 'GET /more': a plugin has at most 256 routes");
    CHECK(at.add("/more", "GET", 2, "/b"));
    at.table.withdraw(1);
    CHECK(at.add("/more"));
    std::string deep;
    for (int level = 0; level < 33; ++level) deep += "/x";
    CHECK_FALSE(at.add(deep));
    CHECK(at.add(deep.substr(2)));
    CHECK_FALSE(
        at.table.add(1, "a", "", {.path = "/t", .method = "GET", .description = std::string(70'000, 'x')}));
}

TEST_CASE("H7: what can be no path matches nothing") {
    map at;
    CHECK(at.add("/{any}"));
    CHECK(at.add("/{any}/{more}"));
    CHECK(at.find("/api/plugins/a/x") == "1 /{any} any=x");
    for (const std::string& path :
         {std::string("/api/plugins/a/.."), std::string("/api/plugins/a/../b"),
          std::string("/api/plugins/a/."), std::string("/api/plugins/a/\\"),
          std::string("/api/plugins/a/x\0y", 18), std::string("/api/plugins/a//x"),
          std::string("/api/plugins/a/\xc0\xaf"), "/api/plugins/a/" + std::string(65'536, 'x')})
        CHECK(at.find(path) == "404");
}

TEST_CASE("a plugin's routes go with its connection, and leave the others'") {
    map at;
    CHECK(at.add("/users/{id}", "GET", 1, "/p"));
    CHECK(at.add("/users/{id}", "POST", 2, "/p"));
    CHECK(at.add("/users/{id}/more", "GET", 1, "/p"));
    CHECK(at.add("/x", "GET", 2, "/p"));
    CHECK(at.table.of(1).size() == 2);
    at.table.withdraw(1);
    CHECK(at.table.of(1).empty());
    CHECK(at.find("/p/users/1") == "405 POST");
    CHECK(at.find("/p/users/1/more") == "404");
    CHECK(at.find("/p/x") == "2 /x");
    CHECK(at.add("/users/{name}", "GET", 3, "/p"));
    CHECK(at.find("/p/users/1") == "3 /users/{name} name=1");
    at.table.withdraw(2);
    at.table.withdraw(3);
    CHECK(at.table.list().empty());
    CHECK(at.find("/p/users/1", "POST") == "404");
}

TEST_CASE("routes are listed by path and method, with what was said of them") {
    map at;
    CHECK(at.add("/b"));
    CHECK(at.add("/{x}"));
    CHECK(at.add("/a", "POST"));
    CHECK(at.add("/a", "GET"));
    const std::string schema = R"({"type":"object"})";
    route_declaration full{.path = "/full", .method = "PUT", .description = "all of it", .auth = true};
    const json kept = *json::parse(schema);
    full.schema = kept.view();
    CHECK(at.table.add(1, "one", "/api/plugins/a", full));
    std::vector<std::string> order;
    for (const known_route* route : at.table.list()) order.push_back(route->method + " " + route->path);
    CHECK(order == std::vector<std::string>{"GET /a", "POST /a", "GET /b", "PUT /full", "GET /{x}"});
    const known_route* route = at.table.find("PUT", "/api/plugins/a/full").route;
    CHECK(route->description == "all of it");
    CHECK(route->auth);
    CHECK(route->schema->text() == schema);
}

TEST_CASE("patterns that branch everywhere cost no more than there are") {
    map at;
    // Every beginning of the path matches by a literal and by a parameter.
    for (int bits = 0; bits < 256; ++bits) {
        std::string pattern;
        for (int level = 0; level < 8; ++level)
            pattern += (bits >> level & 1) != 0 ? "/x" : "/{p" + std::to_string(level) + "}";
        CHECK(at.add(pattern));
    }
    CHECK(at.find("/api/plugins/a/x/x/x/x/x/x/x/x") == "1 /x/x/x/x/x/x/x/x");
    CHECK(at.find("/api/plugins/a/x/x/x/x/x/x/x/x/x") == "404");
    CHECK(at.find("/api/plugins/a/x/x/x/x/x/x/x/y") == "1 /x/x/x/x/x/x/x/{p7} p7=y");
}
