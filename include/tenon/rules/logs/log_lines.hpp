#ifndef TENON_RULES_LOGS_LOG_LINES_HPP
#define TENON_RULES_LOGS_LOG_LINES_HPP

// What a plugin writes to stderr, prints to a polluted stdout or says by host/log, made into finished messages:
//
//     log_lines lines(options.logs);
//     lines.receive(bytes, now, [&](log_level level, std::string_view message, std::string_view fields) { ... });
//
// Text comes in pieces of any size and goes out by line: cut at 64 KiB, secrets masked, UTF-8 repaired, control
// characters escaped, the level taken from a JSON line or a prefix like [WARN]. Beyond so many lines a second the
// rest is only counted, and one message "N lines suppressed" stands in its place as soon as the next line goes
// through or the time is up. Lines of nothing but space are dropped, and those that are less bad than wanted.
//
// The message and the fields (a JSON object or empty) are valid during the call of the sink, which must not use
// or destroy this object. Memory is bounded by one line and what it becomes, whatever comes.

#include <tenon/core/time.hpp>
#include <tenon/rules/logs/log_clean.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/rates.hpp>
#include <tenon/session/answers.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

// From pieces of a stream to its lines. A line that came whole within a piece is a slice of that piece; of one
// that did not, at most max_log_line bytes are kept. What goes beyond that is skipped up to the next newline, as
// fast as memchr can.

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

/// Streams of one plugin that share its share of lines.
enum class log_stream { error, output };

struct log_line_counts {
    std::uint64_t bytes = 0;
    std::uint64_t lines = 0;      // gone through
    std::uint64_t suppressed = 0; // only counted
    std::uint64_t cut = 0;        // of those gone through: not told in full length
    std::uint64_t below = 0;      // dropped, because they are less bad than what is wanted
};

/// A reference to the function that takes messages, for the duration of a call.
class log_sink {
public:
    template <class Sink>
    explicit log_sink(Sink& sink) noexcept
        : object_(const_cast<void*>(static_cast<const void*>(&sink))),
          call_([](void* object, log_level level, std::string_view message, std::string_view fields) {
              (*static_cast<Sink*>(object))(level, message, fields);
          }) {}
    void operator()(log_level level, std::string_view message, std::string_view fields) const {
        call_(object_, level, message, fields);
    }

private:
    void* object_;
    void (*call_)(void*, log_level, std::string_view, std::string_view);
};

class log_lines {
public:
    explicit log_lines(const log_options& options)
        : cleaner_(options), rate_(options.lines_per_second), level_(options.level) {}

    /// What is less bad is dropped from now on. It takes nothing of the plugin's share of lines.
    void set_level(log_level level) noexcept { level_ = level; }
    /// Whether that is told; counted where not. For messages that are whole: lines are looked at here.
    bool wants(log_level level) noexcept {
        if (level >= level_) return true;
        ++counts_.below;
        return false;
    }

    /// Bytes of stderr, or of what stood between frames on stdout.
    template <class Sink>
    void receive(std::string_view bytes, time_point now, Sink&& sink) {
        take(log_stream::error, bytes, now, log_sink(sink));
    }
    template <class Sink>
    void receive(log_stream stream, std::string_view bytes, time_point now, Sink&& sink) {
        take(stream, bytes, now, log_sink(sink));
    }

    /// A message that is whole already: the plugin called host/log. `fields` is one JSON value or empty; what is
    /// no object is left out. It counts as a line.
    template <class Sink>
    void message(log_level level, std::string_view text, std::string_view fields, time_point now,
                 Sink&& sink) {
        take_message(level, text, fields, now, log_sink(sink));
    }

    /// What the host says of the plugin. The plugin's words may be in it, so it is cleaned as they are, but it is
    /// no line of the plugin's: it is neither counted nor suppressed.
    template <class Sink>
    void remark(log_level level, std::string_view text, Sink&& sink) {
        const log_message clean = cleaner_.clean_message(level, text, {});
        sink(clean.level, clean.text, clean.fields);
    }

