// Cap'n Proto's driver: a connection over a Unix socket to each plugin, all on one event loop.

#include "echo.capnp.h"

#include "../driver.hpp"

#include <capnp/ez-rpc.h>

#include <deque>
#include <memory>

namespace {

struct plugin {
    std::unique_ptr<bench::process> process;
    std::unique_ptr<capnp::EzRpcClient> client;
    Peer::Client peer;
};

void must(bool good) {
    if (!good) bench::give_up("another answer came");
}

capnp::RemotePromise<Peer::GreetResults> ask(plugin& of, const std::string& who) {
    auto request = of.peer.greetRequest();
    request.setWho(who.c_str());
    return request.send();
}

void calls(plugin& of, int count, int width, const std::string& who) {
    std::deque<capnp::RemotePromise<Peer::GreetResults>> waiting;
    const std::string expected = "hello " + who;
    for (int sent = 0, answered = 0; answered != count; ++answered) {
        for (; sent != count && sent - answered != width; ++sent) waiting.push_back(ask(of, who));
        const auto answer = waiting.front().wait(of.client->getWaitScope());
        must(answer.getAnswer() == expected.c_str());
        waiting.pop_front();
    }
}

/// Until it has answered.
plugin start(const std::string& program) {
    const std::string socket = bench::socket_path();
    auto process = std::make_unique<bench::process>(std::vector<std::string>{program, socket});
    std::string ready(6, '\0');
    bench::read_whole(process->from(), ready);
    auto client = std::make_unique<capnp::EzRpcClient>("unix:" + socket);
    auto peer = client->getMain<Peer>();
    plugin started{std::move(process), std::move(client), std::move(peer)};
    calls(started, 1, 1, "w");
    unlink(socket.c_str());
    return started;
}

template <class Request>
void fill(Request& request) {
    const bench::chat_event from = bench::an_event();
    auto event = request.initEvent();
    event.setContent(from.content.c_str());
    event.setFromUid(from.from_uid.c_str());
    event.setToUid(from.to_uid.c_str());
}

void gather(std::vector<plugin>& all) {
    std::vector<capnp::RemotePromise<Peer::DecideResults>> waiting;
    for (plugin& each : all) {
        auto request = each.peer.decideRequest();
        fill(request);
        waiting.push_back(request.send());
    }
    for (auto& answer : waiting) must(!answer.wait(all[0].client->getWaitScope()).getStop());
}

int seen(plugin& of) { return of.peer.seenRequest().send().wait(of.client->getWaitScope()).getEvents(); }

/// By the flow control of its streams: a promise that is there says that more may be sent.
void tell(std::vector<plugin>& all, int events) {
    const int before = seen(all[0]);
    auto& scope = all[0].client->getWaitScope();
    for (int number = 0; number != events; ++number) {
        for (plugin& each : all) {
            auto request = each.peer.tellRequest();
            fill(request);
            request.send().wait(scope);
        }
    }
    for (plugin& each : all) must(seen(each) == before + events);
}

void cold_start(const bench::order& what) {
    double took = 0;
    for (int time = -1; time != what.count; ++time) {
        const auto begin = bench::clock_type::now();
        const plugin one = start(what.plugin);
        if (time >= 0) took += bench::nanoseconds_since(begin); // the first one fills the caches
    }
    bench::report(took / what.count);
}

} // namespace

int main(int argc, char** argv) {
    const bench::order what = bench::read_order(argc, argv);
    if (what.is("start")) return cold_start(what), 0;
    const bool many = what.is("gather") || what.is("publish") || what.is("idle");
    std::vector<plugin> all;
    for (std::size_t each = 0; each != (many ? what.size : 1); ++each) all.push_back(start(what.plugin));
    const std::string who(what.size, 'w');
    if (what.is("round-trip")) bench::timed(what, [&](int count) { calls(all[0], count, 1, who); });
    else if (what.is("in-flight")) bench::timed(what, [&](int count) { calls(all[0], count, 64, who); });
    else if (what.is("events") || what.is("publish"))
        bench::timed(what, [&](int count) { tell(all, count); });
    else if (what.is("gather"))
        bench::timed(what, [&](int count) {
            for (int time = 0; time != count; ++time) gather(all);
        });
    else if (what.is("idle")) {
        bench::say_ready();
        bench::wait_for_end_of_input();
    } else bench::unknown(what);
}
