#ifndef TENON_RULES_LOGS_LOG_FAN_OUT_HPP
#define TENON_RULES_LOGS_LOG_FAN_OUT_HPP

// One stream of records, state changes or events, and many watchers: dashboards, log files, tests. Each watcher has a
// queue of its own that is bounded in items and bytes. A slow watcher loses its own oldest items and is told how many
// with the next one that it takes. No other watcher and no publisher ever waits for it. An item is stored once for all.
//
//     fan_out<log_record> logs;
//     auto watching = logs.watch({.wake = [&] { start_writing(); }});
//     logs.publish(record);
//     for (watched<log_record> next; watching->next(next);) write(next.lost, *next.item);
//
// `wake` is called once when there is something to take, and again only after next() has said that there is
// nothing more. It may do anything: take, publish, stop watching, destroy the stream. What publishes to itself each
// time that it is woken never ends. Single thread, no I/O.

#include <tenon/core/bounded_queue.hpp>
#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/rules/logs/log_record.hpp>
#include <tenon/session/shared_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tenon::detail {

// The last records of one plugin, for the report of its crash and for new watchers. Older ones are
// forgotten, also where they are few and long: 50 lines of 64 KiB for each of 100 plugins would be 320 MiB.

/// What the texts of a ring may hold together. 256 KiB: four of the longest lines, 50 of 5 KiB.
inline constexpr std::size_t max_ring_bytes = std::size_t{256} << 10;

class log_ring {
public:
    explicit log_ring(std::size_t kept, std::size_t max_bytes = max_ring_bytes) noexcept
        : kept_(kept), records_(kept, max_bytes) {}

    void add(log_record record) {
        if (kept_ != 0) records_.push(std::move(record));
    }
    void clear() noexcept { records_.clear(); }

    /// Oldest first.
    const bounded_queue<log_record>& records() const noexcept { return records_; }
    std::size_t bytes() const noexcept { return records_.bytes(); }

    /// A line each, oldest first: "warn: disk almost full {"free":3}". Of one generation only, unless it is 0.
    std::string text(std::uint64_t generation = 0) const {
        std::string all;
        for (const log_record& record : records_) {
            if (generation != 0 && record.generation != generation) continue;
            append(all, tenon::name_of(record.level));
            append(all, ": ");
            append(all, record.message);
            if (!record.fields.empty()) append(all, " ");
            append(all, record.fields);
            append(all, "\n");
        }
        return all;
    }

private:
    std::size_t kept_;
    bounded_queue<log_record> records_;
};

/// What an item holds, where nothing beside its type says it better.
template <class Item>
std::size_t bytes_held(const Item&) noexcept {
    return sizeof(Item);
}
inline std::size_t bytes_held(const shared_bytes& text) noexcept { return text.view().size(); }

template <class Item>
struct shared_item {
    std::shared_ptr<const Item> item;
};
template <class Item>
std::size_t bytes_held(const shared_item<Item>& shared) noexcept {
    return bytes_held(*shared.item);
}

template <class Item>
struct watch_options {
    std::size_t max_items = 1'000;
    std::size_t max_bytes = std::size_t{1} << 20; // the newest item stays, however large it is
    std::function<void()> wake = {};
    std::function<bool(const Item&)> wants = {}; // everything where there is none
};

/// What a watcher takes: an item, and how many were lost directly before it.
template <class Item>
struct watched {
    std::uint64_t lost = 0;
    std::shared_ptr<const Item> item = {};
};

template <class Item>
class watch_queue {
public:
    explicit watch_queue(watch_options<Item> options)
        : options_(std::move(options)), items_(options_.max_items, options_.max_bytes) {}

    bool wants(const Item& item) const { return open_ && (!options_.wants || options_.wants(item)); }

    /// Whether the watcher is to be woken.
    bool add(const std::shared_ptr<const Item>& item) {
        const std::size_t lost = items_.push({item});
        lost_ += lost;
        lost_in_all_ += lost;
        return !std::exchange(awake_, true);
    }
    bool take(watched<Item>& next) {
        if (items_.empty()) {
            awake_ = false;
            return false;
        }
        next.lost = std::exchange(lost_, 0);
        next.item = items_.front().item;
        items_.pop();
        return true;
    }

    void stop() {
        open_ = false;
        items_.clear();
        // The call that runs may be the function's own.
        if (!waking_) options_ = {};
    }
    void end() noexcept { ended_ = true; }
    void wake() {
        again_ = true; // also where it is being woken: it may have taken everything before this came
        if (waking_) return;
        waking_ = true;
        while (open_ && options_.wake && std::exchange(again_, false)) options_.wake();
        waking_ = false;
        if (!open_) options_ = {};
    }

