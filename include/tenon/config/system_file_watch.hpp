#ifndef TENON_CONFIG_SYSTEM_FILE_WATCH_HPP
#define TENON_CONFIG_SYSTEM_FILE_WATCH_HPP

// Tells when a file has become another one:
//
//     tenon::file_watch watch(io.get_executor(), "/etc/chat/host.json", [&] { read_it_again(); });
//     read_it(); // only now: what becomes of it between a read and a watch would be missed
//
// Its folder is watched, and that of what it links to, because editors write a new file and rename it. Whatever happens
// there, the file is looked at, and told of when it was the same for 200 ms. Where the system watches nothing more, it
// is looked at every other second. Nothing is called from within the destructor, or later.

#include <tenon/core/time.hpp>
#include <tenon/transport/asio_io.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon {

class file_watch {
public:
    file_watch(const executor& where, std::string path, std::function<void()> changed)
        : state_(std::make_shared<state>(where, std::move(path), std::move(changed))) {
        state_->begin();
    }
    file_watch(const file_watch&) = delete;
    file_watch& operator=(const file_watch&) = delete;
    ~file_watch() { state_->end(); }

private:
    using looks = std::tuple<unsigned long, unsigned long, long, long, long>; // device, number, size, time

    struct state : std::enable_shared_from_this<state> {
        state(const executor& where, std::string given, std::function<void()> tell)
            : path(std::move(given)), changed(std::move(tell)), notices(where), timer(where), told(look()),
              seen(told) {}

        void begin() {
            asio::error_code ignored;
            if (const int number = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK); number >= 0)
                notices.assign(number, ignored);
            watch_folders();
            wait();
        }
        void end() {
            changed = nullptr;
            asio::error_code ignored;
            notices.close(ignored);
            timer.cancel();
        }

        looks look() const {
            struct stat file {};
            if (::stat(path.c_str(), &file) != 0) return {};
            return {file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
        }
        void watch_folders() {
            if (!notices.is_open()) return look_again(milliseconds(2'000));
            std::error_code ignored;
            const std::filesystem::path real = std::filesystem::weakly_canonical(path, ignored);
            for (const auto& folder :
                 {std::filesystem::absolute(path, ignored).parent_path(), real.parent_path()})
                ::inotify_add_watch(notices.native_handle(), folder.c_str(),
                                    IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                        IN_MOVED_TO);
        }
        void wait() {
            if (!notices.is_open()) return;
            notices.async_wait(asio::posix::stream_descriptor::wait_read,
                               [self = shared_from_this()](const asio::error_code& error) {
                                   if (error || !self->changed) return;
                                   self->take_notices();
                                   self->wait();
                               });
        }
        void take_notices() {
            char room[4096];
            while (::read(notices.native_handle(), room, sizeof room) > 0) {
            }
            if (!looking) seen = look();
            look_again(milliseconds(200));
        }
        void look_again(milliseconds from_now) {
            if (std::exchange(looking, true)) return;
            timer.expires_after(from_now);
            timer.async_wait([self = shared_from_this()](const asio::error_code& error) {
                if (!error && self->changed) self->compare();
            });
        }
        void compare() {
            looking = false;
            const looks now = look();
            if (std::exchange(seen, now) != now) return look_again(milliseconds(200));
            watch_folders();
            if (std::exchange(told, now) == now) return;
            const auto tell = changed; // it may destroy this
            tell();
        }

        std::string path;
        std::function<void()> changed; // none: it is over
        asio::posix::stream_descriptor notices;
        asio::steady_timer timer;
        bool looking = false;
        looks told, seen;
    };

    std::shared_ptr<state> state_;
};

} // namespace tenon

#endif
