#ifndef TENON_RULES_HANDSHAKE_CLUES_HPP
#define TENON_RULES_HANDSHAKE_CLUES_HPP

// What was heard of a plugin before its handshake. Where the handshake does not come, this says why: a program that prints a question
// and waits, one that reads lines, one that says what is missing and ends.

#include <tenon/core/text.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/wire/framing.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace tenon::detail {

class handshake_clues {
public:
    /// A line of its log, on stdout or stderr.
    void hear_line(std::string_view line) {
        lines_.push_back(quoted(line));
        if (lines_.size() > kept_lines) lines_.pop_front();
    }
    /// Text on stdout that was no message. True if it is the first that shows which framing the plugin speaks.
    bool see_stray(std::string_view text, plugin_framing framing) {
        if (other_framing_ || text.empty()) return false;
        const bool message = begins_json(text.front()) && text.find("\"jsonrpc\"") != text.npos;
        const bool header = text.size() >= content_prefix.size() && begins_content(text);
        other_framing_ = framing == plugin_framing::headers ? message : header;
        return other_framing_;
    }
    void note_answer() noexcept { answered_ = true; }
    bool answered() const noexcept { return answered_; }

    static std::string framing_words(plugin_framing configured) {
        return configured == plugin_framing::headers
                   ? R"(it speaks in lines, without headers: "framing": "lines" in its configuration is for that)"
                   : R"(it writes headers, and its configuration says "framing": "lines")";
    }
    /// `unfinished` is what came last and is no whole line or frame.
    std::string words(std::string_view unfinished, plugin_framing configured) const {
        std::string text;
        const auto add = [&](std::string_view what) { append(text, join({text.empty() ? "" : "; ", what})); };
        if (other_framing_) add(framing_words(configured));
        if (!lines_.empty()) {
            std::string all;
            for (const std::string& line : lines_) append(all, join({all.empty() ? "" : ", ", line}));
            add(join({lines_.size() == 1 ? "it printed " : "the last that it printed: ", all}));
        }
        if (!unfinished.empty()) add(join({"it began to write ", quoted(unfinished)}));
        if (!text.empty()) return text;
        return configured == plugin_framing::headers
                   ? "it printed nothing"
                   : R"(it printed nothing, and is spoken to in lines ("framing": "lines"): does it read headers?)";
    }

private:
    static constexpr std::size_t kept_lines = 3, kept_bytes = 200;

    static std::string quoted(std::string_view text) {
        std::string safe = "\"";
        const bool whole = append_safe(safe, text, kept_bytes);
        return safe += whole ? "\"" : "\"...";
    }

    std::deque<std::string> lines_;
    bool other_framing_ = false, answered_ = false;
};

} // namespace tenon::detail

#endif
