// gRPC's driver: a channel over a Unix socket for each plugin. PEER_MODE=stream says round trips and calls in flight as
// messages of one bidirectional stream, where they otherwise are unary calls.

#include "echo.grpc.pb.h"

#include "../driver.hpp"

#include <grpcpp/grpcpp.h>

#include <memory>

namespace {

struct plugin {
    std::string socket;
    bench::process process;
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<echo::Peer::Stub> stub;
};

plugin start(const std::string& program) {
    std::string socket = bench::socket_path();
    bench::process process({program, socket});
    std::string ready(6, '\0');
    bench::read_whole(process.from(), ready);
    auto channel = grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials());
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)))
        bench::give_up("no connection");
    unlink(socket.c_str());
    auto stub = echo::Peer::NewStub(channel);
    return {std::move(socket), std::move(process), std::move(channel), std::move(stub)};
}

std::vector<plugin> start(const std::string& program, std::size_t count) {
    std::vector<plugin> all;
    for (std::size_t each = 0; each != count; ++each) all.push_back(start(program));
    return all;
}

void must(bool good) {
    if (!good) bench::give_up("a call failed");
}

void greet_once(plugin& of, const echo::Text& asked, const std::string& expected) {
    grpc::ClientContext context;
    echo::Text answer;
    must(of.stub->Greet(&context, asked, &answer).ok() && answer.who() == expected);
}

/// Calls on one completion queue, as many under way as `width` says.
template <class Request, class Answer, class Begin>
void unary_calls(int count, int width, const Request& request, Begin begin) {
    struct call {
        grpc::ClientContext context;
        Answer answer;
        grpc::Status status;
        std::unique_ptr<grpc::ClientAsyncResponseReader<Answer>> reader;
    };
    static grpc::CompletionQueue queue;
    int sent = 0;
    const auto ask = [&] {
        auto* const one = new call;
        one->reader = begin(sent++, &one->context, request, &queue);
        one->reader->Finish(&one->answer, &one->status, one);
    };
    while (sent != std::min(width, count)) ask();
    for (int answered = 0; answered != count; ++answered) {
        void* tag = nullptr;
        bool good = false;
        must(queue.Next(&tag, &good) && good);
        const std::unique_ptr<call> one(static_cast<call*>(tag));
        must(one->status.ok());
        if (sent != count) ask();
    }
}

/// Messages of one stream, as many under way as `width` says. What follows at once is written together.
void stream_calls(plugin& of, const bench::order& what, int width) {
    grpc::ClientContext context;
    const auto stream = of.stub->Talk(&context);
    echo::Text asked, answer;
    asked.set_who(std::string(what.size, 'w'));
    const std::string expected = "hello " + asked.who();
    const int together = std::max(1, width / 2);
    bench::timed(what, [&](int count) {
        int sent = 0, answered = 0;
        while (answered != count) {
            while (sent != count && sent - answered + together <= width) {
                const int last = std::min(count, sent + together);
                for (; sent != last; ++sent) {
                    grpc::WriteOptions how;
                    if (sent + 1 != last) how.set_buffer_hint();
                    must(stream->Write(asked, how));
                }
            }
            must(stream->Read(&answer) && answer.who() == expected);
            ++answered;
        }
    });
    stream->WritesDone();
    must(stream->Finish().ok());
}

echo::Event an_event() {
    const bench::chat_event from = bench::an_event();
    echo::Event event;
    event.set_content(from.content);
    event.set_from_uid(from.from_uid);
    event.set_to_uid(from.to_uid);
    return event;
}

/// A client stream to every plugin; 32 events are written together.
void tell(std::vector<plugin>& all, int events) {
    struct told {
        grpc::ClientContext context;
        echo::Count count;
        std::unique_ptr<grpc::ClientWriter<echo::Event>> writer;
    };
    const echo::Event event = an_event();
    std::vector<told> streams(all.size());
    for (std::size_t each = 0; each != all.size(); ++each)
        streams[each].writer = all[each].stub->Tell(&streams[each].context, &streams[each].count);
    for (int number = 0; number != events; ++number) {
        grpc::WriteOptions how;
        if (number % 32 != 31) how.set_buffer_hint();
        for (told& one : streams) must(one.writer->Write(event, how));
    }
    for (told& one : streams) one.writer->WritesDone();
    for (told& one : streams) must(one.writer->Finish().ok() && one.count.events() == events);
}

void cold_start(const bench::order& what) {
    echo::Text asked;
    asked.set_who("w");
    double took = 0;
    for (int time = -1; time != what.count; ++time) {
        const auto begin = bench::clock_type::now();
        plugin one = start(what.plugin);
        greet_once(one, asked, "hello w");
        if (time >= 0) took += bench::nanoseconds_since(begin); // the first one fills the caches
    }
    bench::report(took / what.count);
}

} // namespace

int main(int argc, char** argv) {
    const bench::order what = bench::read_order(argc, argv);
    if (what.is("start")) return cold_start(what), 0;
    const bool many = what.is("gather") || what.is("publish") || what.is("idle");
    std::vector<plugin> all = start(what.plugin, many ? what.size : 1);
    const char* const mode = std::getenv("PEER_MODE");
    const bool streams = mode != nullptr && std::string(mode) == "stream";
    echo::Text asked;
    asked.set_who(std::string(what.size, 'w'));
    const std::string expected = "hello " + asked.who();

    if (what.is("round-trip") && streams) stream_calls(all[0], what, 1);
    else if (what.is("in-flight") && streams) stream_calls(all[0], what, 64);
    else if (what.is("round-trip"))
        bench::timed(what, [&](int count) {
            for (int trip = 0; trip != count; ++trip) greet_once(all[0], asked, expected);
        });
    else if (what.is("in-flight"))
        bench::timed(what, [&](int count) {
            unary_calls<echo::Text, echo::Text>(count, 64, asked,
                                                [&](int, auto* context, auto& text, auto* queue) {
                                                    return all[0].stub->AsyncGreet(context, text, queue);
                                                });
        });
    else if (what.is("events") || what.is("publish"))
        bench::timed(what, [&](int count) { tell(all, count); });
    else if (what.is("gather"))
        bench::timed(what, [&](int count) {
            const int plugins = static_cast<int>(all.size());
            for (int time = 0; time != count; ++time)
                unary_calls<echo::Event, echo::Flow>(
                    plugins, plugins, an_event(), [&](int number, auto* context, auto& event, auto* queue) {
                        return all[static_cast<std::size_t>(number)].stub->AsyncDecide(context, event, queue);
                    });
        });
    else if (what.is("idle")) {
        bench::say_ready();
        bench::wait_for_end_of_input();
    } else bench::unknown(what);
}
