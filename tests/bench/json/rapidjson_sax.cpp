#include "codec.hpp"

#if __has_include(<rapidjson/reader.h>)

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <cstring>

// RapidJSON's events, put into the structs by a handler for each message as one writes it by hand: Key() says
// which member comes next, the value's event stores it.

namespace bench {

namespace {

using rapidjson::SizeType;

/// What the handlers share: an integer arrives as any of four events.
template <class Handler>
struct events : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
    Handler& self() { return static_cast<Handler&>(*this); }
    bool Int(int value) { return self().integer(value); }
    bool Uint(unsigned value) { return self().integer(value); }
    bool Int64(std::int64_t value) { return self().integer(value); }
    bool Uint64(std::uint64_t value) {
        return value <= INT64_MAX && self().integer(static_cast<std::int64_t>(value));
    }
    bool Default() { return false; }
};

struct text_key {
    const char* data;
    SizeType size;
    template <std::size_t Size>
    bool is(const char (&name)[Size]) const {
        return size == Size - 1 && std::memcmp(data, name, Size - 1) == 0;
    }
};

struct chat_event_handler : events<chat_event_handler> {
    enum slot { none, id, room, from_uid, to_uid, content, edited, sent_at, score };
    chat_event& out;
    slot next = none;
    unsigned seen = 0;

    explicit chat_event_handler(chat_event& target) : out(target) {}
    bool take(slot member) { return seen |= 1u << member, next = member, true; }
    bool Key(const char* data, SizeType size, bool) {
        const text_key key{data, size};
        if (key.is("id")) return take(id);
        if (key.is("room")) return take(room);
        if (key.is("from_uid")) return take(from_uid);
        if (key.is("to_uid")) return take(to_uid);
        if (key.is("content")) return take(content);
        if (key.is("edited")) return take(edited);
        if (key.is("sent_at")) return take(sent_at);
        return key.is("score") && take(score);
    }
    bool integer(std::int64_t value) {
        switch (next) {
        case id: out.id = value; return true;
        case sent_at: out.sent_at = value; return true;
        case score: out.score = static_cast<double>(value); return true;
        default: return false;
        }
    }
    bool Double(double value) { return next == score && (out.score = value, true); }
    bool Bool(bool value) { return next == edited && (out.edited = value, true); }
    bool String(const char* data, SizeType size, bool) {
        switch (next) {
        case room: out.room.assign(data, size); return true;
        case from_uid: out.from_uid.assign(data, size); return true;
        case to_uid: out.to_uid.assign(data, size); return true;
        case content: out.content.assign(data, size); return true;
        default: return false;
        }
    }
    bool StartObject() { return true; }
    bool EndObject(SizeType) { return seen == 0x1FE; }
};

struct room_message_handler : events<room_message_handler> {
    enum slot {
        none,
        id,
        room,
        from,
        content,
        files,
        mentions,
        reply_to,
        origin,
        edited,
        sent_at,
        spam_score,
        from_id,
        from_uid,
        from_name,
        from_roles,
        latitude,
        longitude,
        path,
        mime,
        bytes,
        checksum,
        preview
    };
    enum place_in { outside, message, in_from, in_file, in_origin };
    room_message& out;
    slot next = none;
    place_in level = outside;

