#ifndef TENON_HOST_LOG_CLEAN_HPP
#define TENON_HOST_LOG_CLEAN_HPP

// stand-in
#include <tenon/host/options.hpp>
#include <tenon/session/answers.hpp>

#include <string_view>

namespace tenon::detail {

struct log_message {
    log_level level = log_level::info;
    std::string_view text = {};
    std::string_view fields = {};
    bool cut = false;
};

class log_cleaner {
public:
    explicit log_cleaner(const log_options&) {}
    log_message clean_line(std::string_view line, bool cut) { return {log_level::info, line, {}, cut}; }
    log_message clean_message(log_level level, std::string_view text, std::string_view fields) {
        return {level, text, fields, false};
    }
};

} // namespace tenon::detail

#endif
