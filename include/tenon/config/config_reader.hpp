#ifndef TENON_CONFIG_CONFIG_READER_HPP
#define TENON_CONFIG_CONFIG_READER_HPP

// Reads an object that a person wrote, key by key, and forgives nothing: what is wrong is said with the path of the
// key, in the words of the file.
//
//     tenon::config_reader in(view, "plugins[2]");
//     in.text("name", name);
//     in.object("restart", [&](tenon::config_reader& restart) { restart.number("jitter", jitter); });
//     return in.finish(); // plugins[2].restart.jiter: unknown key; did you mean "jitter"?
//
// What is not there keeps what it was. Each key that may be there is asked for, once; what was not asked for is refused
// by finish(), and a key that is there twice as well. All that is wrong is said, a line each (rules/option_words.hpp),
// but for a key that is missing where an unknown one is almost it. A text may be secret and is quoted only where one of
// a few words was expected; numbers are.
// The view's text must outlive the reader. An error in the JSON itself is not looked for here.

#include <tenon/core/nearest_name.hpp>
#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/value.hpp>
#include <tenon/rules/events/event_names.hpp>
#include <tenon/rules/option_words.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

// The text of a configuration as JSON. Mistakes are told to a person with an editor: by line and column, which are counted
// from 1, the column in characters.
//
//     line 3, column 24: expected a member's name, got '}': is there a comma too many before it?

namespace detail {

inline std::string place_in_text(std::string_view text, std::size_t offset) {
    std::uint64_t line = 1, column = 1;
    for (std::size_t at = 0; at < offset && at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte == '\n') ++line, column = 1;
        else if ((byte & 0xC0) != 0x80) ++column;
    }
    return join({"line ", digits(line), ", column ", digits(column)});
}

/// What stands there, and a hint where it is what people often write in JSON by mistake.
inline std::string what_stands_at(std::string_view text, std::size_t offset) {
    const std::string_view rest = text.substr(offset < text.size() ? offset : text.size());
    if (rest.empty()) return ", got the end of the file";
    std::size_t size = 1;
    while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0) == 0x80) ++size;
    std::string got = join({", got '", quotable(rest.substr(0, size)), "'"});
    std::string_view hint;
    if (rest.starts_with("//") || rest.starts_with("/*") || rest[0] == '#') hint = ": JSON has no comments";
    else if (rest[0] == '\'') hint = ": JSON has double quotes alone";
    else if (rest[0] == '}' || rest[0] == ']' || rest[0] == ',') {
        const std::size_t before = text.substr(0, offset).find_last_not_of(" \t\r\n");
        if (before != text.npos && text[before] == ',') hint = ": is there a comma too many before it?";
    } else if (rest[0] == '"') {
        const std::size_t before = text.substr(0, offset).find_last_not_of(" \t\r\n");
        if (before != text.npos && text[before] != ',' && text[before] != '{')
            hint = ": is there a comma missing before it?";
    }
    return join({got, hint});
}

} // namespace detail

inline result<json> parse_config(std::string_view text) {
    json_reader in(text);
    std::string_view whole;
    if (in.read_slice(whole) && in.finish()) return json::parse(whole);
    const std::size_t offset = in.failed_offset();
    const std::string wrong = in.complaint();
    const bool about_next = wrong.starts_with("expected") || wrong.starts_with("not a JSON");
    return fault{in.error().code,
                 detail::join({detail::place_in_text(text, offset), ": ", wrong,
                               about_next ? detail::what_stands_at(text, offset) : std::string()})};
}

class config_reader {
public:
    explicit config_reader(json_view view, std::string path = {})
        : path_(std::move(path)), complaints_(&own_complaints_) {
        take(view);
    }
    config_reader(const config_reader&) = delete;
    config_reader& operator=(const config_reader&) = delete;

    const std::string& path() const noexcept { return path_; }
    std::string path_of(std::string_view key) const {
        return path_.empty() ? std::string(key) : detail::join({path_, ".", key});
    }

