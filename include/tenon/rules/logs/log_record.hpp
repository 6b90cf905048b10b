#ifndef TENON_RULES_LOGS_LOG_RECORD_HPP
#define TENON_RULES_LOGS_LOG_RECORD_HPP

// One finished line of a plugin's or the host's log. Its texts are clean: valid UTF-8, one line, nothing that a
// terminal would act on, secrets masked. As JSON:
//
//     {"time":1700000000000,"level":"warn","plugin":"echo","pid":12,"generation":1,"source":"stderr",
//      "message":"disk almost full","fields":{"free":3}}
//
// A record never says who it is from by what the plugin wrote: plugin, pid, generation and source come from the
// connection.

#include <tenon/json/value.hpp>
#include <tenon/session/answers.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace tenon {

struct log_record {
    std::int64_t unix_ms = 0;
    log_level level = log_level::info;
    std::string plugin = {};
    int pid = 0;
    std::uint64_t generation = 0;
    std::string source = {}; // "stderr", "stdout", "plugin" (it called host/log) or "host"
    std::string message = {};
    std::string fields = {}; // a JSON object as text, or empty
};

namespace detail {

/// How a record looks in JSON: its fields are an object there and no text.
struct log_record_form {
    std::int64_t unix_ms = 0;
    log_level level = log_level::info;
    std::string plugin = {};
    int pid = 0;
    std::uint64_t generation = 0;
    std::string source = {}, message = {};
    std::optional<json> fields = {};

    static constexpr auto describe() {
        using self = log_record_form;
        return members(member("time", &self::unix_ms), member("level", &self::level),
                       member("plugin", &self::plugin), member("pid", &self::pid),
                       member("generation", &self::generation), member("source", &self::source),
                       member("message", &self::message), member("fields", &self::fields));
    }
};

} // namespace detail

template <>
struct json_codec<log_record> {
    static bool read(json_reader& in, log_record& value) {
        detail::log_record_form form;
        if (!detail::decode(in, form)) return false;
        value = {.unix_ms = form.unix_ms,
                 .level = form.level,
                 .plugin = std::move(form.plugin),
                 .pid = form.pid,
                 .generation = form.generation,
                 .source = std::move(form.source),
                 .message = std::move(form.message),
                 .fields = form.fields ? form.fields->text() : std::string()};
        return true;
    }
    static void write(json_writer& out, const log_record& value) {
        out.begin_object();
        out.key("time");
        out.integer(value.unix_ms);
        out.key("level");
        detail::encode(out, value.level);
        out.key("plugin");
        out.string(value.plugin);
        out.key("pid");
        out.integer(value.pid);
        out.key("generation");
        out.unsigned_integer(value.generation);
        out.key("source");
        out.string(value.source);
        out.key("message");
        out.string(value.message);
        if (!value.fields.empty()) {
            out.key("fields");
            out.raw(value.fields);
        }
        out.end_object();
    }
};

} // namespace tenon

#endif
