#include "run_filter.hpp"

#include <fstream>
#include <initializer_list>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace tenon;
using namespace tenon::detail;
using tests::called;
using tests::run;

constexpr std::uint32_t allow = filter::allow, refused = filter::refused, no_access = filter::no_access,
                        unknown = filter::unknown_call, killed = filter::kill_process;
using numbers = std::initializer_list<std::uint64_t>;
constexpr std::uint64_t dirt =
    0xABCD'0000'0000'0000; // in the half of an argument that the kernel does not look at

std::uint32_t number_of(std::string_view name, processor of = processor::x86_64) {
    for (const ruled_call& call : ruled_calls)
        if (call.name == name)
            return static_cast<std::uint32_t>(of == processor::x86_64 ? call.x86_64 : call.aarch64);
    FAIL("no such call: " << name);
    return 0;
}

struct filtered {
    explicit filtered(const sandbox_policy& policy = {}, int landlock = 7)
        : program(compile_filter(policy, landlock, processor::x86_64)) {}
    std::uint32_t operator()(std::string_view name, std::array<std::uint64_t, 6> arguments = {}) const {
        return run(program, {.number = number_of(name), .arguments = arguments});
    }
    call_filter program;
};

std::vector<sandbox_policy> all_policies() {
    std::vector<sandbox_policy> all;
    for (int bits = 0; bits < 8; ++bits)
        for (int network = 0; network < 3; ++network) {
            sandbox_policy one{.unix_sockets = (bits & 1) != 0,
                               .subprocesses = (bits & 2) != 0,
                               .file_metadata = (bits & 4) != 0};
            one.network.all = network == 1;
            if (network == 2) one.network.ports = {443};
            all.push_back(one);
        }
    return all;
}

} // namespace

