#ifndef TENON_PACKAGES_FORMAT_MANIFEST_FINDING_HPP
#define TENON_PACKAGES_FORMAT_MANIFEST_FINDING_HPP

// What is to be said about a manifest: where, how bad it is, what it is, and what would be better.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/encode.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// With an error it is no manifest. A warning is likely a mistake. A note says how something was understood.
enum class finding_level { error, warning, note };

struct manifest_finding {
    std::string path; // "build.command[0]"; empty for the whole
    finding_level severity = finding_level::error;
    std::string message, hint;

    std::string sentence() const {
        const std::string said = path.empty() ? message : detail::join({path, ": ", message});
        return hint.empty() ? said : detail::join({said, "; ", hint});
    }
};

/// More are not kept: a manifest with so many is none, and a stranger's must not become a long list.
inline constexpr std::size_t most_findings = 100;

namespace detail {

class finding_list {
public:
    void add(finding_level severity, std::string_view path, std::string message, std::string hint = {}) {
        if (severity == finding_level::error) ++errors_;
        // An error is kept in any case: why something was refused must be said.
        if (full() && (severity != finding_level::error || errors_ > 1)) return;
        found_.push_back(
            {std::string(beginning_of(path, 200)), severity, std::move(message), std::move(hint)});
    }
    void error(std::string_view path, std::string message, std::string hint = {}) {
        add(finding_level::error, path, std::move(message), std::move(hint));
    }
    void warn(std::string_view path, std::string message, std::string hint = {}) {
        add(finding_level::warning, path, std::move(message), std::move(hint));
    }
    void note(std::string_view path, std::string message, std::string hint = {}) {
        add(finding_level::note, path, std::move(message), std::move(hint));
    }
    bool full() const noexcept { return found_.size() >= most_findings; }
    std::size_t errors() const noexcept { return errors_; }
    std::vector<manifest_finding> take() { return std::move(found_); }

private:
    std::vector<manifest_finding> found_;
    std::size_t errors_ = 0;
};

} // namespace detail

} // namespace tenon

#endif
