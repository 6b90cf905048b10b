#ifndef TENON_PACKAGE_ADMIN_ARRIVALS_HPP
#define TENON_PACKAGE_ADMIN_ARRIVALS_HPP

// What is installed over HTTP, or is a version to update to: a file of this machine, or one that is sent. Who may have what
// installed is said by permissions: without packages:any only what trusted keys have signed, without packages:grant nothing
// that asks for permissions, without packages:downgrade nothing older. A token with a scope has a package looked at first,
// as a dry run does: what it is stands inside of it.

#include <tenon/core/nearest_name.hpp>
#include <tenon/core/text.hpp>
#include <tenon/http/upload.hpp>
#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/package_admin/answers.hpp>
#include <tenon/package_admin/state.hpp>
#include <tenon/packages/format/byte_source.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/operations/package_request.hpp>
#include <tenon/packages/rules/package_plan.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail::package_admin {

/// In the body, as JSON or as fields of a form.
struct wanted_package {
    std::optional<std::string> source = {}, path = {};
    std::optional<std::string> version = {}; // update: one that is here
    std::optional<json> manifest = {};       // of a program that comes alone
    std::optional<std::vector<std::string>> grant = {};
    std::optional<bool> allow_unsigned = {}, allow_downgrade = {}, dry_run = {}, enable = {};
    std::optional<json> config = {};

    static constexpr bool allow_missing = true;
    static constexpr auto describe() { return camel_case(); }
};

/// Which permission beside the path's own this needs, and who asks lacks; or nothing.
inline std::string_view lacking(const http::call& asked, const wanted_package& wanted) {
    if (wanted.grant && !wanted.grant->empty() && !asked.may("packages:grant")) return "packages:grant";
    if (wanted.allow_unsigned.value_or(false) && !asked.may("packages:any")) return "packages:any";
    if (wanted.allow_downgrade.value_or(false) && !asked.may("packages:downgrade"))
        return "packages:downgrade";
    return {};
}

inline plan_request plan_of(const http::call& asked, wanted_package& wanted) {
    plan_request plan;
    plan.grant = std::move(wanted.grant).value_or(std::vector<std::string>());
    plan.allow_unsigned = wanted.allow_unsigned.value_or(true);
    if (!asked.may("packages:any")) plan.no_unsigned = asked.who->lacks("packages:any");
    plan.allow_downgrade = wanted.allow_downgrade.value_or(false);
    plan.administrator = asked.admin;
    plan.enable = wanted.enable.value_or(true);
    plan.config = std::move(wanted.config).value_or(json());
    return plan;
}

/// From the body, which is JSON. Nothing: the client has heard why.
inline std::optional<package_source> file_here(const package_admin_state& admin, const http::call& asked,
                                               const wanted_package& wanted) {
    const std::string source = wanted.source.value_or(wanted.path ? "path" : "");
    const auto refused = [&](int status, std::string_view words) -> std::optional<package_source> {
        asked.answer(http::problem(status, words));
        return std::nullopt;
    };
    if (source == "local")
        return refused(400, "source: \"local\" comes as multipart/form-data, with the file");
    if (source != "path") return refused(400, "source: expected \"path\", with a path");
    if (!wanted.path) return refused(400, "path: expected the path of a file on the host's machine");
    const auto trusted =
        admin.settings.trusted_file
            ? admin.settings.trusted_file(*wanted.path)
            : result<std::string>(
                  package_fault(package_code::policy, "no files of this machine may be installed: send it"));
    if (!trusted) {
        // Which files there are, and where links lead, is not said to everybody who may install.
        const bool tells = asked.admin || !admin.settings.trusted_file;
        asked.answer(
            problem(package_code::policy,
                    tells ? trusted.error().message
                          : "path: expected a file in a trusted directory, which nobody else may change"));
        return std::nullopt;
    }
    return package_source{.file = *trusted,
                          .manifest = wanted.manifest ? std::string(wanted.manifest->text()) : std::string(),
                          .origin = "path"};
}

/// Whatever else is said of one.
inline void no_market(const http::call& asked) {
    asked.answer(http::problem(501, "there are no markets here"));
}
/// The body, which is JSON. Nothing: the client has heard why.
inline std::optional<wanted_package> wanted_in(const http::call& asked) {
    const auto given = json::parse(asked.asked().body);
    if (!given || (*given)["source"].as<std::string>().value_or("") != "market")
        return asked.body<wanted_package>();
    no_market(asked);
    return {};
}

/// What is not taken in after all.
inline void drop(const package_source& source) {
    if (source.staged) static_cast<void>(passing_file(source.file));
}

inline void install_now(package_admin_state& admin, const http::call& asked, install_request request) {
    const auto waiting = awaited_operation::of(admin, asked);
    if (!waiting) return drop(request.source);
    waiting->run(std::move(request),
                 [&](auto made, auto done) { admin.packages.install(std::move(made), std::move(done)); });
}

