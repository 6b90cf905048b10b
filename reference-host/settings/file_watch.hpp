#ifndef REFERENCE_SETTINGS_FILE_WATCH_HPP
#define REFERENCE_SETTINGS_FILE_WATCH_HPP

// Tells when a file has become another one. Its folder is watched, and that of what it links to, because editors write a
// new file and rename it: whatever happens there, the file is looked at, and told of when it was the same for 200 ms.
// Where the system watches nothing more, it is looked at every other second.

#include <tenon/transport/asio.hpp>

#include <functional>
#include <string>
#include <tuple>

namespace reference {

class file_watch {
public:
    file_watch(asio::io_context& io, std::string path, std::function<void()> changed);
    file_watch(const file_watch&) = delete;
    file_watch& operator=(const file_watch&) = delete;

private:
    using looks =
        std::tuple<unsigned long, unsigned long, long, long, long>; // device, number, size, time of change

    looks look() const;
    void watch_folders();
    void wait();
    void look_again(std::chrono::milliseconds from_now);

    std::string path_;
    std::function<void()> changed_;
    asio::posix::stream_descriptor notices_;
    asio::steady_timer timer_;
    bool looking_ = false;
    looks told_, seen_;
};

} // namespace reference

#endif
