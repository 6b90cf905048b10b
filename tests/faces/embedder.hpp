// What every program that embeds plugins does. Included behind a face: it brings none.

#ifndef TENON_TESTS_FACES_EMBEDDER_HPP
#define TENON_TESTS_FACES_EMBEDDER_HPP

namespace faces {

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};
struct greet {
    static constexpr auto command = "greet";
    std::string who;
};
struct built_in {
    static constexpr tenon::about about{.name = "built-in", .version = "1.0.0"};
    using receives = tenon::list<greet>;
    std::string receive(const greet& g) { return g.who; }
};

inline void embed(tenon::host& host) {
    const auto forget = [](const auto&) {};
    host.receive(
        [](const message& m) { return m.content.empty() ? tenon::stop("empty") : tenon::proceed(); });
    static_cast<void>(host.mount(built_in()));
    static_cast<void>(host.mount<built_in>());
    host.decide(message{"hi"}, forget);
    host.execute<std::string>(greet{"Bo"}, forget);
}

} // namespace faces

#endif
