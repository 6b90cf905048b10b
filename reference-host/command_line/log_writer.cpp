// The thread that may be kept waiting.

#include "command_line/log_writer.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <unistd.h>

namespace reference {

struct log_writer::queue {
    static constexpr std::size_t most_bytes = std::size_t{1} << 20;

    std::mutex mutex = {};
    std::condition_variable changed = {};
    std::deque<std::string> lines = {};
    std::size_t bytes = 0, lost = 0;
    bool writing = false, over = false;

    void run() {
        std::unique_lock lock(mutex);
        for (;;) {
            writing = false;
            changed.notify_all();
            changed.wait(lock, [this] { return over || !lines.empty(); });
            if (lines.empty()) return;
            writing = true;
            std::string text =
                lost == 0 ? "" : "... " + std::to_string(lost) + " lines were lost here: nobody read them\n";
            lost = 0;
            text += lines.front() + '\n';
            bytes -= lines.front().size();
            lines.pop_front();
            lock.unlock();
            // A full disk or a closed pipe costs lines and nothing else.
            for (std::size_t at = 0; at < text.size();) {
                const auto count = ::write(STDERR_FILENO, text.data() + at, text.size() - at);
                if (count <= 0 && errno != EINTR) break;
                if (count > 0) at += static_cast<std::size_t>(count);
            }
            lock.lock();
        }
    }
};

log_writer::log_writer() : queue_(std::make_shared<queue>()), colour_(has_colour(STDERR_FILENO)) {
    std::thread([kept = queue_] { kept->run(); }).detach();
}

log_writer::~log_writer() {
    std::unique_lock lock(queue_->mutex);
    queue_->over = true;
    queue_->changed.notify_all();
    queue_->changed.wait_for(lock, std::chrono::milliseconds(500),
                             [this] { return queue_->lines.empty() && !queue_->writing; });
}

void log_writer::write(std::string line) {
    const std::lock_guard lock(queue_->mutex);
    queue_->bytes += line.size();
    queue_->lines.push_back(std::move(line));
    for (; queue_->bytes > queue::most_bytes && queue_->lines.size() > 1; ++queue_->lost) {
        queue_->bytes -= queue_->lines.front().size();
        queue_->lines.pop_front();
    }
    queue_->changed.notify_all();
}

bool has_colour(int descriptor) {
    const char* refused = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    return ::isatty(descriptor) == 1 && (refused == nullptr || *refused == '\0') &&
           (terminal == nullptr || std::string_view(terminal) != "dumb");
}

std::string log_line(const tenon::log_record& record, bool colour) {
    constexpr std::string_view names[] = {"debug", "info ", "warn ", "error"};
    constexpr std::string_view colours[] = {"\x1b[2m", "", "\x1b[33m", "\x1b[31m"};
    const auto level = static_cast<std::size_t>(record.level);
    const auto seconds = static_cast<std::time_t>(record.unix_ms / 1000);
    std::tm parts{};
    char clock[16] = "";
    if (::localtime_r(&seconds, &parts) != nullptr) std::strftime(clock, sizeof clock, "%H:%M:%S", &parts);
    std::string text = clock + std::string(" ");
    if (colour) text += colours[level];
    text += names[level];
    if (colour && !colours[level].empty()) text += "\x1b[0m";
    text += ' ';
    if (colour) text += "\x1b[1m";
    text += record.plugin.empty() ? "host" : record.plugin;
    if (colour) text += "\x1b[0m";
    text += ": " + record.message;
    if (!record.fields.empty()) text += ' ' + record.fields;
    return text;
}

} // namespace reference
