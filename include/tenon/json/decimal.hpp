#ifndef TENON_JSON_DECIMAL_HPP
#define TENON_JSON_DECIMAL_HPP

// A JSON number as it was written, to be compared exactly, which doubles cannot do (0.1, 2^53 + 1). Borrows its text.

#include <tenon/json/digits.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace tenon::detail {

class decimal {
public:
    /// `text`: a JSON number.
    explicit decimal(std::string_view text) noexcept : negative_(text.front() == '-') {
        std::int64_t behind_point = 0;
        bool fraction = false;
        std::size_t at = negative_ ? 1 : 0;
        for (; at < text.size() && (text[at] | 0x20) != 'e'; ++at) {
            if (text[at] == '.') {
                fraction = true;
                continue;
            }
            behind_point += fraction;
            power_ += !fraction && (count_ != 0 || text[at] != '0');
            if (count_ == 0 && text[at] == '0') continue; // in front of the first digit that counts
            if (count_ == 0) {
                digits_ = text.substr(at);
                power_ -= fraction ? behind_point - 1 : 0;
            }
            ++count_;
            if (text[at] != '0') significant_ = count_;
        }
        if (significant_ == 0) power_ = 0, negative_ = false;
        else if (at < text.size()) power_ += exponent_at(text.substr(at + 1));
    }

    bool is_whole() const noexcept {
        return power_ >= static_cast<std::int64_t>(significant_);
    } // as 1.0, 1e2
    /// Below zero, zero, above zero: as this one is less, the same, more.
    int compare(const decimal& other) const noexcept {
        if (negative_ != other.negative_) return negative_ ? -1 : 1;
        const int order = compare_size(other);
        return negative_ ? -order : order;
    }
    bool operator==(const decimal& other) const noexcept { return compare(other) == 0; }
    bool as_int64(std::int64_t& value) const noexcept {
        if (!is_whole() || power_ > 18) return false;
        std::uint64_t size = 0;
        reader in(*this);
        for (std::int64_t place = 0; place < power_; ++place)
            size = size * 10 + static_cast<std::uint64_t>(in.next() - '0');
        value = negative_ ? -static_cast<std::int64_t>(size) : static_cast<std::int64_t>(size);
        return true;
    }
    std::uint64_t hash() const noexcept {
        std::uint64_t hash = static_cast<std::uint64_t>(power_) * 2 + (negative_ ? 1 : 0);
        reader in(*this);
        for (std::size_t place = 0; place < significant_; ++place)
            hash = (hash ^ static_cast<unsigned char>(in.next())) * 0x100000001B3u;
        return hash;
    }

private:
    /// The digits that count, and zeros behind them.
    class reader {
    public:
        explicit reader(const decimal& of) noexcept : rest_(of.digits_), left_(of.significant_) {}
        char next() noexcept {
            if (left_ == 0) return '0';
            --left_;
            if (rest_.front() == '.') rest_.remove_prefix(1);
            const char digit = rest_.front();
            rest_.remove_prefix(1);
            return digit;
        }

    private:
        std::string_view rest_;
        std::size_t left_;
    };

    static std::int64_t exponent_at(std::string_view text) noexcept {
        const bool negative = text.front() == '-';
        std::int64_t exponent = 0;
        for (const char digit : text)
            if (is_digit(digit) && exponent < 1'000'000'000) exponent = exponent * 10 + (digit - '0');
        return negative ? -exponent : exponent;
    }
    int compare_size(const decimal& other) const noexcept {
        if (significant_ == 0 || other.significant_ == 0)
            return (significant_ != 0) - (other.significant_ != 0);
        if (power_ != other.power_) return power_ < other.power_ ? -1 : 1;
        reader ours(*this), theirs(other);
        const std::size_t places = significant_ > other.significant_ ? significant_ : other.significant_;
        for (std::size_t place = 0; place < places; ++place)
            if (const int order = ours.next() - theirs.next(); order != 0) return order < 0 ? -1 : 1;
        return 0;
    }

    // The number is 0.DIGITS * 10^power, and the first digit is not 0.
    std::string_view digits_ = {};
    std::size_t count_ = 0;
    std::size_t significant_ = 0; // without the zeros at the end
    std::int64_t power_ = 0;
    bool negative_;
};

} // namespace tenon::detail

#endif
