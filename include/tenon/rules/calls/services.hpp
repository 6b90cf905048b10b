#ifndef TENON_RULES_CALLS_SERVICES_HPP
#define TENON_RULES_CALLS_SERVICES_HPP

// What plugins may call on their host: methods by name, each with the permission that it needs. The wire's own methods
// (host/emit, ...) are provided in the same way as the embedder's. Knows no connection: a request comes in as slices
// with a way to answer it, which is used exactly once.
//
// The asker is the service_client that belongs to the connection. An unknown method is answered -32601, one that is not
// granted -32013. Both are counted; a plugin that goes on and on with that is reported as abusive, once.

#include <tenon/core/text.hpp>
#include <tenon/rules/calls/service_handler.hpp>
#include <tenon/rules/catalogue.hpp>
#include <tenon/session/messages.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// Far beyond what a plugin asks for by mistake, and little work for a host.
inline constexpr std::size_t max_refusals_per_second = 100;

/// How often a plugin asked for what it may not have.
class refusal_meter {
public:
    explicit refusal_meter(std::size_t limit = max_refusals_per_second) noexcept : limit_(limit) {}

    /// True when it is too much, once in a second. 0: without a limit.
    bool add(time_point now) noexcept {
        if (count_ == 0 || now < since_ || now - since_ >= milliseconds(1'000)) {
            since_ = now;
            count_ = 0;
        }
        return ++count_ == limit_ + 1 && limit_ != 0;
    }

private:
    std::size_t limit_, count_ = 0;
    time_point since_ = {};
};

struct service_counts {
    std::uint64_t asked = 0;   // requests and notifications
    std::uint64_t denied = 0;  // no permission
    std::uint64_t unknown = 0; // no such method
    bool operator==(const service_counts&) const = default;
};

/// One plugin, as the services see it.
struct service_client {
    caller identity = {};
    /// Whether it may call at all: what needs no permission (host/log, plugin/ackEvent) is open to everybody.
    bool may_call = false;
    std::string_view why_not = "its `allowReverseRpc` is not true";
    service_counts counts = {};
    refusal_meter refusals = refusal_meter();
};

inline fault calls_not_allowed(std::string_view method, const service_client& client) {
    return {codes::permission_denied,
            join({method, ": ", client.identity.plugin, " may not call the host: ", client.why_not})};
}

enum class service_outcome {
    taken,   // answered, or will be
    unknown, // answered -32601, or a notification that was ignored
    denied,  // answered -32013, or a notification that was ignored
    abusive, // denied or unknown, and one too many: the plugin is to be stopped with `rpc.abuse`
};

class services {
public:
    struct listed {
        std::string_view method, permission;
        service_words words;
    };

    services() = default;
    services(const services&) = delete;
    services& operator=(const services&) = delete;

    /// `permission` is empty for what everybody may call. See service_handler.hpp for what a handler may look like.
    template <class Callable>
    result<void> provide(std::string_view method, std::string_view permission, Callable handler) {
        return provide_service(*this, method, permission, std::move(handler));
    }
    result<void> add_service(std::string_view method, std::string_view permission, const service_words& words,
                             service_handler handler);
    /// Calls that wait for an answer still get it.
    bool withdraw(std::string_view method);

    /// A request. `params_offset` is where params begin in their message, for the words of faults. Handlers may do
    /// anything but destroy this object.
    service_outcome call(service_client& client, std::string_view method, std::string_view params,
                         std::size_t params_offset, open_request request, time_point now);
    /// A notification: the same without an answer.
    service_outcome notify(service_client& client, std::string_view method, std::string_view params,
                           std::size_t params_offset, time_point now) {
        return call(client, method, params, params_offset, {}, now);
    }

    bool knows(std::string_view method) const { return methods_.find(method) != methods_.end(); }
    /// In the order of their names.
    std::vector<listed> list() const;

private:
    struct provided {
        std::string permission;
        service_words words;
        service_handler handler;
    };

    static service_outcome refuse(service_client& client, answer_once& answer, fault why, time_point now);

    // Shared, so that a handler may withdraw itself while it runs.
    std::map<std::string, std::shared_ptr<provided>, std::less<>> methods_;
};

inline result<void> services::add_service(std::string_view method, std::string_view permission,
                                          const service_words& words, service_handler handler) {
    const auto refused = [&](std::string_view why) {
        return fault{codes::invalid_params, join({"service '", method, "': ", why})};
    };
    if (method.empty()) return refused("it has no name");
    if (method.substr(0, 2) == "$/" || method.substr(0, 4) == "rpc.")
        return refused("such names are reserved");
    if (!permission.empty() && !is_permission(permission))
        return refused(join({"expected a permission like scope:verb, got '", permission, "'"}));
    if (knows(method)) return refused("there is one already");
    methods_.emplace(
        method, std::make_shared<provided>(provided{std::string(permission), words, std::move(handler)}));
    return {};
}

inline bool services::withdraw(std::string_view method) {
    const auto found = methods_.find(method);
    if (found == methods_.end()) return false;
    methods_.erase(found);
    return true;
}

inline service_outcome services::call(service_client& client, std::string_view method,
                                      std::string_view params, std::size_t params_offset,
                                      open_request request, time_point now) {
    if (method != methods::log) ++client.counts.asked; // lines are counted as lines
    answer_once answer(std::move(request));
    const auto found = methods_.find(method);
    if (found == methods_.end()) {
        ++client.counts.unknown;
        return refuse(client, answer,
                      {codes::method_not_found, join({"unknown method '", method.substr(0, 128), "'"})}, now);
    }
    const std::shared_ptr<provided> target = found->second;
    const std::string& needed = target->permission;
    if (!needed.empty() && !(client.may_call && client.identity.has(needed))) {
        ++client.counts.denied;
        return refuse(client, answer,
                      client.may_call ? fault{codes::permission_denied,
                                              join({method, " needs the permission ", needed,
                                                    ", which is not among the `permissions` of ",
                                                    client.identity.plugin})}
                                      : calls_not_allowed(method, client),
                      now);
    }
    service_call made{.method = method,
                      .params = params,
                      .origin = {"params", params_offset},
                      .from = client.identity,
                      .now = now,
                      .answer = std::move(answer)};
    target->handler(made);
    return service_outcome::taken;
}

inline service_outcome services::refuse(service_client& client, answer_once& answer, fault why,
                                        time_point now) {
    const auto outcome =
        why.code == codes::method_not_found ? service_outcome::unknown : service_outcome::denied;
    const bool abusive = client.refusals.add(now);
    answer.fail(std::move(why)); // may do anything, and `client` may be gone behind it
    return abusive ? service_outcome::abusive : outcome;
}

inline std::vector<services::listed> services::list() const {
    std::vector<listed> all;
    all.reserve(methods_.size());
    for (const auto& [method, one] : methods_) all.push_back({method, one->permission, one->words});
    return all;
}

} // namespace tenon::detail

#endif