TEST_CASE("calls of another processor, of x32 and of no processor end the process, whatever they are") {
    for (const sandbox_policy& policy : all_policies()) {
        const filtered by(policy);
        for (std::uint32_t number = 0; number < 600; ++number) {
            CHECK(run(by.program, {.number = number, .processor = 0x4000'0003}) == killed); // i386
            CHECK(run(by.program, {.number = number, .processor = filter::aarch64_calls}) == killed);
            CHECK(run(by.program, {.number = filter::x32_bit + number}) == killed);
        }
        CHECK(run(by.program, {.number = 0xFFFF'FFFF}) == killed);
    }
}

TEST_CASE("every call has an answer under every policy, and those that are newer than the list are unknown") {
    const std::array<std::uint64_t, 6> classes[] = {{},
                                                    {1, 1, 1, 1, 1, 1},
                                                    {2, 2, 2, 2, 2, 2},
                                                    {3, 3, 3, 3, 3, 3},
                                                    {10, 1, 6, 0x2000'0000, 0, 0},
                                                    {~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL},
                                                    {16, 3, 0, 0, 0, 0},
                                                    {0x0001'0F00, 0x5412, 0x201, 0, 0, 0}};
    for (const processor of : {processor::x86_64, processor::aarch64})
        for (const sandbox_policy& policy : all_policies())
            for (int landlock = 0; landlock <= 9; ++landlock) {
                const call_filter program = compile_filter(policy, landlock, of);
                CHECK(program.program.size() < 1'024); // see longest_filter
                std::set<std::uint32_t> ruled;
                for (const ruled_call& call : ruled_calls)
                    ruled.insert(
                        static_cast<std::uint32_t>(of == processor::x86_64 ? call.x86_64 : call.aarch64));
                const std::uint32_t arch =
                    of == processor::x86_64 ? filter::x86_64_calls : filter::aarch64_calls;
                for (std::uint32_t number = 0; number < 520; ++number)
                    for (const auto& arguments : classes) {
                        const auto got = run(program, {number, arguments, arch});
                        if (number > newest_known_call) REQUIRE(got == unknown);
                        else if (!ruled.contains(number)) REQUIRE(got == allow);
                        else REQUIRE((got == allow || got == refused || got == no_access || got == unknown));
                    }
            }
}

TEST_CASE(
    "without an exception in the policy, calls that need none are refused whatever their arguments are") {
    const filtered by;
    for (const ruled_call& call : ruled_calls) {
        if (call.x86_64 < 0) continue;
        const std::uint32_t want = call.rule == call_rule::unknown ? unknown : refused;
        if (call.rule == call_rule::refuse || call.rule == call_rule::unknown ||
            call.rule == call_rule::file_metadata || call.rule == call_rule::new_process)
            for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}})
                CHECK_MESSAGE(by(call.name, {value, value, value, value, value, value}) == want, call.name);
    }
}

TEST_CASE("what a policy allows is allowed, and nothing besides") {
    const filtered strict, files({.file_metadata = true}), processes({.subprocesses = true});
    CHECK(files("chmod") == allow);
    CHECK(files("fsetxattr") == allow);
    CHECK(files("fork") == refused);
    CHECK(processes("fork") == allow);
    CHECK(processes("chmod") == refused);
    for (const filtered* by : {&strict, &files, &processes}) {
        CHECK((*by)("ptrace") == refused);
        CHECK((*by)("mount") == refused);
        CHECK((*by)("io_uring_setup") == unknown);
        CHECK((*by)("memfd_create") == unknown);
        CHECK((*by)("clone3") == unknown); // its flags are behind a pointer
    }
}

TEST_CASE("a file that was opened with access mode 3 passed Landlock, and its mode could be changed by its "
          "descriptor") {
    const filtered by;
    for (const std::uint64_t flags : numbers{3ULL, 3ULL | 0x80000ULL, 3ULL | 0x200ULL, 3ULL | dirt}) {
        CHECK(by("open", {0, flags}) == no_access);
        CHECK(by("openat", {0, 0, flags}) == no_access);
    }
    for (const std::uint64_t flags : numbers{0ULL, 1ULL, 2ULL, 0x200000ULL, 0x241ULL}) {
        CHECK(by("open", {0, flags}) == allow);
        CHECK(by("openat", {3, 3, flags}) == allow);
    }
    CHECK(by("openat2") == unknown); // its flags are behind a pointer
}

TEST_CASE("where Landlock does not know truncation, to truncate is refused, also to open a file for reading "
          "that way") {
    for (int version = 0; version <= 9; ++version) {
        const filtered by({}, version);
        const std::uint32_t want = version < 3 ? no_access : allow;
        CHECK(by("truncate") == (version < 3 ? refused : allow));
        CHECK(by("open", {0, 0x200}) == want);
        CHECK(by("openat", {0, 0, 0x200}) == want);
        CHECK(by("open", {0, 0x201}) == allow); // for writing: Landlock's
    }
}

TEST_CASE("without a network there are no sockets but pairs of Unix ones") {
    const filtered by;
    for (std::uint64_t family = 0; family < 64; ++family)
        for (const std::uint64_t type : numbers{1, 2, 3, 5, 0x801})
            for (const std::uint64_t protocol : numbers{0, 6, 17, 262}) {
                REQUIRE(by("socket", {family, type, protocol}) == no_access);
                REQUIRE(by("socketpair", {family | dirt, type, protocol}) ==
                        (family == 1 && (type & 15) % 4 == 1 ? allow : no_access));
            }
}

TEST_CASE("one of a pair of datagram sockets reached every Unix socket of the machine, and took a name") {
    const filtered strict, sockets({.unix_sockets = true}), net({.network = {.all = true}}),
        ports({.network = {.ports = {443}}}), both({.network = {.ports = {443}}, .unix_sockets = true});
    for (const std::uint64_t type : numbers{1, 5, 0x80801, 0x805, 1 | dirt})
        for (const filtered* by : {&strict, &sockets, &net}) CHECK((*by)("socketpair", {1, type}) == allow);
    for (const std::uint64_t type : numbers{2, 3, 4, 10, 0x80802, 0x803}) {
        for (const filtered* by : {&strict, &net, &ports}) CHECK((*by)("socketpair", {1, type}) == no_access);
        CHECK(sockets("socketpair", {1, type}) == allow);
    }
    for (const std::string_view name : {"bind", "listen"}) {
        for (const filtered* by : {&strict, &ports, &both}) CHECK((*by)(name) == no_access);
        for (const filtered* by : {&sockets, &net}) CHECK((*by)(name) == allow);
    }
}

TEST_CASE("X15: where some ports are allowed, only TCP has them, and nobody listens or connects by the way") {
    sandbox_policy policy;
    policy.network.ports = {443};
    const filtered by(policy);
    for (const std::uint64_t family : numbers{2, 10}) {
        CHECK(by("socket", {family, 1, 0}) == allow);
        CHECK(by("socket", {family, 1 | 0x80800, 6}) == allow); // SOCK_CLOEXEC, SOCK_NONBLOCK
        CHECK(by("socket", {family, 2, 0}) == no_access);       // UDP
        CHECK(by("socket", {family, 3, 6}) == no_access);       // raw
        CHECK(by("socket", {family, 1, 262}) == no_access);     // MPTCP
        CHECK(by("socket", {family, 1, 132}) == no_access);     // SCTP
    }
    for (const std::uint64_t family : numbers{1, 16, 17, 38, 40, 43})
        CHECK(by("socket", {family, 1, 0}) == no_access);
    CHECK(by("bind") == no_access);
    CHECK(by("listen") == no_access);
    CHECK(by("sendto", {0, 0, 0, 0x2000'0000}) == no_access);
    CHECK(by("sendmsg", {0, 0, 0x2000'4000}) == no_access);
    CHECK(by("sendmmsg", {0, 0, 0, 0x2000'0000 | dirt}) == no_access);
    CHECK(by("sendto", {0, 0, 0x2000'0000, 0x4000}) == allow);
}

TEST_CASE("the whole network is the internet and the names of interfaces; Unix sockets are another matter") {
    sandbox_policy policy;
    policy.network.all = true;
    const filtered by(policy), sockets({.unix_sockets = true});
    for (const std::uint64_t type : numbers{1, 2, 3}) {
        CHECK(by("socket", {2, type, 0}) == allow);
        CHECK(by("socket", {10, type, 17}) == allow);
        CHECK(by("socket", {1, type, 0}) == no_access);
        CHECK(sockets("socket", {1, type, 0}) == allow);
        CHECK(sockets("socket", {2, type, 0}) == no_access);
    }
    CHECK(by("socket", {16, 3, 0}) == allow);     // routes
    CHECK(by("socket", {16, 3, 9}) == no_access); // audit
    for (const std::uint64_t family : numbers{17, 38, 40}) CHECK(by("socket", {family, 2, 0}) == no_access);
    CHECK(by("bind") == allow);
    CHECK(by("listen") == allow);
}

TEST_CASE("threads are made, processes only where they are allowed, and namespaces never") {
    constexpr std::uint64_t thread = 0x3D'0F00; // as glibc makes one
    constexpr std::uint64_t spawn = 0x4111, forked = 0x0120'0011;
    for (const bool may : {false, true}) {
        const filtered by({.subprocesses = may});
        CHECK(by("clone", {thread}) == allow);
        CHECK(by("clone", {spawn}) == (may ? allow : refused));
        CHECK(by("clone", {forked}) == (may ? allow : refused));
        for (const std::uint64_t space :
             numbers{0x2'0000, 0x200'0000, 0x400'0000, 0x800'0000, 0x1000'0000, 0x2000'0000, 0x4000'0000}) {
            CHECK(by("clone", {space | 17}) == refused);
            CHECK(by("clone", {space | thread}) == refused);
        }
        CHECK(by("clone", {0x8011}) == refused); // a child of the host
    }
}

TEST_CASE("a process may change its own limits, and those of no other") {
    const filtered by;
    CHECK(by("prlimit64", {0}) == allow);
    CHECK(by("prlimit64", {dirt}) == allow);
    for (const std::uint64_t pid : numbers{1ULL, 4711ULL, 0xFFFF'FFFFULL})
        CHECK(by("prlimit64", {pid}) == refused);
}

TEST_CASE("where Landlock does not hold signals, they reach the own process alone") {
    constexpr std::uint64_t own = 4711;
    for (int version = 0; version <= 9; ++version)
        for (const bool family : {false, true}) {
            call_filter program = compile_filter({.subprocesses = family}, version, processor::x86_64);
            const bool held = version < 6 && !family;
            CHECK(program.own_number.size() == (held ? 4 : 0));
            for (const std::size_t at : program.own_number) {
                CHECK(program.program[at].code == filter::jump_if_equal);
                program.program[at].value = own;
            }
            const auto answer = [&](std::string_view name, std::array<std::uint64_t, 6> arguments) {
                return run(program, {.number = number_of(name), .arguments = arguments});
            };
            for (const std::string_view name : {"kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"}) {
                CHECK(answer(name, {own}) == allow);
                for (const std::uint64_t other :
                     numbers{0ULL, 1ULL, 4712ULL, 0xFFFF'FFFFULL, 0xFFFF'FFFFULL - 4710})
                    CHECK(answer(name, {other, own}) == (held ? refused : allow));
            }
            CHECK(answer("tkill", {own}) == (held ? refused : allow));
            for (const std::uint64_t command : numbers{8, 15})
                CHECK(answer("fcntl", {3, command, 1}) == (held ? refused : allow));
            CHECK(answer("ioctl", {3, 0x8901}) == (held ? refused : allow));
            CHECK(answer("fcntl", {3, 2, 1}) == allow);
        }
}

TEST_CASE("attributes of a file, leases and the input of a terminal are not to be had by descriptor either") {
    const filtered by, files({.file_metadata = true});
    CHECK(by("ioctl", {0, 0x5412}) == refused);
    CHECK(by("ioctl", {0, 0x5412 | dirt}) == refused);
    CHECK(by("ioctl", {0, 0x5401}) == allow); // TCGETS: is it a terminal?
    CHECK(by("ioctl", {0, 0x4008'6602}) == refused);
    CHECK(files("ioctl", {0, 0x4008'6602}) == allow);
    CHECK(files("ioctl", {0, 0x5412}) == refused);
    CHECK(files("fcntl", {3, 1'024, 0}) == refused);
    for (const std::uint64_t request :
         numbers{0x5000'9401, 0x5000'940E, 0x5000'940F, 0x5000'9417, 0x5000'943F})
        CHECK(files("ioctl", {3, request}) == refused); // trees of Btrfs
    for (const std::uint64_t request : numbers{0x4004'9409, 0x4020'940D})
        CHECK(by("ioctl", {3, request}) == allow);
}

TEST_CASE("attributes that single file systems add, hints and shared blocks were changed by a descriptor for "
          "reading") {
    const filtered by, files({.file_metadata = true});
    for (std::uint64_t number = 0; number < 256; ++number)
        for (const std::uint64_t kind : numbers{0x6600, 0x7600, 0x5800}) {
            CHECK(by("ioctl", {3, 0x4008'0000 | kind | number | dirt}) == refused);
            CHECK(files("ioctl", {3, 0x4008'0000 | kind | number}) == allow);
        }
    for (const filtered* one : {&by, &files}) {
        CHECK((*one)("ioctl", {3, 0xC018'9436}) == refused); // FIDEDUPERANGE
        for (const std::uint64_t command : numbers{1'031, 1'036, 1'038})
            CHECK((*one)("fcntl", {3, command}) == refused);
        for (const std::uint64_t command : numbers{1'030, 1'032, 1'033, 1'034, 1'035})
            CHECK((*one)("fcntl", {3, command}) == allow);
    }
}

TEST_CASE("a program for others to run as its owner was made by the mode of a new file, and a device by a "
          "rename") {
    const filtered by, files({.file_metadata = true});
    for (const std::uint64_t mode : numbers{04755, 02755, 06755, 04000 | dirt}) {
        for (const std::uint64_t flags : numbers{0x41, 0x242, 0x41'0002, 0x40'4002}) { // O_CREAT, O_TMPFILE
            CHECK(by("open", {0, flags, mode}) == refused);
            CHECK(by("openat", {3, 0, flags, mode}) == refused);
            CHECK(files("open", {0, flags, mode}) == allow);
        }
        CHECK(by("open", {0, 2, mode}) == allow); // a mode that is not looked at
        CHECK(by("creat", {0, mode}) == refused);
        CHECK(files("creat", {0, mode}) == allow);
    }
    CHECK(by("open", {0, 0x41, 01777}) == allow);
    CHECK(by("creat", {0, 01777}) == allow);
    for (const filtered* one : {&by, &files}) {
        for (const std::uint64_t flags : numbers{4, 5, 4 | dirt})
            CHECK((*one)("renameat2", {3, 0, 3, 0, flags}) == refused);
        for (const std::uint64_t flags : numbers{0, 1, 2})
            CHECK((*one)("renameat2", {3, 0, 3, 0, flags}) == allow);
    }
}

TEST_CASE("asynchronous input and output, of which the whole machine has so much, was used up") {
    const filtered by;
    for (const std::string_view name :
         {"io_setup", "io_destroy", "io_getevents", "io_submit", "io_cancel", "io_pgetevents"})
        CHECK(by(name) == unknown);
}

TEST_CASE("the numbers of calls are the system's") {
    const auto read = [](const char* path) {
        std::map<std::string, int> found;
        std::ifstream file(path);
        const std::regex line("#define __NR(?:3264)?_(\\w+)\\s+(\\d+)");
        std::smatch parts;
        for (std::string text; std::getline(file, text);)
            if (std::regex_search(text, parts, line)) found[parts[1]] = std::stoi(parts[2]);
        return found;
    };
    const auto x86_64 = read("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
               aarch64 = read("/usr/include/asm-generic/unistd.h");
    if (x86_64.empty()) MESSAGE("skipped: no headers of this processor here");
    if (aarch64.empty()) MESSAGE("skipped: no headers of the other processor here");
    std::set<std::string_view> names;
    for (const ruled_call& call : ruled_calls) {
        CHECK(names.insert(call.name).second);
        const std::string name(call.name);
        // One that is newer than these headers cannot be looked up.
        if (const auto found = x86_64.find(name); found != x86_64.end())
            CHECK_MESSAGE(found->second == call.x86_64, name);
        else if (!x86_64.empty()) CHECK_MESSAGE((call.x86_64 == -1 || call.x86_64 > 450), name);
        if (const auto found = aarch64.find(name); found != aarch64.end())
            CHECK_MESSAGE(found->second == call.aarch64, name);
        else if (!aarch64.empty()) CHECK_MESSAGE((call.aarch64 == -1 || call.aarch64 > 450), name);
    }
}

TEST_CASE("for a processor without a list there is no filter, and the kernel's facts say so") {
    CHECK(compile_filter({}, 7, processor::other).program.empty());
}
