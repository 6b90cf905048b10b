// From a request to the function that answers it: origin, path, method, token, body, in this order.

#include "api.hpp"
#include "page.hpp"
#include "paths.hpp"

#include <variant>

namespace reference {

namespace paths {

namespace {

/// The page is one file with its own script and style, which alone may run: they get a word that nobody can guess.
void show_page(in_api&, const call& asked) {
    const std::string nonce = random_text(16);
    std::string text(page());
    for (const std::string_view tag : {"<script", "<style"})
        if (const std::size_t at = text.find(tag); at != text.npos)
            text.insert(at + tag.size(), tenon::detail::join({" nonce=\"", nonce, "\""}));
    asked.answer({.headers = {{"Content-Type", "text/html; charset=utf-8"},
                              {"Cache-Control", "no-store"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Content-Security-Policy",
                               tenon::detail::join({"default-src 'none'; script-src 'nonce-", nonce,
                                                    "'; style-src 'nonce-", nonce,
                                                    "'; connect-src 'self'; img-src 'self' data:; base-uri "
                                                    "'none'; form-action 'none'; frame-ancestors 'none'"})}},
                  .body = std::move(text)});
}

} // namespace

const std::vector<entry>& of_page() {
    static const std::vector<entry> all = {
        {{"GET", "/", access::open}, [](in_api& api, call asked) { show_page(api, asked); }},
        {{"GET", "/healthz", access::open},
         [](in_api&, call asked) { asked.answer(json_answer(R"({"status":"ok"})")); }},
    };
    return all;
}

namespace {

struct target {
    const entry* to;
    std::vector<std::string> taken;
    std::string path;
    bool admin;
};

bool changes(std::string_view method) { return method != "GET" && method != "HEAD"; }

/// Where the request goes, or why nowhere.
std::variant<http::response, target> look(const in_api& api, const http::request& asked) {
    if (auto refused = api.doorman.refuse(asked)) return std::move(*refused);
    auto path = tenon::decode_path(asked.path);
    if (!path) return problem(400, path.error().message);
    const std::string method = asked.method == "HEAD" ? "GET" : asked.method;
    target found{nullptr, {}, std::move(*path), api.doorman.is_admin(asked)};
    std::string allowed;
    for (const auto* table : {&of_plugins(), &of_work(), &of_chat(), &of_page()})
        for (const entry& one : *table) {
            if (found.to != nullptr) break;
            auto taken = match(one.path.pattern, found.path);
            if (!taken) continue;
            if (one.path.method == "*" || one.path.method == method) {
                found.to = &one;
                found.taken = std::move(*taken);
            }
            if (allowed.find(one.path.method) == allowed.npos)
                allowed += (allowed.empty() ? "" : ", ") + std::string(one.path.method);
        }
    if (found.to == nullptr && allowed.empty()) return problem(404, "there is nothing here");
    if (found.to == nullptr) {
        http::response answer = problem(405, "not this method");
        answer.headers.back() = {"Allow", allowed};
        return answer;
    }
    if (found.to->path.needs == access::admin && !found.admin) {
        http::response answer = problem(401, "this needs the token of an administrator");
        answer.headers.push_back({"WWW-Authenticate", "Bearer"});
        return answer;
    }
    if (found.to->path.method != "*" && changes(method) && !is_json(asked) &&
        (has_body(asked) || !found.to->may_lack_body))
        return problem(415, "expected a body with Content-Type: application/json");
    return found;
}

} // namespace

} // namespace paths

api::api(tenon::host& host, chat& chat, api_settings settings)
    : state_(std::make_shared<internal>(host, chat, std::move(settings))) {}
api::~api() = default;

std::vector<known_path> api::paths() {
    std::vector<known_path> all;
    for (const auto* table : {&paths::of_plugins(), &paths::of_work(), &paths::of_chat(), &paths::of_page()})
        for (const paths::entry& one : *table) all.push_back(one.path);
    return all;
}

std::optional<http::response> api::admit(const http::request& head) const {
    auto found = paths::look(*state_, head);
    if (auto* refused = std::get_if<http::response>(&found)) return std::move(*refused);
    return {};
}

void api::answer(std::shared_ptr<http::exchange> asked) {
    auto found = paths::look(*state_, asked->asked());
    if (auto* refused = std::get_if<http::response>(&found)) return asked->answer(std::move(*refused));
    auto query = decode_query(asked->asked().query);
    if (!query) return asked->answer(problem(400, query.error().message));
    auto& [to, taken, path, admin] = std::get<paths::target>(found);
    to->run(*state_, {.exchange = std::move(asked),
                      .taken = std::move(taken),
                      .query = std::move(*query),
                      .path = std::move(path),
                      .admin = admin});
}

} // namespace reference
