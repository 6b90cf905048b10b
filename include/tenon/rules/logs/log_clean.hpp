#ifndef TENON_RULES_LOGS_LOG_CLEAN_HPP
#define TENON_RULES_LOGS_LOG_CLEAN_HPP

// One line, or one message that came by host/log, made into what a record holds: level, text and fields. The
// order matters: a JSON line is taken apart before its strings are masked, and everything is masked before it is
// escaped, because secrets are configured as they are.

#include <tenon/json/reader.hpp>
#include <tenon/json/writer.hpp>
#include <tenon/rules/logs/log_level.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/rules/options.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

/// 64 KiB: the longest line that is taken whole, and the most that a finished message holds.
inline constexpr std::size_t max_log_line = std::size_t{64} << 10;

/// Puts "***" in the place of every configured secret and of every text that matches a configured pattern, in
/// which `*` is any run of characters that are no space, as long as can be. Where matches overlap all of them are
/// covered. A secret of several lines (a key in PEM) is masked line by line, one with quotes also as JSON writes it.
///
/// The time is linear in the text for each part of each pattern, so that a plugin cannot make masking expensive.
/// In text that was cut off, a match that has begun at its end counts.
class log_mask {
public:
    explicit log_mask(const log_options& options) {
        for (const std::string& text : options.mask) add_pattern(text);
        for (const std::string& secret : options.secrets) add_secret(secret);
    }

    bool empty() const noexcept { return patterns_.empty(); }

    /// Whether anything in `text` is to be masked; if so `masked` is what remains.
    bool apply(std::string_view text, bool cut, std::string& masked) const {
        cover covered;
        for (const pattern& one : patterns_) {
            if (one.size() == 1) cover_text(covered, text, cut, one.front());
            else cover_pattern(covered, text, cut, one);
        }
        if (covered.empty()) return false;
        masked.clear();
        std::int32_t depth = 0;
        for (std::size_t at = 0; at < text.size(); ++at) {
            const std::int32_t before = depth;
            depth += covered[at];
            if (depth == 0) masked.push_back(text[at]);
            else if (before == 0) masked.append("***");
        }
        return true;
    }

private:
    /// What stands between the asterisks. One part: a text. An empty first or last part: it began or ended with one.
    using pattern = std::vector<std::string>;
    /// How many matches begin at a place, less those that end there. Empty as long as there is none.
    using cover = std::vector<std::int32_t>;
    /// For each place where a part may end: where the match began that ends there and began first.
    using starts = std::vector<std::uint32_t>;

    static constexpr std::uint32_t nowhere = UINT32_MAX;
    static constexpr std::size_t shortest_piece = 4;

    static bool is_space(char byte) noexcept { return static_cast<unsigned char>(byte) <= ' '; }

    void add_pattern(std::string_view text) {
        pattern parts(1);
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (text[at] != '*') parts.back().push_back(text[at]);
            else if (parts.size() == 1 || !parts.back().empty()) parts.emplace_back();
        }
        if (parts.size() > 1 || !parts.front().empty()) patterns_.push_back(std::move(parts));
    }

    void add_secret(std::string_view secret) {
        const bool has_lines = secret.find('\n') != secret.npos;
        while (!secret.empty()) {
            const std::size_t end = secret.find('\n');
            std::string_view line = secret.substr(0, end);
            secret.remove_prefix(end == secret.npos ? secret.size() : end + 1);
            if (line.ends_with('\r')) line.remove_suffix(1);
            // A closing brace on a line of its own must not mask every brace.
            if (line.empty() || (has_lines && line.size() < shortest_piece)) continue;
            patterns_.push_back({std::string(line)});
            byte_buffer quoted;
            json_writer(quoted).string(line);
            const std::string_view inside = quoted.view().substr(1, quoted.size() - 2);
            if (inside != line) patterns_.push_back({std::string(inside)});
        }
    }

    static void mark(cover& covered, std::size_t size, std::size_t begin, std::size_t end) {
        if (begin == end) return;
        if (covered.empty()) covered.resize(size + 1);
        ++covered[begin];
        --covered[end];
    }

    static void cover_text(cover& covered, std::string_view text, bool cut, std::string_view searched) {
        for (std::size_t at = text.find(searched); at != text.npos; at = text.find(searched, at + 1))
            mark(covered, text.size(), at, at + searched.size());
        for (std::size_t size = searched.size() - 1; cut && size > 0; --size) {
            if (!text.ends_with(searched.substr(0, size))) continue;
            mark(covered, text.size(), text.size() - size, text.size());
            break;
        }
    }

    static bool may_match(std::string_view text, bool cut, const pattern& parts) noexcept {
        std::size_t from = 0;
        for (const std::string& part : parts) {
            from = text.find(part, from);
            if (from == text.npos) return false;
            if (cut) return true; // the rest may have been cut off
            from += part.size();
        }
        return true;
    }

    static void cover_pattern(cover& covered, std::string_view text, bool cut, const pattern& parts) {
        if (!may_match(text, cut, parts)) return;
        starts before(text.size() + 1, nowhere);
        for (std::size_t at = text.find(parts.front()); at != text.npos;
             at = text.find(parts.front(), at + 1))
            before[at + parts.front().size()] = static_cast<std::uint32_t>(at);
        for (std::size_t part = 1; part < parts.size(); ++part) {
            starts ends(text.size() + 1, nowhere);
            follow_part(covered, text, cut, parts[part], before, ends);
            before.swap(ends);
        }
        for (std::size_t end = 0; end <= text.size(); ++end)
            if (before[end] != nowhere) mark(covered, text.size(), before[end], end);
    }

    /// From where matches up to an asterisk end to where they end with the part behind it.
    static void follow_part(cover& covered, std::string_view text, bool cut, std::string_view part,
                            const starts& before, starts& ends) {
        std::uint32_t first = nowhere; // where the first of those began that can reach this place
        std::size_t found = text.find(part);
        for (std::size_t at = 0; at <= text.size(); ++at) {
            if (at != 0 && is_space(text[at - 1])) first = nowhere;
            if (before[at] < first) first = before[at];
            if (at == found) {
                if (first < ends[at + part.size()]) ends[at + part.size()] = first;
                found = text.find(part, at + 1);
            }
            // Where the text was cut, a part that has begun or can still come counts as come.
            if (cut && first != nowhere && text.size() - at < part.size() &&
                part.starts_with(text.substr(at)))
                mark(covered, text.size(), first, text.size());
        }
    }

    std::vector<pattern> patterns_;
};

