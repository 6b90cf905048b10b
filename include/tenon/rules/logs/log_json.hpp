#ifndef TENON_RULES_LOGS_LOG_JSON_HPP
#define TENON_RULES_LOGS_LOG_JSON_HPP

// JSON of a plugin's log, written anew so that it is safe: every string and name in it is masked and made safe as
// a line is, a number that is a secret becomes "***". A line that is a JSON object with a level or a message is
// taken apart; what else it holds are the fields of the record.

#include <tenon/rules/logs/log_level.hpp>
#include <tenon/rules/logs/log_mask.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/json/reader.hpp>
#include <tenon/json/writer.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::detail {

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

} // namespace tenon::detail

#endif
