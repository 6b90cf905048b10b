#ifndef TENON_HOST_METRICS_WRITER_HPP
#define TENON_HOST_METRICS_WRITER_HPP

// Writes numbers in the text format that Prometheus reads (version 0.0.4), for whoever has some of his own beside
// those of host/metrics_text.hpp:
//
//     tenon::metrics_writer out;
//     out.family("chat_messages_total", "counter", "Messages that were said.");
//     out.sample({{"room", room}}, 12);
//     out.text();
//
// Names are the caller's and taken as they are. A label's value may be anything that anybody said: it is made safe to
// be shown, cut at 128 bytes, and escaped. What is one series has to be one sample; that is not checked.

#include <tenon/core/text.hpp>
#include <tenon/rules/logs/log_text.hpp>
#include <tenon/json/number.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace tenon {

/// For the answer's Content-Type.
inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// A label's value as two that look the same would be the same one.
inline std::string metric_label(std::string_view text) {
    constexpr std::size_t longest = 128;
    std::string safe;
    if (!detail::append_safe(safe, text, longest)) safe.append("...");
    return safe;
}

class metrics_writer {
public:
    using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    /// What the samples that follow are: "counter", "gauge" or "histogram". The help is one line.
    void family(std::string_view name, std::string_view kind, std::string_view help) {
        name_ = name;
        add({"# HELP ", name, " ", help, "\n# TYPE ", name, " ", kind, "\n"});
    }
    void sample(labels of, double value) { sample("", of, value); }
    /// Of a histogram: "_bucket", "_sum", "_count".
    void sample(std::string_view suffix, labels of, double value) {
        add({name_, suffix});
        char separator = '{';
        for (const auto& [label, said] : of) {
            text_.push_back(std::exchange(separator, ','));
            add({label, "=\""});
            append_value(said);
            text_.push_back('"');
        }
        if (of.size() != 0) text_.push_back('}');
        text_.push_back(' ');
        append_number(value);
        text_.push_back('\n');
    }

    const std::string& text() const noexcept { return text_; }
    std::string take() noexcept { return std::move(text_); }

private:
    void add(std::initializer_list<std::string_view> parts) {
        for (const std::string_view part : parts) detail::append(text_, part);
    }
    void append_value(std::string_view said) {
        for (const char byte : metric_label(said)) {
            if (byte == '\\' || byte == '"') text_.push_back('\\');
            text_.push_back(byte);
        }
    }
    void append_number(double value) {
        if (value != value) return detail::append(text_, "NaN");
        if (value - value != 0) return detail::append(text_, value < 0 ? "-Inf" : "+Inf");
        // Counters as people write them: to_chars would make 1e+05 of a hundred thousand.
        constexpr double exact = 9007199254740992.0;
        char digits[detail::number_room];
        const bool whole =
            value >= 0 && value < exact && value == static_cast<double>(static_cast<std::uint64_t>(value));
        const std::size_t size = whole ? detail::write_unsigned(digits, static_cast<std::uint64_t>(value))
                                       : detail::write_number(digits, value);
        text_.append(digits, size);
    }

    std::string name_, text_;
};

} // namespace tenon

#endif
