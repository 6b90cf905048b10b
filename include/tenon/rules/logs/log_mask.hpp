#ifndef TENON_RULES_LOGS_LOG_MASK_HPP
#define TENON_RULES_LOGS_LOG_MASK_HPP

// Puts "***" in the place of every configured secret and of every text that matches a configured pattern, in
// which `*` is any run of characters that are no space, as long as can be. Where matches overlap all of them are
// covered. A secret of several lines (a key in PEM) is masked line by line, one with quotes also as JSON writes it.
//
// The time is linear in the text for each part of each pattern, so that a plugin cannot make masking expensive.
// In text that was cut off, a match that has begun at its end counts.

#include <tenon/rules/options.hpp>
#include <tenon/json/writer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

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

} // namespace tenon::detail

#endif
