#ifndef TENON_PACKAGE_ADMIN_KEPT_HPP
#define TENON_PACKAGE_ADMIN_KEPT_HPP

// Packages that are here: what they are, their versions and their history, and what is done with them. Paths that plugins
// of the configuration file have, too, go to these where it is no package: enable, disable, config.

#include <tenon/json/checked.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/package_admin/answers.hpp>
#include <tenon/package_admin/state.hpp>
#include <tenon/packages/format/byte_source.hpp>
#include <tenon/packages/operations/discovered_view.hpp>
#include <tenon/packages/operations/discovery.hpp>
#include <tenon/packages/operations/package_keeper.hpp>
#include <tenon/packages/operations/package_request.hpp>
#include <tenon/packages/operations/source_build.hpp>
#include <tenon/packages/store/package_store.hpp>
#include <tenon/packages/store/system_store_folder.hpp>
#include <tenon/rules/option_words.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail::package_admin {

/// An archive is sent whole, from memory: larger ones are in the store.
inline constexpr std::uint64_t longest_sent_archive = std::uint64_t{32} << 20;

// --- what they are ---

inline void list(package_admin_state& admin, const http::call& asked) {
    std::string all;
    for (const package_view& one : admin.packages.list())
        if (asked.reaches(one.id)) append(all, join({all.empty() ? "" : ",", to_json(one)}));
    package_store_view store = admin.store;
    if (!asked.reaches_all()) store.notes.clear(); // they name any package
    const bool any = admin.packages.options().trust.policy == trust_policy::any;
    asked.answer(http::json_answer(join({"{\"packages\":[", all, "],\"policy\":\"", any ? "any" : "signed",
                                         "\",\"store\":", to_json(store), "}"})));
}

inline void list_versions(package_admin_state& admin, const http::call& asked) {
    if (known(admin, asked)) asked.answer(json_of("versions", to_json(admin.packages.versions(asked.name))));
}

/// 1 to `most`, or `usual` where nothing is said. Nothing: the client has heard why.
inline std::optional<std::int64_t> count_in(const http::call& asked, std::string_view name,
                                            std::int64_t usual, std::int64_t most) {
    const std::string word = asked.queried(name);
    if (word.empty()) return usual;
    const auto number = number_in(word);
    if (number && *number >= 1 && *number <= most) return number;
    asked.answer(http::problem(400, join({name, ": expected 1 to ", signed_digits(most)})));
    return std::nullopt;
}

