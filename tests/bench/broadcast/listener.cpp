// The plugin of the benchmark: hears an event and answers that it goes on. Its name is given by its environment,
// because a host knows each by its own.

#include "tenon.hpp"

#include <cstdlib>

struct message {
    static constexpr auto event = "message.incoming";
    std::string content, from_uid, to_uid;
};

struct listener {
    tenon::about about{.name = "listener", .version = "1.0.0"};
    using receives = tenon::list<message>;

    tenon::flow receive(const message& m) {
        return m.content.empty() ? tenon::stop("empty") : tenon::proceed();
    }
};

int main(int argc, char** argv) {
    listener plugin;
    if (const char* name = std::getenv("LISTENER_NAME")) plugin.about.name = name;
    return tenon::serve(plugin, argc, argv);
}
