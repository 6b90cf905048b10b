// A plugin whose connection has ended and whose process has not: what becomes of events meanwhile.

#include "../python_patient.hpp"
#include "run_on_host.hpp"

namespace {

using namespace tenon;
using tests::running_host;

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};

/// tests/fixtures/patients/hangs_up.py
plugin_options hangs_up() {
    plugin_options options{.name = "patient", .command = tests::python_patient("hangs_up")};
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
