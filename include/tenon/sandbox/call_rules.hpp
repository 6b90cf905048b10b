#ifndef TENON_SANDBOX_CALL_RULES_HPP
#define TENON_SANDBOX_CALL_RULES_HPP

// Which system calls a sandboxed process is refused, by their numbers on each processor. It is a list of what is refused, and
// not of what is allowed: runtimes of other people use new calls with each update, and would break. So calls that are newer
// than this list are answered as by a kernel that does not know them, for which every runtime is prepared.
//
// It closes what Landlock leaves open: modes and times of files, other processes, sockets other than TCP, shared memory.

#include <cstdint>
#include <string_view>

namespace tenon::detail {

/// What is done about a call. "Refused" is EPERM, and EACCES for sockets; "unknown" is ENOSYS.
enum class call_rule : std::uint8_t {
    refuse,
    unknown,
    file_metadata,     // refused, unless the policy allows it
    truncate,          // refused where Landlock does not know it
    itself,            // allowed with 0 for its own process
    signal,            // where Landlock does not, seccomp holds it to the own process
    signal_to_thread,  // the same, without a number to know it by
    new_process,       // refused, unless the policy allows it
    clone,             // threads alone, or processes, but no namespaces
    open,              // by its flags, the second argument
    openat,            // the third
    creat,             // by its mode
    rename,            // by its flags
    socket,            // by its family, type and protocol
    socketpair,        // of Unix alone, and of a type that cannot leave its pair
    listen,            // to bind and to listen: where the policy allows all of a network, or Unix sockets
    send_flags_third,  // no connection by the way: MSG_FASTOPEN
    send_flags_fourth, // the same
    ioctl,
    fcntl,
};

struct ruled_call {
    std::string_view name;
    int x86_64, aarch64; // -1: there is none
    call_rule rule;
};

/// mseal, of Linux 6.10, on both processors.
inline constexpr std::uint32_t newest_known_call = 462;

// clang-format off
inline constexpr ruled_call ruled_calls[] = {
    // Modes, owners, times and attributes of files.
    {"chmod", 90, -1, call_rule::file_metadata},
    {"fchmod", 91, 52, call_rule::file_metadata},
    {"fchmodat", 268, 53, call_rule::file_metadata},
    {"fchmodat2", 452, 452, call_rule::file_metadata},
    {"chown", 92, -1, call_rule::file_metadata},
    {"fchown", 93, 55, call_rule::file_metadata},
    {"lchown", 94, -1, call_rule::file_metadata},
    {"fchownat", 260, 54, call_rule::file_metadata},
    {"setxattr", 188, 5, call_rule::file_metadata},
    {"lsetxattr", 189, 6, call_rule::file_metadata},
    {"fsetxattr", 190, 7, call_rule::file_metadata},
    {"removexattr", 197, 14, call_rule::file_metadata},
    {"lremovexattr", 198, 15, call_rule::file_metadata},
    {"fremovexattr", 199, 16, call_rule::file_metadata},
    {"utime", 132, -1, call_rule::file_metadata},
    {"utimes", 235, -1, call_rule::file_metadata},
    {"futimesat", 261, -1, call_rule::file_metadata},
    {"utimensat", 280, 88, call_rule::file_metadata},
    // Landlock knows it from version 3 on.
    {"truncate", 76, 45, call_rule::truncate},
    // Other processes.
    {"ptrace", 101, 117, call_rule::refuse},
    {"process_vm_readv", 310, 270, call_rule::refuse},
    {"process_vm_writev", 311, 271, call_rule::refuse},
    {"kcmp", 312, 272, call_rule::refuse},
    {"pidfd_getfd", 438, 438, call_rule::refuse},
    {"pidfd_send_signal", 424, 424, call_rule::refuse},
    {"process_madvise", 440, 440, call_rule::refuse},
    {"process_mrelease", 448, 448, call_rule::refuse},
    {"get_robust_list", 274, 100, call_rule::refuse},
    {"migrate_pages", 256, 238, call_rule::refuse},
    {"move_pages", 279, 239, call_rule::refuse},
    {"setpriority", 141, 140, call_rule::refuse},
    {"sched_setparam", 142, 118, call_rule::refuse},
    {"sched_setscheduler", 144, 119, call_rule::refuse},
    {"sched_setaffinity", 203, 122, call_rule::refuse},
    {"sched_setattr", 314, 274, call_rule::refuse},
    {"ioprio_set", 251, 30, call_rule::refuse},
    {"prlimit64", 302, 261, call_rule::itself},
    {"kill", 62, 129, call_rule::signal},
    {"tgkill", 234, 131, call_rule::signal},
    {"rt_sigqueueinfo", 129, 138, call_rule::signal},
    {"rt_tgsigqueueinfo", 297, 240, call_rule::signal},
    {"tkill", 200, 130, call_rule::signal_to_thread},
    // New processes.
    {"fork", 57, -1, call_rule::new_process},
    {"vfork", 58, -1, call_rule::new_process},
    {"clone", 56, 220, call_rule::clone},
    {"clone3", 435, 435, call_rule::unknown},
    // Memory and queues that have a name for all processes of a user. Some take numbers that can be guessed.
    {"shmget", 29, 194, call_rule::refuse},
    {"shmat", 30, 196, call_rule::refuse},
    {"shmctl", 31, 195, call_rule::refuse},
    {"semget", 64, 190, call_rule::refuse},
    {"semop", 65, 193, call_rule::refuse},
    {"semctl", 66, 191, call_rule::refuse},
    {"semtimedop", 220, 192, call_rule::refuse},
    {"msgget", 68, 186, call_rule::refuse},
    {"msgsnd", 69, 189, call_rule::refuse},
    {"msgrcv", 70, 188, call_rule::refuse},
    {"msgctl", 71, 187, call_rule::refuse},
    {"mq_open", 240, 180, call_rule::refuse},
    {"mq_unlink", 241, 181, call_rule::refuse},
    // Memory that no limit of a process counts.
    {"memfd_create", 319, 279, call_rule::unknown},
    {"memfd_secret", 447, 447, call_rule::unknown},
    // Files: what the flags of an opening hide from Landlock.
    {"open", 2, -1, call_rule::open},
    {"openat", 257, 56, call_rule::openat},
    {"openat2", 437, 437, call_rule::unknown},
    {"creat", 85, -1, call_rule::creat},
    {"renameat2", 316, 276, call_rule::rename},
    {"name_to_handle_at", 303, 264, call_rule::refuse},
    {"open_by_handle_at", 304, 265, call_rule::refuse},
    {"fanotify_init", 300, 262, call_rule::refuse},
    {"fanotify_mark", 301, 263, call_rule::refuse},
    {"mknod", 133, -1, call_rule::refuse},
    {"mknodat", 259, 33, call_rule::refuse},
    // Whole systems within the kernel, with a long record of faults, which can do most of what is refused here.
    {"io_uring_setup", 425, 425, call_rule::unknown},
    {"io_uring_enter", 426, 426, call_rule::unknown},
    {"io_uring_register", 427, 427, call_rule::unknown},
    // Its rings are counted for the whole machine, and some databases need them.
    {"io_setup", 206, 0, call_rule::unknown},
    {"io_destroy", 207, 1, call_rule::unknown},
    {"io_getevents", 208, 4, call_rule::unknown},
    {"io_submit", 209, 2, call_rule::unknown},
    {"io_cancel", 210, 3, call_rule::unknown},
    {"io_pgetevents", 333, 292, call_rule::unknown},
    {"userfaultfd", 323, 282, call_rule::refuse},
    {"bpf", 321, 280, call_rule::refuse},
    {"perf_event_open", 298, 241, call_rule::refuse},
    {"keyctl", 250, 219, call_rule::refuse},
    {"add_key", 248, 217, call_rule::refuse},
    {"request_key", 249, 218, call_rule::refuse},
    {"modify_ldt", 154, -1, call_rule::refuse},
    // The network.
    {"socket", 41, 198, call_rule::socket},
    {"socketpair", 53, 199, call_rule::socketpair},
    {"bind", 49, 200, call_rule::listen},
    {"listen", 50, 201, call_rule::listen},
    {"sendto", 44, 206, call_rule::send_flags_fourth},
    {"sendmmsg", 307, 269, call_rule::send_flags_fourth},
    {"sendmsg", 46, 211, call_rule::send_flags_third},
    {"ioctl", 16, 29, call_rule::ioctl},
    {"fcntl", 72, 25, call_rule::fcntl},
    // Namespaces, mounts, other users.
    {"unshare", 272, 97, call_rule::refuse},
    {"setns", 308, 268, call_rule::refuse},
    {"mount", 165, 40, call_rule::refuse},
    {"umount2", 166, 39, call_rule::refuse},
    {"pivot_root", 155, 41, call_rule::refuse},
    {"chroot", 161, 51, call_rule::refuse},
    {"open_tree", 428, 428, call_rule::refuse},
    {"move_mount", 429, 429, call_rule::refuse},
    {"fsopen", 430, 430, call_rule::refuse},
    {"fsconfig", 431, 431, call_rule::refuse},
    {"fsmount", 432, 432, call_rule::refuse},
    {"fspick", 433, 433, call_rule::refuse},
    {"mount_setattr", 442, 442, call_rule::refuse},
    {"statmount", 457, 457, call_rule::refuse},
    {"listmount", 458, 458, call_rule::refuse},
    {"setuid", 105, 146, call_rule::refuse},
    {"setgid", 106, 144, call_rule::refuse},
    {"setreuid", 113, 145, call_rule::refuse},
    {"setregid", 114, 143, call_rule::refuse},
    {"setresuid", 117, 147, call_rule::refuse},
    {"setresgid", 119, 149, call_rule::refuse},
    {"setfsuid", 122, 151, call_rule::refuse},
    {"setfsgid", 123, 152, call_rule::refuse},
    {"setgroups", 116, 159, call_rule::refuse},
    // The machine.
    {"init_module", 175, 105, call_rule::refuse},
    {"finit_module", 313, 273, call_rule::refuse},
    {"delete_module", 176, 106, call_rule::refuse},
    {"kexec_load", 246, 104, call_rule::refuse},
    {"kexec_file_load", 320, 294, call_rule::refuse},
    {"reboot", 169, 142, call_rule::refuse},
    {"swapon", 167, 224, call_rule::refuse},
    {"swapoff", 168, 225, call_rule::refuse},
    {"acct", 163, 89, call_rule::refuse},
    {"quotactl", 179, 60, call_rule::refuse},
    {"quotactl_fd", 443, 443, call_rule::refuse},
    {"syslog", 103, 116, call_rule::refuse},
    {"settimeofday", 164, 170, call_rule::refuse},
    {"clock_settime", 227, 112, call_rule::refuse},
    {"clock_adjtime", 305, 266, call_rule::refuse},
    {"adjtimex", 159, 171, call_rule::refuse},
    {"sethostname", 170, 161, call_rule::refuse},
    {"setdomainname", 171, 162, call_rule::refuse},
    {"iopl", 172, -1, call_rule::refuse},
    {"ioperm", 173, -1, call_rule::refuse},
    {"vhangup", 153, 58, call_rule::refuse},
    {"uselib", 134, -1, call_rule::refuse},
    {"lookup_dcookie", 212, 18, call_rule::refuse},
    {"sysfs", 139, -1, call_rule::refuse},
    {"nfsservctl", 180, 42, call_rule::refuse},
};
// clang-format on

} // namespace tenon::detail

#endif
