#ifndef TENON_HOST_SYSTEM_LOG_WRITER_HPP
#define TENON_HOST_SYSTEM_LOG_WRITER_HPP

// Lines for a terminal or a file, on stderr unless another descriptor is given:
//
//     tenon::log_writer log;
//     host.on_log([&](const tenon::log_record& record) { log.write(record); }); // 14:46:23 warn  moderator: spam
//
// In colour only on a terminal, and without NO_COLOR. Whoever reads them may stand still (a pager, a full pipe, Ctrl-S):
// that keeps a thread waiting, which belongs to this, and nobody else; what waits is bounded, the oldest lines are lost
// and counted. A full disk or a closed pipe costs lines, too (SIGPIPE has to be ignored, as a host does it).

#include <tenon/core/bounded_queue.hpp>
#include <tenon/rules/logs/log_record.hpp>
#include <tenon/rules/logs/log_text.hpp>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <unistd.h>

namespace tenon {

inline bool has_colour(int descriptor) {
    const char* const refused = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    return ::isatty(descriptor) == 1 && (refused == nullptr || *refused == '\0') &&
           (terminal == nullptr || std::string_view(terminal) != "dumb");
}

/// Without its end. Its texts become safe here, too: a record may be a program's own, with words of a plugin in it.
inline std::string log_line(const log_record& record, bool colour) {
    constexpr std::string_view names[] = {"debug", "info ", "warn ", "error"};
    constexpr std::string_view colours[] = {"\x1b[2m", "", "\x1b[33m", "\x1b[31m"};
    const auto level = static_cast<std::size_t>(record.level);
    const auto seconds = static_cast<std::time_t>(record.unix_ms / 1000);
    std::tm parts{};
    char clock[16] = "";
    if (::localtime_r(&seconds, &parts) != nullptr) std::strftime(clock, sizeof clock, "%H:%M:%S ", &parts);
    const auto painted = [&](std::string_view code, std::string_view text) {
        return colour && !code.empty() ? std::string(code) + std::string(text) + "\x1b[0m"
                                       : std::string(text);
    };
    std::string text = clock + painted(colours[level], names[level]) + " " +
                       painted("\x1b[1m", record.plugin.empty() ? "host" : safe_text(record.plugin)) + ": " +
                       safe_text(record.message);
    if (!record.fields.empty()) text += " " + safe_text(record.fields);
    return text;
}

class log_writer {
public:
    explicit log_writer(int descriptor = STDERR_FILENO)
        : queue_(std::make_shared<queue>()), colour_(has_colour(descriptor)) {
        std::thread([kept = queue_, descriptor] { kept->run(descriptor); }).detach();
    }
    log_writer(const log_writer&) = delete;
    log_writer& operator=(const log_writer&) = delete;
    /// What waits gets half a second more.
    ~log_writer() {
        std::unique_lock lock(queue_->mutex);
        queue_->over = true;
        queue_->changed.notify_all();
        queue_->changed.wait_for(lock, std::chrono::milliseconds(500),
                                 [this] { return queue_->lines.empty() && !queue_->writing; });
    }

    void write(const log_record& record) { write(log_line(record, colour_)); }
    void write(std::string line) {
        const std::lock_guard lock(queue_->mutex);
        queue_->put(std::move(line));
    }

private:
    /// The thread may outlive the writer, where nobody reads.
    struct queue {
        void put(std::string line) {
            lost += lines.push(std::move(line));
            changed.notify_all();
        }
        void run(int descriptor) {
            std::unique_lock lock(mutex);
            for (;;) {
                writing = false;
                changed.notify_all();
                changed.wait(lock, [this] { return over || !lines.empty(); });
                if (lines.empty()) return;
                writing = true;
                std::string text;
                if (const std::size_t count = std::exchange(lost, 0); count != 0)
                    text = "... " + std::to_string(count) + " lines were lost here: nobody read them\n";
                text += lines.front() + '\n';
                lines.pop();
                lock.unlock();
                for (std::size_t at = 0; at < text.size();) {
                    const auto count = ::write(descriptor, text.data() + at, text.size() - at);
                    if (count <= 0 && errno != EINTR) break;
                    if (count > 0) at += static_cast<std::size_t>(count);
                }
                lock.lock();
            }
        }

        std::mutex mutex = {};
        std::condition_variable changed = {};
        detail::bounded_queue<std::string> lines{SIZE_MAX, std::size_t{1} << 20};
        std::size_t lost = 0;
        bool writing = false, over = false;
    };

    std::shared_ptr<queue> queue_;
    bool colour_;
};

} // namespace tenon

#endif
