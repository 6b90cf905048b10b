#ifndef TENON_HTTP_ROUTER_HPP
#define TENON_HTTP_ROUTER_HPP

// From a request to the function that answers it: Host and Origin, path, method, token, body, in this order.
//
//     http::router paths{http::guard(token)};
//     paths.add({"GET", "/rooms/{room}", http::access::open},
//               [](const http::call& asked) { asked.answer(text("this is " + asked.name)); });
//     http::server web(io, paths);
//
// What changes something takes JSON. HEAD is answered as GET is. It belongs to the server's executor, and has to be
// there for as long as the server.

#include <tenon/core/result.hpp>
#include <tenon/rules/calls/routes.hpp>
#include <tenon/http/exchange.hpp>
#include <tenon/http/guard.hpp>
#include <tenon/json/value.hpp>
#include <tenon/web/problem.hpp>
#include <tenon/web/query.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tenon::http {

/// A probe is open too, and has places that strangers cannot take.
enum class access { open, admin, probe };

struct endpoint {
    std::string method, pattern; // "POST", "/api/v1/plugins/{name}/start"
    access needs = access::admin;
    bool may_lack_body = false;  // of those that change something
    std::size_t body = SIZE_MAX; // longest body; the server has a limit of its own
    std::size_t at_once = 128; // so many strangers' requests for it are under way at most, whoever needs long
};

/// One request that was let in. Copies are the same one.
struct call {
    std::shared_ptr<http::exchange> exchange;
    std::string name; // what the pattern's first parameter took
    std::vector<field> query;
    std::string path; // decoded
    bool admin = false;

    const request& asked() const noexcept { return exchange->asked(); }
    std::string queried(std::string_view wanted) const { return std::string(find_in_query(query, wanted)); }
    void answer(const response& given) const { exchange->answer(given); }
    /// The body as a value; nothing where it is none, which the client hears then.
    template <class T>
    std::optional<T> body() const {
        auto read = from_json<T>(asked().body, {.root = "body"});
        if (read) return std::move(*read);
        answer(problem(400, read.error().message));
        return {};
    }
};

class router {
public:
    using function = std::function<void(const call&)>;

    explicit router(guard doorman = guard()) : doorman_(std::move(doorman)) {}

    /// Another guard, say with another token. It is told of the addresses, too.
    void guarded_by(guard doorman) {
        doorman_ = std::move(doorman);
        for (const std::string& one : addresses_) doorman_.serves_at(one);
    }
    /// Said by the server that has this router, as soon as it listens.
    void serves_at(std::string address) {
        doorman_.serves_at(address);
        addresses_.push_back(std::move(address));
    }

    /// Each pair of method and pattern once.
    void add(endpoint where, function run);
    /// Everything below a path that ends in a slash, by any method, from anybody, with any body, and also when a page
    /// of another site loads it: whoever answers that decides.
    void add_below(std::string prefix, function run) {
        below_.emplace_back(std::move(prefix), std::move(run));
    }
    /// In the order in which they were added; of those below a path it is "*" and "/prefix/*".
    std::vector<endpoint> endpoints() const;

    /// The server's gate: what may not be asked is refused before its body is read.
    admission admit(const request& head) const;
    void answer(std::shared_ptr<exchange> asked) const;

private:
    struct entry {
        endpoint where;
        function run;
    };
    struct target {
        const function* run;
        std::string name, path;
        bool admin;
        const endpoint* where; // null: below a path
        std::string_view prefix;
    };
    /// Where the request goes, or why nowhere.
    std::variant<response, target> look(const request& asked) const;

    guard doorman_;
    std::vector<std::string> addresses_; // of the servers
    std::vector<entry> entries_;
    std::vector<std::pair<std::string, function>> below_;
    detail::route_table routes_; // a plugin in there is the number of an entry
};

// --- its bodies ---

