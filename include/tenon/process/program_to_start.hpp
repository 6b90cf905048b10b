#ifndef TENON_PROCESS_PROGRAM_TO_START_HPP
#define TENON_PROCESS_PROGRAM_TO_START_HPP

// What a plugin's process is started from, as the host is told just before it does (host::prepare_starts). A program may be
// an open file instead of a path: what was looked at is what is run then, whatever stands at the path by now.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/rules/options.hpp>
#include <tenon/rules/state.hpp>
#include <tenon/transport/system_streams.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

namespace detail {

/// By which this process opens an open file of its own once more.
inline std::string path_of_open_file(int number) {
    return join({"/proc/self/fd/", digits(static_cast<std::uint64_t>(number))});
}

} // namespace detail

/// An open file that is a program, or what a program reads first. Nobody should be able to write it:
/// packages/store/system_sealed_image.hpp makes such ones.
class program_image {
public:
    /// Its number has to be above 2: the first three are the plugin's streams.
    explicit program_image(detail::descriptor file) noexcept : file_(std::move(file)) {}
    int number() const noexcept { return file_.get(); }
    /// How a process that was given it (program_to_start::given) opens it.
    std::string path() const { return detail::path_of_open_file(number()); }

private:
    detail::descriptor file_;
};

struct program_to_start {
    std::vector<std::string> command = {};           // in the place of the options'; theirs where it is empty
    std::shared_ptr<const program_image> image = {}; // is run in the place of the file that the command names
    std::shared_ptr<const program_image> given = {}; // stays open in the program, under the same number
    std::optional<start_level> level = {};           // for the status
};

/// Is asked before a process is started: host::prepare_starts. `options` are there for as long as it is called.
using start_ready = std::function<void(result<program_to_start> program)>;
using start_gate = std::function<void(const plugin_options& options, start_ready ready)>;

} // namespace tenon

#endif