/// Also of one that is gone, by its id.
inline void show_history(package_admin_state& admin, const http::call& asked) {
    const auto most = count_in(asked, "limit", 100, 1'000);
    if (!most) return;
    admin.packages.history(asked.name, *most, [asked](const result<std::vector<package_change_view>>& rows) {
        asked.answer(rows ? json_of("history", to_json(*rows)) : problem(rows.error()));
    });
}

inline void send_archive(package_admin_state& admin, const http::call& asked) {
    const auto* const of = known(admin, asked);
    if (of == nullptr) return;
    const std::string id = of->record.id, queried = asked.queried("version"),
                      version = queried.empty() ? of->record.active : queried;
    admin.packages.ask<result<std::string>>(
        [asked, name = join({id, "-", version, ".zip"})](result<std::string> bytes) {
            if (!bytes) return asked.answer(problem(bytes.error()));
            asked.answer({.headers = {{"Content-Type", "application/vnd.tenon.package.v1+zip"},
                                      {"Content-Disposition", join({"attachment; filename=\"", name, "\""})},
                                      {"Cache-Control", "no-store"}},
                          .body = *std::move(bytes)});
        },
        [id, version](package_store& store) -> result<std::string> {
            auto row = store.records().version(id, version);
            if (!row) return std::move(row).error();
            const auto unknown = [&](std::string_view why) {
                std::string shown;
                append_safe(shown, version, 64);
                return package_fault(package_code::unknown, join({id, " ", shown, why}));
            };
            if (!*row) return unknown(" is not here");
            if (!(*row)->archive) return unknown(": its archive was not kept");
            const std::string path = store.archive_path(*(*row)->archive);
            auto file = file_source::open(path);
            if (!file) return unknown(": its archive is gone");
            if (file->size() > longest_sent_archive)
                return fault{codes::too_large, join({"it has ", digits(file->size()), " bytes, and at most ",
                                                     digits(longest_sent_archive),
                                                     " are sent: it lies in the store as ", path})};
            std::string bytes(static_cast<std::size_t>(file->size()), '\0');
            if (auto read = file->read(0, bytes); !read) return std::move(read).error();
            return bytes;
        });
}

struct discovered_answer {
    std::vector<discovered_view> discovered;
    std::vector<std::string> notes = {};
};

inline void list_discovered(package_admin_state& admin, const http::call& asked) {
    admin.packages.discovered([weak = admin.weak_from_this(), asked](const result<discovery>& found) {
        const auto self = weak.lock();
        if (!self || !found) return asked.answer(problem(self ? found.error() : no_packages_any_more()));
        const auto is_here = [&](std::string_view id) { return self->packages.installed(id) != nullptr; };
        auto all = views_of(*found, is_here);
        std::erase_if(all, [&](const discovered_view& one) { return !asked.reaches(one.id); });
        discovered_answer made{.discovered = std::move(all)};
        if (asked.who->reaches_all()) made.notes = found->notes; // they name directories, of all plugins
        asked.answer(http::json_answer(to_json(made)));
    });
}

// --- what is done with them ---

/// Of a package that is here.
template <class Begin>
void carry_out(package_admin_state& admin, const http::call& asked, package_request request, Begin begin) {
    if (!known(admin, asked)) return;
    request.package = asked.name;
    if (const auto waiting = awaited_operation::of(admin, asked))
        waiting->run(std::move(request), std::move(begin));
}

// --- folders that are no packages yet ---

/// What nobody signed is built, or let in.
inline bool may_take_folders(package_admin_state& admin, const http::call& asked) {
    if (asked.may("packages:any")) return true;
    refuse(admin, asked, "packages:any");
    return false;
}

inline void register_folder(package_admin_state& admin, const http::call& asked) {
    struct wanted {
        std::optional<std::vector<std::string>> grant = {};
    };
    if (!may_take_folders(admin, asked)) return;
    auto given = asked.asked().body.empty() ? std::optional(wanted()) : asked.body<wanted>();
    if (!given) return;
    if (given->grant && !given->grant->empty() && !asked.may("packages:grant"))
        return refuse(admin, asked, "packages:grant");
    package_request request{.package = asked.name};
    request.plan.grant = std::move(given->grant).value_or(std::vector<std::string>());
    if (const auto waiting = awaited_operation::of(admin, asked))
        waiting->run(std::move(request), [&](auto made, auto done) {
            admin.packages.register_folder(std::move(made), std::move(done));
        });
}

/// By the name of the folder, or of the plugin in it.
inline void compile(package_admin_state& admin, const http::call& asked) {
    if (!may_take_folders(admin, asked)) return;
    admin.packages.discovered([weak = admin.weak_from_this(), asked](const result<discovery>& found) {
        const auto self = weak.lock();
        if (!self || !found) return asked.answer(problem(self ? found.error() : no_packages_any_more()));
        std::string folder = asked.name;
        if (found->find(folder) == nullptr)
            for (const discovered_folder& one : found->folders)
                if (one.manifest && (one.manifest->name == asked.name || one.manifest->id == asked.name)) {
                    folder = one.folder;
                    break;
                }
        if (const auto waiting = awaited_operation::of(*self, asked))
            waiting->run<build_report>(package_request{.package = folder}, [&](auto made, auto done) {
                self->packages.compile(std::move(made), std::move(done));
            });
    });
}

// --- what is done with those that are here ---

struct wanted_version {
    std::optional<std::string> version = {}, to = {}, reason = {};
    std::optional<json> config = {}; // rollback: of the version that one goes back to

    static constexpr bool allow_missing = true;
};
/// Of a body that may be none. Nothing: the client has heard why.
inline std::optional<wanted_version> version_in(const http::call& asked) {
    return asked.asked().body.empty() ? std::optional(wanted_version()) : asked.body<wanted_version>();
}

inline void rollback(package_admin_state& admin, const http::call& asked) {
    auto wanted = version_in(asked);
    if (!wanted) return;
    if (wanted->config && !asked.may("plugins:configure")) return refuse(admin, asked, "plugins:configure");
    package_request request{.version = wanted->to.value_or(""),
                            .plan = {.allow_downgrade = asked.may("packages:downgrade"),
                                     .administrator = asked.admin,
                                     .config = std::move(wanted->config).value_or(json())},
                            .reason = std::string(beginning_of(wanted->reason.value_or(""), 500))};
    carry_out(admin, asked, std::move(request),
              [&](auto made, auto done) { admin.packages.rollback(std::move(made), std::move(done)); });
}

inline void uninstall(package_admin_state& admin, const http::call& asked) {
    const auto keep = yes_in(asked, "keepData");
    if (!keep) return;
    carry_out(admin, asked, {.keep_data = *keep},
              [&](auto made, auto done) { admin.packages.uninstall(std::move(made), std::move(done)); });
}

inline void pin(package_admin_state& admin, const http::call& asked) {
    const auto wanted = version_in(asked);
    if (!wanted) return;
    const auto* const of = known(admin, asked);
    if (of == nullptr) return;
    carry_out(admin, asked, {.version = wanted->version.value_or(of->record.active)},
              [&](auto made, auto done) { admin.packages.pin(std::move(made), std::move(done)); });
}

inline void unpin(package_admin_state& admin, const http::call& asked) {
    carry_out(admin, asked, {},
              [&](auto made, auto done) { admin.packages.pin(std::move(made), std::move(done)); });
}

inline void remove_version(package_admin_state& admin, const http::call& asked) {
    const std::string& path = asked.asked().path;
    carry_out(admin, asked, {.version = path.substr(path.rfind('/') + 1)},
              [&](auto made, auto done) { admin.packages.remove_version(std::move(made), std::move(done)); });
}

// --- where plugins that are no packages have the same path ---

inline void enable(package_admin_state& admin, const http::call& asked) {
    carry_out(admin, asked, {},
              [&](auto made, auto done) { admin.packages.enable(std::move(made), std::move(done)); });
}

inline void disable(package_admin_state& admin, const http::call& asked) {
    carry_out(admin, asked, {},
              [&](auto made, auto done) { admin.packages.disable(std::move(made), std::move(done)); });
}

inline void show_config(package_admin_state& admin, const http::call& asked) {
    const auto config = admin.packages.config(asked.name);
    asked.answer(json_of("config", !config || config->is_null() ? "{}" : std::string(config->text())));
}

inline void configure(package_admin_state& admin, const http::call& asked) {
    auto given = asked.body<json>();
    if (!given) return;
    if (given->kind() != json_kind::object)
        return asked.answer(
            http::problem(400, join({"body: expected an object, got ", name_of(given->kind())})));
    if (const auto good = check_param_depth("config", given->text()); !good)
        return asked.answer(http::problem(good.error()));
    carry_out(admin, asked, {.config = *std::move(given)},
              [&](auto made, auto done) { admin.packages.configure(std::move(made), std::move(done)); });
}

inline void reset_config(package_admin_state& admin, const http::call& asked) {
    carry_out(admin, asked, {},
              [&](auto made, auto done) { admin.packages.configure(std::move(made), std::move(done)); });
}

inline constexpr entry kept_entries[] = {
    {.method = "GET",
     .pattern = "/api/v1/packages",
     .needs = "packages:read",
     .run = list,
     .scoped = http::scoping::by_function},
    {.method = "GET",
     .pattern = "/api/v1/plugins/discovered",
     .needs = "packages:read",
     .run = list_discovered,
     .scoped = http::scoping::by_function},
    {.method = "GET",
     .pattern = "/api/v1/plugins/{name}/versions",
     .needs = "packages:read",
     .run = list_versions},
    {.method = "GET",
     .pattern = "/api/v1/plugins/{name}/history",
     .needs = "packages:read",
     .run = show_history},
    {.method = "GET",
     .pattern = "/api/v1/plugins/{name}/archive",
     .needs = "packages:read",
     .run = send_archive},
    {.method = "DELETE",
     .pattern = "/api/v1/plugins/{name}",
     .needs = "packages:remove",
     .run = uninstall,
     .takes = body::optional,
     .audits_itself = true,
     .queried = "keepData"},
    {.method = "DELETE",
     .pattern = "/api/v1/plugins/{name}/versions/{version}",
     .needs = "packages:remove",
     .run = remove_version,
     .takes = body::optional,
     .audits_itself = true},
    {.method = "POST",
     .pattern = "/api/v1/plugins/{name}/rollback",
     .needs = "plugins:operate",
     .run = rollback,
     .takes = body::optional,
     .audits_itself = true},
    {.method = "POST",
     .pattern = "/api/v1/plugins/discovered/{folder}/register",
     .needs = "packages:install",
     .run = register_folder,
     .takes = body::optional,
     .audits_itself = true},
    {.method = "POST",
     .pattern = "/api/v1/plugins/{name}/compile",
     .needs = "packages:install",
     .run = compile,
     .takes = body::optional,
     .audits_itself = true,
     .scoped = http::scoping::refused},
    {.method = "PUT",
     .pattern = "/api/v1/plugins/{name}/pin",
     .needs = "plugins:operate",
     .run = pin,
     .takes = body::optional,
     .audits_itself = true},
    {.method = "DELETE",
     .pattern = "/api/v1/plugins/{name}/pin",
     .needs = "plugins:operate",
     .run = unpin,
     .takes = body::optional,
     .audits_itself = true},
};

/// In the place of what admin/plugins.hpp has, for packages.
struct replaced_entry {
    std::string_view method, pattern;
    void (*run)(package_admin_state& admin, const http::call& asked);
};
inline constexpr replaced_entry replaced_entries[] = {
    {"POST", "/api/v1/plugins/{name}/enable", enable},
    {"POST", "/api/v1/plugins/{name}/disable", disable},
    {"GET", "/api/v1/plugins/{name}/config", show_config},
    {"PUT", "/api/v1/plugins/{name}/config", configure},
    {"DELETE", "/api/v1/plugins/{name}/config", reset_config},
};

} // namespace tenon::detail::package_admin

#endif
