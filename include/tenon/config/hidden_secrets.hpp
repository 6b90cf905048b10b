#ifndef TENON_CONFIG_HIDDEN_SECRETS_HPP
#define TENON_CONFIG_HIDDEN_SECRETS_HPP

// A plugin's configuration as people may see it: "***" stands for what looks secret by its key (token, secret,
// password, key) and for what holds a text that is one. A "***" that comes back from them keeps what was there:
// one value can be changed without knowing the others.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/rules/option_words.hpp>
#include <tenon/json/value.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

namespace detail {

inline constexpr std::string_view hidden_value = R"("***")";

inline bool looks_secret(std::string_view key) {
    const std::string lower = lower_case(key);
    for (const std::string_view word : {"token", "secret", "password", "passphrase", "credential"})
        if (lower.find(word) != lower.npos) return true;
    return lower.ends_with("key") || lower.ends_with("keys");
}

/// Of a number or a truth value it has to be the whole, and of a text if it is short: "1" is in many a text.
inline bool holds_secret(json_view value, const std::vector<std::string>& secrets) {
    const bool is_text = value.kind() == json_kind::string;
    const std::string text = is_text ? value.as<std::string>().value_or("") : std::string(value.text());
    for (const std::string& secret : secrets)
        if (!secret.empty() &&
            (text == secret || (is_text && secret.size() >= 4 && text.find(secret) != text.npos)))
            return true;
    return false;
}

} // namespace detail

/// `secrets`: texts that must not be shown, as those that came from environment variables.
inline json hide_secrets(json_view config, const std::vector<std::string>& secrets = {}) {
    if (config.kind() == json_kind::object) {
        auto members = config.as<std::map<std::string, json>>().value_or({});
        for (auto& [key, one] : members)
            one = detail::looks_secret(key) && !one.is_null() ? json::of("***")
                                                              : hide_secrets(one.view(), secrets);
        return json::of(members);
    }
    if (config.kind() == json_kind::array) {
        auto elements = config.as<std::vector<json>>().value_or({});
        for (json& one : elements) one = hide_secrets(one.view(), secrets);
        return json::of(elements);
    }
    return detail::holds_secret(config, secrets) ? json::of("***") : json(config);
}

namespace detail {

inline result<json> restored_secrets(json_view changed, json_view before) {
    if (changed.text() == hidden_value) {
        if (!before.is_null()) return json(before);
        return fault{codes::invalid_params, "\"***\" stands where there was nothing before"};
    }
    if (changed.kind() == json_kind::object) {
        auto members = changed.as<std::map<std::string, json>>().value_or({});
        for (auto& [key, one] : members) {
            auto restored = restored_secrets(one.view(), before[key]);
            if (!restored) return restored;
            one = std::move(*restored);
        }
        return json::of(members);
    }
    if (changed.kind() == json_kind::array) {
        auto elements = changed.as<std::vector<json>>().value_or({});
        for (std::size_t at = 0; at != elements.size(); ++at) {
            auto restored = restored_secrets(elements[at].view(), before[at]);
            if (!restored) return restored;
            elements[at] = std::move(*restored);
        }
        return json::of(elements);
    }
    return json(changed);
}

} // namespace detail

/// A fault where "***" stands for nothing, or where a member is there twice.
inline result<json> restore_secrets(json_view changed, json_view before) {
    if (const std::string twice = detail::repeated_member(changed.text()); !twice.empty())
        return fault{codes::invalid_params, detail::join({"config.", twice, ": is there twice"})};
    return detail::restored_secrets(changed, before);
}

} // namespace tenon

#endif