    /// Whether it is there and not null.
    bool has(std::string_view key) const {
        const entry* const found = find(key);
        return found != nullptr && !found->value.is_null();
    }
    void refuse(std::string_view key, std::string_view words) { complain(path_of(key), words); }
    void refuse_missing(std::string_view key) { complaints_->missing.push_back(path_of(key)); }

    void text(std::string_view key, std::string& into, const auto&...) {
        if (const auto value = take(key, json_kind::string)) into = *value->as<std::string>();
    }
    /// Null means: as if it were not there.
    void text_or_null(std::string_view key, std::string& into) {
        if (has(key)) text(key, into);
        else static_cast<void>(take_any(key));
    }
    void boolean(std::string_view key, bool& into) {
        if (const auto value = take(key, json_kind::boolean)) into = value->text() == "true";
    }
    void number(std::string_view key, double& into, const auto&...) {
        if (const auto value = take(key, json_kind::number)) into = value->as<double>().value_or(into);
    }
    /// Whole, and within its type.
    template <std::integral Number>
    void count(std::string_view key, Number& into, const auto&...) {
        if (const auto value = take(key, json_kind::number)) read_count(path_of(key), *value, "", into);
    }
    template <std::integral Number>
    void count(std::string_view key, std::optional<Number>& into, const auto&...) {
        if (has(key)) count(key, into.emplace());
        else static_cast<void>(take_any(key));
    }
    /// Whole milliseconds, none of them negative, and no more than a year.
    void wait(std::string_view key, milliseconds& into, const auto&...) {
        const auto value = take(key, json_kind::number);
        if (!value) return;
        std::int64_t read = into.count();
        if (!read_count(path_of(key), *value, " ms", read)) return;
        if (read < 0) refuse(key, detail::join({"expected at least 0 ms, got ", shown(*value)}));
        else if (milliseconds(read) > detail::longest_wait)
            refuse(key, detail::join({"expected at most a year, got ", shown(*value), " ms"}));
        else into = milliseconds(read);
    }
    /// One of an enum's words.
    template <class Word>
    void word(std::string_view key, Word& into) {
        const auto value = take(key, json_kind::string);
        if (!value) return;
        const std::string read = *value->as<std::string>();
        if (detail::find_enum(read, into)) return;
        constexpr const auto& known = detail::enum_names<Word>;
        std::string words = "expected ";
        for (std::size_t at = 0; at < known.size(); ++at)
            detail::append(words, detail::join({at == 0                  ? "\""
                                                : at + 1 == known.size() ? " or \""
                                                                         : ", \"",
                                                known[at].name, "\""}));
        refuse(key, detail::join({words, ", got \"", detail::quotable(read), "\""}));
    }