    bool open() const noexcept { return open_; }
    bool ended() const noexcept { return ended_ && items_.empty(); }
    std::size_t size() const noexcept { return items_.size(); }
    std::size_t bytes() const noexcept { return items_.bytes(); }
    std::uint64_t lost_in_all() const noexcept { return lost_in_all_; }

private:
    watch_options<Item> options_;
    bounded_queue<shared_item<Item>> items_;
    std::uint64_t lost_ = 0, lost_in_all_ = 0;
    bool awake_ = false, waking_ = false, again_ = false, open_ = true, ended_ = false;
};

/// Watches until it is destroyed. May outlive the stream.
template <class Item>
class watcher {
public:
    explicit watcher(std::shared_ptr<watch_queue<Item>> queue) noexcept : queue_(std::move(queue)) {}
    watcher(watcher&&) noexcept = default;
    watcher& operator=(watcher&& other) {
        stop();
        queue_ = std::move(other.queue_);
        return *this;
    }
    ~watcher() { stop(); }

    /// The oldest item that is left. False if there is none; after that `wake` is called again.
    bool next(watched<Item>& taken) { return queue_ != nullptr && queue_->take(taken); }
    /// Whether nothing will come any more.
    bool ended() const noexcept { return queue_ == nullptr || queue_->ended(); }
    std::size_t queued() const noexcept { return queue_ == nullptr ? 0 : queue_->size(); }
    std::size_t queued_bytes() const noexcept { return queue_ == nullptr ? 0 : queue_->bytes(); }
    std::uint64_t lost() const noexcept { return queue_ == nullptr ? 0 : queue_->lost_in_all(); }
    void stop() {
        if (const auto queue = std::exchange(queue_, nullptr)) queue->stop();
    }

private:
    std::shared_ptr<watch_queue<Item>> queue_;
};

template <class Item>
class fan_out {
public:
    explicit fan_out(std::size_t max_watchers = 256) noexcept : max_watchers_(max_watchers) {}
    fan_out(const fan_out&) = delete;
    fan_out& operator=(const fan_out&) = delete;
    /// Wakes no watcher: what it would find may be gone already. close() does.
    ~fan_out() {
        for (const auto& queue : queues_) queue->end();
    }

    result<watcher<Item>> watch(watch_options<Item> options) {
        forget_stopped();
        if (closed_) return fault{codes::shutting_down, "the stream has ended"};
        if (queues_.size() >= max_watchers_) return fault{codes::overloaded, "too many watch already"};
        queues_.push_back(std::make_shared<watch_queue<Item>>(std::move(options)));
        return watcher<Item>(queues_.back());
    }

    /// Whether it is worth making an item at all.
    bool watched_at_all() const noexcept {
        for (const auto& queue : queues_)
            if (queue->open()) return true;
        return false;
    }

    /// Copies the item once if a watcher wants it.
    void publish(const Item& item) {
        if (watched_at_all()) spread(item, [&] { return std::make_shared<const Item>(item); });
    }
    void publish(Item&& item) {
        // Looked at by filters first, and moved from for the first watcher that wants it.
        if (watched_at_all()) spread(item, [&] { return std::make_shared<const Item>(std::move(item)); });
    }

    /// Nothing will come any more: everybody is woken to take the rest.
    void close() {
        closed_ = true;
        const auto queues = std::exchange(queues_, {});
        for (const auto& queue : queues) queue->end();
        for (const auto& queue : queues) queue->wake();
    }

    std::size_t watchers() const noexcept {
        std::size_t count = 0;
        for (const auto& queue : queues_) count += queue->open() ? 1 : 0;
        return count;
    }

private:
    template <class Make>
    void spread(const Item& item, Make make) {
        forget_stopped();
        std::shared_ptr<const Item> stored;
        std::vector<std::shared_ptr<watch_queue<Item>>> sleeping;
        for (const auto& queue : queues_) {
            if (!queue->wants(stored == nullptr ? item : *stored)) continue;
            if (stored == nullptr) stored = make();
            if (queue->add(stored)) sleeping.push_back(queue);
        }
        // From here on anything may happen, also to this object.
        for (const auto& queue : sleeping) queue->wake();
    }
    void forget_stopped() {
        std::erase_if(queues_, [](const auto& queue) { return !queue->open(); });
    }

    std::vector<std::shared_ptr<watch_queue<Item>>> queues_;
    std::size_t max_watchers_;
    bool closed_ = false;
};

} // namespace tenon::detail

#endif
