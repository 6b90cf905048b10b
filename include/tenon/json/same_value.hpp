#ifndef TENON_JSON_SAME_VALUE_HPP
#define TENON_JSON_SAME_VALUE_HPP

// Whether two JSON texts that a reader has accepted are the same value: how strings and numbers are spelled, the order of
// members and the space between them do not matter. Takes time in proportion to both texts, whatever stands in them, so
// it may be asked about texts of strangers: objects are compared by hashes that do not depend on their order. Two texts
// that were made to collide are said to be the same.

#include <tenon/json/checked.hpp>
#include <tenon/json/reader.hpp>
#include <tenon/json/scan.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::detail {

/// A JSON number as it was written, to be compared exactly, which doubles cannot do (0.1, 2^53 + 1). Borrows its text.
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

/// What the string `written`, with its quotes, says; unescaped into `scratch` where it has to be.
inline std::string_view plain_text(std::string_view written, std::string& scratch) {
    if (written.find('\\') == written.npos) return written.substr(1, written.size() - 2);
    json_reader in(written);
    std::string_view text;
    return in.read_text(text, scratch) ? text : std::string_view();
}

constexpr std::uint64_t mixed(std::uint64_t value) noexcept { // as splitmix64 ends
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

inline std::uint64_t text_hash(std::string_view text) noexcept {
    std::uint64_t hash = 0xCBF29CE484222325u;
    for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3u;
    return hash;
}

/// The same for values that are the same.
inline std::uint64_t value_hash(std::string_view value) {
    const json_kind kind = kind_of(value.front());
    std::uint64_t hash = 0;
    std::string scratch;
    if (kind == json_kind::object) {
        checked_members members(value);
        for (std::string_view name, inner; members.next(name, inner);)
            hash += mixed(text_hash(plain_text({name.data() - 1, name.size() + 2}, scratch)) +
                          3 * value_hash(inner));
    } else if (kind == json_kind::array) {
        checked_elements elements(value);
        for (std::string_view inner; elements.next(inner);) hash = mixed(hash + value_hash(inner));
    } else if (kind == json_kind::number) {
        hash = decimal(value).hash();
    } else {
        hash = text_hash(kind == json_kind::string ? plain_text(value, scratch) : value);
    }
    return mixed(hash + static_cast<std::uint64_t>(kind));
}

inline bool same_value(std::string_view one, std::string_view other) {
    const json_kind kind = kind_of(one.front());
    if (kind != kind_of(other.front())) return false;
    if (kind == json_kind::number) return decimal(one) == decimal(other);
    if (kind == json_kind::string) {
        std::string scratch, other_scratch;
        return plain_text(one, scratch) == plain_text(other, other_scratch);
    }
    return one == other || value_hash(one) == value_hash(other);
}

} // namespace tenon::detail

#endif