inline void router::add(endpoint where, function run) {
    const auto added = routes_.add(static_cast<std::uint32_t>(entries_.size()), where.pattern, "",
                                   {.path = where.pattern, .method = where.method});
    TENON_ASSERT(added);
    entries_.push_back({std::move(where), std::move(run)});
}

inline std::vector<endpoint> router::endpoints() const {
    std::vector<endpoint> all;
    for (const entry& one : entries_) all.push_back(one.where);
    for (const auto& [prefix, run] : below_) all.push_back({"*", prefix + "*", access::open, true});
    return all;
}

} // namespace tenon::http

namespace tenon::detail {

/// Whether the request has a body, or says that it has one.
inline bool has_body(const http::request& asked) noexcept {
    const std::string_view length = asked.header("content-length");
    return !asked.body.empty() || !asked.header("transfer-encoding").empty() ||
           length.find_first_not_of('0') != length.npos;
}

inline bool has_json(const http::request& asked) {
    const std::string_view type = asked.header("content-type");
    return equals_ignoring_case(trimmed(type.substr(0, type.find(';'))), "application/json");
}

} // namespace tenon::detail

namespace tenon::http {

inline std::variant<response, router::target> router::look(const request& asked) const {
    if (auto refused = doorman_.refuse(asked)) return std::move(*refused);
    auto path = decode_path(asked.path);
    if (!path) return problem(400, path.error().message);
    target found{nullptr, {}, std::move(*path), doorman_.is_admin(asked), nullptr, {}};
    for (const auto& [prefix, run] : below_)
        if (found.path.starts_with(prefix)) {
            found.run = &run;
            found.prefix = prefix;
            return found;
        }
    if (guard::is_loaded_elsewhere(asked)) return problem(403, "pages of other sites may not ask");

    const bool reads = asked.method == "GET" || asked.method == "HEAD";
    const auto match = routes_.find(reads ? "GET" : asked.method, found.path);
    if (match.route == nullptr)
        return match.allowed.empty() ? problem(404, "there is nothing here") : not_this_method(match.allowed);
    const auto& [where, run] = entries_[match.route->plugin];
    found.run = &run;
    found.where = &where;
    if (!match.params.empty()) found.name = match.params[0].second;
    if (where.needs == access::admin && !found.admin) {
        response answer = problem(401, "this needs the token of an administrator");
        answer.headers.push_back({"WWW-Authenticate", "Bearer"});
        return answer;
    }
    if (!reads && !detail::has_json(asked) && (detail::has_body(asked) || !where.may_lack_body))
        return problem(415, "expected a body with Content-Type: application/json");
    return found;
}

inline admission router::admit(const request& head) const {
    auto found = look(head);
    if (auto* refused = std::get_if<response>(&found)) return {.refused = std::move(*refused)};
    const target& to = std::get<target>(found);
    if (to.admin || (to.where != nullptr && to.where->needs == access::probe))
        return {.known = true, .body = to.where == nullptr ? SIZE_MAX : to.where->body};
    if (to.where != nullptr)
        return {.body = to.where->body,
                .route = detail::join({to.where->method, " ", to.where->pattern}),
                .at_once = to.where->at_once};
    // Each name below a path is somebody else's: who is slow there does not stand in the way of the others.
    const std::size_t end = to.path.find('/', to.prefix.size());
    return {.route = to.path.substr(0, end), .at_once = endpoint().at_once};
}

inline void router::answer(std::shared_ptr<exchange> asked) const {
    auto found = look(asked->asked());
    if (auto* refused = std::get_if<response>(&found)) return asked->answer(*refused);
    auto query = decode_query(asked->asked().query);
    if (!query) return asked->answer(problem(400, query.error().message));
    target& to = std::get<target>(found);
    const function kept = *to.run; // it may be the end of this
    kept({std::move(asked), std::move(to.name), std::move(*query), std::move(to.path), to.admin});
}

} // namespace tenon::http

#endif
