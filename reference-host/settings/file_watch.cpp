// inotify.

#include "settings/file_watch.hpp"

#include <chrono>
#include <filesystem>

#include <sys/inotify.h>
#include <sys/stat.h>

namespace reference {

file_watch::file_watch(asio::io_context& io, std::string path, std::function<void()> changed)
    : path_(std::move(path)), changed_(std::move(changed)), notices_(io), timer_(io), told_(look()),
      seen_(told_) {
    asio::error_code ignored;
    if (const int number = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK); number >= 0)
        notices_.assign(number, ignored);
    watch_folders();
    wait();
}

file_watch::looks file_watch::look() const {
    struct stat file {};
    if (::stat(path_.c_str(), &file) != 0) return {};
    return {file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
}

void file_watch::watch_folders() {
    if (!notices_.is_open()) return look_again(std::chrono::seconds(2));
    std::error_code ignored;
    const std::filesystem::path real = std::filesystem::weakly_canonical(path_, ignored);
    for (const auto& folder : {std::filesystem::absolute(path_, ignored).parent_path(), real.parent_path()})
        ::inotify_add_watch(notices_.native_handle(), folder.c_str(),
                            IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO);
}

void file_watch::wait() {
    if (!notices_.is_open()) return;
    notices_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& error) {
        if (error) return;
        char room[4096];
        while (::read(notices_.native_handle(), room, sizeof room) > 0) {
        }
        if (!looking_) seen_ = look();
        look_again(std::chrono::milliseconds(200));
        wait();
    });
}

void file_watch::look_again(std::chrono::milliseconds from_now) {
    if (std::exchange(looking_, true)) return;
    timer_.expires_after(from_now);
    timer_.async_wait([this](const asio::error_code& error) {
        if (error) return;
        looking_ = false;
        const looks now = look();
        const bool rests = std::exchange(seen_, now) == now;
        if (!rests) return look_again(std::chrono::milliseconds(200));
        watch_folders();
        if (std::exchange(told_, now) != now) changed_();
    });
}

} // namespace reference