    explicit room_message_handler(room_message& target) : out(target) {}
    bool take(slot member) { return next = member, true; }
    bool Key(const char* data, SizeType size, bool) {
        const text_key key{data, size};
        switch (level) {
        case message:
            if (key.is("id")) return take(id);
            if (key.is("room")) return take(room);
            if (key.is("from")) return take(from);
            if (key.is("content")) return take(content);
            if (key.is("files")) return take(files);
            if (key.is("mentions")) return take(mentions);
            if (key.is("reply_to")) return take(reply_to);
            if (key.is("origin")) return take(origin);
            if (key.is("edited")) return take(edited);
            if (key.is("sent_at")) return take(sent_at);
            return key.is("spam_score") && take(spam_score);
        case in_from:
            if (key.is("id")) return take(from_id);
            if (key.is("uid")) return take(from_uid);
            if (key.is("name")) return take(from_name);
            return key.is("roles") && take(from_roles);
        case in_file:
            if (key.is("path")) return take(path);
            if (key.is("mime")) return take(mime);
            if (key.is("bytes")) return take(bytes);
            if (key.is("checksum")) return take(checksum);
            return key.is("preview") && take(preview);
        case in_origin:
            if (key.is("latitude")) return take(latitude);
            return key.is("longitude") && take(longitude);
        default: return false;
        }
    }
    bool integer(std::int64_t value) {
        switch (next) {
        case id: out.id = value; return true;
        case from_id: out.from.id = value; return true;
        case bytes: out.files.back().bytes = value; return true;
        case reply_to: out.reply_to = value; return true;
        case sent_at: out.sent_at = value; return true;
        default: return Double(static_cast<double>(value));
        }
    }
    bool Double(double value) {
        switch (next) {
        case spam_score: out.spam_score = value; return true;
        case latitude: out.origin->latitude = value; return true;
        case longitude: out.origin->longitude = value; return true;
        default: return false;
        }
    }
    bool Bool(bool value) {
        switch (next) {
        case edited: out.edited = value; return true;
        case preview: out.files.back().preview = value; return true;
        default: return false;
        }
    }
    bool String(const char* data, SizeType size, bool) {
        switch (next) {
        case room: out.room.assign(data, size); return true;
        case content: out.content.assign(data, size); return true;
        case from_uid: out.from.uid.assign(data, size); return true;
        case from_name: out.from.name.assign(data, size); return true;
        case from_roles: out.from.roles.emplace_back(data, size); return true;
        case mentions: out.mentions.emplace_back(data, size); return true;
        case path: out.files.back().path.assign(data, size); return true;
        case mime: out.files.back().mime.assign(data, size); return true;
        case checksum: out.files.back().checksum.assign(data, size); return true;
        default: return false;
        }
    }
    bool StartObject() {
        if (level == outside) return level = message, true;
        if (level != message) return false;
        switch (next) {
        case from: level = in_from; return true;
        case origin:
            out.origin.emplace();
            level = in_origin;
            return true;
        case files:
            out.files.emplace_back();
            level = in_file;
            return true;
        default: return false;
        }
    }
    bool EndObject(SizeType) {
        next = level == in_file ? files : none;
        level = level == message ? outside : message;
        return true;
    }
    bool StartArray() { return next == files || next == mentions || next == from_roles; }
    bool EndArray(SizeType) { return next = none, true; }
};

struct record_page_handler : events<record_page_handler> {
    enum slot {
        none,
        number,
        source,
        records,
        id,
        name,
        email,
        price,
        ratio,
        quantity,
        active,
        note,
        parent
    };
    enum place_in { outside, page, in_record };
    record_page& out;
    record* current = nullptr;
    slot next = none;
    place_in level = outside;

    explicit record_page_handler(record_page& target) : out(target) {}
    bool take(slot member) { return next = member, true; }
    bool Key(const char* data, SizeType size, bool) {
        const text_key key{data, size};
        if (level == page) {
            if (key.is("number")) return take(number);
            if (key.is("source")) return take(source);
            return key.is("records") && take(records);
        }
        if (key.is("id")) return take(id);
        if (key.is("name")) return take(name);
        if (key.is("email")) return take(email);
        if (key.is("price")) return take(price);
        if (key.is("ratio")) return take(ratio);
        if (key.is("quantity")) return take(quantity);
        if (key.is("active")) return take(active);
        if (key.is("note")) return take(note);
        return key.is("parent") && take(parent);
    }
    bool integer(std::int64_t value) {
        switch (next) {
        case number: out.number = value; return true;
        case id: current->id = value; return true;
        case parent: current->parent = value; return true;
        case quantity:
            current->quantity = static_cast<std::int32_t>(value);
            return value >= INT32_MIN && value <= INT32_MAX;
        default: return Double(static_cast<double>(value));
        }
    }
    bool Double(double value) {
        switch (next) {
        case price: current->price = value; return true;
        case ratio: current->ratio = value; return true;
        default: return false;
        }
    }
    bool Bool(bool value) { return next == active && (current->active = value, true); }
    bool String(const char* data, SizeType size, bool) {
        switch (next) {
        case source: out.source.assign(data, size); return true;
        case name: current->name.assign(data, size); return true;
        case email: current->email.assign(data, size); return true;
        case note: current->note.emplace(data, size); return true;
        default: return false;
        }
    }
    bool StartObject() {
        if (level == outside) return level = page, true;
        if (level != page || next != records) return false;
        current = &out.records.emplace_back();
        level = in_record;
        return true;
    }
    bool EndObject(SizeType) {
        next = level == in_record ? records : none;
        level = level == in_record ? page : outside;
        return true;
    }
    bool StartArray() { return next == records; }
    bool EndArray(SizeType) { return next = none, true; }
};

// The reader takes its allocator by pointer and clears nothing between texts, so one is kept.
rapidjson::Reader reader;

template <class T, class Handler>
struct sax {
    static bool parse(std::string_view text, T& value) {
        Handler handler(value);
        rapidjson::MemoryStream stream(text.data(), text.size());
        return !reader.Parse<rapidjson::kParseFullPrecisionFlag>(stream, handler).IsError();
    }
};

} // namespace

library rapidjson_sax_library() {
    return {"RapidJSON SAX", codec_of<sax<chat_event, chat_event_handler>, chat_event>(),
            codec_of<sax<room_message, room_message_handler>, room_message>(),
            codec_of<sax<record_page, record_page_handler>, record_page>()};
}

} // namespace bench

#endif
