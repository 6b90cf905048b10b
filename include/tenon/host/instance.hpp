#ifndef TENON_HOST_INSTANCE_HPP
#define TENON_HOST_INSTANCE_HPP

// How a plugin runs: as a process, as an object within the host, as a peer that comes by itself. There is one instance for
// each plugin, through all its runs. When a run begins and ends is decided elsewhere (the supervisor decides, the actor
// carries it out); an instance knows how. Another way to run plugins is one more implementation.
//
// A run's link is handed over when it is opened, or comes later with plugin_actor::attach(). What is said goes over that
// link alone: no message passes through here.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/process/program_to_start.hpp>
#include <tenon/process/system_process.hpp>
#include <tenon/rules/logs/log_level.hpp>
#include <tenon/rules/logs/log_lines.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/session/messages.hpp>
#include <tenon/transport/asio_io.hpp>
#include <tenon/transport/link.hpp>
#include <tenon/transport/busy_poll.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

class child;

/// What an instance wants to know, and whom it tells: the actor. It owns the link, too.
class instance_owner : public link_owner {
public:
    virtual const executor& where() const noexcept = 0;
    virtual const plugin_options& options() const noexcept = 0;
    /// What keeps the loop awake for answers, or none.
    virtual std::shared_ptr<busy_poll> awake() const = 0;
    /// What the host puts into the environment of its plugins: "NAME=value".
    virtual std::vector<std::string> given_environment() = 0;
    /// Where plugins may connect, or empty.
    virtual std::string socket_path() const = 0;

    virtual void note(log_level level, std::string_view message) = 0;
    /// What the run wrote beside its messages; no bytes at the end.
    virtual void on_words(log_stream which, std::string_view bytes, time_point now) = 0;
    /// The run is over and reaped. Not from within open(), nor after retire().
    virtual void on_ended(const exit_status& status) = 0;

protected:
    ~instance_owner() = default;
};

class instance {
public:
    instance() = default;
    instance(const instance&) = delete;
    instance& operator=(const instance&) = delete;
    virtual ~instance() = default;

    /// By which rules its options are checked.
    virtual plugin_origin origin() const noexcept = 0;

    /// Whether a run is a program that is started, so that the host may be asked before it is: host::prepare_starts.
    virtual bool starts_program() const noexcept { return false; }
    /// Begins a run, of this program where it starts one. The link to it, or null where it will attach. A fault with
    /// codes::invalid_params would be the same the next time.
    virtual result<std::shared_ptr<link>> open(const program_to_start& program) = 0;
    /// Whether somebody who connects to the host's socket is this plugin.
    virtual result<void> admit(const attach_request& who) const = 0;
    /// Somebody who was admitted is connected.
    virtual void was_attached() {}

    /// Whether there is something that runs, whose end will be told. Without it a run is over with its link.
    virtual bool running() const noexcept { return false; }
    virtual void close_input() {}
    virtual void terminate() {}
    virtual void kill() {}

    /// Of its process; 0 where there is none.
    virtual int id() const noexcept { return 0; }
    virtual std::optional<process_usage> usage() const { return {}; }
    /// What its last run was held to, or was to be; nothing where it has no sandbox.
    virtual std::optional<sandbox_status> sandbox() const { return {}; }
    /// For who stops many processes side by side, without a loop; null where there is none.
    virtual child* process() noexcept { return nullptr; }

    /// Within on_ended(): hands on what it wrote and nobody has read yet.
    virtual void read_rest() {}
    /// At the end of on_ended(): nothing is left of this run.
    virtual void clear() {}
    /// Ends what runs, at once. Its owner hears nothing more.
    virtual void retire() {}
};

using instance_maker = std::function<std::shared_ptr<instance>(instance_owner& owner)>;

inline fault refused_to_attach(const plugin_options& options, std::string_view why) {
    return {codes::permission_denied, join({options.name, " ", why})};
}

} // namespace tenon::detail

#endif
