#ifndef TENON_TESTS_REFERENCE_HOST_CHAT_CHAT_HOST_HPP
#define TENON_TESTS_REFERENCE_HOST_CHAT_CHAT_HOST_HPP

// A chat on a host, in the test's own loop, with users who keep what they hear.

#include "../../host/run_on_host.hpp"

#include <chat/chat.hpp>

#include <tenon/testing/scripted_plugin.hpp>

#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace reference {

/// The example, which stops what has "spam" in it.
inline tenon::plugin_options example_moderator() {
    const char* const folder = std::getenv("TENON_EXAMPLES");
    return {.name = "moderator",
            .command = {std::string(folder == nullptr ? "." : folder) + "/moderator/example_moderator"}};
}

struct chat_host : tenon::tests::running_host {
    using heard = std::vector<std::pair<std::string, std::string>>; // event, data

    explicit chat_host(games::pick number = games::any_number,
                       tenon::milliseconds lists_every = tenon::milliseconds(200))
        : talk(host, std::move(number), lists_every) {}

    stream_number enter(const std::string& uid) {
        auto ears = ear{.hear =
                            [this, uid](std::string_view event, std::string_view data) {
                                if (event != "users" && event != "rooms") all[uid].emplace_back(event, data);
                            },
                        .close = [this, uid] { closed.push_back(uid); }};
        const auto entered = talk.connect(uid, std::move(ears));
        REQUIRE(entered);
        return *entered;
    }
    tenon::result<receipt> say(std::string from, std::string to, std::string content) {
        return until<tenon::result<receipt>>([&](auto done) {
            talk.say({std::move(content), std::move(from), std::move(to)}, done);
        });
    }
    bool add(tenon::testing::scripted_plugin& plugin, tenon::plugin_options options) {
        const std::string name = options.name;
        return plugin.add_to(host, std::move(options)) &&
               until<tenon::result<void>>([&](auto done) { host.start(name, done); });
    }

    chat talk;
    std::map<std::string, heard> all;
    std::vector<std::string> closed;
};

} // namespace reference

#endif
