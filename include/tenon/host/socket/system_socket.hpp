#ifndef TENON_HOST_SOCKET_SYSTEM_SOCKET_HPP
#define TENON_HOST_SOCKET_SYSTEM_SOCKET_HPP

// The file of a Unix socket that only the host's own user can reach: mode 0600 in a folder of mode 0700, both
// owned by who runs the host. The folder is made if it is missing; its own name and the socket's may be no
// symbolic links. What a host that crashed has left there is replaced; a socket on which somebody listens is
// refused, and so is everything else that has the name. It is removed at the end if it is still ours.
//
// A lock on the folder keeps two hosts that start at once from replacing each other's new file. For that is waited, and for
// the end of a host that was killed, a second at most each. Linux: a socket is given its mode before its name, so that it never has another.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/transport/system_streams.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

namespace tenon::detail {

/// What the kernel keeps of a socket's path, without the NUL behind it.
inline constexpr std::size_t longest_socket_path = sizeof(sockaddr_un::sun_path) - 1;

/// As many may wait to be accepted; beyond that connecting fails, and is tried again.
inline constexpr int waiting_connections = 64;

inline fault socket_fault(std::string_view path, std::string_view what) {
    return {codes::unavailable, join({"the socket \"", path, "\": ", what})};
}
inline fault socket_errno(std::string_view path, std::string_view what, int error) {
    return socket_fault(path, join({what, ": ", std::strerror(error)}));
}

inline std::uint32_t own_user() noexcept { return ::geteuid(); }

/// Who connected, by its user's number. None if the system does not say.
inline std::optional<std::uint32_t> peer_user(int socket) noexcept {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return {};
    return peer.uid;
}

/// Whether the process that listens on the other side is being ended; that end is waited for. The kernel takes its time to
/// end a host that was killed, and a child that this host was making holds its descriptors until it has become a program.
inline bool is_listener_leaving(int connection) noexcept {
    constexpr int longest_end_ms = 500, pause_ms = 10;
    ucred listener{};
    socklen_t size = sizeof listener;
    if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &listener, &size) != 0) return false;
    if (listener.pid <= 0 || listener.pid == ::getpid()) return false;
    const descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, listener.pid, 0)));
    if (!process && errno != ESRCH) return false;
    pollfd end{process.get(), POLLIN, 0};
    if (process && ::poll(&end, 1, longest_end_ms) != 1) return false; // it is well
    ::poll(nullptr, 0, pause_ms);
    return true;
}

/// Not even root: whoever may become another user can become this one.
inline result<void> check_peer(std::optional<std::uint32_t> peer, std::uint32_t own) {
    if (peer == own) return {};
    return fault{codes::permission_denied, peer ? join({"only the host's own user may connect: that is user ",
                                                        digits(own), ", and you are user ", digits(*peer)})
                                                : join({"the system does not say whose this connection is"})};
}

class listening_socket {
public:
    listening_socket() = default;
    listening_socket(listening_socket&&) noexcept = default;
    listening_socket& operator=(listening_socket&& other) noexcept {
        if (this == &other) return *this;
        close();
        socket_ = std::move(other.socket_);
        folder_ = std::move(other.folder_);
        path_ = std::exchange(other.path_, {});
        device_ = other.device_;
        inode_ = other.inode_;
        return *this;
    }
    ~listening_socket() { close(); }

    /// A relative path counts from the current folder.
    static result<listening_socket> open(std::string_view path);

    /// What is listened on, for who waits for it. The file stays until close().
    descriptor take_socket() noexcept { return std::move(socket_); }
    /// Absolute.
    const std::string& path() const noexcept { return path_; }

