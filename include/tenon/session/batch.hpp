#ifndef TENON_SESSION_BATCH_HPP
#define TENON_SESSION_BATCH_HPP

// Batches of the peer. Their entries are delivered one after the other like any message; the answers are kept
// until the last one is there and go out as one array. The text of the batch that is being delivered is kept
// too, because the input may move on before its last entry. We never send one.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/text.hpp>
#include <tenon/session/sequence.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::detail {

class batch_table {
public:
    /// Begins to deliver a batch: add() its entries, whose text must be a slice of text().
    void begin(std::string_view text);
    std::string_view text() const noexcept { return text_; }
    void add(std::string_view entry) { entries_.push_back(entry); }

    /// Whether entries are still to be delivered.
    bool delivering() const noexcept { return current_ != 0; }
    /// The batch whose entries are delivered; 0 if there is none.
    std::uint32_t current() const noexcept { return current_; }
    bool next_entry(std::string_view& entry) noexcept;
    /// All entries are delivered. True if all are answered too, so that nobody waits for this batch any more.
    bool end_delivery() noexcept;

    /// A request of the batch awaits its answer, or has got it. True if it was the last.
    void opened(std::uint32_t batch) noexcept { ++batches_[batch - 1].open; }
    bool answered(std::uint32_t batch) noexcept {
        return --batches_[batch - 1].open == 0 && batch != current_;
    }

    /// Where the next answer goes, behind a comma if one is due.
    byte_buffer& begin_answer(std::uint32_t batch);
    byte_buffer& answers(std::uint32_t batch) noexcept { return batches_[batch - 1].answers; }
    const byte_buffer& answers(std::uint32_t batch) const noexcept { return batches_[batch - 1].answers; }
    /// Forgets the batch.
    void end(std::uint32_t batch) noexcept;
    void clear() noexcept;

private:
    struct kept {
        byte_buffer answers = {};
        std::uint32_t open = 0;
        bool used = false;
    };

    sequence<kept> batches_;
    std::string text_;
    sequence<std::string_view> entries_;
    std::size_t next_ = 0;
    std::uint32_t current_ = 0;
};

inline void batch_table::begin(std::string_view text) {
    std::uint32_t slot = 0;
    while (slot != batches_.size() && batches_[slot].used) ++slot;
    if (slot == batches_.size()) batches_.push_back({});
    batches_[slot].used = true;
    current_ = slot + 1;
    entries_.clear();
    next_ = 0;
    text_.clear();
    append(text_, text);
}

inline bool batch_table::next_entry(std::string_view& entry) noexcept {
    if (next_ == entries_.size()) return false;
    entry = entries_[next_++];
    return true;
}

inline bool batch_table::end_delivery() noexcept {
    const std::uint32_t batch = current_;
    current_ = 0;
    return batches_[batch - 1].open == 0;
}

inline byte_buffer& batch_table::begin_answer(std::uint32_t batch) {
    byte_buffer& answers = batches_[batch - 1].answers;
    answers.append(answers.empty() ? '[' : ',');
    return answers;
}

inline void batch_table::end(std::uint32_t batch) noexcept {
    kept& done = batches_[batch - 1];
    done.answers.clear();
    done.answers.shrink(0); // batches are rare
    done.open = 0;
    done.used = false;
}

inline void batch_table::clear() noexcept {
    for (std::uint32_t batch = 1; batch <= batches_.size(); ++batch) end(batch);
    current_ = 0;
}

} // namespace tenon::detail

#endif
