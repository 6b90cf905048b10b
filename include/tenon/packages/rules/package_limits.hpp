#ifndef TENON_PACKAGES_RULES_PACKAGE_LIMITS_HPP
#define TENON_PACKAGES_RULES_PACKAGE_LIMITS_HPP

// What a package's process may use: a manifest lowers the host's limits for its plugin (`resources.limits`), and raises none.

#include <tenon/json/decode.hpp>
#include <tenon/json/describe.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/rules/options.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tenon {

namespace detail {

struct limits_in_manifest {
    std::optional<std::uint64_t> address_space_bytes = {}, cpu_seconds = {}, open_files = {}, core_bytes = {};

    static constexpr auto describe() { return camel_case(); }
};

} // namespace detail

inline resource_limits limits_of(const package_manifest& manifest, resource_limits of_host) {
    const auto asked = manifest.resources.limits.as<detail::limits_in_manifest>();
    if (!asked) return of_host; // it has none, or a manifest of another day has others
    const auto lower = [](std::optional<std::uint64_t>& most, const std::optional<std::uint64_t>& wanted) {
        if (wanted) most = std::min(most.value_or(*wanted), *wanted);
    };
    lower(of_host.address_space_bytes, asked->address_space_bytes);
    lower(of_host.cpu_seconds, asked->cpu_seconds);
    lower(of_host.open_files, asked->open_files);
    of_host.core_bytes = std::min(of_host.core_bytes, asked->core_bytes.value_or(of_host.core_bytes));
    return of_host;
}

} // namespace tenon

#endif
