#ifndef TENON_RULES_MISTAKES_HPP
#define TENON_RULES_MISTAKES_HPP

// What is wrong with something that a person wrote: a sentence for each mistake, in the order in which they were found.
//
//     wrong.add("plugins[2].priority", "expected number, got string");
//     return wrong.finish();   // a fault: one line for each
//
// The first 20 are kept and the rest is counted: who mends those sees the others the next time. A sentence about what
// belongs to another one, as `stop` to `stop[1].action`, is left out: it may only be what follows from that.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

class mistakes {
public:
    static constexpr std::size_t most = 20;

    bool none() const noexcept { return count_ == 0; }
    const std::vector<std::string>& sentences() const noexcept { return sentences_; }
    std::size_t count() const noexcept { return count_; }

    void add(std::string sentence) {
        if (++count_ <= most) sentences_.push_back(std::move(sentence));
    }
    void add(std::string_view path, std::string_view words) {
        add(path.empty() ? std::string(words) : detail::join({path, ": ", words}));
    }
    /// A sentence that begins with its path, unless another one has been said about that.
    void add_new(const std::string& sentence) {
        if (!knows(std::string_view(sentence).substr(0, sentence.find(": ")))) add(sentence);
    }
    bool knows(std::string_view path) const noexcept {
        for (const std::string& one : sentences_) {
            const std::string_view other = std::string_view(one).substr(0, one.find(": "));
            if (belongs(path, other) || belongs(other, path)) return true;
        }
        return false;
    }
    void add(const mistakes& others) {
        for (const std::string& one : others.sentences_) add(one);
        count_ += others.count_ - others.sentences_.size();
    }

    /// One a line, and how many there are besides.
    std::string text() const {
        std::string lines;
        for (const std::string& one : sentences_)
            detail::append(lines, detail::join({lines.empty() ? "" : "\n", one}));
        if (count_ > most)
            detail::append(lines, detail::join({"\nand ", detail::digits(count_ - most), " more"}));
        return lines;
    }
    static std::vector<std::string> lines_of(std::string_view text) {
        std::vector<std::string> lines;
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            lines.emplace_back(text.substr(0, end));
            text.remove_prefix(end == text.npos ? text.size() : end + 1);
        }
        return lines;
    }
    result<void> finish() const {
        if (none()) return {};
        return fault{codes::invalid_params, text()};
    }

private:
    static bool belongs(std::string_view part, std::string_view whole) noexcept {
        if (!part.starts_with(whole)) return false;
        return part.size() == whole.size() || part[whole.size()] == '.' || part[whole.size()] == '[';
    }

    std::vector<std::string> sentences_;
    std::size_t count_ = 0;
};

} // namespace tenon

#endif
