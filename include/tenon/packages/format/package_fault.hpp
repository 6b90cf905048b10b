#ifndef TENON_PACKAGES_FORMAT_PACKAGE_FAULT_HPP
#define TENON_PACKAGES_FORMAT_PACKAGE_FAULT_HPP

// Why something about packages was refused, in one word for programs beside the sentence for people. The word travels
// in the fault's data: {"code":"policy"}. Where somebody has to agree first, what he is asked stands there, too:
// {"code":"needs_consent","consent":{"permissions":["users:kick"],"signers":[]}}.

#include <tenon/core/result.hpp>
#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

enum class package_code {
    manifest,      // plugin.json says what it may not
    policy,        // what is configured about trust does not let it in
    permission,    // the one who asks may not
    unknown,       // there is no such package, version or operation
    busy,          // an operation on this package is under way
    exists,        // under this name or version there is another one
    needs_consent, // it asks for more than was granted, or comes from others than before
    needed,        // another package needs it
    too_large,     // more than a limit allows
    hostile,       // an archive that is made to be read in two ways, or to break out
    unverified,    // badly signed, or changed
    dependency,    // what it needs cannot be had
    config,        // its configuration is not what its manifest allows, or its plugin refuses it
    start,         // its plugin did not come up
    disk,          // full, read-only, or broken
    build,         // its sources could not be built
};

/// What has to be agreed to before an operation goes on.
struct package_consent {
    std::vector<std::string> permissions, signers;

    bool empty() const noexcept { return permissions.empty() && signers.empty(); }
};

constexpr std::string_view word_of(package_code code) noexcept { return name_of(code); }

namespace detail {

struct package_fault_data {
    std::optional<package_code> code;
    std::optional<package_consent> consent;
};

constexpr int number_of(package_code code) noexcept {
    switch (code) {
    case package_code::policy:
    case package_code::permission:
    case package_code::needs_consent:
    case package_code::unverified: return codes::permission_denied;
    case package_code::busy: return codes::overloaded;
    case package_code::too_large: return codes::too_large;
    case package_code::start: return codes::unavailable;
    case package_code::disk: return codes::internal_error;
    case package_code::manifest:
    case package_code::unknown:
    case package_code::exists:
    case package_code::needed:
    case package_code::hostile:
    case package_code::dependency:
    case package_code::config:
    case package_code::build: break;
    }
    return codes::invalid_params;
}

} // namespace detail

inline fault package_fault(package_code code, std::string message) {
    return {detail::number_of(code), std::move(message), to_json(detail::package_fault_data{code, {}})};
}

inline fault consent_fault(std::string message, package_consent asked) {
    return {detail::number_of(package_code::needs_consent), std::move(message),
            to_json(detail::package_fault_data{package_code::needs_consent, std::move(asked)})};
}

/// The word, where this is a fault about packages.
inline std::optional<package_code> code_of(const fault& why) {
    if (why.data.empty()) return std::nullopt;
    const auto read = from_json<detail::package_fault_data>(why.data);
    return read ? read->code : std::nullopt;
}

inline package_consent consent_of(const fault& why) {
    auto read = why.data.empty() ? result<detail::package_fault_data>(std::in_place)
                                 : from_json<detail::package_fault_data>(why.data);
    return read && read->consent ? std::move(*read->consent) : package_consent();
}

} // namespace tenon

#endif
