// Keys of packages, as values of the library.

#include "settings/packages.hpp"

#include "settings/toml.hpp"

#include <tenon/packages/rules/added_trust.hpp>

namespace reference {

namespace {

/// A word in the file, which is a word of the language, too.
void read_policy(tenon::config_reader& in, tenon::trust_policy& into) {
    std::string word = "signed";
    in.text("policy", word);
    if (word != "signed" && word != "any") in.refuse("policy", "expected \"signed\" or \"any\"");
    into = word == "any" ? tenon::trust_policy::any : tenon::trust_policy::signed_only;
}

void read_key(tenon::config_reader& in, std::vector<tenon::trusted_key>& into) {
    tenon::trust_key_record given{.plugins = {"*"}};
    std::string day;
    in.text("key", given.key);
    in.text("name", given.name);
    in.texts("plugins", given.plugins);
    in.text("notAfter", day);
    if (given.key.empty()) return in.refuse_missing("key");
    if (!day.empty()) {
        const auto last = tenon::read_last_day(day);
        if (!last) return in.refuse("notAfter", last.error().message);
        given.not_after = *last;
    }
    if (auto key = tenon::read_trust_key(given)) into.push_back(*std::move(key));
    else in.refuse("key", key.error().message);
}

} // namespace

std::optional<tenon::package_options> read_packages(tenon::config_reader& file) {
    std::optional<tenon::package_options> made;
    file.object("packages", [&](tenon::config_reader& in) {
        tenon::package_options& into = made.emplace();
        in.text("store", into.store.folder);
        in.count("quotaBytes", into.store.quota);
        in.boolean("keepArchives", into.store.keep_archives);
        in.count("maxPackageBytes", into.limits.archive_bytes);
        in.wait("loadTimeoutMs", into.load_timeout);
        if (into.load_timeout.count() == 0) in.refuse("loadTimeoutMs", "expected at least 1 ms, got 0");
        read_policy(in, into.trust.policy);
        in.objects("keys", [&](tenon::config_reader& one, auto&&...) { read_key(one, into.trust.keys); });
        in.texts("revoked", into.trust.revoked);
        for (const std::string& one : into.trust.revoked)
            if (auto good = tenon::check_revocation({.what = one}); !good)
                in.refuse("revoked", good.error().message);
        in.texts("moduleRunner", into.module_runner);
        into.store.archive_bytes = into.limits.archive_bytes;
        into.builds.toml = json_of_toml;
    });
    return made;
}

void trust_places(tenon::package_options& of, const tenon::program_places& places) {
    tenon::program_places trusted = places;
    trusted.plugins = places.trusted;
    const auto find = [trusted](const std::string& program) {
        return tenon::trusted_program(program, trusted);
    };
    of.runtime = [find](const std::string& program) -> tenon::result<std::string> {
        auto found = find(program);
        if (found || !found.error().message.starts_with("there is no ")) return found;
        // Plugin directories have no part in it.
        return tenon::fault{found.error().code,
                            "there is no \"" + program + "\" in the trusted directories (trustedDirs)"};
    };
    of.plugin_dirs = places.plugins;
    of.builds.trusted = [find](const std::string& file) -> tenon::result<void> {
        auto good = find(file);
        if (!good) return std::move(good).error();
        return {};
    };
}

} // namespace reference
