// From a request to the function that answers it: origin, path, method, token, body, in this order.

#include "api.hpp"
#include "page.hpp"
#include "paths.hpp"

#include <tenon/host/socket/attach_token.hpp>

#include <variant>

namespace reference {

using namespace paths;

namespace {

/// The page is one file with its own script and style, which alone may run: they get a word that nobody can guess.
void show_page(in_api&, const call& asked) {
    tenon::detail::attach_token nonce;
    if (!nonce.renew()) return asked.answer(problem(503, "there is no randomness"));
    std::string text(page());
    for (const std::string_view tag : {"<script", "<style"})
        if (const std::size_t at = text.find(tag); at != text.npos)
            text.insert(at + tag.size(), tenon::detail::join({" nonce=\"", nonce.text(), "\""}));
    const std::string rules = tenon::detail::join({"default-src 'none'; script-src 'nonce-", nonce.text(),
                                                   "'; style-src 'nonce-", nonce.text(),
                                                   "'; connect-src 'self'; img-src 'self' data:; base-uri "
                                                   "'none'; form-action 'none'; frame-ancestors 'none'"});
    asked.answer({.headers = {{"Content-Type", "text/html; charset=utf-8"},
                              {"Cache-Control", "no-store"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Content-Security-Policy", rules}},
                  .body = std::move(text)});
}

void show_health(in_api&, const call& asked) { asked.answer(json_answer(R"({"status":"ok"})")); }

const std::vector<entry>& entries() {
    static const std::vector<entry> all = [] {
        std::vector<entry> made{{{"GET", "/", access::open}, show_page},
                                {{"GET", "/healthz", access::open}, show_health},
                                {{"*", "/api/plugins/*", access::open}, pass_on}};
        for (const auto table : {of_plugins(), of_work(), of_chat()})
            made.insert(made.end(), table.begin(), table.end());
        return made;
    }();
    return all;
}
constexpr std::size_t bridge = 2;

struct target {
    const entry* to;
    std::string name, path;
    bool admin;
};

/// Where the request goes, or why nowhere.
std::variant<http::response, target> look(const in_api& api, const http::request& asked) {
    if (auto refused = api.doorman.refuse(asked)) return std::move(*refused);
    auto path = tenon::decode_path(asked.path);
    if (!path) return problem(400, path.error().message);
    target found{&entries()[bridge], {}, std::move(*path), api.doorman.is_admin(asked)};
    // A page of a plugin's is another site, because of its sandbox, and loads what belongs to it.
    if (found.path.starts_with("/api/plugins/")) return found;
    if (guard::is_loaded_elsewhere(asked)) return problem(403, "pages of other sites may not ask");

    const bool reads = asked.method == "GET" || asked.method == "HEAD";
    const auto match = api.routes.find(reads ? "GET" : asked.method, found.path);
    if (match.route == nullptr && match.allowed.empty()) return problem(404, "there is nothing here");
    if (match.route == nullptr) {
        std::string allowed;
        for (const std::string_view one : match.allowed)
            allowed.append(allowed.empty() ? "" : ", ").append(one);
        http::response answer = problem(405, "not this method");
        answer.headers.back() = {"Allow", allowed};
        return answer;
    }
    found.to = &entries()[match.route->plugin];
    if (!match.params.empty()) found.name = match.params[0].second;
    if (found.to->path.needs == access::admin && !found.admin) {
        http::response answer = problem(401, "this needs the token of an administrator");
        answer.headers.push_back({"WWW-Authenticate", "Bearer"});
        return answer;
    }
    if (!reads && !is_json(asked) && (has_body(asked) || !found.to->may_lack_body))
        return problem(415, "expected a body with Content-Type: application/json");
    return found;
}

} // namespace

api::internal::internal(tenon::host& given, chat& rooms, api_settings wanted)
    : host(given), talk(rooms), settings(std::move(wanted)),
      doorman(settings.token, settings.address, settings.hosts) {
    for (std::size_t number = 0; number != entries().size(); ++number) {
        if (number == bridge) continue;
        const known_path& path = entries()[number].path;
        const auto added =
            routes.add(static_cast<std::uint32_t>(number), path.pattern, "",
                       {.path = std::string(path.pattern), .method = std::string(path.method)});
        TENON_ASSERT(added);
    }
}

api::api(tenon::host& host, chat& chat, api_settings settings)
    : state_(std::make_shared<internal>(host, chat, std::move(settings))) {}
api::~api() = default;

std::vector<known_path> api::paths() {
    std::vector<known_path> all;
    for (const entry& one : entries()) all.push_back(one.path);
    return all;
}

std::optional<http::response> api::admit(const http::request& head) const {
    auto found = look(*state_, head);
    if (auto* refused = std::get_if<http::response>(&found)) return std::move(*refused);
    return {};
}

void api::answer(std::shared_ptr<http::exchange> asked) {
    auto found = look(*state_, asked->asked());
    if (auto* refused = std::get_if<http::response>(&found)) return asked->answer(std::move(*refused));
    auto query = tenon::decode_query(asked->asked().query);
    if (!query) return asked->answer(problem(400, query.error().message));
    auto& [to, name, path, admin] = std::get<target>(found);
    to->run(*state_, {std::move(asked), std::move(name), std::move(*query), std::move(path), admin});
}

} // namespace reference