/// JSON of a plugin's log, written anew so that it is safe: every string and name in it is masked and made safe as
/// a line is, a number that is a secret becomes "***". A line that is a JSON object with a level or a message is
/// taken apart; what else it holds are the fields of the record.
class log_json {
public:
    log_json(const log_mask& mask, std::size_t limit) noexcept : mask_(mask), limit_(limit) {}

    struct parts {
        std::optional<log_level> level = {};
        bool has_message = false;
        std::string message = {}; // as the plugin wrote it
        bool has_fields = false;
    };

    /// Takes a line apart. False if it is no JSON object with a level or a message; `fields` is worthless then.
    bool read_line(std::string_view line, parts& found, byte_buffer& fields) {
        json_reader in(line);
        json_writer out(fields);
        std::string_view name;
        if (!in.enter_object()) return false;
        out.begin_object();
        while (in.next_member(name)) {
            if (is_level(name) && !found.level && read_level(in, found.level)) continue;
            if (!found.has_message && (name == "message" || name == "msg") &&
                in.peek() == json_kind::string) {
                if (!in.read_string(found.message)) return false;
                found.has_message = true;
                continue;
            }
            out.key(safe(name));
            if (!copy(in, out)) return false;
            found.has_fields = true;
        }
        out.end_object();
        return in.finish() && (found.level || found.has_message);
    }

    /// The level alone, without a look at what stands behind it.
    std::optional<log_level> level_of(std::string_view line) {
        json_reader in(line);
        std::string_view name;
        std::optional<log_level> level;
        if (!in.enter_object()) return level;
        while (!level && in.next_member(name))
            if (!(is_level(name) && read_level(in, level)) && !in.skip_value()) break;
        return level;
    }

    /// Writes an object anew. False if `text` is none.
    bool read_fields(std::string_view text, byte_buffer& fields) {
        json_reader in(text);
        json_writer out(fields);
        return in.peek() == json_kind::object && copy(in, out) && in.finish();
    }

private:
    static bool is_level(std::string_view name) noexcept {
        return name == "level" || name == "severity" || name == "lvl";
    }

    /// False leaves the value to be read as any other.
    bool read_level(json_reader& in, std::optional<log_level>& level) {
        const auto start = in.here();
        if (in.peek() == json_kind::string) {
            std::string_view word;
            if (!in.read_text(word, scratch_)) return false;
            level = level_named(word);
        } else if (in.peek() == json_kind::number) {
            double number = 0;
            if (!in.read_double(number)) return false;
            level = level_numbered(number);
        }
        return level || !in.retry_from(start);
    }

