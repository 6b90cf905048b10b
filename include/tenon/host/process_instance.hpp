#ifndef TENON_HOST_PROCESS_INSTANCE_HPP
#define TENON_HOST_PROCESS_INSTANCE_HPP

// A plugin that is a process of its own. It is spoken with over its standard streams, or over the host's socket: then it
// is given a token, connects by itself, and its standard output is nothing but words.

#include <tenon/core/text.hpp>
#include <tenon/host/attached_instance.hpp>
#include <tenon/host/instance.hpp>
#include <tenon/host/socket/attach_token.hpp>
#include <tenon/process/child.hpp>
#include <tenon/process/system_launcher.hpp>
#include <tenon/process/system_process.hpp>
#include <tenon/process/system_sandboxed.hpp>
#include <tenon/transport/descriptor_link.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

class process_instance final : public instance, public std::enable_shared_from_this<process_instance> {
public:
    explicit process_instance(instance_owner& owner) : owner_(&owner) {}

    plugin_origin origin() const noexcept override { return plugin_origin::process; }
    bool starts_program() const noexcept override { return true; }
    inline result<std::shared_ptr<link>> open(const program_to_start& program) override;
    inline result<void> admit(const attach_request& who) const override;
    void was_attached() override { token_.use(); }

    bool running() const noexcept override { return child_ != nullptr; }
    void close_input() override { input_.reset(); }
    void terminate() override {
        if (child_) child_->terminate_group();
    }
    void kill() override {
        if (child_) child_->kill_group();
    }
    int id() const noexcept override { return child_ ? child_->pid() : 0; }
    std::optional<process_usage> usage() const override {
        return child_ ? usage_of(child_->pid()) : std::nullopt;
    }
    std::optional<sandbox_status> sandbox() const override { return sandbox_; }
    child* process() noexcept override { return child_.get(); }

    void read_rest() override {
        if (errors_) errors_->finish();
        if (output_) output_->finish();
    }
    void clear() override {
        token_.withdraw();
        input_.reset();
        if (child_ && child_->left_behind()) look_for_survivors(child_->pid(), child_->release_guard());
        child_.reset();
    }
    void retire() override {
        owner_ = nullptr;
        errors_.reset();
        output_.reset();
        input_.reset();
        child_.reset(); // kills and reaps
    }

private:
    bool over_socket() const noexcept { return owner_->options().channel == plugin_channel::socket; }
    result<void> prepare();
    result<launched> start(launch_spec spec);
    std::vector<std::string> environment() const;
    std::shared_ptr<link> connect(launched& started);
    std::unique_ptr<byte_reader> read_lines(descriptor from, log_stream which);
    void look_for_survivors(int pid, descriptor guard);

    instance_owner* owner_; // null: nobody is told anything any more
    std::unique_ptr<child> child_;
    std::unique_ptr<byte_reader> errors_;
    std::unique_ptr<byte_reader> output_; // of one that speaks over the socket
    descriptor input_;                    // the same: it holds it open until it is to stop
    attach_token token_;
    std::optional<sandbox_status> sandbox_; // of the last start
};

inline result<std::shared_ptr<link>> process_instance::open(const program_to_start& program) {
    if (const auto good = prepare(); !good) return good.error();
    const plugin_options& options = owner_->options();
    auto started = start({.command = program.command.empty() ? options.command : program.command,
                          .image = program.image ? program.image->number() : -1,
                          .given = program.given ? program.given->number() : -1,
                          .directory = options.directory,
                          .environment = environment(),
                          .limits = options.limits});
    if (!started) return started.error();
    errors_ = read_lines(std::move(started->error), log_stream::error);
    auto connection = connect(*started);
    child_ = std::make_unique<child>(owner_->where(), std::move(*started), [this](const exit_status& status) {
        if (owner_ != nullptr) owner_->on_ended(status);
    });
    return connection;
}

