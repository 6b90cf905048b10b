// One of a hundred: hears an event and goes on. Its name is given by its environment, because there is one of each.

#include "tenon.hpp"

#include <cstdlib>

struct message {
    static constexpr auto event = "message.incoming";
    std::string content, from_uid, to_uid;
};

struct member {
    tenon::about about{.name = "member", .version = "1.0.0"};
    using receives = tenon::list<message>;

    tenon::flow receive(const message& m) {
        return m.content.empty() ? tenon::stop("empty") : tenon::proceed();
    }
};

int main(int argc, char** argv) {
    member plugin;
    if (const char* name = std::getenv("MEMBER_NAME")) plugin.about.name = name;
    return tenon::serve(plugin, argc, argv);
}
