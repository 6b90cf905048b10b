#ifndef REFERENCE_COMMAND_LINE_LOG_WRITER_HPP
#define REFERENCE_COMMAND_LINE_LOG_WRITER_HPP

// Lines on stderr, in colour only on a terminal and without NO_COLOR. Whoever reads them may stand still (a pager, a full
// pipe, Ctrl-S): a thread of its own waits for that, a bounded queue loses its oldest lines and says how many.

#include <tenon/host/logs/log_record.hpp>

#include <memory>
#include <string>

namespace reference {

/// "14:46:23 warn  moderator: disk almost full", without an end of line.
std::string log_line(const tenon::log_record& record, bool colour);
bool has_colour(int descriptor);

class log_writer {
public:
    log_writer();
    log_writer(const log_writer&) = delete;
    log_writer& operator=(const log_writer&) = delete;
    /// What waits gets half a second more.
    ~log_writer();

    void write(std::string line);
    void write(const tenon::log_record& record) { write(log_line(record, colour_)); }

private:
    struct queue;
    std::shared_ptr<queue> queue_; // the thread may outlive this, where nobody reads
    bool colour_;
};

} // namespace reference

#endif
