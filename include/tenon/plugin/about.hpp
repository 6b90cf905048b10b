#ifndef TENON_PLUGIN_ABOUT_HPP
#define TENON_PLUGIN_ABOUT_HPP

// What a plugin says of itself before it does anything.
//
//     static constexpr tenon::about about{.name = "moderator", .version = "1.0.0"};
//     using receives = tenon::list<message, greet, stats>;

#include <string_view>

namespace tenon {

struct about {
    std::string_view name;
    std::string_view version;
    std::string_view description = {};
    /// Whether the plugin calls the host (emit, execute, configuration, the host's own methods). It must ask
    /// for that in the handshake, and the host's configuration must allow it. Logging is always allowed.
    bool calls_host = false;
};

/// The messages a plugin receives.
template <class... Message>
struct list {};

} // namespace tenon

#endif
