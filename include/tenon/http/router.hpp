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
#include <tenon/http/exchange.hpp>
#include <tenon/http/guard.hpp>
#include <tenon/json/value.hpp>
#include <tenon/transport/asio.hpp>
#include <tenon/web/problem.hpp>
#include <tenon/web/query.hpp>
#include <tenon/web/route_table.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
    bool admin = false;

    const request& asked() const noexcept { return exchange->asked(); }
    std::string queried(std::string_view wanted) const {
        return std::string(find_in_query(asked().query, wanted));
    }
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

    /// Another guard, say with another token. It is told of the addresses, too. What has been let in already is answered.
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
    void add_below(std::string prefix, function run);
    /// In the order in which they were added; of those below a path it is "*" and "/prefix/*".
    std::vector<endpoint> endpoints() const;

    /// The server's gate: where a request goes, or why nowhere, which is found out once, before its body is read.
    admission admit(const request& head) const;
    void answer(std::shared_ptr<exchange> asked) const;

private:
    struct entry {
        endpoint where;
        function run;
    };
    using shared_entry = std::shared_ptr<const entry>; // a function may be the end of this

    static shared_entry entry_of(endpoint where, function run) {
        return std::make_shared<const entry>(entry{std::move(where), std::move(run)});
    }
    std::shared_ptr<const detail::routed> to(const shared_entry& one, std::string name, bool admin) const {
        return std::make_shared<const detail::routed>(
            detail::routed{this, {one, &one->run}, std::move(name), admin});
    }

    guard doorman_;
    std::vector<std::string> addresses_; // of the servers
    std::vector<shared_entry> entries_;
    std::vector<std::pair<std::string, shared_entry>> below_;
    route_table<shared_entry> routes_; // of the entries
};

// --- its bodies ---

inline void router::add(endpoint where, function run) {
    TENON_ASSERT(detail::problem_of_method(where.method).empty() &&
                 detail::problem_of_pattern(where.pattern).empty());
    const std::string method = where.method, pattern = where.pattern;
    entries_.push_back(entry_of(std::move(where), std::move(run)));
    const bool is_new = routes_.add(method, pattern, entries_.back()) == nullptr;
    TENON_ASSERT(is_new);
}

inline void router::add_below(std::string prefix, function run) {
    endpoint where{"*", prefix + "*", access::open, true};
    below_.emplace_back(std::move(prefix), entry_of(std::move(where), std::move(run)));
}

inline std::vector<endpoint> router::endpoints() const {
    std::vector<endpoint> all;
    for (const auto& one : entries_) all.push_back(one->where);
    for (const auto& [prefix, one] : below_) all.push_back(one->where);
    return all;
}

} // namespace tenon::http

namespace tenon::detail {

template <class Client, class Handler>
auto until_gone(Client& client, Handler then) {
    const auto signal = std::make_shared<asio::cancellation_signal>();
    client.on_gone([signal] { signal->emit(asio::cancellation_type::terminal); });
    return asio::bind_cancellation_slot(signal->slot(),
                                        [signal, then = std::move(then)](auto outcome) { then(outcome); });
}

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

inline admission router::admit(const request& head) const {
    const auto refused = [](response why) { return admission{.refused = std::move(why)}; };
    if (auto why = doorman_.refuse(head)) return refused(std::move(*why));
    const bool admin = doorman_.is_admin(head);
    for (const auto& [prefix, one] : below_) {
        if (!head.path.starts_with(prefix)) continue;
        // Each name below a path is somebody else's: who is slow there does not stand in the way of the others.
        return {.known = admin,
                .route = head.path.substr(0, head.path.find('/', prefix.size())),
                .at_once = one->where.at_once,
                .routed = to(one, {}, admin)};
    }
    if (guard::is_loaded_elsewhere(head)) return refused(problem(403, "pages of other sites may not ask"));

    const bool reads = head.method == "GET" || head.method == "HEAD";
    const auto match = routes_.find(reads ? "GET" : head.method, head.path);
    if (match.owner == nullptr)
        return refused(match.allowed.empty() ? problem(404, "there is nothing here")
                                             : not_this_method(match.allowed));
    const shared_entry& one = *match.owner;
    const endpoint& where = one->where;
    if (where.needs == access::admin && !admin) {
        response answer = problem(401, "this needs the token of an administrator");
        answer.headers.push_back({"WWW-Authenticate", "Bearer"});
        return refused(std::move(answer));
    }
    if (!reads && !detail::has_json(head) && (detail::has_body(head) || !where.may_lack_body))
        return refused(problem(415, "expected a body with Content-Type: application/json"));
    return {.known = admin || where.needs == access::probe,
            .body = where.body,
            .route = detail::join({where.method, " ", where.pattern}),
            .at_once = where.at_once,
            .routed = to(one, std::string(match.params.empty() ? "" : match.params[0].second), admin)};
}

inline void router::answer(std::shared_ptr<exchange> asked) const {
    auto found = asked->routed();
    if (!found || found->by != this) {
        admission looked = admit(asked->asked());
        if (looked.refused) return asked->answer(*looked.refused);
        found = std::move(looked.routed);
    }
    (*found->run)({std::move(asked), found->name, found->admin});
}

// ---- what is asked of plugins for a client ---------------------------------------------------------------------

/// What is given up when the client goes before it is done:
///
///     host.decide(event, http::while_wanted(asked, [asked](const auto& outcome) { asked.answer(...); }));
template <class Handler>
auto while_wanted(const call& asked, Handler then) {
    return detail::until_gone(*asked.exchange, std::move(then));
}
/// The same for who is answered with a stream: while_wanted(to, [to](const auto& outcome) { to.close("result", ...); }).
template <class Handler>
auto while_wanted(const stream& to, Handler then) {
    return detail::until_gone(to, std::move(then));
}

} // namespace tenon::http

#endif
