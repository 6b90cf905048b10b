// A plugin whose only thread waits in all the ways there are: in a tick, in a handler, and asking whether it goes on.

#include <tenon.hpp>

struct ask { // waits for the host
    static constexpr auto command = "ask";
};

struct work { // works until it is cancelled
    static constexpr auto command = "work";
};

class one_thread {
public:
    static constexpr tenon::about about{.name = "one_thread", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<ask, work>;

    tenon::milliseconds tick(const tenon::host_link& host) {
        const auto said = host.call<std::string>("time/tick", nullptr, an_hour);
        host.info(said ? *said : said.error().message);
        return an_hour;
    }

    tenon::result<std::string> receive(const ask&, tenon::context& here) {
        return here.call<std::string>("time/now", nullptr, an_hour);
    }

    tenon::result<int> receive(const work&, tenon::context& here) {
        here.progress("begun");
        while (!here.cancelled()) {
        }
        return tenon::fault{tenon::codes::cancelled, "cancelled"};
    }

private:
    static constexpr tenon::milliseconds an_hour{3'600'000};
};

int main(int argc, char** argv) { return tenon::serve<one_thread>(argc, argv); }
