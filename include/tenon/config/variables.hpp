#ifndef TENON_CONFIG_VARIABLES_HPP
#define TENON_CONFIG_VARIABLES_HPP

// Puts variables into the texts of a configuration:
//
//     "adminToken": "${TENON_ADMIN_TOKEN}"         the variable's value, which has to be there
//     "folder":     "${HOME:-/tmp}/data"           or what stands behind :-, where it is not there or empty
//     "pattern":    "$${HOME}"                     is ${HOME}: no variable is looked for
//
// Only within string values, never in keys, numbers or the shape of the file: what a variable holds is a text whatever
// it is, and a `${` in it is not looked at again. A `$` that stands for itself needs nothing. Which paths hold what
// came from a variable is kept, since that may be secret; a complaint has the name of a variable and never a value.
// Nothing is read from the environment here: the caller says where variables come from.
//
// keep_variables() is the way back, for a configuration that is written down.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/result.hpp>
#include <tenon/rules/option_words.hpp>
#include <tenon/json/value.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// A variable's value, or nothing where no variable has that name.
using variable_lookup = std::function<std::optional<std::string>(const std::string& name)>;

/// A shorter value is too often the same as another text by chance: "true", "8080".
inline constexpr std::size_t shortest_reference = 8;

/// How texts that may be secret were written: {"a secret": "${TOKEN}", "Bearer a secret": "Bearer ${TOKEN}"}.
using variable_references = std::map<std::string, std::string, std::less<>>;

struct expanded_config {
    json value = {};
    std::vector<std::string> from_variables = {}; // paths: "plugins[2].env.TOKEN"
    std::vector<std::string> values = {};         // what was put in there, for a log's masks
    variable_references references = {}; // of the longer ones, and of the whole texts that they are in
};

namespace detail {

inline bool is_variable_name(std::string_view name) noexcept {
    for (const char byte : name) {
        const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
        if (!letter && (byte < '0' || byte > '9')) return false;
    }
    return !name.empty() && (name[0] < '0' || name[0] > '9');
}

class variable_expansion {
public:
    explicit variable_expansion(const variable_lookup& lookup) : lookup_(lookup), out_(buffer_) {}

    result<expanded_config> run(json_view config) {
        json_reader in(config.text());
        if (!walk(in)) return in.error();
        if (!wrong_.none()) return wrong_.finish().error();
        auto value = json::parse(buffer_.view());
        if (!value) return value.error();
        made_.value = std::move(*value);
        return std::move(made_);
    }

private:
    /// Copies what comes next. Not deeper than the reader goes, which has checked the text before.
    bool walk(json_reader& in) {
        std::string_view text;
        switch (in.peek()) {
        case json_kind::object: return walk_object(in);
        case json_kind::array: return walk_array(in);
        case json_kind::string:
            if (!in.read_text(text, scratch_)) break;
            return write_text(text);
        default:
            if (!in.read_slice(text)) break;
            out_.raw(text);
            return true;
        }
        return false;
    }
    bool walk_object(json_reader& in) {
        out_.begin_object();
        in.enter_object();
        const std::size_t length = path_.size();
        std::string_view key;
        while (in.next_member(key)) {
            out_.key(key);
            if (length != 0) path_.push_back('.');
            append(path_, quotable(key));
            if (!walk(in)) return false;
            path_.resize(length);
        }
        out_.end_object();
        return true;
    }
    bool walk_array(json_reader& in) {
        out_.begin_array();
        in.enter_array();
        const std::size_t length = path_.size();
        for (std::size_t at = 0; in.next_element(); ++at) {
            append(path_, item_path("", at));
            if (!walk(in)) return false;
            path_.resize(length);
        }
        out_.end_array();
        return true;
    }

