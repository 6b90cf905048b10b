#ifndef TENON_RULES_LOGS_LATENCY_HPP
#define TENON_RULES_LOGS_LATENCY_HPP

// How long things took, in 3.5 KiB for ever: 16 steps of equal width in every power of two, from 64 ns to 137 s.
// A quantile is at most 3.2 % off between 1 us and 100 s, for 64 ns it is all or nothing. What took longer is
// counted in the last step; the longest is remembered exactly.
//
// Histograms of several plugins, kinds of work or hosts are merged by adding them up. As JSON (for a tool that
// merges): {"count":2,"sumNs":3000,"minNs":1000,"maxNs":2000,"steps":[[15,1],[31,1]]}.

#include <tenon/json/value.hpp>

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tenon::detail {

class latency_histogram {
public:
    using nanoseconds = std::chrono::nanoseconds;

    static constexpr unsigned unit_bits = 6; // 64 ns
    static constexpr unsigned step_bits = 4; // 16 steps for each power of two: half a step is 1/32
    static constexpr std::size_t octaves = 28;
    static constexpr std::size_t steps = octaves << step_bits;
    /// Everything from here on is in the last step: 2^37 ns.
    static constexpr nanoseconds overflow{std::int64_t{1} << (unit_bits + step_bits + octaves - 1)};

    void add(nanoseconds took) noexcept {
        const auto time = static_cast<std::uint64_t>(took.count() < 0 ? 0 : took.count());
        ++counts_[step_of(time)];
        ++count_;
        sum_ += time;
        if (time > max_) max_ = time;
        if (time < min_) min_ = time;
    }

    void merge(const latency_histogram& other) noexcept {
        for (std::size_t step = 0; step < steps; ++step) counts_[step] += other.counts_[step];
        count_ += other.count_;
        sum_ += other.sum_;
        if (other.max_ > max_) max_ = other.max_;
        if (other.min_ < min_) min_ = other.min_;
    }
    void clear() noexcept { *this = latency_histogram(); }

    std::uint64_t count() const noexcept { return count_; }
    nanoseconds total() const noexcept { return nanoseconds(static_cast<std::int64_t>(sum_)); }
    nanoseconds longest() const noexcept { return nanoseconds(static_cast<std::int64_t>(max_)); }
    nanoseconds shortest() const noexcept {
        return nanoseconds(count_ == 0 ? 0 : static_cast<std::int64_t>(min_));
    }
    nanoseconds mean() const noexcept {
        return nanoseconds(count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ / count_));
    }

    /// What the share `part` of all (0 to 1) took at most: 0.5 is the median. 0 where nothing was added.
    nanoseconds quantile(double part) const noexcept {
        if (count_ == 0) return nanoseconds(0);
        if (!(part > 0)) return shortest();
        if (part >= 1) return longest();
        // The smallest rank that covers the share: of 100 the 99 % quantile is the 99th.
        const double exact = part * static_cast<double>(count_);
        auto rank = static_cast<std::uint64_t>(exact);
        if (static_cast<double>(rank) < exact) ++rank;
        if (rank == 0) rank = 1;
        std::size_t step = 0;
        for (std::uint64_t seen = counts_[0]; seen < rank && step + 1 < steps;) seen += counts_[++step];
        if (step + 1 == steps) return longest();
        const std::uint64_t middle = (begin_of(step) + begin_of(step + 1)) / 2;
        return nanoseconds(static_cast<std::int64_t>(middle < min_ ? min_ : middle > max_ ? max_ : middle));
    }

    /// How many took less than `bound`, to the step: for a scale of one's own.
    std::uint64_t count_below(nanoseconds bound) const noexcept {
        const std::size_t end =
            bound >= overflow ? steps
                              : step_of(static_cast<std::uint64_t>(bound.count() < 0 ? 0 : bound.count()));
        std::uint64_t count = 0;
        for (std::size_t step = 0; step < end; ++step) count += counts_[step];
        return count;
    }

    std::uint64_t count_in(std::size_t step) const noexcept { return counts_[step]; }
    /// Where a step begins; it ends where the next one begins.
    static constexpr nanoseconds step_begin(std::size_t step) noexcept {
        return nanoseconds(static_cast<std::int64_t>(begin_of(step)));
    }

    bool operator==(const latency_histogram&) const = default;

private:
    friend struct tenon::json_codec<latency_histogram>;

    static constexpr std::size_t step_of(std::uint64_t time) noexcept {
        const std::uint64_t units = time >> unit_bits;
        if (units < (std::uint64_t{1} << step_bits)) return static_cast<std::size_t>(units);
        const unsigned shift = static_cast<unsigned>(std::bit_width(units)) - 1 - step_bits;
        // The leading bit of what is left counts one octave more.
        const auto step = (std::uint64_t{shift} << step_bits) + (units >> shift);
        return step < steps ? static_cast<std::size_t>(step) : steps - 1;
    }
    static constexpr std::uint64_t begin_of(std::size_t step) noexcept {
        constexpr std::size_t linear = std::size_t{1} << step_bits;
        if (step < linear) return std::uint64_t{step} << unit_bits;
        const std::size_t shift = (step >> step_bits) - 1;
        return std::uint64_t{(step & (linear - 1)) + linear} << (shift + unit_bits);
    }

    std::array<std::uint64_t, steps> counts_ = {};
    std::uint64_t count_ = 0, sum_ = 0, max_ = 0;
    std::uint64_t min_ = UINT64_MAX;
};

struct latency_form {
    std::uint64_t count = 0, sum = 0, min = 0, max = 0;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> steps = {}; // those that are not empty

    static constexpr auto describe() {
        return camel_case(member("sumNs", &latency_form::sum), member("minNs", &latency_form::min),
                          member("maxNs", &latency_form::max));
    }
};

} // namespace tenon::detail

template <>
struct tenon::json_codec<tenon::detail::latency_histogram> {
    using histogram = detail::latency_histogram;

    // Templates, so that a file that does neither compiles neither.
    static bool read(auto& in, histogram& value) {
        detail::latency_form form;
        if (!detail::decode(in, form)) return false;
        value = histogram();
        for (const auto& [step, count] : form.steps) {
            if (step >= histogram::steps) return false;
            value.counts_[step] += count;
            value.count_ += count;
        }
        value.sum_ = form.sum;
        value.max_ = form.max;
        if (value.count_ != 0) value.min_ = form.min;
        return value.count_ == form.count;
    }
    static void write(auto& out, const histogram& value) {
        detail::latency_form form{.count = value.count_,
                                  .sum = value.sum_,
                                  .min = value.count_ == 0 ? 0 : value.min_,
                                  .max = value.max_};
        for (std::uint32_t step = 0; step < histogram::steps; ++step)
            if (value.counts_[step] != 0) form.steps.emplace_back(step, value.counts_[step]);
        detail::encode(out, form);
    }
};

#endif
