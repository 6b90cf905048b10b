#ifndef TENON_WEB_ADDRESS_HPP
#define TENON_WEB_ADDRESS_HPP

// "127.0.0.1:8080", "[::1]:0", "localhost:8080": where a server is.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon::http {

struct host_and_port {
    std::string_view host; // without brackets
    std::uint16_t port = 0;
};

/// Both stay parts of `address`. Nothing where there is no port behind it.
inline std::optional<host_and_port> split_address(std::string_view address) noexcept {
    const std::size_t colon = address.rfind(':');
    if (colon == address.npos) return {};
    host_and_port found{.host = address.substr(0, colon)};
    const char* const end = address.data() + address.size();
    const auto [read, bad] = std::from_chars(address.data() + colon + 1, end, found.port);
    if (bad != std::errc() || read != end) return {};
    const bool brackets = found.host.starts_with('[') && found.host.ends_with(']');
    if (brackets && found.host.size() > 1) found.host = found.host.substr(1, found.host.size() - 2);
    if (found.host.find_first_of("[]") != found.host.npos) return {};
    if (found.host.empty() || brackets != (found.host.find(':') != found.host.npos)) return {};
    return found;
}

} // namespace tenon::http

#endif
