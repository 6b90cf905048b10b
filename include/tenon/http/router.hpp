#ifndef TENON_HTTP_ROUTER_HPP
#define TENON_HTTP_ROUTER_HPP

// From a request to the function that answers it: Host and Origin, path, method, token, body, in this order.
//
//     http::router paths{http::guard(token)};
//     paths.add({"GET", "/rooms/{room}", http::access::open},  // or what a token needs: "rooms:read"
//               [](const http::call& asked) { asked.answer(text("this is " + asked.name)); });
//     http::server web(io, paths);
//
// What changes something takes JSON, and where it spools, parts as well. HEAD is answered as GET is. Nobody known is 401; somebody who lacks the permission,
// or whose scope is about other plugins, is 403. It belongs to the server's executor, and has to be there for as long as
// the server.

#include <tenon/core/result.hpp>
#include <tenon/http/exchange.hpp>
#include <tenon/http/guard.hpp>
#include <tenon/json/closed_object.hpp>
#include <tenon/json/decode.hpp>
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

/// Whether a token that is for some plugins alone may ask.
enum class scoping {
    refused,    // no: it is about all of them
    by_name,    // if the pattern's first parameter names one of its plugins
    by_function // yes: the function asks call::reaches(), and shows and changes nothing else
};

struct endpoint {
    std::string method, pattern;  // "POST", "/api/v1/plugins/{name}/start"
    access needs = access::admin; // or a permission: "plugins:read"
    bool may_lack_body = false;   // of those that change something
    std::size_t body = SIZE_MAX;  // longest body; the server has a limit of its own
    std::size_t at_once = 128; // so many strangers' requests for it are under way at most, whoever needs long
    scoping scoped = scoping::refused;
    /// It takes multipart/form-data, too: exchange::uploaded(). Not of an open one, whose disk would be everybody's.
    std::optional<spooling> spool = {};

    /// As it stands in an audit.
    std::string action() const { return detail::join({method, " ", pattern}); }
};

/// One request that was let in. Copies are the same one.
struct call {
    std::shared_ptr<http::exchange> exchange;
    std::string name;                          // what the pattern's first parameter took
    bool admin = false;                        // may everything
    std::shared_ptr<const principal> who = {}; // null: nobody is known
    std::shared_ptr<const endpoint> where = {};

    /// As it stands in an audit.
    std::string actor() const { return who != nullptr ? who->name : std::string(); }
    bool may(std::string_view permission) const noexcept { return who != nullptr && who->may(permission); }
    /// Whether that plugin is in the scope of who asks.
    bool reaches(std::string_view id) const noexcept { return who == nullptr || who->reaches(id); }
    bool reaches_all() const noexcept { return who == nullptr || who->reaches_all(); }
    const request& asked() const noexcept { return exchange->asked(); }
    std::string queried(std::string_view wanted) const {
        return std::string(find_in_query(asked().query, wanted));
    }
    void answer(const response& given) const { exchange->answer(given); }
    /// The body as a value. A member that the type does not have is refused, where it does not say `allow_unknown`: a misspelt
    /// limit would be no limit.
    template <class T>
    result<T> read_body() const {
        T read = T();
        json_reader in(asked().body, {.root = "body"});
        in.ask_about_unknown(&detail::refuse_unknown_member);
        if (detail::decode(in, read) && in.finish()) return read;
        return in.error();
    }
    /// The same; nothing where it is none, which the client hears then.
    template <class T>
    std::optional<T> body() const {
        auto read = read_body<T>();
        if (read) return *std::move(read);
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
        if (others_) doorman_.knows(others_);
    }
    /// Called with what somebody changed, when it is answered, and with what was refused for want of a token, a permission
    /// or a scope. It may not end the server.
    void audited_by(std::function<void(const audited&)> write) {
        audit_ =
            write ? std::make_shared<const std::function<void(const audited&)>>(std::move(write)) : nullptr;
    }
    /// Whose tokens besides the administrator's there are: guard::knows, for the guards to come, too.
    void knows(std::function<bearer(std::string_view token)> others) {
        others_ = std::move(others);
        doorman_.knows(others_);
    }
    /// The id of what the parameter of a scoped path names; without this it is the id itself. The audit has the id, too,
    /// but for strangers, who are not worth the search.
    void scoped_by(std::function<std::string(std::string_view name)> id_of) { id_of_ = std::move(id_of); }
    /// Said by the server that has this router, as soon as it listens.
    void serves_at(std::string address) {
        doorman_.serves_at(address);
        addresses_.push_back(std::move(address));
    }

