// A plugin whose connection has ended and whose process has not: what becomes of events meanwhile.

#include "run_on_host.hpp"

#include <filesystem>

namespace {

using namespace tenon;
using tests::running_host;

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};

/// tests/fixtures/patients/hangs_up.py
plugin_options hangs_up() {
    const char* const folder = std::getenv("TENON_PATIENTS");
    const bool system = std::filesystem::exists("/usr/bin/python3"); // others may be wrappers
    plugin_options options{.name = "patient",
                           .command = {system ? "/usr/bin/python3" : "python3", "-E", "-S", "-B",
                                       std::string(folder == nullptr ? "." : folder) + "/hangs_up.py"}};
    options.handshake_timeout = milliseconds{15'000};
    return options;
}

} // namespace

TEST_CASE("what came after a connection had ended passed as failed until the process had ended, too") {
    running_host run;
    plugin_options options = hangs_up();
    options.absent = absence::stop;
    REQUIRE(run.start(options));
    CHECK_FALSE(run.decide(message{"hello"}).stopped());
    const std::uint64_t process = run.status("patient").generation;
    bool hung_up = false;
    run.host.execute("echo", json::parse("{}").value(), [&](const result<json>& made) {
        CHECK_FALSE(made);
        hung_up = true;
    });
    REQUIRE(run.wait_for([&] { return hung_up; }));
    int asked = 0;
    while (run.status("patient").state == plugin_state::ready &&
           run.status("patient").generation == process) {
        const auto made = run.decide(message{"spam"});
        CHECK(made.stopped());
        CHECK(made.plugins().at(0).outcome == outcome_kind::absent);
        ++asked;
    }
    MESSAGE(asked, " were asked about meanwhile");
}
