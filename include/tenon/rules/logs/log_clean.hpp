#ifndef TENON_RULES_LOGS_LOG_CLEAN_HPP
#define TENON_RULES_LOGS_LOG_CLEAN_HPP

// One line, or one message that came by host/log, made into what a record holds: level, text and fields. The
// order matters: a JSON line is taken apart before its strings are masked, and everything is masked before it is
// escaped, because secrets are configured as they are.

#include <tenon/json/reader.hpp>
#include <tenon/json/writer.hpp>
#include <tenon/rules/logs/log_level.hpp>
#include <tenon/rules/logs/log_mask.hpp>
#include <tenon/rules/logs/log_split.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/rules/options.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::detail {

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
