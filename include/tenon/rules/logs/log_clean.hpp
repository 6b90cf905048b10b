#ifndef TENON_RULES_LOGS_LOG_CLEAN_HPP
#define TENON_RULES_LOGS_LOG_CLEAN_HPP

// One line, or one message that came by host/log, made into what a record holds: level, text and fields. The
// order matters: a JSON line is taken apart before its strings are masked, and everything is masked before it is
// escaped, because secrets are configured as they are.

#include <tenon/rules/logs/log_json.hpp>
#include <tenon/rules/logs/log_level.hpp>
#include <tenon/rules/logs/log_mask.hpp>
#include <tenon/rules/logs/log_split.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/rules/options.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::detail {

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
