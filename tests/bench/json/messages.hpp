#ifndef TENON_TESTS_BENCH_MESSAGES_HPP
#define TENON_TESTS_BENCH_MESSAGES_HPP

// The messages that the codecs are measured with, as plain structs shared by all of them, and their texts.
// `visit_members` is what a person would write out by hand for a library without reflection; it is inlined
// away, and gives all the libraries that need it the same shape of code.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// --- 150 bytes: a chat event ---

struct chat_event {
    std::int64_t id = 0;
    std::string room;
    std::string from_uid;
    std::string to_uid;
    std::string content;
    bool edited = false;
    std::int64_t sent_at = 0;
    double score = 0;
    bool operator==(const chat_event&) const = default;
};

// --- 1 KiB: a message with people, files and some text that needs escapes ---

struct person {
    std::int64_t id = 0;
    std::string uid;
    std::string name;
    std::vector<std::string> roles;
    bool operator==(const person&) const = default;
};

struct place {
    double latitude = 0;
    double longitude = 0;
    bool operator==(const place&) const = default;
};

struct attachment {
    std::string path;
    std::string mime;
    std::int64_t bytes = 0;
    std::string checksum;
    bool preview = false;
    bool operator==(const attachment&) const = default;
};

struct room_message {
    std::int64_t id = 0;
    std::string room;
    person from;
    std::string content;
    std::vector<attachment> files;
    std::vector<std::string> mentions;
    std::optional<std::int64_t> reply_to;
    std::optional<place> origin;
    bool edited = false;
    std::int64_t sent_at = 0;
    double spam_score = 0;
    bool operator==(const room_message&) const = default;
};

// --- 64 KiB: a page of records ---

struct record {
    std::int64_t id = 0;
    std::string name;
    std::string email;
    double price = 0;
    double ratio = 0;
    std::int32_t quantity = 0;
    bool active = false;
    std::optional<std::string> note;
    std::optional<std::int64_t> parent;
    bool operator==(const record&) const = default;
};

struct record_page {
    std::int64_t number = 0;
    std::string source;
    std::vector<record> records;
    bool operator==(const record_page&) const = default;
};

std::string chat_event_text();
std::string room_message_text();
std::string record_page_text();

/// The same text as Python's json.dumps would write it: a space behind every comma and colon.
std::string spaced(std::string_view compact);
/// The same text as from a map: Go and nlohmann/json sort the members by their names.
std::string sorted(std::string_view compact);

// --- members by name, for whoever has no reflection ---

template <class T>
inline constexpr bool is_struct = std::is_aggregate_v<T>;

template <class T, class Wanted> concept same = std::is_same_v<std::remove_const_t<T>, Wanted>;

template <same<chat_event> T, class Visit>
void visit_members(T& value, Visit&& visit) {
    visit("id", value.id);
    visit("room", value.room);
    visit("from_uid", value.from_uid);
    visit("to_uid", value.to_uid);
    visit("content", value.content);
    visit("edited", value.edited);
    visit("sent_at", value.sent_at);
    visit("score", value.score);
}

template <same<person> T, class Visit>
void visit_members(T& value, Visit&& visit) {
    visit("id", value.id);
    visit("uid", value.uid);
    visit("name", value.name);
    visit("roles", value.roles);
}

template <same<place> T, class Visit>
void visit_members(T& value, Visit&& visit) {
    visit("latitude", value.latitude);
    visit("longitude", value.longitude);
}

template <same<attachment> T, class Visit>
void visit_members(T& value, Visit&& visit) {
    visit("path", value.path);
    visit("mime", value.mime);
    visit("bytes", value.bytes);
    visit("checksum", value.checksum);
    visit("preview", value.preview);
}

template <same<room_message> T, class Visit>
void visit_members(T& value, Visit&& visit) {
    visit("id", value.id);
    visit("room", value.room);
    visit("from", value.from);
    visit("content", value.content);
    visit("files", value.files);
    visit("mentions", value.mentions);
    visit("reply_to", value.reply_to);
    visit("origin", value.origin);
    visit("edited", value.edited);
    visit("sent_at", value.sent_at);
    visit("spam_score", value.spam_score);
}

template <same<record> T, class Visit>
void visit_members(T& value, Visit&& visit) {
    visit("id", value.id);
    visit("name", value.name);
    visit("email", value.email);
    visit("price", value.price);
    visit("ratio", value.ratio);
    visit("quantity", value.quantity);
    visit("active", value.active);
    visit("note", value.note);
    visit("parent", value.parent);
}

template <same<record_page> T, class Visit>
void visit_members(T& value, Visit&& visit) {
    visit("number", value.number);
    visit("source", value.source);
    visit("records", value.records);
}

} // namespace bench

#endif
