// The plugin of the benchmark: hears an event and answers that it goes on.

#include "tenon.hpp"

struct message {
    static constexpr auto event = "message.incoming";
    std::string content, from_uid, to_uid;
};

class listener {
public:
    static constexpr tenon::about about{.name = "listener", .version = "1.0.0"};
    using receives = tenon::list<message>;

    tenon::flow receive(const message& m) {
        return m.content.empty() ? tenon::stop("empty") : tenon::proceed();
    }
};

int main(int argc, char** argv) { return tenon::serve<listener>(argc, argv); }
