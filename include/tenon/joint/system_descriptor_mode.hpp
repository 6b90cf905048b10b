#ifndef TENON_JOINT_SYSTEM_DESCRIPTOR_MODE_HPP
#define TENON_JOINT_SYSTEM_DESCRIPTOR_MODE_HPP

// Whether reading and writing a descriptor waits belongs to everybody who shares it: the shell, the next program of a
// script. So it is put back at the end, and what is neither a pipe nor a socket (a terminal, a file) is left alone.

#include <fcntl.h>
#include <sys/stat.h>

namespace tenon::detail {

class descriptor_mode {
public:
    explicit descriptor_mode(int descriptor) noexcept
        : descriptor_(descriptor), flags_(::fcntl(descriptor, F_GETFL)) {
        struct stat state {};
        const bool waits_for_others =
            ::fstat(descriptor, &state) == 0 && (S_ISFIFO(state.st_mode) || S_ISSOCK(state.st_mode));
        nonblocking_ =
            flags_ >= 0 && waits_for_others && ::fcntl(descriptor, F_SETFL, flags_ | O_NONBLOCK) == 0;
    }
    descriptor_mode(const descriptor_mode&) = delete;
    descriptor_mode& operator=(const descriptor_mode&) = delete;
    ~descriptor_mode() {
        if (flags_ >= 0 && (flags_ & O_NONBLOCK) == 0) ::fcntl(descriptor_, F_SETFL, flags_);
    }

    /// Whether it can be waited for in a loop.
    bool nonblocking() const noexcept { return nonblocking_; }

private:
    int descriptor_;
    int flags_;
    bool nonblocking_ = false;
};

} // namespace tenon::detail

#endif
