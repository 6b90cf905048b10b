#ifndef TENON_PROCESS_START_FAULT_HPP
#define TENON_PROCESS_START_FAULT_HPP

// Why a program could not be started, in words that a person can act on: what was tried, what the system said,
// and what about the file explains it. The facts are gathered in process/system_program.hpp; nothing here asks the
// system, so every sentence has a test.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::detail {

/// What was being done for the child when it failed.
enum class launch_step : std::uint8_t {
    describe,      // what was asked for makes no sense
    descriptors,   // pipes, a handle on the process
    fork,          // a new process
    session,       // its own session and process group
    parent_death,  // to end with the host
    streams,       // its stdin, stdout and stderr
    closing,       // every other descriptor
    directory,     // its working directory
    limits,        // resource limits
    privileges,    // to gain none any more
    sandbox_files, // to be held to its files, ports and processes
    sandbox_calls, // to be held to its system calls
    program,       // to become the program
};

enum class file_kind : std::uint8_t { missing, unreachable, regular, folder, other };

/// What a look at one file says.
struct file_facts {
    std::string path = {};
    file_kind kind = file_kind::missing;
    std::string culprit = {}; // missing, unreachable: the first part of the path that is
    bool dangling_link = false;
    std::string mode = {};  // "0644"
    std::string owner = {}; // "alice"
    bool executable = false;
    bool on_noexec_mount = false;
    bool empty = false;
};

struct program_facts {
    file_facts file = {};
    bool is_script = false;
    file_facts interpreter = {};           // what the first line of a script names, or an ELF file's loader
    bool interpreter_named = false;        // there is one
    bool interpreter_ends_in_cr = false;   // the script has lines as on Windows
    std::string interpreter_argument = {}; // what its first line says behind that
    std::string machine = {};              // an ELF file's
    std::string host_machine = {};
    std::string user = {}; // who we are: "alice"
};

struct start_failure {
    launch_step step = launch_step::program;
    int error = 0;               // errno
    std::string error_text = {}; // of the system
    std::string program = {};
    std::string directory = {}; // step directory
    bool from_image = false;    // its bytes are an open file's, not what stands at its path
    bool sandboxed = false;
    std::string detail = {};  // a sentence's end that is known already
    program_facts facts = {}; // step program
};

/// ": why", about a file that had to be run and could not; empty if the file looks right.
inline std::string why_not(const file_facts& file, std::string_view user) {
    switch (file.kind) {
    case file_kind::missing:
        if (file.dangling_link) return join({file.culprit, " is a symbolic link to nothing"});
        return file.culprit == file.path ? "there is no such file" : join({"there is no ", file.culprit});
    case file_kind::unreachable: return join({"user ", user, " may not look into ", file.culprit});
    case file_kind::folder: return "it is a directory";
    case file_kind::other: return "it is not a regular file";
    case file_kind::regular: break;
    }
    if (!file.executable)
        return join({"its mode is ", file.mode, " and its owner ", file.owner, ", so user ", user,
                     " may not execute it"});
    if (file.on_noexec_mount) return "it is on a file system that is mounted noexec";
    return {};
}

/// What is wrong with what a good file asks for.
inline std::string why_not(const program_facts& facts) {
    std::string why = why_not(facts.file, facts.user);
    if (!why.empty()) return why;
    if (facts.file.empty) return "the file is empty";
    if (facts.interpreter_named) {
        const std::string_view what =
            facts.is_script ? "the interpreter that its first line names, " : "the loader that it asks for, ";
        if (facts.interpreter_ends_in_cr)
            return "its first line ends in CR LF, as on Windows, so the system looks for an interpreter with "
                   "a "
                   "CR in its name";
        why = why_not(facts.interpreter, facts.user);
        if (!why.empty()) return join({what, facts.interpreter.path, ", cannot be run: ", why});
    } else if (facts.is_script) {
        return "its first line begins with #! but names no interpreter";
    } else if (facts.machine.empty()) {
        return "it is neither a program of this system nor a script whose first line is #! and an "
               "interpreter";
    }
    if (!facts.machine.empty() && facts.machine != facts.host_machine)
        return join({"it is a program for ", facts.machine, ", this machine is ", facts.host_machine});
    return {};
}

inline std::string_view attempt_of(launch_step step) noexcept {
    switch (step) {
    case launch_step::descriptors: return "making its pipes";
    case launch_step::fork: return "making a process";
    case launch_step::session: return "giving it a session of its own";
    case launch_step::parent_death: return "tying it to this process";
    case launch_step::streams: return "connecting its standard streams";
    case launch_step::closing: return "closing what it must not inherit";
    case launch_step::limits: return "setting its limits";
    case launch_step::privileges: return "keeping it from gaining privileges";
    case launch_step::sandbox_files: return "holding it to the files of its sandbox";
    case launch_step::sandbox_calls: return "holding it to the system calls of its sandbox";
    case launch_step::describe:
    case launch_step::directory:
    case launch_step::program: break;
    }
    return {};
}

inline fault explain(const start_failure& failure) {
    std::string text = join({"cannot start ", failure.program.empty() ? "the plugin" : failure.program,
                             failure.from_image ? " from its image" : ""});
    if (failure.step == launch_step::directory) append(text, join({" in ", failure.directory}));
    if (const auto attempt = attempt_of(failure.step); !attempt.empty()) append(text, join({": ", attempt}));
    if (!failure.error_text.empty()) append(text, join({": ", failure.error_text}));
    std::string why = failure.detail;
    if (why.empty() && failure.step == launch_step::program && failure.from_image && failure.facts.is_script)
        why = "it is a script, which its interpreter has to open by a path";
    if (why.empty() && failure.step == launch_step::program) why = why_not(failure.facts);
    if (why.empty() && failure.step == launch_step::program && failure.sandboxed)
        why = "its sandbox may not let it be executed, or its interpreter";
    if (!why.empty()) append(text, join({": ", why}));
    return {codes::unavailable, std::move(text)};
}

} // namespace tenon::detail

#endif