/// `package`: which one it must be, for an update.
inline void take_in(package_admin_state& admin, const http::call& asked, wanted_package wanted,
                    package_source source, const std::string& package) {
    if (const std::string_view permission = lacking(asked, wanted); !permission.empty()) {
        drop(source);
        return refuse(admin, asked, permission);
    }
    install_request request{.source = std::move(source), .plan = plan_of(asked, wanted)};
    request.plan.package = package;
    if (!package.empty()) request.plan.aim = plan_aim::only_update;
    const auto queried = yes_in(asked, "dryRun");
    if (!queried) return drop(request.source);
    const bool dry = wanted.dry_run.value_or(*queried);
    if (!dry && (asked.reaches_all() || !package.empty()))
        return install_now(admin, asked, std::move(request));
    install_request look = request;
    look.source.staged = dry && request.source.staged; // else it is needed once more
    admin.packages.plan(std::move(look), [weak = admin.weak_from_this(), asked, dry,
                                          request = std::move(request)](result<package_plan> plan) mutable {
        const auto self = weak.lock();
        const std::string id = plan ? plan->manifest["id"].as<std::string>().value_or("") : std::string();
        const bool reaches = !plan || asked.reaches(id);
        if (self && plan && reaches && !dry) {
            request.plan.package = id;
            return install_now(*self, asked, std::move(request));
        }
        if (!dry) drop(request.source);
        if (!self) return asked.answer(problem(no_packages_any_more()));
        if (!reaches) return refuse(*self, asked, "scope", asked.who->is_for_others());
        answer_from(asked, as_json)(plan);
    });
}

inline std::vector<std::string> words_between_commas(std::string_view text) {
    std::vector<std::string> all;
    for (;;) {
        const std::size_t comma = std::min(text.find(','), text.size());
        all.emplace_back(trimmed(text.substr(0, comma)));
        if (comma == text.size()) return all;
        text.remove_prefix(comma + 1);
    }
}

/// Fields of a form: the same words as in JSON. `grant` may be there several times, each with words between commas, or a list.
inline result<wanted_package> read_form(const http::upload& form) {
    constexpr std::string_view known[] = {"source",        "manifest",       "grant",  "config",
                                          "allowUnsigned", "allowDowngrade", "dryRun", "enable"};
    const auto unknown = [&](std::string_view name) {
        std::string shown;
        append_safe(shown, name, 64);
        return fault{codes::invalid_params, join({shown, ": unknown field", or_meant(name, known)})};
    };
    std::set<std::string_view> seen; // `grant` alone may come again
    const auto twice = [](std::string_view name) {
        return fault{codes::invalid_params,
                     join({name, ": it came twice, and one of them would be ignored"})};
    };
    for (const http::uploaded_file& one : form.files) {
        if (one.name == "file") continue; // take_upload() looks at these
        if (one.name != "manifest" && one.name != "config") return unknown(one.name);
        if (!seen.insert(one.name).second) return twice(one.name);
    }
    wanted_package wanted;
    for (const auto& [name, value] : form.fields) {
        if (name != "grant" && !seen.insert(name).second) return twice(name);
        std::optional<bool>* const yes = name == "allowUnsigned"    ? &wanted.allow_unsigned
                                         : name == "allowDowngrade" ? &wanted.allow_downgrade
                                         : name == "dryRun"         ? &wanted.dry_run
                                         : name == "enable"         ? &wanted.enable
                                                                    : nullptr;
        if (yes != nullptr) {
            *yes = yes_or_no(value);
            if (!*yes) return fault{codes::invalid_params, join({name, ": expected true or false"})};
        } else if (name == "source") {
            wanted.source = value;
        } else if (name == "manifest" || name == "config") {
            auto read = json::parse(value);
            if (!read) return fault{codes::invalid_params, join({name, ": ", read.error().message})};
            (name == "config" ? wanted.config : wanted.manifest) = *std::move(read);
        } else if (name == "grant") {
            std::vector<std::string> all = words_between_commas(value);
            if (value.starts_with('[')) {
                auto read = from_json<std::vector<std::string>>(value, {.root = "grant"});
                if (!read) return std::move(read).error();
                all = *std::move(read);
            }
            if (!wanted.grant) wanted.grant.emplace();
            wanted.grant->insert(wanted.grant->end(), all.begin(), all.end());
        } else {
            return unknown(name);
        }
    }
    return wanted;
}

/// A manifest may be as long as in a package, and a little longer: why it is refused is a finding.
inline constexpr std::size_t longest_manifest_body = std::size_t{512} << 10;

/// What a form may have as a field, and has as a file: `-F manifest=@plugin.json`.
inline result<std::optional<json>> json_file_of(const http::upload& form, std::string_view name) {
    const http::uploaded_file* const sent = form.file(name);
    if (sent == nullptr) return std::optional<json>();
    const auto refused = [&](std::string_view why) {
        return fault{codes::invalid_params, join({name, ": ", why})};
    };
    if (sent->size > longest_manifest_body)
        return refused(join({"it has ", digits(sent->size), " bytes, and at most ",
                             digits(longest_manifest_body), " are taken"}));
    auto file = file_source::open(sent->path);
    if (!file) return refused(file.error().message);
    std::string text(static_cast<std::size_t>(file->size()), '\0');
    if (auto read = file->read(0, text); !read) return refused(read.error().message);
    auto value = json::parse(text);
    if (!value) return refused(value.error().message);
    return std::optional<json>(*std::move(value));
}

