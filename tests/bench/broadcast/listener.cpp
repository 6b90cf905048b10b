// The plugin of the benchmark: hears an event and answers that it goes on. Its name is given by its environment,
// because a host knows each by its own. With LISTENER_BYTES=FILE it observes the event instead, and writes a byte there.

#include "tenon.hpp"

#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

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

struct observer {
    tenon::about about{.name = "listener", .version = "1.0.0"};
    using receives = tenon::list<message>;
    int bytes = -1;

    void receive(const message& m) {
        if (::write(bytes, m.content.data(), 1) != 1) std::abort();
    }
};

template <class Plugin>
int run(Plugin plugin, int argc, char** argv) {
    if (const char* name = std::getenv("LISTENER_NAME")) plugin.about.name = name;
    return tenon::serve(plugin, argc, argv);
}

int main(int argc, char** argv) {
    const char* const file = std::getenv("LISTENER_BYTES");
    return file == nullptr ? run(listener(), argc, argv)
                           : run(observer{.bytes = ::open(file, O_WRONLY | O_CLOEXEC)}, argc, argv);
}
