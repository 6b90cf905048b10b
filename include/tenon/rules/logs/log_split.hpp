#ifndef TENON_RULES_LOGS_LOG_SPLIT_HPP
#define TENON_RULES_LOGS_LOG_SPLIT_HPP

// From pieces of a stream to its lines. A line that came whole within a piece is a slice of that piece; of one
// that did not, at most max_log_line bytes are kept. What goes beyond that is skipped up to the next newline, as
// fast as memchr can.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tenon::detail {

/// 64 KiB: the longest line that is taken whole, and the most that a finished message holds.
inline constexpr std::size_t max_log_line = std::size_t{64} << 10;

using log_block = unsigned char __attribute__((vector_size(16)));

inline log_block newlines_in(const char* from) noexcept {
    log_block bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    return reinterpret_cast<log_block>(bytes == static_cast<unsigned char>('\n')); // 255 where there is one
}

inline std::uint64_t count_newlines(std::string_view bytes) noexcept {
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    std::uint64_t count = 0;
    while (static_cast<std::size_t>(end - at) >= sizeof(log_block)) {
        // Sixteen counters of a byte each, emptied before one can overflow.
        log_block counters = {};
        for (int step = 0; step < 255 && static_cast<std::size_t>(end - at) >= sizeof(log_block); ++step) {
            counters -= newlines_in(at);
            at += sizeof(log_block);
        }
        for (std::size_t lane = 0; lane < sizeof(log_block); ++lane) count += counters[lane];
    }
    for (; at != end; ++at) count += *at == '\n' ? 1 : 0;
    return count;
}

/// How many bytes there are up to the last newline and with it; 0 if there is none.
inline std::size_t size_of_lines(std::string_view bytes) noexcept {
    std::size_t size = bytes.size();
    for (; size >= sizeof(log_block); size -= sizeof(log_block)) {
        const log_block found = newlines_in(bytes.data() + size - sizeof(log_block));
        std::uint64_t halves[2];
        std::memcpy(halves, &found, sizeof found);
        if ((halves[0] | halves[1]) != 0) break;
    }
    while (size != 0 && bytes[size - 1] != '\n') --size;
    return size;
}

class log_splitter {
public:
    /// Takes bytes from the front up to the end of a line. False if there is no end in them: they are used up. The
    /// line, without its newline, is valid until the next call and as long as the bytes are. One that is too long
    /// is told as soon as that is known, `cut`.
    bool next_line(std::string_view& bytes, std::string_view& line, bool& cut) {
        forget_told();
        if (skipping_ && !skip_rest(bytes)) return false;
        const std::size_t room = max_log_line - held_.size();
        const std::size_t looked_at = bytes.size() < room + 1 ? bytes.size() : room + 1;
        if (looked_at == 0) return false;
        const void* newline = std::memchr(bytes.data(), '\n', looked_at);
        cut = newline == nullptr && looked_at > room;
        if (newline == nullptr && !cut) {
            held_.append(bytes);
            bytes = {};
            return false;
        }
        const std::size_t size =
            cut ? room : static_cast<std::size_t>(static_cast<const char*>(newline) - bytes.data());
        line = bytes.substr(0, size);
        if (!held_.empty()) {
            held_.append(line);
            line = held_;
            told_ = true;
        }
        bytes.remove_prefix(cut ? size : size + 1);
        skipping_ = cut;
        return true;
    }

    /// The end of the stream ends the last line. False if there is none.
    bool take_rest(std::string_view& line, bool& cut) {
        forget_told();
        const bool held = !held_.empty();
        line = held_;
        cut = false;
        told_ = held;
        skipping_ = false;
        return held;
    }

    /// Takes all whole lines from the front without looking at them, also the one that is half here, and says how
    /// many they were.
    std::uint64_t skip_lines(std::string_view& bytes) {
        forget_told();
        if (skipping_ && !skip_rest(bytes)) return 0; // that line was told when it became too long
        const std::uint64_t lines = count_newlines(bytes);
        if (lines == 0) return 0;
        clear_held();
        bytes.remove_prefix(size_of_lines(bytes));
        return lines;
    }

private:
    // What a plugin of short lines holds; more is given back with the next line.
    static constexpr std::size_t kept_bytes = std::size_t{8} << 10;

    void forget_told() {
        if (told_) clear_held();
        told_ = false;
    }
    void clear_held() {
        held_.clear();
        if (held_.capacity() > kept_bytes) held_.shrink_to_fit();
    }
    bool skip_rest(std::string_view& bytes) noexcept {
        const void* newline = bytes.empty() ? nullptr : std::memchr(bytes.data(), '\n', bytes.size());
        skipping_ = newline == nullptr;
        if (skipping_) bytes = {};
        else
            bytes.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(newline) - bytes.data()) +
                                1);
        return !skipping_;
    }

    std::string held_;      // the beginning of a line
    bool told_ = false;     // what is held was the last line told
    bool skipping_ = false; // the rest of a line that was cut
};

} // namespace tenon::detail

#endif
