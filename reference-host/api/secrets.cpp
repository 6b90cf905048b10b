// Configurations as people may see them: see secrets.hpp.

#include "secrets.hpp"

#include <tenon/host/calls/http_fields.hpp>

#include <map>

namespace reference {

using tenon::json;
using tenon::json_kind;
using tenon::json_view;

namespace {

constexpr std::string_view hidden = R"("***")";
using object = std::map<std::string, json>;
using array = std::vector<json>;

bool holds_one(json_view value, const std::vector<std::string>& secrets) {
    // A number or a truth value that is equal to one, a text that has one in it.
    const std::string text =
        value.kind() == json_kind::string ? value.as<std::string>().value_or("") : std::string(value.text());
    for (const std::string& secret : secrets)
        if (!secret.empty() && (text == secret || (value.kind() == json_kind::string && secret.size() >= 4 &&
                                                   text.find(secret) != text.npos)))
            return true;
    return false;
}

json hide(json_view value, const std::vector<std::string>& secrets) {
    if (value.kind() == json_kind::object) {
        auto members = value.as<object>().value_or({});
        for (auto& [key, one] : members)
            one = looks_secret(key) && !one.is_null() ? json::of("***") : hide(one.view(), secrets);
        return json::of(members);
    }
    if (value.kind() == json_kind::array) {
        auto elements = value.as<array>().value_or({});
        for (json& one : elements) one = hide(one.view(), secrets);
        return json::of(elements);
    }
    return holds_one(value, secrets) ? json::of("***") : json(value);
}

/// False where there is nothing to take the place of a "***".
bool restore(json& value, json_view before) {
    if (value.text() == hidden) {
        value = json(before);
        return !before.is_null();
    }
    bool good = true;
    if (value.kind() == json_kind::object) {
        auto members = value.as<object>().value_or({});
        for (auto& [key, one] : members) good = restore(one, before[key]) && good;
        value = json::of(members);
    } else if (value.kind() == json_kind::array) {
        auto elements = value.as<array>().value_or({});
        for (std::size_t at = 0; at != elements.size(); ++at)
            good = restore(elements[at], before[at]) && good;
        value = json::of(elements);
    }
    return good;
}

} // namespace

bool looks_secret(std::string_view key) {
    const std::string lower = tenon::detail::lower_case(key);
    for (const std::string_view word : {"token", "secret", "password", "passphrase", "credential"})
        if (lower.find(word) != lower.npos) return true;
    return lower.size() >= 3 && (lower.ends_with("key") || lower.ends_with("keys"));
}

std::string hide_secrets(json_view config, const std::vector<std::string>& secrets) {
    return hide(config, secrets).text();
}

tenon::result<json> restore_secrets(json_view changed, json_view before) {
    json whole(changed);
    if (!restore(whole, before))
        return tenon::fault{tenon::codes::invalid_params, "\"***\" stands where there was nothing before"};
    return whole;
}

} // namespace reference
