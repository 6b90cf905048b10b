// Cap'n Proto's plugin: PLUGIN SOCKET.

#include "echo.capnp.h"

#include <capnp/ez-rpc.h>
#include <kj/async-io.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

class peer final : public Peer::Server {
    kj::Promise<void> greet(GreetContext context) override {
        const auto who = context.getParams().getWho();
        auto answer = context.getResults().initAnswer(static_cast<unsigned>(who.size() + 6));
        std::copy_n("hello ", 6, answer.begin());
        std::copy(who.begin(), who.end(), answer.begin() + 6);
        return kj::READY_NOW;
    }
    kj::Promise<void> decide(DecideContext context) override {
        context.getResults().setStop(context.getParams().getEvent().getContent().size() == 0);
        return kj::READY_NOW;
    }
    kj::Promise<void> tell(TellContext context) override {
        if (context.getParams().getEvent().getContent().size() != 0) ++seen_;
        return kj::READY_NOW;
    }
    kj::Promise<void> seen(SeenContext context) override {
        context.getResults().setEvents(seen_);
        return kj::READY_NOW;
    }

    int seen_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 64;
    capnp::EzRpcServer server(kj::heap<peer>(), "unix:" + std::string(argv[1]));
    auto& scope = server.getWaitScope();
    server.getPort().wait(scope);
    std::puts("ready");
    std::fflush(stdout);
    auto input = server.getLowLevelIoProvider().wrapInputFd(0);
    char byte;
    input->tryRead(&byte, 1, 1).wait(scope); // until the host has gone
    std::_Exit(0);
}
