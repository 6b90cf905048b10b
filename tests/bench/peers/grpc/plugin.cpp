// gRPC's plugin: PLUGIN SOCKET. With the synchronous service, because it was the fastest: callbacks took longer in
// every shape but unary calls in flight, and there a stream is faster than either.

#include "echo.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <string>

namespace {

class peer final : public echo::Peer::Service {
    grpc::Status Greet(grpc::ServerContext*, const echo::Text* asked, echo::Text* answer) override {
        answer->set_who("hello " + asked->who());
        return grpc::Status::OK;
    }
    grpc::Status Decide(grpc::ServerContext*, const echo::Event* event, echo::Flow* answer) override {
        answer->set_stop(event->content().empty());
        return grpc::Status::OK;
    }
    grpc::Status Talk(grpc::ServerContext*,
                      grpc::ServerReaderWriter<echo::Text, echo::Text>* stream) override {
        echo::Text in, out;
        while (stream->Read(&in)) {
            out.set_who("hello " + in.who());
            if (!stream->Write(out)) break;
        }
        return grpc::Status::OK;
    }
    grpc::Status Tell(grpc::ServerContext*, grpc::ServerReader<echo::Event>* stream,
                      echo::Count* count) override {
        echo::Event event;
        int events = 0;
        while (stream->Read(&event))
            if (!event.content().empty()) ++events;
        count->set_events(events);
        return grpc::Status::OK;
    }
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 64;
    peer service;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + std::string(argv[1]), grpc::InsecureServerCredentials());
    builder.RegisterService(&service);
    const auto server = builder.BuildAndStart();
    if (!server) return 1;
    std::puts("ready");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    } // the host has gone
    std::_Exit(0);
}
