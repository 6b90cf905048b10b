#ifndef TENON_RULES_LOGS_LOG_RING_HPP
#define TENON_RULES_LOGS_LOG_RING_HPP

// The last records of one plugin, for the report of its crash and for whoever starts watching. Older ones are
// forgotten, also where they are few and long: 50 lines of 64 KiB for each of 100 plugins would be 320 MiB.

#include <tenon/core/bounded_queue.hpp>
#include <tenon/core/text.hpp>
#include <tenon/rules/logs/log_record.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace tenon::detail {

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

} // namespace tenon::detail

#endif
