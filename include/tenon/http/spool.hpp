#ifndef TENON_HTTP_SPOOL_HPP
#define TENON_HTTP_SPOOL_HPP

// An upload while it comes: parts out of bytes, fields into memory, files to the disk. The disk has a thread of its own, for
// all uploads of a server, so that a slow one holds up nobody else; an upload waits for it after each 64 KiB, and what a
// connection reads meanwhile is nothing.
//
// Whatever goes wrong, and when the client goes, the files go, too: behind what is still being written to them.

#include <tenon/http/guard.hpp>
#include <tenon/http/multipart.hpp>
#include <tenon/http/system_spool_file.hpp>
#include <tenon/http/upload.hpp>
#include <tenon/transport/asio.hpp>

#include <asio/post.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace tenon::detail {

/// Does one thing after the other, and all of them before it ends.
class spool_thread {
public:
    spool_thread() : thread_([this] { work(); }) {}
    spool_thread(const spool_thread&) = delete;
    spool_thread& operator=(const spool_thread&) = delete;
    ~spool_thread() {
        post({});
        thread_.join();
    }

    void post(std::function<void()> job) {
        {
            const std::lock_guard held(mutex_);
            jobs_.push_back(std::move(job));
        }
        changed_.notify_all();
    }
    /// Waits until all is done that was posted.
    void drain() {
        std::unique_lock held(mutex_);
        changed_.wait(held, [this] { return jobs_.empty(); });
    }

private:
    void work() {
        for (std::unique_lock held(mutex_);;) {
            changed_.wait(held, [this] { return !jobs_.empty(); });
            {
                const auto job = std::move(jobs_.front()); // its place is there until it is done, for drain()
                if (!job) return;
                held.unlock();
                job();
            }
            held.lock();
            jobs_.pop_front();
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_; // an empty one is the last
    std::thread thread_;
};

class spool : public std::enable_shared_from_this<spool> {
public:
    using done = std::function<void(const result<void>&)>;

    spool(std::shared_ptr<const http::spooling> bounds, std::string_view content_type,
          std::shared_ptr<spool_thread> disk, executor back);

    /// Whether the disk has room for a body of so many bytes; `then` is called on the executor.
    void ask_for_room(std::uint64_t bytes, done then);
    /// What has come. False: it is refused.
    bool read(std::string_view bytes, bool last);
    http_refusal why() const { return reader_.why(); }
    /// So much has come that it should be written before more does.
    bool is_full() const noexcept { return unwritten_ >= most_unwritten; }
    /// Writes it; `then` is called on the executor. Not twice at once.
    bool has_unwritten() const noexcept { return !pieces_.empty(); }
    void write(done then);
    bool is_writing() const noexcept { return writing_; }
    /// Whether at least so many bytes came since this was asked last.
    bool brought(std::uint64_t least) noexcept { return std::exchange(received_, 0) >= least; }
    /// Bytes in memory.
    std::size_t held() const noexcept { return reader_.held() + unwritten_ + field_bytes_; }
    const http::spooling& bounds() const noexcept { return *bounds_; }

    std::shared_ptr<http::upload> take() { return std::move(upload_); }

    // Called by the reader.
    void begin(multipart_part part);
    void data(std::string_view bytes);

private:
    static constexpr std::size_t most_unwritten = std::size_t{64} << 10;

    struct piece {
        std::shared_ptr<spool_file> of;
        std::string bytes;
    };

    void on_disk(std::function<result<void>()> job, done then);
    void add_field_bytes(std::size_t more);

    std::shared_ptr<const http::spooling> bounds_;
    std::shared_ptr<spool_thread> disk_;
    executor back_;
    multipart_reader reader_;
    std::shared_ptr<http::upload> upload_;
    std::shared_ptr<spool_file> file_; // what comes belongs to; null: to the last field
    std::vector<piece> pieces_;        // for the disk
    std::size_t unwritten_ = 0, field_bytes_ = 0;
    std::uint64_t received_ = 0;
    bool writing_ = false;
};

inline spool::spool(std::shared_ptr<const http::spooling> bounds, std::string_view content_type,
                    std::shared_ptr<spool_thread> disk, executor back)
    : bounds_(std::move(bounds)), disk_(std::move(disk)), back_(std::move(back)),
      reader_(boundary_of(content_type), *bounds_) {
    if (boundary_of(content_type).empty())
        reader_.refuse(400, "Content-Type: expected multipart/form-data; boundary=BOUNDARY");
    upload_ = std::make_shared<http::upload>([disk = disk_](std::vector<std::string> paths) {
        disk->post([paths = std::move(paths)] {
            for (const std::string& path : paths) remove_spooled(path);
        });
    });
}

inline void spool::on_disk(std::function<result<void>()> job, done then) {
    writing_ = true;
    disk_->post([job = std::move(job), then = std::move(then), back = back_, weak = weak_from_this()] {
        asio::post(back, [outcome = job(), then, weak] {
            const auto self = weak.lock();
            if (!self) return;
            self->writing_ = false;
            then(outcome);
        });
    });
}

inline void spool::ask_for_room(std::uint64_t bytes, done then) {
    on_disk([bounds = bounds_, bytes] { return detail::ask_for_room(bounds->folder, bytes + bounds->spare); },
            std::move(then));
}

inline void spool::write(done then) {
    unwritten_ = 0;
    const auto all = std::make_shared<const std::vector<piece>>(std::exchange(pieces_, {}));
    on_disk(
        [all]() -> result<void> {
            for (const piece& one : *all)
                if (auto good = one.of->write(one.bytes); !good) return good;
            return {};
        },
        std::move(then));
}

inline bool spool::read(std::string_view bytes, bool last) {
    received_ += bytes.size();
    if (!reader_.read(bytes, *this)) return false;
    return !last || reader_.whole() || reader_.refuse(400, "the body ends before its last boundary");
}

inline void spool::begin(multipart_part part) {
    if (!part.file_name) {
        file_ = nullptr;
        add_field_bytes(part.name.size());
        upload_->fields.push_back({std::move(part.name), {}});
        return;
    }
    if (upload_->files.size() == bounds_->files)
        return void(reader_.refuse(
            413, join({"there are too many files: expected at most ", digits(bounds_->files)})));
    const auto name = http::make_token();
    if (!name) return void(reader_.refuse(500, name.error().message));
    std::string path = join({bounds_->folder, "/", *name});
    file_ = std::make_shared<spool_file>(path);
    pieces_.push_back({file_, {}}); // also where nothing follows
    upload_->files.push_back({.name = std::move(part.name),
                              .file_name = std::move(*part.file_name),
                              .content_type = std::move(part.content_type),
                              .path = std::move(path)});
}

inline void spool::data(std::string_view bytes) {
    if (file_ == nullptr) {
        add_field_bytes(bytes.size());
        if (reader_.why().status == 0) append(upload_->fields.back().value, bytes);
        return;
    }
    if (pieces_.empty() || pieces_.back().of != file_) pieces_.push_back({file_, {}});
    append(pieces_.back().bytes, bytes);
    unwritten_ += bytes.size();
    upload_->files.back().size += bytes.size();
}

inline void spool::add_field_bytes(std::size_t more) {
    if (more > bounds_->fields - field_bytes_)
        reader_.refuse(
            413, join({"the fields are too large: expected at most ", digits(bounds_->fields), " bytes"}));
    else field_bytes_ += more;
}

} // namespace tenon::detail

#endif
