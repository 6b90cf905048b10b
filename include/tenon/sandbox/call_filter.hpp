#ifndef TENON_SANDBOX_CALL_FILTER_HPP
#define TENON_SANDBOX_CALL_FILTER_HPP

// Compiles sandbox/call_rules.hpp with a policy to the program that the kernel runs at each system call (seccomp, classic
// BPF). It decides by numbers alone, never by what a pointer points at: that can be changed meanwhile. Another processor's
// calls (32 bits on 64, x32) end the process. Calls that it always allows cost nothing, the kernel remembers them.
//
// The form of an instruction is the kernel's sock_filter. Numbers are those of Linux, the same on both processors.

#include <tenon/sandbox/call_rules.hpp>
#include <tenon/sandbox/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace tenon::detail {

enum class processor : std::uint8_t { x86_64, aarch64, other };

#if defined(__x86_64__) && !defined(__ILP32__)
inline constexpr processor this_processor = processor::x86_64;
#elif defined(__aarch64__) && !defined(__ILP32__)
inline constexpr processor this_processor = processor::aarch64;
#else
inline constexpr processor this_processor = processor::other;
#endif

struct filter_instruction {
    std::uint16_t code;
    std::uint8_t if_true, if_false; // how many are skipped
    std::uint32_t value;
};

struct call_filter {
    std::vector<filter_instruction> program = {};
    /// Instructions whose value becomes the number of the process, which only the process itself knows.
    std::vector<std::size_t> own_number = {};
};

