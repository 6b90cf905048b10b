// A plugin that says everything that a plugin can say.

#include <tenon.hpp>

namespace {

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};
struct greet {
    static constexpr auto command = "greet";
    std::string who;
};
struct room {
    static constexpr auto route = "GET /rooms/{name}";
    std::string name;
};
struct find_user {
    static constexpr auto method = "users/find";
    using result = std::string;
    std::string uid;
};
struct settings {
    std::vector<std::string> words;
};

class talkative {
public:
    static constexpr tenon::about about{.name = "talkative", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<message, greet, room>;

    explicit talkative(tenon::host_link host) : host_(std::move(host)) {}

    tenon::rewrite<message> receive(const message& m, const tenon::context& here) {
        here.progress(1);
        if (!here.acknowledge() || here.cancelled()) return message{m.content};
        return message{m.content + "!"};
    }
    tenon::result<std::string> receive(const greet& g, const tenon::context& here) {
        here.log(tenon::log_level::info, g.who, g);
        if (auto told = here.emit(message{g.who}); !told) return told.error();
        if (auto told = here.emit("other", g, {.to = "one"}); !told) return told.error();
        if (auto got = here.call<int>("count", g); !got) return got.error();
        if (auto got = here.execute<std::string>("shout", g); got) return got;
        return here.call(find_user{g.who});
    }
    tenon::response receive(const room& r) { return tenon::text(r.name); }

    tenon::result<void> configure(const settings& now) {
        if (now.words.empty()) host_.warn("no words");
        return {};
    }
    tenon::health health() { return {}; }

private:
    tenon::host_link host_;
};

} // namespace

int main(int argc, char** argv) {
    if (argc == 1) return 0;
    auto by_lambda =
        tenon::plugin({.name = "lambda", .version = "1.0.0"}).receive([](const greet& g) { return g.who; });
    const auto read = tenon::from_json<settings>(tenon::to_json(settings{}));
    return read ? tenon::serve<talkative>(argc, argv) : tenon::serve(by_lambda, argc, argv);
}