    // Nested as deep as the reader allows: 64.
    bool copy(json_reader& in, json_writer& out) {
        std::string_view text;
        switch (in.peek()) {
        case json_kind::string:
            if (!in.read_text(text, scratch_)) return false;
            out.string(safe(text));
            return true;
        case json_kind::object:
            if (!in.enter_object()) return false;
            out.begin_object();
            while (in.next_member(text)) {
                out.key(safe(text));
                if (!copy(in, out)) return false;
            }
            out.end_object();
            return !in.failed();
        case json_kind::array:
            if (!in.enter_array()) return false;
            out.begin_array();
            while (in.next_element())
                if (!copy(in, out)) return false;
            out.end_array();
            return !in.failed();
        default:
            if (!in.read_slice(text)) return false;
            if (mask_.apply(text, false, masked_)) out.string("***");
            else out.raw(text);
            return true;
        }
    }

    std::string_view safe(std::string_view text) {
        if (mask_.apply(text, false, masked_)) text = masked_;
        safe_.clear();
        append_safe(safe_, text, limit_);
        return safe_;
    }

    const log_mask& mask_;
    std::size_t limit_;
    std::string scratch_, masked_, safe_;
};

/// What stands at the end of a message whose fields were longer than max_log_line.
inline constexpr std::string_view cut_fields_mark = " [fields left out]";

struct log_message {
    log_level level = log_level::info;
    std::string_view text = {}, fields = {};
    bool cut = false;
};

class log_cleaner {
public:
    explicit log_cleaner(const log_options& options) : mask_(options) {}

    /// A text that stands in no line of the log, with nothing done to it but that.
    std::string masked(std::string text) const {
        std::string rest;
        return mask_.apply(text, false, rest) ? rest : text;
    }

    /// The texts are valid until the next call. `cut`: more of the line is not there.
    log_message clean_line(std::string_view line, bool cut) {
        begin();
        log_message clean;
        if (!cut && is_object(line) && clean_object(line, clean)) return clean;
        const std::string_view masked = mask(line, cut);
        std::string_view rest = masked;
        clean.level = take_level(rest).value_or(log_level::info);
        return finish(clean, rest, cut);
    }

    /// How bad the line is: little work, as nothing is masked and nothing made of it.
    log_level level_of(std::string_view line, bool cut) const {
        if (!cut && is_object(line))
            if (const auto level = log_json(mask_, max_log_line).level_of(line)) return *level;
        return take_level(line).value_or(log_level::info);
    }

    log_message clean_message(log_level level, std::string_view text, std::string_view fields) {
        begin();
        log_message clean{.level = level};
        bool left_out = fields.size() > max_log_line;
        if (!fields.empty() && !left_out)
            if (log_json json(mask_, max_log_line); json.read_fields(fields, fields_))
                left_out = !take_fields(clean);
        const bool cut = text.size() > max_log_line;
        return finish(clean, mask(text.substr(0, max_log_line), cut), cut, left_out);
    }

private:
    // What a plugin of short lines holds; more is given back before the next line.
    static constexpr std::size_t kept_bytes = std::size_t{8} << 10;

    void begin() {
        text_.clear();
        if (text_.capacity() > kept_bytes) text_.shrink_to_fit();
        masked_.clear();
        if (masked_.capacity() > kept_bytes) masked_.shrink_to_fit();
        fields_.clear();
        fields_.shrink(kept_bytes);
    }

    static bool is_object(std::string_view line) noexcept {
        const std::size_t first = line.find_first_not_of(' ');
        return first != line.npos && line[first] == '{' && line.ends_with('}');
    }

    bool clean_object(std::string_view line, log_message& clean) {
        log_json json(mask_, max_log_line);
        log_json::parts found;
        if (!json.read_line(line, found, fields_)) return false;
        clean.level = found.level.value_or(log_level::info);
        if (!found.has_message) { // it says how bad it is, but not what: all of it then
            clean = finish(clean, mask(line, false), false);
            return true;
        }
        const bool left_out = found.has_fields && !take_fields(clean);
        clean = finish(clean, mask(found.message, false), false, left_out);
        return true;
    }

    bool take_fields(log_message& clean) noexcept {
        if (fields_.size() > max_log_line) return false;
        clean.fields = fields_.view();
        return true;
    }

    std::string_view mask(std::string_view text, bool cut) {
        return mask_.apply(text, cut, masked_) ? std::string_view(masked_) : text;
    }

    log_message finish(log_message clean, std::string_view text, bool cut, bool left_out = false) {
        if (cut) text = without_half_character(text);
        if (!append_safe(text_, text, max_log_line)) cut = true;
        if (cut) text_.append(cut_mark);
        if (left_out) text_.append(cut_fields_mark);
        clean.cut = cut || left_out;
        clean.text = text_;
        return clean;
    }

    log_mask mask_;
    std::string text_, masked_;
    byte_buffer fields_;
};

} // namespace tenon::detail

#endif
