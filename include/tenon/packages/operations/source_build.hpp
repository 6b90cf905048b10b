#ifndef TENON_PACKAGES_OPERATIONS_SOURCE_BUILD_HPP
#define TENON_PACKAGES_OPERATIONS_SOURCE_BUILD_HPP

// Builds a plugin that is there as source, by the `build` of its manifest:
//
//     {"command": ["g++", "-O2", "plugin.cpp", "-o", "bin/plugin"], "inputs": ["plugin.cpp"], "outputs": ["bin/plugin"]}
//
// The command runs in a copy of the inputs, without a shell, in a session of its own, with its standard input closed, an
// environment of named variables and limits of time, output and resources. What it started ends with it, but for what took
// a session of its own (`setsid`, a daemon): that lives on, and the build's log says so. It runs as
// the host's user, with the network that the host has: so the folder has to be one that nobody else may write to. Only
// when all outputs are there do they take the place of those before.
//
// What was built is known by a key: a digest of the inputs' bytes, the command, the environment and the program that it
// names, by its path and its bytes. (It is not asked for its --version: a script may take that word for anything.) The
// same key and unchanged outputs build nothing.
//
// It blocks, for minutes maybe: package_compiler has a thread for it.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/opened_package.hpp>
#include <tenon/packages/format/package_conversion.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/format/package_path.hpp>
#include <tenon/packages/operations/discovery.hpp>
#include <tenon/packages/operations/system_build_folder.hpp>
#include <tenon/packages/operations/system_source_folder.hpp>
#include <tenon/packages/store/system_store_folder.hpp>
#include <tenon/process/child.hpp>
#include <tenon/process/system_launcher.hpp>
#include <tenon/process/system_program.hpp>
#include <tenon/rules/logs/log_lines.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/asio_io.hpp>
#include <tenon/transport/system_streams.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// Of what a build says, what a person needs to see why it failed.
inline constexpr std::size_t most_last_lines = 50;
/// A compiler that says more goes on saying the same.
inline constexpr std::size_t most_build_lines = 2'000;

struct build_options {
    file_trust trusted = {}; // without it nothing is built
    toml_reader toml = {};   // without it no plugin.toml is read
    /// Of the host's variables. PATH is there always; HOME and TMPDIR are folders of the build, unless they are named.
    std::vector<std::string> inherit_environment = {};
    resource_limits limits = {.cpu_seconds = 3'600}; // of each process
    source_limits sources = {};                      // of all inputs, and of all outputs
    milliseconds longest{1'800'000};                 // whatever the manifest says
    std::uint64_t most_output = std::uint64_t{16} << 20;
    std::uint64_t most_lines = 100'000; // short ones take longer to read than their bytes say
};

struct build_report {
    bool built = false; // false: it was built before, of the same
    std::string key = {};
    std::vector<std::string> last_lines = {};

    static constexpr auto describe() { return camel_case(); }
};

/// Who waits for a build, on the thread that builds.
struct build_watch {
    std::function<bool()> stopped = {}; // asked all the time
    std::function<void(log_level level, std::string line)> line = {};
};

/// Of the plugin in this folder. It is available afterwards, or this says why not.
result<build_report> build_source(const std::string& folder, const build_options& options,
                                  const build_watch& watch = {});

// ---- how it is done -------------------------------------------------------------------------------------------------

namespace detail {

inline fault build_fault(std::string message) {
    return package_fault(package_code::build, std::move(message));
}

using file_digests = std::map<std::string, std::string, std::less<>>;

/// What stands in .tenon-build/built.
struct build_record {
    std::string key = {};
    file_digests outputs = {};
};
inline constexpr std::size_t longest_build_record = std::size_t{4} << 20;

constexpr bool lies_at(std::string_view path, std::string_view place) noexcept {
    return path.starts_with(place) && (path.size() == place.size() || path[place.size()] == '/');
}
inline bool lies_at_one(std::string_view path, const std::vector<std::string>& places) noexcept {
    return std::any_of(places.begin(), places.end(),
                       [&](const std::string& place) { return lies_at(path, place); });
}

inline bool was_stopped(const build_watch& watch) { return watch.stopped && watch.stopped(); }

/// A command that runs, until it has ended.
class build_command {
public:
    using line_taker = std::function<void(log_level level, std::string_view line, std::string_view fields)>;

