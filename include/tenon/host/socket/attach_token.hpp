#ifndef TENON_HOST_SOCKET_ATTACH_TOKEN_HPP
#define TENON_HOST_SOCKET_ATTACH_TOKEN_HPP

// What a plugin that the host started shows when it connects to the host's socket: 128 bits in its environment
// that nobody else knows. Good once, for one process.

#include <tenon/core/result.hpp>
#include <tenon/host/socket/system_socket.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::detail {

/// Takes as long for a guess that is nearly right as for any other of its length.
inline bool same_secret(std::string_view one, std::string_view other) noexcept {
    if (one.size() != other.size()) return false;
    volatile unsigned char different = 0; // volatile: looked at byte by byte, whatever the compiler knows
    for (std::size_t at = 0; at < one.size(); ++at)
        different = static_cast<unsigned char>(different | (one[at] ^ other[at]));
    return different == 0;
}

class attach_token {
public:
    /// A new one; whoever has the former is too late. False if the system has nothing to make it of.
    bool renew() {
        std::array<unsigned char, 16> bytes{};
        withdraw();
        if (!random_bytes(bytes)) return false;
        for (const unsigned char byte : bytes) {
            text_ += "0123456789abcdef"[byte >> 4];
            text_ += "0123456789abcdef"[byte & 15];
        }
        return true;
    }
    /// The process is gone.
    void withdraw() noexcept {
        text_.clear();
        used_ = false;
    }
    void use() noexcept { used_ = true; }

    const std::string& text() const noexcept { return text_; }

    result<void> judge(const std::optional<std::string>& shown) const {
        if (!shown || shown->empty())
            return fault{codes::permission_denied,
                         "a plugin that the host started shows the token that it was given in TENON_TOKEN"};
        if (text_.empty() || !same_secret(text_, *shown))
            return fault{codes::permission_denied, "this is not the token of the plugin that runs now"};
        if (used_) return fault{codes::permission_denied, "this token was used already, and is good once"};
        return {};
    }

private:
    std::string text_;
    bool used_ = false;
};

} // namespace tenon::detail

#endif
