// Who may ask: see guard.hpp.

#include "guard.hpp"
#include "problem.hpp"

#include <tenon/host/socket/attach_token.hpp>

#include <algorithm>

namespace reference {

using tenon::detail::lower_case;

guard::guard(std::string token, std::string_view address, const std::vector<std::string>& hosts)
    : token_(std::move(token)) {
    const std::string_view port = address.substr(std::min(address.rfind(':'), address.size()));
    for (const std::string_view name : {"localhost", "127.0.0.1", "[::1]"}) {
        authorities_.push_back(tenon::detail::join({name, port}));
        if (port == ":80") authorities_.emplace_back(name);
    }
    for (const std::string& host : hosts) authorities_.push_back(lower_case(host));
}

bool guard::is_ours(std::string_view authority) const {
    return std::find(authorities_.begin(), authorities_.end(), lower_case(authority)) != authorities_.end();
}

std::optional<http::response> guard::refuse(const http::request& asked) const {
    if (!is_ours(asked.header("host"))) return problem(403, "the Host header names another host");
    const bool from_a_page = std::any_of(asked.headers.begin(), asked.headers.end(), [](const auto& field) {
        return tenon::detail::same_field_name(field.name, "origin");
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

bool guard::is_admin(const http::request& asked) const {
    constexpr std::string_view scheme = "bearer ";
    const std::string_view given = asked.header("authorization");
    if (token_.empty() || lower_case(given.substr(0, scheme.size())) != scheme) return false;
    return tenon::detail::same_secret(given.substr(scheme.size()), token_);
}

bool guard::is_loaded_elsewhere(const http::request& asked) noexcept {
    const std::string_view site = asked.header("sec-fetch-site");
    return !site.empty() && site != "same-origin" && site != "none" &&
           asked.header("sec-fetch-mode") != "navigate";
}

bool has_body(const http::request& asked) noexcept {
    const std::string_view length = asked.header("content-length");
    return !asked.body.empty() || !asked.header("transfer-encoding").empty() ||
           length.find_first_not_of('0') != length.npos;
}

bool is_json(const http::request& asked) {
    std::string_view type = asked.header("content-type");
    type = type.substr(0, type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    return lower_case(type) == "application/json";
}

} // namespace reference