    /// What is said elsewhere of what the plugin said: masked as its lines are.
    std::string masked(std::string text) const { return cleaner_.masked(std::move(text)); }

    /// The stream has ended: what is left of it is its last line. With stderr everything has ended, and what was
    /// suppressed is told at once. Text between frames ends with the frame behind it, and may come again.
    template <class Sink>
    void end(time_point now, Sink&& sink) {
        take_end(log_stream::error, now, log_sink(sink));
    }
    template <class Sink>
    void end(log_stream stream, time_point now, Sink&& sink) {
        take_end(stream, now, log_sink(sink));
    }

    /// When handle_timeout() is due to tell what was suppressed, or `never`.
    time_point next_deadline() const noexcept { return rate_.next_deadline(); }
    template <class Sink>
    void handle_timeout(time_point now, Sink&& sink) {
        if (rate_.overdue(now)) tell_suppressed(log_sink(sink));
    }

    const log_line_counts& counts() const noexcept { return counts_; }

private:
    void take(log_stream stream, std::string_view bytes, time_point now, log_sink sink);
    void take_line(std::string_view line, bool cut, time_point now, log_sink sink);
    void take_message(log_level level, std::string_view text, std::string_view fields, time_point now,
                      log_sink sink);
    void take_end(log_stream stream, time_point now, log_sink sink);
    bool admit(time_point now, log_sink sink);
    void tell_suppressed(log_sink sink);

    log_cleaner cleaner_;
    log_rate rate_;
    log_level level_;
    log_splitter streams_[2];
    log_line_counts counts_;
};

inline void log_lines::take(log_stream stream, std::string_view bytes, time_point now, log_sink sink) {
    log_splitter& splitter = streams_[static_cast<unsigned>(stream)];
    counts_.bytes += bytes.size();
    while (!bytes.empty()) {
        // A flood is not looked at line by line.
        if (const std::uint64_t lines = rate_.is_closed(now) ? splitter.skip_lines(bytes) : 0; lines != 0) {
            rate_.suppress(lines);
            counts_.suppressed += lines;
        }
        std::string_view line;
        bool cut = false;
        if (!splitter.next_line(bytes, line, cut)) return;
        take_line(line, cut, now, sink);
    }
}

inline bool log_lines::admit(time_point now, log_sink sink) {
    if (!rate_.admit(now)) {
        ++counts_.suppressed;
        return false;
    }
    tell_suppressed(sink);
    ++counts_.lines;
    return true;
}

inline void log_lines::tell_suppressed(log_sink sink) {
    const std::uint64_t lines = rate_.take_suppressed();
    if (lines == 0) return;
    sink(log_level::warn, join({digits(lines), lines == 1 ? " line suppressed" : " lines suppressed"}), {});
}

inline void log_lines::take_line(std::string_view line, bool cut, time_point now, log_sink sink) {
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r'))
        line.remove_suffix(1);
    if (line.empty()) return rate_.see_blank(now);
    if (level_ != log_level::debug && !wants(cleaner_.level_of(line, cut))) return;
    if (!admit(now, sink)) return;
    const log_message clean = cleaner_.clean_line(line, cut);
    if (clean.cut) ++counts_.cut;
    sink(clean.level, clean.text, clean.fields);
}

inline void log_lines::take_message(log_level level, std::string_view text, std::string_view fields,
                                    time_point now, log_sink sink) {
    counts_.bytes += text.size() + fields.size();
    if (!admit(now, sink)) return;
    const log_message clean = cleaner_.clean_message(level, text, fields);
    if (clean.cut) ++counts_.cut;
    sink(clean.level, clean.text, clean.fields);
}

inline void log_lines::take_end(log_stream stream, time_point now, log_sink sink) {
    std::string_view line;
    bool cut = false;
    if (streams_[static_cast<unsigned>(stream)].take_rest(line, cut)) take_line(line, cut, now, sink);
    if (stream == log_stream::error) tell_suppressed(sink);
}

} // namespace tenon::detail

#endif