    /// Each pair of method and pattern once.
    void add(endpoint where, function run);
    /// Another function for one that was added, before the first request; answers the former, which the new one may call.
    function replace(std::string_view method, std::string_view pattern, function run);
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
    using shared_entry = std::shared_ptr<entry>; // a function may be the end of this

    static shared_entry entry_of(endpoint where, function run) {
        return std::make_shared<entry>(entry{std::move(where), std::move(run)});
    }
    response refuse(int status, std::string_view words, audited about) const;
    std::optional<response> judge(const endpoint& where, const bearer& asker, std::string_view name) const;
    std::string target_of(const endpoint& where, std::string_view name) const {
        return where.scoped == scoping::by_name && id_of_ ? id_of_(name) : std::string(name);
    }

    guard doorman_;
    std::function<bearer(std::string_view token)> others_;
    std::vector<std::string> addresses_; // of the servers
    std::vector<shared_entry> entries_;
    std::vector<std::pair<std::string, shared_entry>> below_;
    route_table<shared_entry> routes_; // of the entries
    std::shared_ptr<const std::function<void(const audited&)>> audit_;
    std::function<std::string(std::string_view name)> id_of_;
};

// --- its bodies ---

inline void router::add(endpoint where, function run) {
    TENON_ASSERT(!where.spool || !where.needs.needs_nothing());
    TENON_ASSERT(detail::problem_of_method(where.method).empty() &&
                 detail::problem_of_pattern(where.pattern).empty());
    const std::string method = where.method, pattern = where.pattern;
    entries_.push_back(entry_of(std::move(where), std::move(run)));
    const bool is_new = routes_.add(method, pattern, entries_.back()) == nullptr;
    TENON_ASSERT(is_new);
}

inline router::function router::replace(std::string_view method, std::string_view pattern, function run) {
    for (const shared_entry& one : entries_)
        if (one->where.method == method && one->where.pattern == pattern)
            return std::exchange(one->run, std::move(run));
    TENON_ASSERT(false);
    return run;
}

inline void router::add_below(std::string prefix, function run) {
    endpoint where{.method = "*", .pattern = prefix + "*", .needs = access::open, .may_lack_body = true};
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

inline bool has_type(const http::request& asked, std::string_view wanted) {
    const std::string_view type = asked.header("content-type");
    return equals_ignoring_case(trimmed(type.substr(0, type.find(';'))), wanted);
}

inline bool has_json(const http::request& asked) { return has_type(asked, "application/json"); }

} // namespace tenon::detail

