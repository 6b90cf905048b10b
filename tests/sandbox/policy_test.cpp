#include <tenon/sandbox/policy.hpp>
#include <tenon/sandbox/presets.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace tenon;
using namespace tenon::detail;

sandbox_policy with_ports() {
    sandbox_policy policy;
    policy.network.ports = {443};
    return policy;
}

} // namespace

TEST_CASE("on a kernel that has everything all of a policy is enforced, and each area says by what") {
    for (int version = 6; version <= 9; ++version) {
        const auto effect = effect_of({}, {.landlock = version, .seccomp = true});
        CHECK(effect.level == sandbox_level::full);
        CHECK(effect.files == "landlock " + std::to_string(version));
        CHECK(effect.network == "seccomp");
        CHECK(effect.processes == "seccomp");
        CHECK(effect.signals == effect.files);
        CHECK(effect.memory == "rlimit");
        CHECK(effect.missing.empty());
    }
    CHECK(effect_of(with_ports(), {4, true}).network == "landlock 4, seccomp");
    sandbox_policy open;
    open.network.all = true;
    CHECK(effect_of(open, {7, true}).network == "allowed");
    CHECK(effect_of(open, {7, true}).level == sandbox_level::full);
}

TEST_CASE("X6: what a kernel cannot do is missing, with the area and the reason") {
    const auto words = [](const sandbox_policy& policy, const kernel_facts& kernel) {
        return what_is_missing(effect_of(policy, kernel));
    };
    CHECK(words({}, {0, true}) == "files: this kernel has no Landlock");
    CHECK(words(with_ports(), {3, true}) == "network: ports need Landlock 4 (Linux 6.7)");
    CHECK(words({.subprocesses = true}, {5, true}) ==
          "signals: with subprocesses they need Landlock 6 (Linux 6.12)");
    CHECK(words({}, {1, true}) == ""); // seccomp does the rest
    CHECK(words({}, {7, false}) == "files: no filter of system calls here, so their modes and times can be "
                                   "changed; network: no filter of "
                                   "system calls here; processes: no filter of system calls here");
    CHECK(effect_of({}, {0, true}).level == sandbox_level::partial);
    CHECK(effect_of({}, {7, false}).level == sandbox_level::partial);
    CHECK(effect_of({}, {0, false}).level == sandbox_level::none);
    CHECK(effect_of({}, {0, false}).files == "none");
    CHECK(effect_of({}, {5, true}).signals == "seccomp");
}

TEST_CASE("a preset is chosen by the name of the program that runs in the end") {
    CHECK(preset_for("/usr/bin/python3.11") == sandbox_preset::python);
    CHECK(preset_for("/opt/pypy/bin/pypy3") == sandbox_preset::python);
    CHECK(preset_for("/usr/bin/node") == sandbox_preset::node);
    CHECK(preset_for("nodejs") == sandbox_preset::node);
    CHECK(preset_for("/usr/lib/jvm/java-17-openjdk-amd64/bin/java") == sandbox_preset::jvm);
    CHECK(preset_for("/srv/node-exporter") == sandbox_preset::native);
    CHECK(preset_for("/srv/moderator") == sandbox_preset::native);
}
