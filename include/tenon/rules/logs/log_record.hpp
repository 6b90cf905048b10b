#ifndef TENON_RULES_LOGS_LOG_RECORD_HPP
#define TENON_RULES_LOGS_LOG_RECORD_HPP

// One finished line of a plugin's or the host's log. Its texts are clean: valid UTF-8, one line, nothing that a
// terminal would act on, secrets masked. As JSON:
//
//     {"time":1700000000000,"level":"warn","plugin":"echo","pid":12,"generation":1,"source":"stderr",
//      "message":"disk almost full","fields":{"free":3}}
//
// Where a record is from does not depend on what the plugin wrote: plugin, pid, generation and source come from the
// connection.

#include <tenon/rules/json_text.hpp>
#include <tenon/session/answers.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace tenon {

struct log_record {
    std::int64_t unix_ms = 0;
    log_level level = log_level::info;
    std::string plugin = {};
    int pid = 0;
    std::uint64_t generation = 0;
    std::string source = {}; // "stderr", "stdout", "plugin" (it called host/log) or "host"
    std::string message = {};
    json_text fields = {}; // an object, or empty

    static constexpr auto describe() {
        return camel_case(member("time", &log_record::unix_ms),
                          member("fields", &log_record::fields, omit_empty));
    }
};

inline std::size_t bytes_held(const log_record& record) noexcept {
    return record.plugin.size() + record.source.size() + record.message.size() + record.fields.size();
}

} // namespace tenon

#endif
