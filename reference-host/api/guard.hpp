#ifndef REFERENCE_API_GUARD_HPP
#define REFERENCE_API_GUARD_HPP

// Who may ask. A web page that a browser shows can send requests to this machine too, also under a name of its own
// that leads here: so Host must be one of ours, Origin absent or one of ours, and nothing is known by a cookie. An
// administrator is who sends the token in a header, which no foreign page can do.

#include <http/request.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

class guard {
public:
    /// `address`: where the server listens, of which the port counts. `hosts`: what else it may be called.
    guard(std::string token, std::string_view address, const std::vector<std::string>& hosts);

    /// Why nobody may ask like this.
    std::optional<http::response> refuse(const http::request& asked) const;
    bool is_admin(const http::request& asked) const;
    /// Whether a page of another site loads it, as browsers say that with requests without an Origin. Following a link
    /// is none of it.
    static bool is_loaded_elsewhere(const http::request& asked) noexcept;

private:
    bool is_ours(std::string_view authority) const;

    std::string token_;
    std::vector<std::string> authorities_; // in lower case
};

/// Whether the request has a body, or says that it has one.
bool has_body(const http::request& asked) noexcept;
bool is_json(const http::request& asked);

} // namespace reference

#endif
