// tenon's plugin: a command that answers, an event that is looked at and counted.

#include "tenon.hpp"

#include <cstdlib>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

struct seen { // how many events have come
    static constexpr auto command = "seen";
};

struct message {
    static constexpr auto event = "message.incoming";
    std::string content, from_uid, to_uid;
};

class peer {
public:
    tenon::about about{.name = "peer", .version = "1.0.0"};
    using receives = tenon::list<greet, seen, message>;
    static constexpr int max_concurrency = 64; // the host need not wait for one answer before the next call

    std::string receive(const greet& g) { return "hello " + g.who; }
    int receive(const seen&) const { return count_; }
    tenon::flow receive(const message& m) {
        ++count_;
        return m.content.empty() ? tenon::stop("empty") : tenon::proceed();
    }

private:
    int count_ = 0;
};

int main(int argc, char** argv) {
    peer plugin;
    if (const char* name = std::getenv("PEER_NAME")) plugin.about.name = name;
    return tenon::serve(plugin, argc, argv);
}
