// A program with plugins that uses every template of the host's.

#include <tenon/host.hpp>

#include "embedder.hpp"

namespace {

template <class Item>
void look(tenon::watch<Item> items) {
    items.next([](const auto&) {});
    items.stop();
}

void use(tenon::host& host) {
    const auto forget = [](const auto&) {};
    const faces::message hi{"hi"};
    static_cast<void>(host.add({.name = "one", .command = {"/bin/true"}}));
    host.start({.name = "two", .command = {"/bin/true"}}, forget);
    host.start("one", forget);
    host.stop("one", forget);
    host.restart("one", forget);
    host.configure("one", hi, forget);
    host.decide("other", hi, {}, forget);
    host.publish(hi);
    host.publish("other", hi);
    host.execute<std::string>("greet", faces::greet{"Bo"}, forget);
    host.call<int>("one", "count", hi, {}, forget);
    host.request({.method = "GET", .path = "/api/plugins/one/"}, forget);
    static_cast<void>(host.provide("users/find", "users", [](const faces::greet& g) { return g.who; }));
    host.publishes<faces::message>();
    host.decides<faces::message>();
    look(host.watch_changes());
    look(host.watch_logs());
    look(host.watch_events());
    host.remove("one", forget);
    host.shutdown(forget);
}

} // namespace

int main(int argc, char**) {
    if (argc == 1) return 0;
    asio::io_context io;
    tenon::host host(io);
    faces::embed(host);
    use(host);
    return tenon::metrics_text(host.status()).empty() ? 1 : 0;
}