    void texts(std::string_view key, std::vector<std::string>& into, const auto&...) {
        const auto value = take(key, json_kind::array);
        if (!value) return;
        const std::string list = path_of(key);
        std::size_t at = 0;
        into.clear();
        for (const json_view item : elements_of(*value))
            if (is(item, json_kind::string, detail::item_path(list, at++)))
                into.push_back(*item.as<std::string>());
    }
    void text_map(std::string_view key, std::map<std::string, std::string>& into) {
        object(key, [&](config_reader& in) {
            into.clear();
            for (entry& one : in.entries_) {
                one.asked = true;
                const std::string name = detail::quotable(one.key);
                if (!in.is(one.value, json_kind::string, in.path_of(name))) continue;
                if (!into.emplace(one.key, *one.value.as<std::string>()).second)
                    in.refuse(name, "is there twice");
            }
        });
    }
    template <class Read>
    void object(std::string_view key, Read read) {
        const auto value = take(key, json_kind::object);
        if (!value) return;
        config_reader inner(*value, path_of(key), complaints_);
        read(inner);
        inner.refuse_unknown();
    }
    /// Null is a mistake: what is written down is meant to be there.
    template <class Value, class Read>
    void optional_object(std::string_view key, std::optional<Value>& into, Read read) {
        object(key, [&](config_reader& in) { read(in, into.emplace()); });
    }
    /// true, false, or in an object which.
    template <class Read>
    void boolean_or_object(std::string_view key, bool& all, bool, Read read) {
        const entry* const found = find(key);
        const json_kind kind = found == nullptr ? json_kind::boolean : found->value.kind();
        if (kind == json_kind::object) return object(key, read);
        if (kind == json_kind::boolean) return boolean(key, all);
        static_cast<void>(take_any(key));
        refuse(key, detail::join({"expected true, false or an object, got ", detail::name_of(kind)}));
    }
    /// An array of objects, each of which is read into one of them.
    template <class Value, class Read>
    void list(std::string_view key, std::vector<Value>& into, Read read) {
        if (has(key)) into.clear();
        objects(key, [&](config_reader& in, std::size_t) { read(in, into.emplace_back()); });
    }
    template <std::integral Number>
    void counts(std::string_view key, std::vector<Number>& into, const auto&...) {
        const auto value = take(key, json_kind::array);
        if (!value) return;
        const std::string list_path = path_of(key);
        into.clear();
        for (const json_view item : elements_of(*value)) {
            const std::string path = detail::item_path(list_path, into.size());
            if (is(item, json_kind::number, path)) read_count(path, item, "", into.emplace_back());
        }
    }
    /// At least one of them: an object that says nothing, or of none, is a mistake.
    template <std::integral Number>
    void some_counts(std::string_view key, std::vector<Number>& into, std::string_view of, const auto&...) {
        const entry* const found = find(key);
        const bool none = found == nullptr
                              ? entries_.empty()
                              : found->value.kind() == json_kind::array && elements_of(found->value).empty();
        counts(key, into);
        if (none) refuse(key, detail::join({"expected at least one ", of}));
    }
    /// An array of objects; `read` is called with the reader of each and its place.
    template <class Read>
    void objects(std::string_view key, Read read) {
        const auto value = take(key, json_kind::array);
        if (!value) return;
        const std::string list = path_of(key);
        std::size_t at = 0;
        for (const json_view item : elements_of(*value)) {
            config_reader inner(item, detail::item_path(list, at), complaints_);
            read(inner, at++);
            inner.refuse_unknown();
        }
    }
    /// One value for all, or an object with one for each pattern of event types; "*" is for all others. `read` is called
    /// with a reader, a key and where it belongs.
    template <class Value, class Read>
    void each_pattern(std::string_view key, Value& all, std::map<std::string, Value>& of, Read read) {
        const entry* const found = find(key);
        if (found == nullptr || found->value.kind() != json_kind::object) return read(*this, key, all);
        object(key, [&](config_reader& in) {
            of.clear();
            for (entry& one : in.entries_) {
                one.asked = true;
                if (!detail::is_event_pattern(one.key)) {
                    in.complain(in.path_, detail::join({"expected ", detail::an_event_pattern, ", got \"",
                                                        detail::quotable(one.key), "\""}));
                    continue;
                }
                read(in, one.key, one.key == "*" ? all : of.emplace(one.key, all).first->second);
            }
        });
    }
    /// A list of patterns of event types; true is all of them and false none.
    void patterns(std::string_view key, std::vector<std::string>& into) {
        const entry* const found = find(key);
        const json_kind kind = found == nullptr ? json_kind::array : found->value.kind();
        if (kind == json_kind::array) return texts(key, into);
        if (kind != json_kind::boolean) {
            static_cast<void>(take_any(key));
            return refuse(key,
                          detail::join({"expected true, false or an array of patterns of event types, got ",
                                        detail::name_of(kind)}));
        }
        bool all = false;
        boolean(key, all);
        into = all ? std::vector<std::string>{"*"} : std::vector<std::string>();
    }
    /// An object of anybody's, taken as it is; null means: as if it were not there.
    void any_object(std::string_view key, json& into) {
        if (has(key)) {
            if (const auto value = take(key, json_kind::object)) into = json(*value);
        } else {
            static_cast<void>(take_any(key));
        }
    }
    /// For what has a reader of its own, as a list of plugins; null where it is not there.
    json_view any(std::string_view key) {
        const entry* const found = take_any(key);
        return found == nullptr ? json_view() : found->value;
    }