    bool write_text(std::string_view text) {
        std::string whole;
        bool any = false;
        has_long_one_ = false;
        for (std::size_t at = 0;;) {
            const std::size_t dollar = text.find("${", at);
            append(whole, text.substr(at, dollar == text.npos ? text.npos : dollar - at));
            if (dollar == text.npos) break;
            if (dollar > at && text[dollar - 1] == '$') { // the second one of two: `whole` ends in the first
                whole.push_back('{');
                at = dollar + 2;
                continue;
            }
            const std::size_t end = text.find('}', dollar);
            if (end == text.npos) {
                wrong_.add(path_, "a variable has no end: expected } behind ${");
                break;
            }
            put(text.substr(dollar + 2, end - dollar - 2), whole);
            any = true;
            at = end + 1;
        }
        if (any) made_.from_variables.push_back(path_);
        if (has_long_one_) made_.references.emplace(whole, text);
        out_.string(whole);
        return true;
    }
    /// "NAME" or "NAME:-otherwise".
    void put(std::string_view said, std::string& whole) {
        const std::size_t otherwise = said.find(":-");
        const std::string name(said.substr(0, otherwise));
        if (!is_variable_name(name))
            return wrong_.add(path_,
                              join({"expected a variable's name in ${...}, got \"", quotable(name), "\""}));
        std::optional<std::string> value = lookup_ ? lookup_(name) : std::nullopt;
        if (otherwise != said.npos) {
            if (!value || value->empty()) return append(whole, said.substr(otherwise + 2));
        } else if (!value) {
            return wrong_.add(path_, join({"the variable ", quotable(name), " is not set, and there is no ${",
                                           quotable(name), ":-...} in its place"}));
        }
        append(whole, *value);
        if (value->empty()) return;
        if (value->size() >= shortest_reference) {
            has_long_one_ = true;
            made_.references.emplace(*value, join({"${", said, "}"}));
        }
        made_.values.push_back(std::move(*value));
    }

    const variable_lookup& lookup_;
    byte_buffer buffer_;
    json_writer out_;
    expanded_config made_;
    std::string path_, scratch_;
    bool has_long_one_ = false; // in the text that is being written
    mistakes wrong_;
};

} // namespace detail

inline result<expanded_config> expand_variables(json_view config, const variable_lookup& lookup) {
    return detail::variable_expansion(lookup).run(config);
}

namespace detail {

/// A text that stands for itself when variables are put in.
inline std::string without_variables(std::string_view text) {
    std::string escaped;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at, 2) == "${") escaped.push_back('$');
        escaped.push_back(text[at]);
    }
    return escaped;
}

} // namespace detail

/// `config` as it may be written down. `written` is what stood there so far, and `expanded` what became of that: where a
/// text is still the one that came from a variable, `written` stays, so that no secret is written, nor frozen. One that was
/// copied to somewhere else, and is one of `references` as a whole, becomes the reference.
inline json keep_variables(json_view config, json_view written, json_view expanded,
                           const variable_references& references = {}) {
    switch (config.kind()) {
    case json_kind::object: {
        using parts = std::map<std::string, json_view>;
        auto members = config.as<std::map<std::string, json>>().value_or({});
        const auto before = written.as<parts>().value_or({}), became = expanded.as<parts>().value_or({});
        for (auto& [key, one] : members) {
            const auto stood = before.find(key), held = became.find(key);
            one = keep_variables(one.view(), stood == before.end() ? json_view() : stood->second,
                                 held == became.end() ? json_view() : held->second, references);
        }
        return json::of(members);
    }
    case json_kind::array: {
        using parts = std::vector<json_view>;
        auto elements = config.as<std::vector<json>>().value_or({});
        auto before = written.as<parts>().value_or({}), became = expanded.as<parts>().value_or({});
        before.resize(elements.size());
        became.resize(elements.size());
        for (std::size_t at = 0; at != elements.size(); ++at)
            elements[at] = keep_variables(elements[at].view(), before[at], became[at], references);
        return json::of(elements);
    }
    case json_kind::string: {
        std::string scratch, other;
        const std::string_view text = config.as_text(other);
        if (expanded.kind() == json_kind::string && written.kind() == json_kind::string &&
            expanded.as_text(scratch) == text)
            return json(written);
        const auto known = references.find(text);
        return json::of(known == references.end() ? detail::without_variables(text) : known->second);
    }
    default: return json(config);
    }
}

} // namespace tenon

#endif
