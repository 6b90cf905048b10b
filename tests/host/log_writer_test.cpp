// Lines of a log, and whoever does not read them.

#include <tenon/host/system_log_writer.hpp>

#include <doctest/doctest.h>

#include <string>

#include <fcntl.h>
#include <signal.h>

using namespace tenon;

namespace {

TEST_CASE("a line of the log names the plugin and its level, in colour only where that is wanted") {
    tenon::log_record record{
        .unix_ms = 0, .level = tenon::log_level::warn, .plugin = "moderator", .message = "spam"};
    CHECK(log_line(record, false).substr(8) == " warn  moderator: spam");
    CHECK(log_line(record, true).substr(8) == " \x1b[33mwarn \x1b[0m \x1b[1mmoderator\x1b[0m: spam");
    record.plugin.clear();
    record.fields = R"({"free":3})";
    CHECK(log_line(record, false).substr(8) == R"( warn  host: spam {"free":3})");
}

TEST_CASE("nobody is kept waiting by a reader who reads nothing, and what was lost is counted") {
    ::signal(SIGPIPE, SIG_IGN);
    int pipe[2];
    REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
    {
        log_writer log(pipe[1]);
        for (int count = 0; count < 40'000; ++count) log.write(std::string(100, 'x')); // 4 MB
    } // nor does the end wait for long
    std::string all;
    char room[4096];
    while (all.find(" lines were lost here: nobody read them\n") == std::string::npos) {
        const ssize_t count = ::read(pipe[0], room, sizeof room);
        REQUIRE(count > 0);
        all.append(room, static_cast<std::size_t>(count));
    }
    ::close(pipe[0]); // the thread loses the rest
}

} // namespace
