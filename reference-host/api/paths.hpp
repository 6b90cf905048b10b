#ifndef REFERENCE_API_PATHS_HPP
#define REFERENCE_API_PATHS_HPP

// What stands behind every path of the API. Each of the files *_paths.cpp has a table of its own; api.cpp puts them
// together, and has checked who asks, and that a body is JSON, before a function of one is called.

#include "api.hpp"
#include "guard.hpp"
#include "problem.hpp"

#include <chat/chat.hpp>

#include <tenon/host/calls/http_query.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace reference {

struct api::internal : std::enable_shared_from_this<internal> {
    internal(tenon::host& given, chat& rooms, api_settings wanted);

    bool enabled(std::string_view plugin) const { return !settings.enabled || settings.enabled(plugin); }

    tenon::host& host;
    chat& talk;
    api_settings settings;
    guard doorman;
    tenon::detail::route_table routes; // a plugin in there is the number of an entry
    std::uint64_t last_request = 0;
};

namespace paths {

using in_api = api::internal;

/// One request that was let in. Copies are the same one.
struct call {
    std::shared_ptr<http::exchange> exchange;
    std::string name; // from the path: what {name} took
    std::vector<http::field> query;
    std::string path; // decoded
    bool admin = false;

    const http::request& asked() const noexcept { return exchange->asked(); }
    std::string queried(std::string_view wanted) const {
        return std::string(tenon::find_in_query(query, wanted));
    }
    void answer(http::response given) const { exchange->answer(std::move(given)); }
    /// The body as a value; nothing where it is none, which the client hears then.
    template <class T>
    std::optional<T> body() const {
        auto read = tenon::from_json<T>(asked().body, {.root = "body"});
        if (read) return std::move(*read);
        answer(problem(400, read.error().message));
        return {};
    }
};

struct entry {
    known_path path;
    void (*run)(in_api& api, const call& asked);
    bool may_lack_body = false; // of those that change something
};

std::span<const entry> of_plugins();
std::span<const entry> of_work(); // events, commands, logs
std::span<const entry> of_chat();

/// Whatever lies below /api/plugins/: the plugins' own routes.
void pass_on(in_api& api, const call& asked);

} // namespace paths

} // namespace reference

#endif
