#ifndef TENON_JSON_VALUE_HPP
#define TENON_JSON_VALUE_HPP

// JSON whose type is not known yet, kept as the text that it is. `json` owns its text, `json_view` borrows it
// (from a message, so it is valid only as long as that is). The text has been checked; converting it to a
// type happens on demand and costs one pass:
//
//     tenon::json any = tenon::json::of(values);
//     auto numbers = any.as<std::vector<int>>();          // result<std::vector<int>>
//     std::string_view name = any["user"]["name"].text(); // "null" where there is none
//
// Looking up a member walks the text from its start. To read many members, read a struct.

#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>

#include <string>
#include <string_view>

namespace tenon {

class json_view {
public:
    json_view() = default;

    std::string_view text() const noexcept { return text_; }
    json_kind kind() const noexcept { return detail::kind_of(text_.front()); }
    bool is_null() const noexcept { return kind() == json_kind::null; }

    template <class T>
    result<T> as(json_origin origin = {}) const {
        return from_json<T>(text_, origin);
    }
    /// The string without its quotes, unescaped into `scratch` where it has to be; empty if this is no string.
    std::string_view as_text(std::string& scratch) const {
        json_reader in(text_);
        std::string_view plain;
        return kind() == json_kind::string && in.read_text(plain, scratch) ? plain : std::string_view();
    }

    /// The member or element, or null where there is none.
    json_view operator[](std::string_view name) const;
    json_view operator[](std::size_t index) const;

    /// How the typed decoder fills one. The reader's text must outlive it.
    bool read(json_reader& in) { return in.read_slice(text_); }

private:
    friend class json;
    std::string_view text_ = "null";
};

class json {
public:
    json() : text_("null") {}
    explicit json(json_view view) : text_(view.text()) {}
    json(const json& other) = default;
    json(json&& other) noexcept : json() {
        text_.swap(other.text_);
    } // what is moved from is null, not no JSON
    json& operator=(const json& other) = default;
    json& operator=(json&& other) noexcept {
        text_.swap(other.text_);
        return *this;
    }

    static result<json> parse(std::string_view text) { return from_json<json>(text); }

    template <class T>
    static json of(const T& value) {
        json made;
        made.text_ = to_json(value);
        return made;
    }

    const std::string& text() const noexcept { return text_; }
    json_view view() const noexcept {
        json_view borrowed;
        borrowed.text_ = text_;
        return borrowed;
    }
    json_kind kind() const noexcept { return view().kind(); }
    bool is_null() const noexcept { return view().is_null(); }

    template <class T>
    result<T> as(json_origin origin = {}) const {
        return from_json<T>(text_, origin);
    }

    json_view operator[](std::string_view name) const { return view()[name]; }
    json_view operator[](std::size_t index) const { return view()[index]; }

    bool read(json_reader& in) {
        std::string_view slice;
        if (!in.read_slice(slice)) return false;
        text_ = slice;
        return true;
    }

private:
    std::string text_;
};

inline json_view json_view::operator[](std::string_view name) const {
    json_view found;
    json_reader in(text_);
    if (kind() != json_kind::object || !in.enter_object()) return found;
    std::string_view key;
    while (in.next_member(key)) {
        if (key == name) return found.read(in), found;
        if (!in.skip_value()) break;
    }
    return found;
}

inline json_view json_view::operator[](std::size_t index) const {
    json_view found;
    json_reader in(text_);
    if (kind() != json_kind::array || !in.enter_array()) return found;
    while (in.next_element()) {
        if (index-- == 0) return found.read(in), found;
        if (!in.skip_value()) break;
    }
    return found;
}

} // namespace tenon

#endif
