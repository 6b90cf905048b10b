#ifndef TENON_RULES_LOGS_LOG_RING_HPP
#define TENON_RULES_LOGS_LOG_RING_HPP

// The last records of one plugin, for the report of its crash and for whoever starts watching. Older ones are
// forgotten, also where they are few and long: 50 lines of 64 KiB for each of 100 plugins would be 320 MiB.

#include <tenon/core/text.hpp>
#include <tenon/rules/logs/log_record.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <utility>

namespace tenon::detail {

/// What the texts of a ring may hold together. 256 KiB: four of the longest lines, 50 of 5 KiB.
inline constexpr std::size_t max_ring_bytes = std::size_t{256} << 10;

class log_ring {
public:
    explicit log_ring(std::size_t kept, std::size_t max_bytes = max_ring_bytes) noexcept
        : kept_(kept), max_bytes_(max_bytes) {}

    void add(log_record record) {
        if (kept_ == 0) return;
        bytes_ += size_of(record);
        records_.push_back(std::move(record));
        // The newest stays, however long it is.
        while (records_.size() > kept_ || (bytes_ > max_bytes_ && records_.size() > 1)) {
            bytes_ -= size_of(records_.front());
            records_.pop_front();
        }
    }
    void clear() noexcept {
        records_.clear();
        bytes_ = 0;
    }

    /// Oldest first.
    const std::deque<log_record>& records() const noexcept { return records_; }
    std::size_t bytes() const noexcept { return bytes_; }

    /// A line each, oldest first: "warn: disk almost full {"free":3}". Of one generation only, unless it is 0.
    std::string text(std::uint64_t generation = 0) const {
        std::string all;
        for (const log_record& record : records_) {
            if (generation != 0 && record.generation != generation) continue;
            append(all, name_of_enum(record.level));
            append(all, ": ");
            append(all, record.message);
            if (!record.fields.empty()) append(all, " ");
            append(all, record.fields);
            append(all, "\n");
        }
        return all;
    }

private:
    static std::size_t size_of(const log_record& record) noexcept {
        return record.plugin.size() + record.source.size() + record.message.size() + record.fields.size();
    }

    std::size_t kept_, max_bytes_;
    std::size_t bytes_ = 0;
    std::deque<log_record> records_;
};

} // namespace tenon::detail

#endif
