#ifndef TENON_SANDBOX_SYSTEM_LANDLOCK_HPP
#define TENON_SANDBOX_SYSTEM_LANDLOCK_HPP

// Landlock and seccomp as the system has them. What is prepared is a set of rules for one process: a child takes it upon
// itself with bare system calls, between vfork and exec. The host itself is never restricted: that could not be undone.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/sandbox/call_filter.hpp>
#include <tenon/sandbox/landlock_rights.hpp>
#include <tenon/sandbox/policy.hpp>
#include <tenon/transport/system_streams.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tenon::detail {

// The same numbers on every processor; old headers do not have them.
inline constexpr long call_create_ruleset = 444, call_add_rule = 445, call_restrict_self = 446;

/// What the kernel has and lets this process do.
inline kernel_facts facts_of_kernel() noexcept {
    constexpr unsigned ask_version = 1;
    kernel_facts facts;
    const long version = ::syscall(call_create_ruleset, nullptr, std::size_t{0}, ask_version);
    facts.landlock = static_cast<int>(std::clamp<long>(version, 0, landlock::newest_version));
    const std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
    facts.seccomp = this_processor != processor::other &&
                    ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U, &action) == 0;
    return facts;
}

namespace landlock {

// As the kernel takes them; it knows by their size which members there are.
struct ruleset_form {
    std::uint64_t files, network, scopes;
};
struct __attribute__((packed)) path_form {
    std::uint64_t allowed;
    std::int32_t parent;
};
struct port_form {
    std::uint64_t allowed, port;
};
enum class rule_kind : unsigned { path = 1, port = 2 };

inline bool add_rule(int ruleset, rule_kind kind, const void* rule) noexcept {
    return ::syscall(call_add_rule, ruleset, static_cast<unsigned>(kind), rule, 0U) == 0;
}
inline bool allow_below(int ruleset, int opened, std::uint64_t rights) noexcept {
    const path_form rule{rights, opened};
    return rights == 0 || add_rule(ruleset, rule_kind::path, &rule);
}

} // namespace landlock

/// The rules of one process about files and ports.
class landlock_rules {
public:
    landlock_rules() = default;

    static result<landlock_rules> make(const sandbox_policy& policy, int version) {
        landlock_rules made;
        if (version == 0) return made;
        made.handled_ = landlock::handled_by(policy, version);
        const landlock::ruleset_form form{made.handled_.files, made.handled_.network, made.handled_.scopes};
        // The kernel of an older version refuses a form with members that it does not know, unless they are 0.
        made.ruleset_.reset(static_cast<int>(::syscall(call_create_ruleset, &form, sizeof form, 0U)));
        if (!made.ruleset_) return failed("making its Landlock rules");
        for (const std::uint64_t port : policy.network.ports) {
            const landlock::port_form rule{landlock::connect_tcp & made.handled_.network, port};
            if (rule.allowed != 0 &&
                !landlock::add_rule(made.ruleset_.get(), landlock::rule_kind::port, &rule))
                return failed("allowing it a port");
        }
        return made;
    }

    int number() const noexcept { return ruleset_.get(); }
    /// Out of the way of the child's streams.
    descriptor& file() noexcept { return ruleset_; }

    /// A path without links (sandbox/system_path_walk.hpp): where one has come into it since, it is not followed. What is
    /// moved there later is not allowed. False where it is not there, or cannot be reached.
    result<bool> allow(const std::string& path, path_access access) {
        if (!ruleset_) return true;
        const open_how how{.flags = O_PATH | O_CLOEXEC, .mode = 0, .resolve = RESOLVE_NO_SYMLINKS};
        const descriptor opened(
            static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
        if (!opened && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
            return failed(join({"opening ", path}));
        return opened ? allow(opened.get(), access) : false;
    }
    result<bool> allow(int opened, path_access access) {
        struct stat about {};
        if (::fstat(opened, &about) != 0) return false;
        if (!ruleset_) return true;
        const auto rights = landlock::granted(access, S_ISDIR(about.st_mode), handled_);
        // EBADFD: it is in no folder, like what was sealed in memory. Nobody is refused that.
        if (!landlock::allow_below(ruleset_.get(), opened, rights) && errno != EBADFD)
            return failed("allowing it a file");
        return true;
    }

    // --- in the child: bare system calls ---

    /// Its own folder in /proc, which only it can find. Where there is none, there is nothing to allow.
    bool allow_own_proc() const noexcept {
        if (!ruleset_) return true;
        const int opened = ::open("/proc/self", O_PATH | O_CLOEXEC);
        if (opened < 0) return errno == ENOENT;
        const bool good = landlock::allow_below(ruleset_.get(), opened,
                                                landlock::granted(path_access::read, true, handled_));
        const int error = errno;
        ::close(opened);
        errno = error;
        return good;
    }
    bool restrict_self() const noexcept {
        return !ruleset_ || ::syscall(call_restrict_self, ruleset_.get(), 0U) == 0;
    }

private:
    static fault failed(std::string doing) {
        return {codes::unavailable, join({doing, ": ", std::system_category().message(errno)})};
    }

    descriptor ruleset_; // none where there is no Landlock
    landlock::handled handled_;
};

// --- in the child: bare system calls ---

/// All privileges but one of a process that has some. They are what the list of refused calls does not reach: to raise
/// limits, to change clocks and devices by ioctl. What is left lets root read what its rules allow, whosever it is.
inline bool drop_privileges() noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct held[2] = {};
    if (::syscall(SYS_capget, &header, held) != 0) return false;
    constexpr std::uint32_t kept = 1U << CAP_DAC_OVERRIDE;
    held[0].permitted &= kept;
    held[0].effective &= kept;
    held[1].permitted = held[1].effective = 0;
    held[0].inheritable = held[1].inheritable = 0;
    return ::syscall(SYS_capset, &header, held) == 0;
}

static_assert(sizeof(filter_instruction) == sizeof(sock_filter));

/// On its stack a child has room for no more: a test holds the filters to it.
inline constexpr std::size_t longest_filter = 1'024;

/// no_new_privs has to be set.
inline bool filter_calls(const call_filter& filter) noexcept {
    const std::size_t size = filter.program.size();
    if (size == 0) return true;
    std::array<filter_instruction, longest_filter> own;
    if (size > own.size()) {
        errno = E2BIG;
        return false;
    }
    for (std::size_t at = 0; at < size; ++at) own[at] = filter.program[at];
    for (const std::size_t at : filter.own_number) own[at].value = static_cast<std::uint32_t>(::getpid());
    const sock_fprog program{static_cast<unsigned short>(size), reinterpret_cast<sock_filter*>(own.data())};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &program) == 0;
}

} // namespace tenon::detail

#endif
