// The floor: the same bytes as tenon's, over pipes, without a protocol. PLUGIN is the folder of the programs in C.

#include "../driver.hpp"

#include <cstring>
#include <memory>

namespace {

std::string framed(const std::string& body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string request_of(std::size_t payload) {
    return framed(
        R"({"jsonrpc":"2.0","id":123456,"method":"plugin/execute","params":{"command":"greet","args":{"who":")" +
        std::string(payload, 'w') + R"("}}})");
}
std::string event_of(const char* id) {
    const bench::chat_event event = bench::an_event();
    return framed(std::string(R"({"jsonrpc":"2.0",)") + id +
                  R"("method":"plugin/onEvent","params":{"eventId":"e-4711","eventType":"message.incoming",)"
                  R"("payload":{"content":")" +
                  event.content + R"(","from_uid":")" + event.from_uid + R"(","to_uid":")" + event.to_uid +
                  R"("},"metadata":{},"timestamp":"2026-01-01T00:00:00.000Z"}})");
}

void round_trips(const bench::order& what) {
    const bench::process echo({what.plugin + "/echo"});
    const std::string frame = request_of(what.size);
    std::string room(frame.size(), '\0');
    bench::timed(what, [&](int trips) {
        for (int trip = 0; trip != trips; ++trip) {
            bench::write_whole(echo.to(), frame);
            bench::read_whole(echo.from(), room);
            if (room != frame) bench::give_up("another echo came");
        }
    });
}

/// 64 frames on their way: each is written by itself, and what has come back is read at once.
void in_flight(const bench::order& what) {
    const bench::process echo({what.plugin + "/echo"});
    const std::string frame = request_of(what.size);
    std::string room(frame.size() * 64, '\0');
    bench::timed(what, [&](int trips) {
        const std::size_t all = frame.size() * static_cast<std::size_t>(trips);
        std::size_t sent = 0, back = 0;
        while (back != all) {
            for (; sent != all && sent + frame.size() <= back + room.size(); sent += frame.size())
                bench::write_whole(echo.to(), frame);
            const ssize_t got = read(echo.from(), room.data(), room.size());
            if (got <= 0) bench::give_up("an echo ended");
            back += static_cast<std::size_t>(got);
        }
    });
}

/// Frames written one by one to every plugin; at the end each says that it has all of them.
void one_way(const bench::order& what, std::size_t plugins) {
    const std::string frame = event_of("");
    const std::string all = std::to_string(frame.size() * static_cast<std::size_t>(what.count));
    std::vector<bench::process> sinks;
    std::string byte(1, '\0');
    for (std::size_t each = 0; each != plugins; ++each)
        sinks.emplace_back(std::vector<std::string>{what.plugin + "/sink", all});
    for (const bench::process& sink : sinks) bench::read_whole(sink.from(), byte); // it runs
    const auto begin = bench::clock_type::now();
    for (int event = 0; event != what.count; ++event)
        for (const bench::process& sink : sinks) bench::write_whole(sink.to(), frame);
    for (const bench::process& sink : sinks) bench::read_whole(sink.from(), byte);
    bench::report(bench::nanoseconds_since(begin) / what.count);
}

void gather(const bench::order& what) {
    const std::string frame = event_of(R"("id":123456,)");
    std::vector<bench::process> all;
    for (std::size_t each = 0; each != what.size; ++each)
        all.emplace_back(std::vector<std::string>{what.plugin + "/gather", std::to_string(frame.size())});
    std::string byte(1, '\0');
    bench::timed(what, [&](int times) {
        for (int time = 0; time != times; ++time) {
            for (const bench::process& each : all) bench::write_whole(each.to(), frame);
            for (const bench::process& each : all) bench::read_whole(each.from(), byte);
        }
    });
}

/// A program that does nothing, from vfork until its end was seen.
void start(const bench::order& what) {
    const std::string program = what.plugin;
    char* const arguments[] = {const_cast<char*>(program.c_str()), nullptr};
    bench::timed(what, [&](int times) {
        for (int time = 0; time != times; ++time) {
            const pid_t child = vfork();
            if (child == 0) {
                setsid();
                execv(arguments[0], arguments);
                _exit(127);
            }
            int status = 0;
            if (waitpid(child, &status, 0) != child || status != 0) bench::give_up("it did not run");
        }
    });
}

void idle(const bench::order& what) {
    std::vector<bench::process> all;
    for (std::size_t each = 0; each != what.size; ++each)
        all.emplace_back(std::vector<std::string>{what.plugin, "wait"});
    usleep(100'000);
    bench::say_ready();
    bench::wait_for_end_of_input();
}

} // namespace

int main(int argc, char** argv) {
    const bench::order what = bench::read_order(argc, argv);
    if (what.is("round-trip")) round_trips(what);
    else if (what.is("in-flight")) in_flight(what);
    else if (what.is("events")) one_way(what, 1);
    else if (what.is("publish")) one_way(what, what.size);
    else if (what.is("gather")) gather(what);
    else if (what.is("start")) start(what);
    else if (what.is("idle")) idle(what);
    else bench::unknown(what);
}
