#ifndef TENON_RULES_CONFIG_SCHEMA_HPP
#define TENON_RULES_CONFIG_SCHEMA_HPP

// What a plugin says that its configuration has to be (`configSchema`), and whether one is that. Kept while the plugin does
// not run: then it is what the last instance said, and a newer program may say something else once it is started.

#include <tenon/core/result.hpp>
#include <tenon/json/schema_check.hpp>
#include <tenon/json/value.hpp>

#include <cstddef>
#include <string>

namespace tenon::detail {

/// A plugin's schema that is larger is forgotten.
inline constexpr std::size_t longest_config_schema = std::size_t{256} << 10;

class config_schema {
public:
    config_schema() = default;
    explicit config_schema(json_view schema) { learn(schema); }

    /// Null: it says nothing.
    void learn(json_view schema) {
        const bool too_long = schema.text().size() > longest_config_schema;
        schema_ = schema.is_null() || too_long ? json() : json(schema);
    }
    /// A plugin that does not start with a configuration may say with its refusal what it would take. Then all that is
    /// wrong with it can be said, where the plugin has said the first thing.
    fault explain_refusal(const fault& why, const json& config) {
        const auto data = json::parse(why.data);
        const json_view schema = data ? (*data)["configSchema"] : json_view();
        if (schema.is_null()) return why;
        learn(schema);
        const auto fits = check(config);
        return fits ? why : fits.error();
    }

    const json& text() const noexcept { return schema_; }
    bool known() const noexcept { return !schema_.is_null(); }

    /// All that is wrong with it, as one sentence. A schema that cannot be used, which is the plugin's fault and not the
    /// configuration's, refuses nothing.
    result<void> check(const json& config) const {
        if (!known()) return {};
        const json empty = config.is_null() ? json::parse("{}").value() : json();
        const json& whole = config.is_null() ? empty : config;
        const auto faults = check_schema(schema_.view(), whole.view(), {.root = "config"});
        if (!faults || faults->empty()) return {};
        std::string sentence;
        for (const schema_fault& one : *faults) {
            if (!sentence.empty()) sentence += "; ";
            sentence += one.sentence();
        }
        return fault{codes::invalid_params, std::move(sentence)};
    }

private:
    json schema_;
};

} // namespace tenon::detail

#endif