/// In its sandbox, where it has one.
inline result<launched> process_instance::start(launch_spec spec) {
    const plugin_options& options = owner_->options();
    sandbox_.reset();
    if (!has_sandbox(options)) return launch(spec);
    const kernel_facts kernel = facts_of_kernel();
    const sandbox_status effect = effect_of(*options.sandbox, kernel);
    // Until it runs nothing holds it, and there is to say what would be missing.
    if (!effect.missing.empty()) sandbox_ = effect;
    const auto sandbox = prepare_sandbox(options, spec, kernel);
    if (!sandbox) return sandbox.error();
    if (const std::string missing = what_is_missing(effect); !missing.empty())
        owner_->note(log_level::warn, join({"its sandbox is not whole: ", missing}));
    for (const std::string& one : sandbox->left_out())
        owner_->note(log_level::warn, join({"its sandbox leaves out ", one}));
    spec.limits = sandbox->limits();
    spec.within = &*sandbox;
    auto started = launch(spec);
    if (started) sandbox_ = sandbox->status();
    return started;
}

inline result<void> process_instance::prepare() {
    if (over_socket() && owner_->socket_path().empty())
        return fault{codes::unavailable,
                     "it is to connect to the host's socket, and the host does not listen on one"};
    if (over_socket() && !token_.renew())
        return fault{codes::unavailable, "the system has no random bytes for its token"};
    return {};
}

inline std::vector<std::string> process_instance::environment() const {
    const plugin_options& options = owner_->options();
    std::vector<std::string> all = owner_->given_environment();
    const auto has = [&](std::string_view name) {
        return std::any_of(all.begin(), all.end(), [&](const std::string& entry) {
            return entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=';
        });
    };
    if (over_socket()) {
        all.push_back(join({"TENON_SOCKET=", owner_->socket_path()}));
        all.push_back(join({"TENON_TOKEN=", token_.text()}));
    }
    for (const auto& [name, value] : options.environment)
        if (!has(name)) all.push_back(join({name, "=", value}));
    for (const std::string& name : options.inherit_environment) {
        const char* value = std::getenv(name.c_str());
        // A sandbox shuts it out of the host's home, and programs take a home that they may not read for a fault.
        if (name == "HOME" && has_sandbox(options))
            value = options.directory.empty() ? nullptr : options.directory.c_str();
        if (value != nullptr && !has(name)) all.push_back(join({name, "=", value}));
    }
    return all;
}

inline std::shared_ptr<link> process_instance::connect(launched& started) {
    const plugin_options& options = owner_->options();
    descriptor input = std::move(started.input), output = std::move(started.output);
    if (over_socket()) { // it will connect
        input_ = std::move(input);
        output_ = read_lines(std::move(output), log_stream::output);
        return nullptr;
    }
    auto made =
        descriptor_link::open(owner_->where(), session_role::host, options.connection, *owner_,
                              std::move(output), std::move(input), options.write_timeout, owner_->awake());
    if (options.framing == plugin_framing::lines) made->peer().use_framing(framing_rule::lines);
    return made;
}

inline std::unique_ptr<byte_reader> process_instance::read_lines(descriptor from, log_stream which) {
    return std::make_unique<byte_reader>(owner_->where(), std::move(from),
                                         [this, which](std::string_view bytes, time_point now) {
                                             if (owner_ != nullptr) owner_->on_words(which, bytes, now);
                                         });
}

inline result<void> process_instance::admit(const attach_request& who) const {
    if (!child_) return admit_by_hand(owner_->options(), who);
    if (!over_socket())
        return refused_to_attach(owner_->options(), "was started by the host, and is spoken with over pipes");
    return token_.judge(who.token);
}

/// Killing its session takes the system a moment. Who is still there after that has left it, and is not ours to end.
inline void process_instance::look_for_survivors(int pid, descriptor guard) {
    const auto timer = std::make_shared<asio::steady_timer>(owner_->where(), milliseconds{250});
    timer->async_wait(
        [timer, pid, guard = std::move(guard), weak = weak_from_this()](const asio::error_code& error) {
            const auto self = weak.lock();
            if (error || !self || self->owner_ == nullptr || nobody_holds_other_end(guard.get())) return;
            self->owner_->note(log_level::warn,
                               join({"something that its process ", digits(static_cast<std::uint64_t>(pid)),
                                     " started has taken a session of its own and lives on"}));
        });
}

} // namespace tenon::detail

#endif
