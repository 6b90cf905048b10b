// What a program with a host does before each start of a process: host::prepare_starts.

#include "misbehaving.hpp"

#include <tenon/process/program_to_start.hpp>

#include <thread>

#include <fcntl.h>

namespace {

using namespace tenon;
using tests::echo;
using tests::misbehaving;
using tests::running_host;

plugin_options good(std::string name = "good") { return misbehaving(std::move(name), {"good"}); }

std::shared_ptr<const program_image> image_of(const std::string& path) {
    detail::descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(detail::lift(file));
    return std::make_shared<const program_image>(std::move(file));
}

TEST_CASE("a plugin that another thread prepares runs from the image that it was given, each time") {
    running_host run;
    std::vector<std::thread> workers;
    const auto image = image_of(tests::fixture("misbehaving"));
    run.host.prepare_starts([&](const plugin_options&, start_ready ready) {
        workers.emplace_back([&, ready = std::move(ready)] {
            ready(program_to_start{
                .command = {"/nowhere/good", "good"}, .image = image, .level = start_level::sealed});
        });
    });
    REQUIRE(run.start(good()));
    CHECK(run.execute<echo>("echo", echo{"text"}).value().text == "text");
    CHECK(run.status("good").start_level == start_level::sealed);
    const int first = *run.status("good").pid;
    ::kill(first, SIGKILL);
    REQUIRE(run.wait_for([&] { return run.status("good").generation == 2; }));
    REQUIRE(run.wait_for([&] { return run.status("good").state == plugin_state::ready; }));
    CHECK(workers.size() == 2);
    CHECK(run.stop("good"));
    CHECK(!run.status("good").start_level);
    CHECK(run.status("good").last_exit->text == "exit code 0");
    for (std::thread& one : workers) one.join();
}

TEST_CASE(
    "a start that is refused is tried again like one that failed, and its sentence is in status and log") {
    running_host run;
    int asked = 0;
    run.host.prepare_starts([&](const plugin_options& options, const start_ready& ready) {
        if (++asked < 3)
            return ready(fault{codes::permission_denied, options.name + " is not what was signed"});
        ready(program_to_start());
    });
    run.host.start(good(), [](const result<void>&) {});
    REQUIRE(run.wait_for([&] { return run.status("good").state == plugin_state::backoff; }));
    CHECK(run.status("good").reason.text.starts_with("good is not what was signed; retry 1"));
    REQUIRE(run.wait_for([&] { return run.status("good").state == plugin_state::ready; }));
    CHECK(asked == 3);
    CHECK(!run.status("good").start_level);
    CHECK(std::count_if(run.logs.begin(), run.logs.end(), [](const log_record& one) {
              return one.level == log_level::error && one.message == "good is not what was signed";
          }) == 2);
}

TEST_CASE("a plugin that is being prepared is removed, and its host ends, without waiting for that") {
    running_host run;
    std::vector<start_ready> late;
    const auto before = run.host.prepare_starts(
        [&](const plugin_options&, start_ready ready) { late.push_back(std::move(ready)); });
    CHECK(!before);
    run.host.start(good("one"), [](const result<void>&) {});
    run.host.start(good("two"), [](const result<void>&) {});
    REQUIRE(run.wait_for([&] { return late.size() == 2; }));
    CHECK(run.status("one").state == plugin_state::starting);
    CHECK(run.until<result<void>>([&](auto done) { run.host.remove("one", done); }));
    CHECK(!run.host.knows("one"));
    CHECK(run.until<result<void>>([&](auto done) { run.host.shutdown(done); }));
    CHECK(run.status("two").state == plugin_state::stopped);
    for (const start_ready& ready : late) ready(program_to_start());
    run.io.restart();
    run.io.run();
    CHECK(!run.status("two").pid);
}

TEST_CASE("who judges only plugins of its own hands the others on to the gate before") {
    running_host run;
    std::string asked;
    run.host.prepare_starts([&](const plugin_options& options, const start_ready& ready) {
        asked += "first:" + options.name + " ";
        ready(program_to_start());
    });
    auto before = run.host.prepare_starts({});
    REQUIRE(before);
    run.host.prepare_starts([&, before](const plugin_options& options, start_ready ready) {
        if (options.name != "ours") return before(options, std::move(ready));
        ready(program_to_start{.level = start_level::linked});
    });
    REQUIRE(run.start(good("ours")));
    REQUIRE(run.start(good("theirs")));
    CHECK(asked == "first:theirs ");
    CHECK(run.status("ours").start_level == start_level::linked);
}

} // namespace