namespace filter {

inline constexpr std::uint32_t allow = 0x7fff'0000, kill_process = 0x8000'0000;
constexpr std::uint32_t fail_with(std::uint32_t error) noexcept { return 0x0005'0000 | error; }
inline constexpr std::uint32_t refused = fail_with(1);       // EPERM
inline constexpr std::uint32_t no_access = fail_with(13);    // EACCES
inline constexpr std::uint32_t unknown_call = fail_with(38); // ENOSYS

// Instructions.
inline constexpr std::uint16_t load = 0x20, jump_if_equal = 0x15, jump_if_greater = 0x25, mask = 0x54,
                               answer = 0x06;

// Where a call is described: seccomp_data. Both processors keep the low half of an argument first, and every argument
// that is looked at here is an int for the kernel: it does not look at the high half either.
inline constexpr std::uint32_t number_at = 0, processor_at = 4;
constexpr std::uint32_t argument_at(std::uint32_t which) noexcept { return 16 + 8 * which; }

inline constexpr std::uint32_t x86_64_calls = 0xC000'003E, aarch64_calls = 0xC000'00B7; // AUDIT_ARCH_...
inline constexpr std::uint32_t x32_bit = 0x4000'0000;

// What arguments may be.
inline constexpr std::uint32_t family_unix = 1, family_inet = 2, family_inet6 = 10, family_netlink = 16;
inline constexpr std::uint32_t type_stream = 1, type_packets = 5, type_mask = 0xF, protocol_tcp = 6;
inline constexpr std::uint32_t send_and_connect = 0x2000'0000; // MSG_FASTOPEN
inline constexpr std::uint32_t new_namespaces = 0x7E02'0000, as_sibling = 0x8000, as_thread = 0x0001'0000;
inline constexpr std::uint32_t access_mode = 3, cut_to_nothing = 0x200;    // O_ACCMODE, O_TRUNC
inline constexpr std::uint32_t create = 0x40, create_nameless = 0x40'0000; // O_CREAT, O_TMPFILE
inline constexpr std::uint32_t set_user = 0x800, set_group = 0x400;        // of a mode
inline constexpr std::uint32_t leave_whiteout = 4;                         // RENAME_WHITEOUT

struct comparison {
    std::uint32_t argument;
    std::uint32_t mask; // of its low half
    std::uint32_t value;
};
/// Of several comparisons all have to hold.
struct test {
    std::vector<comparison> all;
    std::uint32_t answer;
    bool own_number = false; // instead of the first one's value
};
struct decision {
    std::vector<test> tests = {}; // the first that holds answers
    std::uint32_t otherwise = allow;
};

inline constexpr std::uint32_t whole = 0xFFFF'FFFF;

inline decision decide_open(const sandbox_policy& policy, std::uint32_t flags, int landlock) {
    // With both bits, a file is opened for neither reading nor writing, so Landlock allows it; and then it can be changed
    // by its descriptor.
    decision by{.tests = {{{{flags, access_mode, access_mode}}, no_access}}};
    // To cut a file that is opened for reading is to write, which Landlock does not see before it knows truncation.
    if (landlock < 3)
        by.tests.push_back({{{flags, cut_to_nothing | access_mode, cut_to_nothing}}, no_access});
    // A program that others run as its owner is made by a mode, which is not its to give.
    if (!policy.file_metadata)
        for (const std::uint32_t way : {create, create_nameless})
            for (const std::uint32_t bit : {set_user, set_group})
                by.tests.push_back({{{flags, way, way}, {flags + 1, bit, bit}}, refused});
    return by;
}
inline decision decide_creat(const sandbox_policy& policy) {
    decision by;
    if (!policy.file_metadata)
        for (const std::uint32_t bit : {set_user, set_group}) by.tests.push_back({{{1, bit, bit}}, refused});
    return by;
}

inline bool some_ports_only(const sandbox_policy& policy) noexcept {
    return !policy.network.all && !policy.network.ports.empty();
}

inline decision decide_socket(const sandbox_policy& policy) {
    decision by{.otherwise = no_access};
    if (policy.unix_sockets) by.tests.push_back({{{0, whole, family_unix}}, allow});
    for (const std::uint32_t family : {family_inet, family_inet6}) {
        if (policy.network.all) by.tests.push_back({{{0, whole, family}}, allow});
        else if (some_ports_only(
                     policy)) // Landlock knows the ports of TCP, and of nothing else: no UDP, no MPTCP
            for (const std::uint32_t protocol : {0U, protocol_tcp})
                by.tests.push_back(
                    {{{0, whole, family}, {1, type_mask, type_stream}, {2, whole, protocol}}, allow});
    }
    if (policy.network
            .all) // asks for addresses and routes; changing them needs a privilege that it does not have
        by.tests.push_back({{{0, whole, family_netlink}, {2, whole, 0}}, allow});
    return by;
}

/// One of a datagram pair reaches every other Unix socket by its name. One of a connected pair stays in it.
inline decision decide_socketpair(const sandbox_policy& policy) {
    decision by{.otherwise = no_access};
    if (policy.unix_sockets) by.tests.push_back({{{0, whole, family_unix}}, allow});
    else
        for (const std::uint32_t type : {type_stream, type_packets})
            by.tests.push_back({{{0, whole, family_unix}, {1, type_mask, type}}, allow});
    return by;
}

inline decision decide_clone(const sandbox_policy& policy) {
    decision by;
    for (std::uint32_t bit = 1; bit != 0; bit <<= 1)
        if (((new_namespaces | as_sibling) & bit) != 0) by.tests.push_back({{{0, bit, bit}}, refused});
    if (policy.subprocesses) return by;
    by.tests.push_back({{{0, as_thread, as_thread}}, allow});
    by.otherwise = refused;
    return by;
}

inline decision decide_ioctl(const sandbox_policy& policy, bool hold_signals) {
    decision by;
    const auto refuse = [&](std::initializer_list<std::uint32_t> requests) {
        for (const std::uint32_t request : requests) by.tests.push_back({{{1, whole, request}}, refused});
    };
    refuse({0x5412, 0x541C}); // types into a terminal: TIOCSTI, TIOCLINUX
    // Attributes of a file that may only be read: FS_IOC_..., and what single file systems have beside them.
    if (!policy.file_metadata)
        for (const std::uint32_t kind : {0x6600U, 0x7600U, 0x5800U})
            by.tests.push_back({{{1, 0xFF00, kind}}, refused});
    if (hold_signals) refuse({0x8901, 0x8902}); // FIOSETOWN, SIOCSPGRP
    // Btrfs makes and removes whole trees in a folder that is open for reading, and Landlock does not see it. Of its
    // requests other file systems have those that copy a file's blocks into one that may be written: FICLONE, FICLONERANGE.
    for (const std::uint32_t copying : {0x4004'9409U, 0x4020'940DU})
        by.tests.push_back({{{1, whole, copying}}, allow});
    by.tests.push_back({{{1, 0xFF00, 0x9400}}, refused});
    return by;
}

inline decision decide_fcntl(bool hold_signals) {
    // A lease on a file that it may read keeps everybody else from opening it: F_SETLEASE. A hint is kept with a file that
    // it may only read: F_SET_RW_HINT, F_SET_FILE_RW_HINT. A larger pipe is memory of the kernel: F_SETPIPE_SZ.
    decision by;
    for (const std::uint32_t command : {1'024U, 1'036U, 1'038U, 1'031U})
        by.tests.push_back({{{1, whole, command}}, refused});
    if (hold_signals) // signals by way of a descriptor: F_SETOWN, F_SETOWN_EX
        for (const std::uint32_t command : {8U, 15U}) by.tests.push_back({{{1, whole, command}}, refused});
    return by;
}

inline decision decide(call_rule rule, const sandbox_policy& policy, int landlock) {
    // Where subprocesses are allowed, they have to be signalled, and cannot be told from others.
    const bool hold_signals = landlock < 6 && !policy.subprocesses;
    const auto unless = [](bool allowed) { return decision{.otherwise = allowed ? allow : refused}; };
    switch (rule) {
    case call_rule::refuse: return unless(false);
    case call_rule::unknown: return {.otherwise = unknown_call};
    case call_rule::file_metadata: return unless(policy.file_metadata);
    case call_rule::truncate: return unless(landlock >= 3);
    case call_rule::itself: return {.tests = {{{{0, whole, 0}}, allow}}, .otherwise = refused};
    case call_rule::signal:
        if (!hold_signals) return {};
        return {.tests = {{{{0, whole, 0}}, allow, true}}, .otherwise = refused};
    case call_rule::signal_to_thread: return unless(!hold_signals);
    case call_rule::new_process: return unless(policy.subprocesses);
    case call_rule::clone: return decide_clone(policy);
    case call_rule::open: return decide_open(policy, 1, landlock);
    case call_rule::creat: return decide_creat(policy);
    case call_rule::rename: return {.tests = {{{{4, leave_whiteout, leave_whiteout}}, refused}}};
    case call_rule::openat: return decide_open(policy, 2, landlock);
    case call_rule::socket: return decide_socket(policy);
    case call_rule::socketpair: return decide_socketpair(policy);
    case call_rule::listen:
        return {.otherwise = policy.network.all || (policy.unix_sockets && !some_ports_only(policy))
                                 ? allow
                                 : no_access};
    case call_rule::send_flags_third:
    case call_rule::send_flags_fourth:
        if (!some_ports_only(policy)) return {};
        return {
            .tests = {{{{rule == call_rule::send_flags_third ? 2U : 3U, send_and_connect, send_and_connect}},
                       no_access}}};
    case call_rule::ioctl: return decide_ioctl(policy, hold_signals);
    case call_rule::fcntl: return decide_fcntl(hold_signals);
    }
    return unless(false);
}

/// For one call: every way through it ends with an answer.
inline void compile(const decision& by, std::uint32_t number, call_filter& to) {
    std::vector<filter_instruction> body;
    std::vector<std::size_t> own;
    for (const test& one : by.tests) {
        std::size_t left = 1; // instructions until the next test
        for (const comparison& part : one.all) left += part.mask == whole ? 2U : 3U;
        for (const comparison& part : one.all) {
            body.push_back({load, 0, 0, argument_at(part.argument)});
            if (part.mask != whole) body.push_back({mask, 0, 0, part.mask});
            left -= part.mask == whole ? 2U : 3U;
            if (one.own_number) own.push_back(body.size());
            body.push_back({jump_if_equal, 0, static_cast<std::uint8_t>(left), part.value});
        }
        body.push_back({answer, 0, 0, one.answer});
    }
    body.push_back({answer, 0, 0, by.otherwise});
    to.program.push_back({jump_if_equal, 0, static_cast<std::uint8_t>(body.size()), number});
    for (const std::size_t at : own) to.own_number.push_back(to.program.size() + at);
    to.program.insert(to.program.end(), body.begin(), body.end());
}

} // namespace filter

/// Empty for another processor: there is none then.
inline call_filter compile_filter(const sandbox_policy& policy, int landlock, processor of = this_processor) {
    using namespace filter;
    if (of == processor::other) return {};
    call_filter made;
    auto& program = made.program;
    program.push_back({load, 0, 0, processor_at});
    program.push_back({jump_if_equal, 1, 0, of == processor::x86_64 ? x86_64_calls : aarch64_calls});
    program.push_back({answer, 0, 0, kill_process});
    program.push_back({load, 0, 0, number_at});
    if (of == processor::x86_64) {
        program.push_back({jump_if_greater, 0, 1, x32_bit - 1});
        program.push_back({answer, 0, 0, kill_process});
    }
    program.push_back({jump_if_greater, 0, 1, newest_known_call});
    program.push_back({answer, 0, 0, unknown_call});
    for (const ruled_call& call : ruled_calls) {
        const int number = of == processor::x86_64 ? call.x86_64 : call.aarch64;
        if (number < 0) continue;
        const decision by = decide(call.rule, policy, landlock);
        if (by.tests.empty() && by.otherwise == allow) continue;
        compile(by, static_cast<std::uint32_t>(number), made);
    }
    program.push_back({answer, 0, 0, allow});
    return made;
}

} // namespace tenon::detail

#endif