/// What is sent by multipart/form-data. It lies on the disk of the store already.
inline void take_upload(package_admin_state& admin, const http::call& asked, const std::string& package) {
    http::upload& form = *asked.exchange->uploaded();
    const auto refused = [&](std::string_view words) { asked.answer(http::problem(400, words)); };
    if (const std::string* const from = form.field("source"); from != nullptr && *from == "market")
        return no_market(asked);
    auto wanted = read_form(form);
    if (!wanted) return refused(wanted.error().message);
    for (const auto& [name, into] :
         {std::pair("manifest", &wanted->manifest), std::pair("config", &wanted->config)}) {
        auto sent = json_file_of(form, name);
        if (!sent) return refused(sent.error().message);
        if (*sent) *into = *std::move(*sent);
    }
    const std::string source = wanted->source.value_or("local");
    if (source != "local") return refused("source: expected \"local\", with a file");
    std::optional<std::size_t> file;
    for (std::size_t at = 0; at < form.files.size(); ++at) {
        if (form.files[at].name != "file") continue;
        if (file) return refused("file: expected one package, got two: each is sent by itself");
        file = at;
    }
    if (!file) return refused("file: expected the package, as a file of the form");
    package_source from{.file = form.keep(*file),
                        .manifest = wanted->manifest ? std::string(wanted->manifest->text()) : std::string(),
                        .origin = "upload",
                        .staged = true};
    take_in(admin, asked, *std::move(wanted), std::move(from), package);
}

inline void install(package_admin_state& admin, const http::call& asked) {
    if (asked.exchange->uploaded()) return take_upload(admin, asked, {});
    auto wanted = wanted_in(asked);
    if (!wanted) return;
    if (auto source = file_here(admin, asked, *wanted))
        take_in(admin, asked, *std::move(wanted), *std::move(source), {});
}

inline void update(package_admin_state& admin, const http::call& asked) {
    const auto* const before = known(admin, asked);
    if (before == nullptr) return;
    const std::string id = before->record.id;
    if (asked.exchange->uploaded()) return take_upload(admin, asked, id);
    auto wanted = wanted_in(asked);
    if (!wanted) return;
    if (!wanted->version && !wanted->path && !wanted->source)
        return asked.answer(http::problem(
            400, "body: expected \"version\", one that is here, or \"source\": \"path\" with a \"path\""));
    if (!wanted->version || wanted->path || wanted->source) {
        if (auto source = file_here(admin, asked, *wanted))
            take_in(admin, asked, *std::move(wanted), *std::move(source), id);
        return;
    }
    if (const std::string_view permission = lacking(asked, *wanted); !permission.empty())
        return refuse(admin, asked, permission);
    const auto queried = yes_in(asked, "dryRun");
    if (!queried) return;
    package_request request{.package = id, .version = *wanted->version, .plan = plan_of(asked, *wanted)};
    if (wanted->dry_run.value_or(*queried))
        return admin.packages.plan_update(std::move(request), answer_from(asked, as_json));
    if (const auto waiting = awaited_operation::of(admin, asked))
        waiting->run(std::move(request),
                     [&](auto made, auto done) { admin.packages.update(std::move(made), std::move(done)); });
}

/// The same as a dry run of an installation.
inline void resolve(package_admin_state& admin, const http::call& asked) {
    auto wanted = wanted_in(asked);
    if (!wanted) return;
    wanted->dry_run = true;
    if (auto source = file_here(admin, asked, *wanted))
        take_in(admin, asked, *std::move(wanted), *std::move(source), {});
}

inline void validate(package_admin_state&, const http::call& asked) {
    struct verdict {
        bool valid;
        std::vector<manifest_finding> findings;
    };
    manifest_reading read = read_manifest(asked.asked().body);
    asked.answer(http::json_answer(to_json(verdict{read.manifest.has_value(), std::move(read.findings)})));
}

/// Of a form: for its other fields.
inline constexpr std::uint64_t room_beside_archive = std::uint64_t{1} << 20;
inline constexpr entry arrival_entries[] = {
    {.method = "POST",
     .pattern = "/api/v1/plugins/install",
     .needs = "packages:install",
     .run = install,
     .spools = true,
     .audits_itself = true,
     .queried = "dryRun",
     .scoped = http::scoping::by_function},
    {.method = "PUT",
     .pattern = "/api/v1/plugins/{name}",
     .needs = "packages:update",
     .run = update,
     .spools = true,
     .audits_itself = true,
     .queried = "dryRun"},
    {.method = "POST",
     .pattern = "/api/v1/plugins/resolve",
     .needs = "packages:install",
     .run = resolve,
     .audits_itself = true,
     .queried = "dryRun",
     .scoped = http::scoping::by_function},
    {.method = "POST",
     .pattern = "/api/v1/plugins/validate-manifest",
     .needs = "packages:read",
     .run = validate,
     .longest = longest_manifest_body,
     .audits_itself = true,
     .scoped = http::scoping::by_function},
};

} // namespace tenon::detail::package_admin

#endif