    /// The file is gone.
    void close() noexcept {
        if (!folder_) return;
        if (is_ours()) ::unlinkat(folder_.get(), name(), 0);
        socket_.reset();
        folder_.reset();
    }
    /// Whether the file is still the one that we made.
    bool is_ours() const noexcept {
        struct stat found {};
        return folder_ && ::fstatat(folder_.get(), name(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
               found.st_dev == device_ && found.st_ino == inode_;
    }

private:
    const char* name() const noexcept { return path_.c_str() + path_.rfind('/') + 1; }
    result<void> take_path(std::string_view path);
    result<void> open_folder();
    result<void> lock_folder();
    result<void> clear_name();
    result<void> bind_name();
    sockaddr_un address() const noexcept {
        sockaddr_un found{};
        found.sun_family = AF_UNIX;
        std::memcpy(found.sun_path, path_.data(), path_.size());
        return found;
    }

    descriptor socket_, folder_;
    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

inline result<listening_socket> listening_socket::open(std::string_view path) {
    listening_socket made;
    if (auto good = made.take_path(path); !good) return good.error();
    if (auto good = made.open_folder(); !good) return good.error();
    // Nothing of this has to be taken back: close() removes no file but the one that bind_name() made.
    if (auto good = made.lock_folder(); !good) return good.error();
    if (auto good = made.clear_name(); !good) return good.error();
    if (auto good = made.bind_name(); !good) return good.error();
    ::flock(made.folder_.get(), LOCK_UN);
    return made;
}

inline result<void> listening_socket::take_path(std::string_view path) {
    if (path.find('\0') != path.npos) return socket_fault("", "its path holds a NUL character");
    path_ = path;
    if (!path.empty() && path[0] != '/') {
        std::array<char, PATH_MAX> here;
        if (::getcwd(here.data(), here.size()) == nullptr)
            return socket_errno(path, "the current folder cannot be found", errno);
        path_ = join({here.data(), "/", path});
    }
    const std::string_view last = std::string_view(path_).substr(path_.rfind('/') + 1);
    if (path_.empty() || last.empty() || last == "." || last == "..")
        return socket_fault(path, "expected the path of a file");
    if (path_.size() > longest_socket_path)
        return socket_fault(path_, join({"the path has ", digits(path_.size()),
                                         " bytes, and a socket's may have ", digits(longest_socket_path)}));
    return {};
}

inline result<void> listening_socket::open_folder() {
    const std::string folder = path_.substr(0, std::max<std::size_t>(path_.rfind('/'), 1));
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return socket_errno(path_, join({"its folder \"", folder, "\" cannot be made"}), errno);
    folder_ = descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder_) {
        const bool no_folder = errno == ELOOP || errno == ENOTDIR;
        return no_folder ? socket_fault(path_, join({"\"", folder, "\" is no folder, or a symbolic link"}))
                         : socket_errno(path_, join({"its folder \"", folder, "\" cannot be opened"}), errno);
    }
    struct stat found {};
    if (::fstat(folder_.get(), &found) != 0) return socket_errno(path_, "its folder is gone", errno);
    if (found.st_uid != own_user())
        return socket_fault(path_, join({"its folder \"", folder, "\" belongs to user ", digits(found.st_uid),
                                         ", and this is user ", digits(own_user())}));
    if ((found.st_mode & 077) != 0)
        return socket_fault(path_, join({"its folder \"", folder,
                                         "\" lets others in: expected mode 0700 (chmod 700), or one that is "
                                         "not there yet"}));
    return {};
}

inline result<void> listening_socket::lock_folder() {
    constexpr int tries = 100, pause_ms = 10;
    for (int count = 0; ::flock(folder_.get(), LOCK_EX | LOCK_NB) != 0; ++count) {
        if (errno != EWOULDBLOCK && errno != EINTR) return {}; // a file system without locks
        if (count == tries) return socket_fault(path_, "somebody holds a lock on its folder");
        ::poll(nullptr, 0, pause_ms);
    }
    return {};
}

/// Removes what nobody listens on any more.
inline result<void> listening_socket::clear_name() {
    struct stat found {};
    if (::fstatat(folder_.get(), name(), &found, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? result<void>() : socket_errno(path_, "it cannot be looked at", errno);
    if (!S_ISSOCK(found.st_mode)) return socket_fault(path_, "there is something else of this name");
    if (found.st_uid != own_user())
        return socket_fault(path_, join({"it is there and belongs to user ", digits(found.st_uid)}));
    const sockaddr_un to = address();
    for (int tries = 100;; --tries) {
        const descriptor asking(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!asking) return socket_errno(path_, "no socket can be had", errno);
        const bool answers = ::connect(asking.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
        if (answers && tries > 0 && is_listener_leaving(asking.get())) continue;
        // EAGAIN: so many wait to be accepted that there is no room for more.
        if (answers || errno == EAGAIN) return socket_fault(path_, "another host listens on it");
        if (errno != ECONNREFUSED && errno != ENOENT) return socket_errno(path_, "it cannot be tried", errno);
        break;
    }
    if (::unlinkat(folder_.get(), name(), 0) != 0 && errno != ENOENT)
        return socket_errno(path_, "what is left of another host cannot be removed", errno);
    return {};
}

inline result<void> listening_socket::bind_name() {
    socket_ = descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) return socket_errno(path_, "no socket can be had", errno);
    const sockaddr_un at = address();
    if (::fchmod(socket_.get(), 0600) != 0 ||
        ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
        return socket_errno(path_, "it cannot be made", errno);
    // The path was gone through once more: somebody may have moved the folders above in the meantime.
    struct stat found {};
    if (::fstatat(folder_.get(), name(), &found, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISSOCK(found.st_mode) ||
        found.st_uid != own_user() || (found.st_mode & 077) != 0)
        return socket_fault(path_, "it is not where it was made");
    device_ = found.st_dev;
    inode_ = found.st_ino;
    if (::listen(socket_.get(), waiting_connections) != 0)
        return socket_errno(path_, "nobody can listen on it", errno);
    return {};
}

struct accepted {
    descriptor connection; // or none:
    int error = 0;         // 0: nobody waits
};

/// Somebody who waits to be accepted.
inline accepted accept_next(int listening) noexcept {
    for (;;) {
        descriptor got(::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (got) return {std::move(got)};
        const bool gone_again = errno == ECONNABORTED || errno == EPROTO || errno == EINTR;
        if (!gone_again) return {{}, errno == EAGAIN || errno == EWOULDBLOCK ? 0 : errno};
    }
}

/// "Too many open files".
inline std::string words_of_errno(int error) { return std::strerror(error); }

} // namespace tenon::detail

#endif