    build_command(launched&& made, const build_options& options, const build_watch& watch,
                  time_point deadline, line_taker line)
        : options_(options), watch_(watch), deadline_(deadline), line_(std::move(line)),
          lines_(log_options{.lines_per_second = 0}), output_(loop_), error_(loop_),
          wakes_(loop_.get_executor(), [this](time_point now) { look(now); }) {
        made.input.reset(); // it reads an end
        watch_stream(output_, made.output);
        watch_stream(error_, made.error);
        process_.emplace(loop_.get_executor(), std::move(made), [this](const exit_status&) { loop_.stop(); });
    }

    /// Why it did not do what it should; empty where it did.
    std::string run() {
        listen(output_, log_stream::output);
        listen(error_, log_stream::error);
        look(std::chrono::steady_clock::now());
        loop_.run();
        // What it said last may still be in its pipes. Who lives on and holds them is not waited for.
        for (int rounds = 0; rounds < 16; ++rounds) {
            drain(output_, log_stream::output);
            drain(error_, log_stream::error);
        }
        const time_point now = std::chrono::steady_clock::now();
        lines_.end(log_stream::output, now, line_);
        lines_.end(log_stream::error, now, line_);
        if (!cut_.empty()) return cut_;
        const exit_status& status = process_->status();
        return status == exit_status{exit_status::kind::exited, 0} ? std::string() : describe_exit(status);
    }
    bool stopped() const noexcept { return stopped_; }
    /// Something took a session of its own, and lives on. Who was killed may take the system a moment.
    bool left_behind() const {
        const time_point latest = after(std::chrono::steady_clock::now(), milliseconds{1'000});
        while (process_->left_behind()) {
            if (std::chrono::steady_clock::now() >= latest) return true;
            wait_for_end({}, after(std::chrono::steady_clock::now(), milliseconds{10}));
        }
        return false;
    }

private:
    // Often enough that nobody waits for it, and nothing beside a compiler.
    static constexpr milliseconds between_looks{50};

    static void watch_stream(asio::posix::stream_descriptor& by, descriptor& one) {
        asio::error_code failed;
        if (make_nonblocking(one.get())) by.assign(one.get(), failed);
        if (by.is_open()) one.release();
    }
    void look(time_point now) {
        stopped_ = stopped_ || was_stopped(watch_);
        if (stopped_) return cut("it was stopped");
        if (now >= deadline_) return cut("it took too long");
        wakes_.set(std::min(deadline_, after(now, between_looks)));
    }
    void cut(std::string why) {
        if (cut_.empty()) cut_ = std::move(why);
        process_->kill_group();
    }
    void listen(asio::posix::stream_descriptor& from, log_stream as) {
        from.async_wait(asio::posix::stream_descriptor::wait_read,
                        [this, &from, as](asio::error_code failed) {
                            if (!failed && drain(from, as)) listen(from, as);
                        });
    }
    /// False where nothing comes any more.
    bool drain(asio::posix::stream_descriptor& from, log_stream as) {
        std::array<char, 65'536> room;
        const transfer got = read_some(from.native_handle(), room);
        if (got.state != transfer_state::some) return got.state == transfer_state::would_block;
        said_ += got.count;
        if (said_ > options_.most_output) {
            cut(join({"it printed more than ", digits(options_.most_output), " bytes"}));
            return false;
        }
        said_lines_ += static_cast<std::uint64_t>(
            std::count(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got.count), '\n'));
        if (said_lines_ > options_.most_lines) {
            cut(join({"it printed more than ", digits(options_.most_lines), " lines"}));
            return false;
        }
        lines_.receive(as, std::string_view(room.data(), got.count), std::chrono::steady_clock::now(), line_);
        return true;
    }

    const build_options& options_;
    const build_watch& watch_;
    const time_point deadline_;
    line_taker line_;
    std::uint64_t said_ = 0, said_lines_ = 0;
    std::string cut_;
    bool stopped_ = false;
    log_lines lines_;
    asio::io_context loop_;
    asio::posix::stream_descriptor output_, error_;
    alarm wakes_;
    std::optional<child> process_;
};

/// One build of one folder.
class source_build {
public:
    source_build(const build_options& options, const build_watch& watch) : options_(options), watch_(watch) {}

