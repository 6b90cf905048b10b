#ifndef TENON_HTTP_GUARD_HPP
#define TENON_HTTP_GUARD_HPP

// Who may ask. A web page that a browser shows can send requests to this machine too, also under a name of its own
// that leads here: so Host must be one of ours, Origin absent or one of ours, and nothing is known by a cookie. An
// administrator is who sends the token in a header, which no foreign page can do; whose other tokens are the program says.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/core/system_secret.hpp>
#include <tenon/http/principal.hpp>
#include <tenon/json/base64.hpp>
#include <tenon/web/problem.hpp>
#include <tenon/web/request.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::http {

/// A secret that nobody can guess, for URLs and headers: 256 random bits in base64url.
inline result<std::string> make_token() {
    std::array<unsigned char, 32> bytes{};
    if (!detail::random_bytes(bytes)) return fault{codes::unavailable, "the system has no random numbers"};
    std::string token = detail::to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    while (token.ends_with('=')) token.pop_back();
    std::replace(token.begin(), token.end(), '+', '-');
    std::replace(token.begin(), token.end(), '/', '_');
    return token;
}

class guard {
public:
    /// `hosts`: what else the server may be called than localhost. Without a token nobody is an administrator.
    explicit guard(std::string token = {}, const std::vector<std::string>& hosts = {})
        : token_(std::move(token)) {
        for (const std::string& host : hosts) authorities_.push_back(detail::lower_case(host));
    }
    /// For who knows already where the server listens.
    guard(std::string token, std::string_view address, const std::vector<std::string>& hosts)
        : guard(std::move(token), hosts) {
        serves_at(address);
    }

    /// Says whose another token than the administrator's is. It is asked for each request that shows one, and may not wait.
    void knows(std::function<bearer(std::string_view token)> others) { others_ = std::move(others); }

    /// Where the server listens, of which the port counts. Before that only `hosts` may be asked for.
    void serves_at(std::string_view address);

    /// Why nobody may ask like this.
    std::optional<response> refuse(const request& asked) const;
    /// Who asks: the administrator, somebody else, or nobody.
    bearer who(const request& asked) const;
    bool knows_others() const noexcept { return static_cast<bool>(others_); }
    /// Whether a page of another site loads it, as browsers say that with requests without an Origin. Following a link
    /// is none of it.
    static bool is_loaded_elsewhere(const request& asked) noexcept;

private:
    bool is_ours(std::string_view authority) const;

    std::string token_;
    std::shared_ptr<const principal> administrator_ = std::make_shared<const principal>(
        principal{.name = "administrator", .roles = {"admin"}, .permissions = {"*"}});
    std::function<bearer(std::string_view token)> others_;
    std::vector<std::string> authorities_; // in lower case
};

inline void guard::serves_at(std::string_view address) {
    const std::string_view port = address.substr(std::min(address.rfind(':'), address.size()));
    for (const std::string_view name : {"localhost", "127.0.0.1", "[::1]"}) {
        authorities_.push_back(detail::join({name, port}));
        if (port == ":80") authorities_.emplace_back(name);
    }
}

inline bool guard::is_ours(std::string_view authority) const {
    return std::find(authorities_.begin(), authorities_.end(), detail::lower_case(authority)) !=
           authorities_.end();
}

inline std::optional<response> guard::refuse(const request& asked) const {
    if (!is_ours(asked.header("host"))) return problem(403, "the Host header names another host");
    const bool from_a_page = std::any_of(asked.headers.begin(), asked.headers.end(), [](const auto& one) {
        return detail::equals_ignoring_case(one.name, "origin");
    });
    std::string_view origin = asked.header("origin");
    for (const std::string_view scheme : {"http://", "https://"})
        if (origin.substr(0, scheme.size()) == scheme) {
            origin.remove_prefix(scheme.size());
            if (is_ours(origin)) return {};
        }
    if (from_a_page) return problem(403, "pages of other origins may not ask");
    return {};
}

inline bearer guard::who(const request& asked) const {
    constexpr std::string_view scheme = "bearer ";
    const std::string_view given = asked.header("authorization");
    if (detail::lower_case(given.substr(0, scheme.size())) != scheme) return {};
    const std::string_view token = given.substr(scheme.size());
    if (!token_.empty() && detail::same_secret(token, token_)) return {administrator_};
    return others_ && !token.empty() ? others_(token) : bearer();
}

inline bool guard::is_loaded_elsewhere(const request& asked) noexcept {
    const std::string_view site = asked.header("sec-fetch-site");
    return !site.empty() && site != "same-origin" && site != "none" &&
           asked.header("sec-fetch-mode") != "navigate";
}

} // namespace tenon::http

#endif
