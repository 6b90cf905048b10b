// Plugins of a host in their sandbox: what the sandbox is to a plugin is tested in tests/process.

#include "misbehaving.hpp"

#include "../process/processes.hpp"

#include <tenon/process/program_to_start.hpp>
#include <tenon/sandbox/system_landlock.hpp>

#include <linux/filter.h>
#include <linux/seccomp.h>

namespace {

using namespace tenon;
using tests::echo;
using tests::fixture;
using tests::forked;
using tests::running_host;
using tests::skipped;

plugin_options obedient(sandbox_policy policy = {}) {
    plugin_options options{
        .name = "obedient", .command = {fixture("obedient")}, .sandbox = std::move(policy)};
    if (tests::sanitized) {
        options.limits.memory_bytes = ~std::uint64_t{0} >> 1;
        options.environment = {{"ASAN_OPTIONS", "detect_leaks=0"}};
    }
    return options;
}

bool no_sandbox_here() {
    const detail::kernel_facts facts = detail::facts_of_kernel();
    if (facts.landlock != 0 && facts.seccomp) return false;
    skipped("not here: this kernel has no Landlock or no filter of system calls");
    return true;
}

/// From now on this process is on a kernel without Landlock.
bool take_landlock_away() {
    sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 444, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 446, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{5, steps};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

std::string says(const sandbox_status& status) { return to_json(status); }

} // namespace

TEST_CASE("a plugin works in its sandbox as it does without, and its status says what holds it") {
    if (no_sandbox_here()) return;
    running_host run;
    REQUIRE(run.start(obedient()));
    CHECK(run.execute<std::string>("echo", echo{"text"}).value() == "text");
    const plugin_status status = run.status("obedient");
    REQUIRE(status.sandbox);
    CAPTURE(says(*status.sandbox));
    CHECK(status.sandbox->level == sandbox_level::full);
    CHECK(status.sandbox->preset == sandbox_preset::native);
    CHECK(status.sandbox->files.starts_with("landlock "));
    CHECK(!run.logged("sandbox"));
    const std::string held = tests::read_file("/proc/" + std::to_string(*status.pid) + "/status");
    CHECK(held.find("Seccomp:\t2") != std::string::npos);
    CHECK(held.find("CapEff:\t0000000000000000") + held.find("CapEff:\t0000000000000002") !=
          std::string::npos);
    const std::string environment = tests::read_file("/proc/" + std::to_string(*status.pid) + "/environ");
    CHECK(environment.find("HOME=") == std::string::npos);
    CHECK(run.stop("obedient"));
}

TEST_CASE("a plugin without a sandbox has none in its status") {
    running_host run;
    plugin_options options = obedient({.mode = sandbox_mode::off});
    REQUIRE(run.start(options));
    CHECK(!run.status("obedient").sandbox);
}

TEST_CASE("the sandbox of a plugin that never started was said to be full") {
    if (no_sandbox_here()) return;
    plugin_options nothing = obedient();
    nothing.command = {"/nowhere/obedient"};
    for (const plugin_options& options : {obedient({.filesystem = {{"/nowhere/data"}}}), nothing}) {
        running_host run;
        bool over = false;
        run.host.start(options, [&](const result<void>&) { over = true; });
        REQUIRE(run.wait_for([&] { return over; }));
        CHECK(!run.status("obedient").sandbox);
    }
}

TEST_CASE("a plugin in a sandbox comes by the host's socket where it may use Unix sockets") {
    if (no_sandbox_here()) return;
    tests::scratch_folder folder;
    running_host run;
    REQUIRE(run.host.listen(folder / "socket"));
    plugin_options options = obedient({.unix_sockets = true});
    options.channel = plugin_channel::socket;
    REQUIRE(run.start(options));
    CHECK(run.execute<std::string>("echo", echo{"text"}).value() == "text");
    CHECK(run.status("obedient").sandbox->level == sandbox_level::full);
}

TEST_CASE("a program that runs from an image is held as one that runs from its path") {
    if (no_sandbox_here()) return;
    running_host run;
    detail::descriptor file(::open(fixture("obedient").c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(detail::lift(file));
    const auto image = std::make_shared<const program_image>(std::move(file));
    run.host.prepare_starts([&](const plugin_options&, const start_ready& ready) {
        ready(program_to_start{.command = {"/nowhere/obedient"}, .image = image});
    });
    REQUIRE(run.start(obedient()));
    CHECK(run.execute<std::string>("echo", echo{"text"}).value() == "text");
    CHECK(run.status("obedient").sandbox->level == sandbox_level::full);
}

TEST_CASE("X6: a required sandbox that the kernel does not have fails its plugin, once and in one sentence") {
    forked host([] {
        if (!take_landlock_away()) return 77;
        running_host run;
        bool over = false;
        run.host.start(obedient(), [&](const result<void>&) { over = true; });
        if (!run.wait_for([&] { return over; })) return 1;
        const plugin_status status = run.status("obedient");
        const std::string sentence =
            "cannot start obedient: its sandbox is required and cannot be enforced here: "
            "files: this kernel has no Landlock";
        if (status.state != plugin_state::failed || status.generation != 1) return 2;
        if (status.reason.text != sentence || status.reason.cause != change_cause::config) return 3;
        int said = 0;
        for (const log_record& one : run.logs)
            said += one.level == log_level::error && one.message == sentence;
        if (said != 1) return 4;
        return status.sandbox && status.sandbox->level == sandbox_level::partial ? 0 : 5;
    });
    const int code = host.wait();
    if (code == 77) return skipped("not here: no seccomp filters");
    CHECK(code == 0);
}

TEST_CASE("X6: as much of a sandbox as the kernel has holds a plugin that is content with that, and it says "
          "what is missing") {
    forked host([] {
        if (!take_landlock_away()) return 77;
        running_host run;
        bool over = false;
        run.host.start(obedient({.mode = sandbox_mode::best_effort}),
                       [&](const result<void>&) { over = true; });
        if (!run.wait_for([&] { return over; })) return 1;
        const plugin_status status = run.status("obedient");
        if (status.state != plugin_state::ready || !status.sandbox) return 2;
        if (status.sandbox->level != sandbox_level::partial || status.sandbox->files != "none") return 3;
        return run.logged("its sandbox is not whole: files: this kernel has no Landlock") ? 0 : 4;
    });
    const int code = host.wait();
    if (code == 77) return skipped("not here: no seccomp filters");
    CHECK(code == 0);
}

TEST_CASE("a folder of the policy that is not there is no reason to try again and again") {
    if (no_sandbox_here()) return;
    running_host run;
    CHECK(!run.start(obedient({.filesystem = {{"/nowhere/data"}}})));
    CHECK(run.states("obedient") == "starting failed");
    CHECK(run.status("obedient").reason.text.find("there is no /nowhere/data") != std::string::npos);
}