    result<build_report> run(const std::string& folder) {
        auto outcome = prepare(folder);
        if (outcome) outcome = look_at_outputs() ? result<void>() : build();
        // A folder that cannot be cleaned up is cleaned up by the next build.
        if (own_) static_cast<void>(own_->end());
        if (outcome) outcome = look_at_result();
        if (!outcome) return std::move(outcome).error();
        return std::move(report_);
    }

private:
    result<void> prepare(const std::string& folder);
    result<void> read_build();
    result<void> list_inputs();
    result<void> find_program();
    result<void> build();
    result<void> run_command();
    /// True: they are what the build of this key made.
    bool look_at_outputs() const;
    result<void> look_at_result() const;
    std::vector<std::string> environment() const;
    /// What each of these files holds. It is copied below `part`, if there is one.
    result<file_digests> read_files(const source_folder& from, const std::vector<folder_file>& files,
                                    const std::string& part) const;
    result<std::string> key_of(const file_digests& inputs) const;
    std::string command_line() const;
    void say(log_level level, std::string_view words) const {
        if (watch_.line) watch_.line(level, join({"[build] ", name_, ": ", words}));
    }

    const build_options& options_;
    const build_watch& watch_;
    std::string path_, name_;
    package_build plan_;
    std::optional<source_folder> source_;
    std::optional<build_folder> own_;
    std::vector<folder_file> inputs_;
    std::string program_, identity_; // as it is run, and by what a change of it is seen
    build_report report_;
};

inline result<void> source_build::prepare(const std::string& folder) {
    path_ = resolved_path(folder);
    if (path_.empty()) return bad_source(folder, "there is no such folder");
    if (auto good = read_build(); !good) return good;
    auto source = source_folder::open(path_);
    if (!source) return std::move(source).error();
    source_.emplace(*std::move(source));
    if (auto good = list_inputs(); !good) return good;
    auto own = build_folder::open(path_);
    if (!own) return std::move(own).error();
    own_.emplace(*std::move(own));
    if (auto good = find_program(); !good) return good;
    auto inputs = read_files(*source_, inputs_, {});
    if (!inputs) return std::move(inputs).error();
    auto key = key_of(*inputs);
    if (!key) return std::move(key).error();
    report_.key = *std::move(key);
    return {};
}

inline result<void> source_build::read_build() {
    discovered_folder found = look_at_folder(path_, options_.toml);
    if (!found.manifest) return package_fault(package_code::manifest, std::move(found.why));
    name_ = found.manifest->name;
    const auto bad = [&](std::string_view why) {
        return package_fault(package_code::manifest, join({found.manifest_file, ": build", why}));
    };
    if (!found.manifest->build) return bad(": is missing, so it cannot be built");
    plan_ = *std::move(found.manifest->build);
    if (plan_.command.empty() || plan_.command.front().empty()) return bad(".command: expected a program");
    if (plan_.outputs.empty()) return bad(".outputs: expected the files that are built");
    std::vector<std::string> outputs;
    std::sort(plan_.outputs.begin(), plan_.outputs.end());
    for (std::string& one : plan_.outputs) {
        std::string_view flaw = flaw_of_path(one);
        if (is_manifest_name(one) || lies_at(one, build_folder_name)) flaw = "it is not for a build to make";
        if (!flaw.empty()) return bad(join({".outputs: \"", one, "\": ", flaw}));
        if (!lies_at_one(one, outputs)) outputs.push_back(std::move(one));
    }
    plan_.outputs = std::move(outputs);
    if (!options_.trusted)
        return package_fault(package_code::policy, "nothing is built here: there are no trusted directories");
    return must_be_trusted(options_.trusted, join({path_, "/", found.manifest_file}));
}

inline result<void> source_build::list_inputs() {
    auto listed = plan_.inputs.empty() ? source_->files(options_.sources)
                                       : source_->files_at(plan_.inputs, options_.sources);
    if (!listed) {
        fault why = std::move(listed).error();
        why.message = join({"its inputs: ", why.message});
        return why;
    }
    for (folder_file& one : *listed) {
        if (lies_at_one(one.path, plan_.outputs)) continue; // of a build before
        if (auto good = must_be_trusted(options_.trusted, join({path_, "/", one.path})); !good) return good;
        inputs_.push_back(std::move(one));
    }
    return {};
}

inline std::vector<std::string> source_build::environment() const {
    std::map<std::string, std::string> all;
    all["PATH"] = search_path_of({});
    all["LANG"] = "C.UTF-8";
    all["HOME"] = all["TMPDIR"] = own_->home_path();
    std::vector<std::string> names = options_.inherit_environment;
    names.emplace_back("PATH");
    for (const std::string& name : names)
        if (const char* const value = std::getenv(name.c_str())) all[name] = value;
    std::vector<std::string> entries;
    for (const auto& [name, value] : all) entries.push_back(join({name, "=", value}));
    return entries;
}

/// A name without a slash is looked for in PATH. One with a slash is a whole path, or that of an input.
inline result<void> source_build::find_program() {
    std::string_view name = plan_.command.front();
    if (name.find('/') == name.npos || name.front() == '/') {
        program_ = tenon::detail::find_program(std::string(name), search_path_of(environment()));
        if (program_.empty())
            return build_fault(join(
                {"there is no program \"", name, "\" in PATH, which is ", search_path_of(environment())}));
        identity_ = resolved_path(program_);
        auto file = file_source::open(identity_);
        if (!file) return {}; // it may be run and not read
        auto bytes = digest_of_source(*file);
        if (!bytes) return std::move(bytes).error();
        append(identity_, join({" ", bytes->text()}));
        return {};
    }
    while (name.starts_with("./")) name.remove_prefix(2);
    if (std::none_of(inputs_.begin(), inputs_.end(),
                     [&](const folder_file& one) { return one.path == name; }))
        return package_fault(package_code::manifest, join({"build.command: \"", plan_.command.front(),
                                                           "\" is not among its inputs"}));
    program_ = join({own_->copy_path(), "/", name});
    identity_ = name;
    return {};
}

inline result<file_digests> source_build::read_files(const source_folder& from,
                                                     const std::vector<folder_file>& files,
                                                     const std::string& part) const {
    file_digests all;
    std::uint64_t left = options_.sources.bytes; // a file may have grown since it was listed
    for (const folder_file& file : files) {
        descriptor copy;
        if (!part.empty()) {
            auto made = own_->create(part, file.path, file.executable);
            if (!made) return std::move(made).error();
            copy = *std::move(made);
        }
        digest_maker maker;
        auto read = from.read_pieces(file.path, left, [&](std::string_view piece) -> result<void> {
            if (was_stopped(watch_)) return fault{codes::cancelled, "it was stopped"};
            if (copy && !wrote_all(copy.get(), piece)) return disk_fault(file.path);
            left -= piece.size();
            maker.add(piece);
            return {};
        });
        if (!read) return std::move(read).error();
        auto content = maker.end();
        if (!content) return std::move(content).error();
        all.emplace(file.path, join({content->text(), file.executable ? " x" : " -"}));
    }
    return all;
}

inline result<std::string> source_build::key_of(const file_digests& inputs) const {
    digest_maker maker;
    // Each with its length, so that no two lists of words have the same bytes.
    const auto add = [&](std::string_view word) { maker.add(join({digits(word.size()), " ", word, "\n"})); };
    const auto add_all = [&](const std::vector<std::string>& words) {
        add(join({digits(words.size())}));
        for (const std::string& word : words) add(word);
    };
    add(this_platform());
    add(identity_);
    add_all(plan_.command);
    add_all(plan_.outputs);
    add_all(environment());
    for (const auto& [path, content] : inputs) {
        add(path);
        add(content);
    }
    auto key = maker.end();
    if (!key) return std::move(key).error();
    return key->text();
}

inline bool source_build::look_at_outputs() const {
    const auto text = source_->read(join({build_folder_name, "/built"}), longest_build_record);
    if (!text) return false;
    const auto record = from_json<build_record>(*text);
    if (!record || record->key != report_.key) return false;
    const auto files = source_->files_at(plan_.outputs, options_.sources);
    if (!files) return false;
    const auto outputs = read_files(*source_, *files, {});
    return outputs && *outputs == record->outputs;
}

inline result<void> source_build::build() {
    if (auto good = own_->begin(); !good) return good;
    // Of the copies, which nobody else changes: what the key says is what is built.
    auto inputs = read_files(*source_, inputs_, "copy");
    if (!inputs) return std::move(inputs).error();
    auto key = key_of(*inputs);
    if (!key) return std::move(key).error();
    report_.key = *std::move(key);
    for (const std::string& output : plan_.outputs)
        if (auto good = own_->make_parents("copy", output); !good) return good;
    if (auto good = run_command(); !good) return good;

    auto copy = source_folder::open(own_->copy_path());
    if (!copy) return std::move(copy).error();
    auto files = copy->files_at(plan_.outputs, options_.sources);
    if (!files) return build_fault(join({"its outputs: ", files.error().message}));
    for (const std::string& output : plan_.outputs)
        if (std::none_of(files->begin(), files->end(),
                         [&](const folder_file& one) { return lies_at(one.path, output); }))
            return build_fault(join({"its outputs: \"", output, "\": there is no file in it"}));
    auto outputs = read_files(*copy, *files, "made");
    if (!outputs) return std::move(outputs).error();
    const build_record record{report_.key, *std::move(outputs)};
    if (auto good = own_->take_over(plan_.outputs, to_json(record)); !good) return good;
    report_.built = true;
    return {};
}

inline std::string source_build::command_line() const {
    std::string line;
    for (const std::string& word : plan_.command) append(line, join({line.empty() ? "" : " ", word}));
    return shortened(line);
}

inline result<void> source_build::run_command() {
    launch_spec spec{.command = plan_.command,
                     .directory = own_->copy_path(),
                     .environment = environment(),
                     .limits = options_.limits};
    spec.command.front() = program_;
    say(log_level::info, command_line());
    auto started = launch(spec);
    if (!started) return build_fault(std::move(started).error().message);

    std::size_t lines = 0;
    const auto take_line = [&](log_level level, std::string_view line, std::string_view) {
        if (report_.last_lines.size() == most_last_lines)
            report_.last_lines.erase(report_.last_lines.begin());
        report_.last_lines.emplace_back(shortened(line));
        if (++lines < most_build_lines) say(level, line);
        else if (lines == most_build_lines) say(log_level::warn, "it says more than is shown");
    };
    const milliseconds allowed = std::min(milliseconds(plan_.timeout_ms), options_.longest);
    build_command command(*std::move(started), options_, watch_,
                          after(std::chrono::steady_clock::now(), allowed), take_line);
    std::string why = command.run();
    if (command.left_behind())
        say(log_level::warn, "something that it started has taken a session of its own and lives on");
    if (why.empty()) return {};
    if (command.stopped()) return fault{codes::cancelled, std::move(why)};
    why = join({command_line(), ": ", why});
    say(log_level::error, why);
    if (!report_.last_lines.empty()) append(why, ". It said last:");
    for (const std::string& line : report_.last_lines) append(why, join({"\n", line}));
    return build_fault(std::move(why));
}

inline result<void> source_build::look_at_result() const {
    discovered_folder now = look_at_folder(path_, options_.toml);
    if (now.state == folder_state::available) return {};
    if (now.state == folder_state::source_only) // to be built again is what would not help
        now.why = flaw_of_entry(*source_, *now.manifest, now.manifest->entry_for(this_platform()));
    return build_fault(join({"it was built, and cannot be run: ", now.why}));
}

} // namespace detail

inline result<build_report> build_source(const std::string& folder, const build_options& options,
                                         const build_watch& watch) {
    return detail::source_build(options, watch).run(folder);
}

} // namespace tenon

#endif