namespace tenon::http {

inline response router::refuse(int status, std::string_view words, audited about) const {
    about.status = status;
    if (audit_) (*audit_)(about);
    if (status == 403) return problem(status, words, "permission");
    response answer = problem(status, words);
    answer.headers.push_back({"WWW-Authenticate", "Bearer"});
    return answer;
}

/// Why who asks may not ask for this.
inline std::optional<response> router::judge(const endpoint& where, const bearer& asker,
                                             std::string_view name) const {
    if (where.needs.needs_nothing()) return {};
    const std::string_view needed = where.needs.permission();
    const auto lacks = [&](std::string_view what) {
        return audited{.actor = asker.who != nullptr ? asker.who->name : "",
                       .action = where.action(),
                       .target = asker.who != nullptr ? target_of(where, name) : std::string(name),
                       .missing = std::string(what)};
    };
    if (asker.who == nullptr) {
        std::string words = asker.expired ? "this token has expired; " : "";
        words += "this needs the token of an administrator";
        if (doorman_.knows_others() && where.needs != access::admin)
            words += detail::join({", or one with the permission ", needed});
        return refuse(401, words, lacks(needed));
    }
    if (!asker.who->may(needed)) return refuse(403, asker.who->lacks(needed), lacks(needed));
    if (where.scoped == scoping::by_function || asker.who->reaches_all()) return {};
    if (where.scoped == scoping::refused) return refuse(403, asker.who->is_for_some(), lacks("scope"));
    if (asker.who->reaches(target_of(where, name))) return {};
    return refuse(403, asker.who->is_for_others(), lacks("scope"));
}

inline admission router::admit(const request& head) const {
    const auto refused = [](response why) { return admission{.refused = std::move(why)}; };
    if (auto why = doorman_.refuse(head)) return refused(std::move(*why));
    bearer asker = doorman_.who(head);
    const bool known = asker.who != nullptr;
    const auto to = [&](const shared_entry& one, std::string name) {
        return detail::routed{
            this, {one, &one->where}, {one, &one->run}, std::move(name), std::move(asker.who)};
    };
    for (const auto& [prefix, one] : below_) {
        if (!head.path.starts_with(prefix)) continue;
        // Each name below a path is somebody else's: who is slow there does not stand in the way of the others.
        return {.known = known,
                .route = head.path.substr(0, head.path.find('/', prefix.size())),
                .at_once = one->where.at_once,
                .routed = std::make_shared<const detail::routed>(to(one, {}))};
    }
    if (guard::is_loaded_elsewhere(head)) return refused(problem(403, "pages of other sites may not ask"));

    const bool reads = head.method == "GET" || head.method == "HEAD";
    const auto match = routes_.find(reads ? "GET" : head.method, head.path);
    if (match.owner == nullptr)
        return refused(match.allowed.empty() ? problem(404, "there is nothing here")
                                             : not_this_method(match.allowed));
    const shared_entry& one = *match.owner;
    const endpoint& where = one->where;
    std::string route = where.action();
    std::string name(match.params.empty() ? "" : match.params[0].second);
    if (auto why = judge(where, asker, name)) return refused(std::move(*why));
    const bool has_parts = !reads && where.spool && detail::has_type(head, "multipart/form-data");
    if (!reads && !has_parts && !detail::has_json(head) && (detail::has_body(head) || !where.may_lack_body))
        return refused(problem(415, where.spool
                                        ? "expected a body with Content-Type: multipart/form-data, or "
                                          "application/json"
                                        : "expected a body with Content-Type: application/json"));
    detail::routed found = to(one, std::move(name));
    if (audit_ && !reads && !where.needs.needs_nothing()) {
        found.audit = audit_;
        found.about = {.actor = found.who->name, .action = route, .target = target_of(where, found.name)};
    }
    return {.known = known || where.needs == access::probe,
            .body = where.body,
            .route = std::move(route),
            .at_once = where.at_once,
            .spool = has_parts ? std::shared_ptr<const spooling>(one, &*where.spool) : nullptr,
            .routed = std::make_shared<const detail::routed>(std::move(found)),
            .still = std::move(asker.still)};
}

inline void router::answer(std::shared_ptr<exchange> asked) const {
    auto found = asked->routed();
    if (!found || found->by != this) {
        admission looked = admit(asked->asked());
        if (looked.refused) return asked->answer(*looked.refused);
        if (looked.spool)
            return asked->answer(problem(415, "parts are taken by a server that has this router"));
        found = std::move(looked.routed);
    }
    const bool admin = found->who != nullptr && found->who->may("*");
    (*found->run)({std::move(asked), found->name, admin, found->who, found->where});
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
