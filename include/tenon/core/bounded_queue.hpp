#ifndef TENON_CORE_BOUNDED_QUEUE_HPP
#define TENON_CORE_BOUNDED_QUEUE_HPP

// First in, first out, for a reader that may be slow. Beyond a bound in items or in bytes the oldest go: what just
// happened matters more than what was missed already. The newest stays, however large it is. The caller counts what
// was lost, and what an item holds is said by a `bytes_held(const Item&)` beside the item's type.

#include <cstddef>
#include <deque>
#include <string>
#include <utility>

namespace tenon::detail {

inline std::size_t bytes_held(const std::string& text) noexcept { return text.size(); }

template <class Item>
class bounded_queue {
public:
    bounded_queue(std::size_t max_items, std::size_t max_bytes) noexcept
        : max_items_(max_items), max_bytes_(max_bytes) {}

    /// How many were lost for it.
    std::size_t push(Item item) {
        bytes_ += bytes_held(item);
        items_.push_back(std::move(item));
        std::size_t lost = 0;
        for (; items_.size() > 1 && (items_.size() > max_items_ || bytes_ > max_bytes_); ++lost) pop();
        return lost;
    }
    const Item& front() const noexcept { return items_.front(); }
    void pop() {
        bytes_ -= bytes_held(items_.front());
        items_.pop_front();
    }
    /// Forgets all; how many.
    std::size_t clear() noexcept {
        const std::size_t lost = items_.size();
        items_.clear();
        bytes_ = 0;
        return lost;
    }

    bool empty() const noexcept { return items_.empty(); }
    std::size_t size() const noexcept { return items_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }
    /// Oldest first.
    auto begin() const noexcept { return items_.begin(); }
    auto end() const noexcept { return items_.end(); }

private:
    std::deque<Item> items_;
    std::size_t max_items_, max_bytes_;
    std::size_t bytes_ = 0;
};

} // namespace tenon::detail

#endif
