#ifndef TENON_CONFIG_CONFIG_WRITER_HPP
#define TENON_CONFIG_CONFIG_WRITER_HPP

// The other side of config/config_reader.hpp, with the same verbs: what walks through the keys of an object with
// one of them reads it, with the other writes it. An empty text or optional is left out.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/value.hpp>

#include <concepts>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

class config_writer {
public:
    explicit config_writer(json_writer& out) : out_(out) { out_.begin_object(); }
    config_writer(const config_writer&) = delete;
    config_writer& operator=(const config_writer&) = delete;
    ~config_writer() { out_.end_object(); }

    void text(std::string_view key, const std::string& value) {
        if (!value.empty()) member(key, value);
    }
    void text_or_null(std::string_view key, const std::string& value) { text(key, value); }
    void boolean(std::string_view key, bool value) { member(key, value); }
    void number(std::string_view key, double value, const auto&...) { member(key, value); }
    template <std::integral Number>
    void count(std::string_view key, Number value, const auto&...) {
        member(key, value);
    }
    template <std::integral Number>
    void count(std::string_view key, const std::optional<Number>& value, const auto&...) {
        if (value) member(key, *value);
    }
    void wait(std::string_view key, milliseconds value, const auto&...) { member(key, value); }
    template <class Word>
    void word(std::string_view key, Word value) {
        member(key, std::string(name_of(value)));
    }
    void texts(std::string_view key, const std::vector<std::string>& value, const auto&...) {
        member(key, value);
    }
    void text_map(std::string_view key, const std::map<std::string, std::string>& value) {
        member(key, value);
    }
    void patterns(std::string_view key, const std::vector<std::string>& value) { member(key, value); }
    template <class Value, class Write>
    void each_pattern(std::string_view key, const Value& all, const std::map<std::string, Value>& of,
                      Write write) {
        if (of.empty()) return write(*this, key, all);
        object(key, [&](config_writer& in) {
            write(in, "*", all);
            for (const auto& [pattern, value] : of) write(in, pattern, value);
        });
    }
    template <class Write>
    void object(std::string_view key, Write write) {
        out_.key(key);
        config_writer inner(out_);
        write(inner);
    }
    void any_object(std::string_view key, const json& value) {
        if (!value.is_null()) member(key, value);
    }
    /// An array of `count` objects; `write` is called with the writer of each and its place.
    template <class Write>
    void objects(std::string_view key, std::size_t count, Write write) {
        out_.key(key);
        out_.begin_array();
        for (std::size_t at = 0; at < count; ++at) {
            config_writer inner(out_);
            write(inner, at);
        }
        out_.end_array();
    }

private:
    template <class Value>
    void member(std::string_view key, const Value& value) {
        out_.key(key);
        detail::encode(out_, value);
    }

    json_writer& out_;
};

} // namespace tenon

#endif
