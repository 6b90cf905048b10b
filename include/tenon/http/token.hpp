#ifndef TENON_HTTP_TOKEN_HPP
#define TENON_HTTP_TOKEN_HPP

// A secret that nobody can guess, for URLs and headers: 256 random bits in base64url.

#include <tenon/core/result.hpp>
#include <tenon/core/system_secret.hpp>
#include <tenon/json/base64.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace tenon::http {

inline result<std::string> make_token() {
    std::array<unsigned char, 32> bytes{};
    if (!detail::random_bytes(bytes)) return fault{codes::unavailable, "the system has no random numbers"};
    std::string token = detail::to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    while (token.ends_with('=')) token.pop_back();
    std::replace(token.begin(), token.end(), '+', '-');
    std::replace(token.begin(), token.end(), '/', '_');
    return token;
}

} // namespace tenon::http

#endif
