#ifndef TENON_HOST_SOCKET_ATTACH_TOKEN_HPP
#define TENON_HOST_SOCKET_ATTACH_TOKEN_HPP

// What a plugin that the host started shows when it connects to the host's socket: 128 bits in its environment
// that nobody else knows. Good once, for one process.

#include <tenon/core/result.hpp>
#include <tenon/core/system_secret.hpp>
#include <tenon/core/text.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::detail {

class attach_token {
public:
    /// A new one; whoever has the former is too late. False if the system has nothing to make it of.
    bool renew() {
        std::array<unsigned char, 16> bytes{};
        withdraw();
        if (!random_bytes(bytes)) return false;
        text_ = hex_of(bytes);
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