    result<void> finish() { return take_mistakes().finish(); }
    /// The same for a caller that adds mistakes of its own. After all keys, and once.
    mistakes take_mistakes() {
        refuse_unknown();
        for (const std::string& path : complaints_->missing)
            if (!blames(path)) complaints_->found.add(path, "missing");
        return complaints_->found;
    }
    /// Whether something is wrong that this may follow from.
    bool blames(std::string_view path) const {
        const auto& meant = complaints_->meant;
        return complaints_->found.knows(path) || std::find(meant.begin(), meant.end(), path) != meant.end();
    }

private:
    struct entry {
        std::string key;
        json_view value;
        bool asked = false;
    };
    struct complaints {
        mistakes found;
        std::vector<std::string> missing; // paths
        std::vector<std::string> meant;   // paths that unknown keys are almost
    };

    config_reader(json_view view, std::string path, complaints* shared)
        : path_(std::move(path)), complaints_(shared) {
        take(view);
    }

    void complain(std::string_view path, std::string_view words) { complaints_->found.add(path, words); }
    bool is(json_view value, json_kind kind, std::string_view path) {
        if (value.kind() == kind) return true;
        complain(path,
                 detail::join({"expected ", detail::name_of(kind), ", got ", detail::name_of(value.kind())}));
        return false;
    }
    void take(json_view view) {
        if (!is(view, json_kind::object, path_)) return;
        json_reader in(view.text());
        std::string_view key;
        in.enter_object();
        while (in.next_member(key)) {
            entry& made = entries_.emplace_back();
            made.key = key;
            if (!made.value.read(in)) break;
        }
    }
    const entry* find(std::string_view key) const {
        for (const entry& one : entries_)
            if (one.key == key) return &one;
        return nullptr;
    }
    entry* take_any(std::string_view key) {
        known_.push_back(key);
        entry* found = nullptr;
        for (entry& one : entries_) {
            if (one.key != key) continue;
            if (found != nullptr) refuse(key, "is there twice");
            one.asked = true;
            if (found == nullptr) found = &one;
        }
        return found;
    }
    std::optional<json_view> take(std::string_view key, json_kind kind) {
        const entry* const found = take_any(key);
        if (found == nullptr || !is(found->value, kind, path_of(key))) return {};
        return found->value;
    }
    static std::vector<json_view> elements_of(json_view array) {
        return array.as<std::vector<json_view>>().value_or({});
    }
    static std::string shown(json_view number) { return detail::quotable(number.text()); }

    template <std::integral Number>
    bool read_count(std::string_view path, json_view value, std::string_view unit, Number& into) {
        if (const auto read = value.as<Number>()) {
            into = *read;
            return true;
        }
        const std::string_view text = value.text();
        const bool whole = text.find_first_of(".eE") == text.npos;
        const bool below = whole && text.front() == '-';
        using limits = std::numeric_limits<Number>;
        if (!whole) complain(path, detail::join({"expected a whole number, got ", shown(value), unit}));
        else
            complain(path, detail::join({"expected at ", below ? "least " : "most ",
                                         detail::signed_digits(below ? limits::min() : limits::max()), unit,
                                         ", got ", shown(value)}));
        return false;
    }
    void refuse_unknown() {
        for (entry& one : entries_) {
            if (std::exchange(one.asked, true)) continue;
            const std::string_view meant = detail::nearest_name(one.key, known_);
            std::string words = "unknown key";
            if (!meant.empty()) {
                words = detail::join({words, "; did you mean \"", meant, "\"?"});
                complaints_->meant.push_back(path_of(meant));
            }
            complain(path_of(detail::quotable(one.key)), words);
        }
    }

    std::string path_;
    std::vector<entry> entries_;
    std::vector<std::string_view> known_; // keys as they were asked for: literals of the caller
    complaints own_complaints_;
    complaints* complaints_;
};

} // namespace tenon

#endif
