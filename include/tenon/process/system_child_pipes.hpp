#ifndef TENON_PROCESS_SYSTEM_CHILD_PIPES_HPP
#define TENON_PROCESS_SYSTEM_CHILD_PIPES_HPP

// What has to be there before a child is made, whoever makes it: its pipes, its words as execve wants them, and where
// its program is looked for. Fills in a child_plan, which process/system_child_setup.hpp carries out in the child.

#include <tenon/core/text.hpp>
#include <tenon/process/system_child_setup.hpp>
#include <tenon/transport/descriptor.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tenon::detail {

struct pipe_ends {
    descriptor read, write;
};

/// Above 2, whatever is closed in the host: otherwise connecting the child's streams would overwrite it, and what
/// the host prints would go to a plugin.
inline bool lift(descriptor& one, int above = 2) noexcept {
    if (one.get() > above) return true;
    if (!one) return false; // why stands in errno
    const int lifted = ::fcntl(one.get(), F_DUPFD_CLOEXEC, above + 1);
    const int error = errno == EINVAL ? EMFILE : errno; // numbers end at the limit
    one.reset(lifted);
    if (lifted < 0) errno = error;
    return lifted >= 0;
}
inline bool make_pipe(pipe_ends& ends) noexcept {
    int both[2];
    if (::pipe2(both, O_CLOEXEC) != 0) return false;
    ends.read.reset(both[0]);
    ends.write.reset(both[1]);
    return lift(ends.read) && lift(ends.write);
}

/// The reading end once more, as an open file of its own: what is ordered for one holds whatever becomes of the
/// others. Where /proc is missing it is the same file again.
inline descriptor another_reader(const descriptor& read_end) {
    const std::string name = join({"/proc/self/fd/", digits(static_cast<std::uint64_t>(read_end.get()))});
    descriptor again(::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!again) again.reset(::fcntl(read_end.get(), F_DUPFD_CLOEXEC, 3));
    return again;
}

struct child_pipes {
    pipe_ends input, output, error, guard, report;
    std::array<descriptor, 4> guard_readers; // see launched
    std::array<descriptor, 2> child_guards;  // the child's own

    /// False where there is none to be had: errno says why.
    bool open() {
        for (pipe_ends* ends : {&input, &output, &error, &guard, &report})
            if (!make_pipe(*ends)) return false;
        for (descriptor* one : {&guard_readers[0], &guard_readers[1], &guard_readers[2], &guard_readers[3],
                                &child_guards[0], &child_guards[1]}) {
            *one = another_reader(guard.read);
            if (!lift(*one)) return false;
        }
        // Two readers stay below the writer, two go above it.
        guard.read.reset();
        return lift(guard.write, std::max(guard_readers[0].get(), guard_readers[1].get())) &&
               lift(guard_readers[2], guard.write.get()) && lift(guard_readers[3], guard.write.get());
    }
    void connect(child_plan& plan) const noexcept {
        plan.input = input.read.get();
        plan.output = output.write.get();
        plan.error = error.write.get();
        plan.guards = {child_guards[0].get(), child_guards[1].get()};
        for (std::size_t one = 0; one < guard_readers.size(); ++one)
            plan.host_guards[one] = guard_readers[one].get();
        plan.report = report.write.get();
    }
    /// Those that the child has now.
    void close_far_ends() noexcept {
        for (descriptor* one :
             {&input.read, &output.write, &error.write, &report.write, &child_guards[0], &child_guards[1]})
            one->reset();
    }
};

inline std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

/// Of entries like "PATH=/bin".
inline std::string_view search_path_of(const std::vector<std::string>& environment) noexcept {
    for (const std::string& entry : environment)
        if (entry.starts_with("PATH=")) return std::string_view(entry).substr(5);
    return "/usr/local/bin:/usr/bin:/bin";
}

/// Takes the status of a child that never became the program, or must not live.
inline void reap(pid_t pid) noexcept {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

} // namespace tenon::detail

#endif
