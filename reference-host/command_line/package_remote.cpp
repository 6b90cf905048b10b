// Packages of a running host, whose they may be, and who may do what with them: what `tenon-host package|token|key` ask it.

#include "command_line/commands.hpp"

#include "command_line/asking.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/fields.hpp"
#include "command_line/keys.hpp"
#include "command_line/package_file.hpp"
#include "command_line/screen.hpp"
#include "command_line/words.hpp"

#include <tenon/config/system_small_file.hpp>
#include <tenon/host/clocks.hpp>
#include <tenon/packages/format/package_manifest.hpp>
#include <tenon/packages/operations/package_operation.hpp>
#include <tenon/packages/operations/package_view.hpp>
#include <tenon/packages/rules/package_plan.hpp>
#include <tenon/packages/rules/trust.hpp>
#include <tenon/packages/store/system_store_folder.hpp>
#include <tenon/rules/time_words.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace reference {

namespace {

using tenon::json;
using tenon::json_view;
using tenon::package_operation;
using tenon::package_outcome;
using tenon::detail::wall_clock_ms;
using tenon::http::client;
using tenon::http::url_part;

const std::string install_path = "/api/v1/plugins/install";

std::string package_path(const std::string& name) { return "/api/v1/plugins/" + url_part(name); }

std::string ago(std::int64_t unix_ms) {
    return unix_ms == 0 ? "" : tenon::detail::time_ago(tenon::milliseconds(wall_clock_ms() - unix_ms));
}
std::string words_in(json_view list) { return joined(list.as<std::vector<std::string>>().value_or({})); }

/// How far something is: a bar on a terminal, else a line for each step. On stderr, beside what is printed.
class progress {
public:
    explicit progress(bool quiet) : quiet_(quiet), bar_(::isatty(STDERR_FILENO) == 1) {}
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    ~progress() {
        if (shown_) std::cerr << "\r\x1b[K" << std::flush;
    }
    void tell(std::string_view step, std::uint64_t done, std::uint64_t all) {
        if (quiet_) return;
        if (!bar_) {
            if (step != step_) std::cerr << safe(step) << '\n';
            step_ = step;
            return;
        }
        constexpr std::size_t width = 30;
        std::string line = "\r\x1b[K";
        if (all != 0) {
            const std::size_t full =
                static_cast<std::size_t>(static_cast<double>(done) / static_cast<double>(all) * width);
            line += "[" + std::string(std::min(full, width), '#') +
                    std::string(width - std::min(full, width), ' ') + "] ";
        }
        std::cerr << line << safe(step) << std::flush;
        shown_ = true;
    }

private:
    bool quiet_, bar_, shown_ = false;
    std::string step_;
};

/// "dev.example.moderator 1.2.0 is enabled".
int print_package(const arguments& given, const json& answer) {
    if (given.has("--json")) return print_json(answer.text()), exit_code::good;
    const auto one = answer.as<tenon::package_view>().value_or({});
    const bool broken = one.state == tenon::package_state::broken;
    print_line({{one.id, look::bold},
                " " + one.version + " is ",
                {std::string(name_of(one.state)), broken ? look::bad : look::good},
                one.problem.empty() ? "" : ": " + one.problem});
    return exit_code::good;
}

/// Follows the operation until it has ended, and says how.
int await_operation(const arguments& given, const found_host& to, std::uint64_t number) {
    std::optional<package_operation> last;
    std::string text;
    {
        progress shown(given.has("--json"));
        const auto end = to.client.follow(
            "/api/v1/operations/" + std::to_string(number), [&](std::string_view, std::string_view data) {
                if (auto now = tenon::from_json<package_operation>(data)) {
                    last = *std::move(now);
                    text = data;
                    shown.tell(name_of(last->step), last->done_bytes, last->all_bytes);
                }
                return !last || last->outcome == package_outcome::running;
            });
        if (!end) return complain(end.error(), to);
        if (end->status != 200) return complain(*end, to);
    }
    if (!last || last->outcome == package_outcome::running)
        return complain("the host ended before operation " + std::to_string(number) + " did",
                        exit_code::unavailable);
    if (given.has("--json")) print_json(text);
    if (last->outcome != package_outcome::done) return complain(last->message, exit_code::refused);
    const std::string what = " " + last->version + ": ", kind(words_of(last->kind));
    if (!last->code.empty()) // it is done, and does not run
        return complain(last->id + what + kind + " done, but " + last->message, exit_code::refused);
    if (given.has("--json")) return exit_code::good;
    if (last->message.starts_with(tenon::nothing_to_do)) print_line({last->message});
    else
        print_line({{last->id, look::bold},
                    what,
                    {kind, look::dim},
                    " done",
                    last->message.empty() ? "" : ": " + last->message});
    return exit_code::good;
}

/// What is said behind the id of a package that was changed.
using change_words = std::function<std::string(const tenon::package_view& now)>;

/// What a change was answered with: the package as it is, or the number of an operation that goes on.
int finish_change(const arguments& given, const found_host& to, const tenon::result<client::answer>& answer,
                  const change_words& said = {}) {
    if (!answer) return complain(answer.error(), to);
    if (answer->status / 100 != 2) return complain(*answer, to);
    const json value = json::parse(answer->body).value_or(json());
    if (answer->status == 202)
        return await_operation(given, to, value["operation"].as<std::uint64_t>().value_or(0));
    if (!said || given.has("--json")) return print_package(given, value);
    const auto now = value.as<tenon::package_view>().value_or({});
    print_line({{now.id, look::bold}, {said(now), look::good}});
    return exit_code::good;
}

int change(const arguments& given, std::string_view method, const std::string& target,
           const std::string& body = {}, const change_words& said = {}) {
    const auto to = find_host(given);
    if (!to) return complain_of_address(to.error());
    const std::string wait = target.find('?') == target.npos ? "?wait=1" : "&wait=1";
    return finish_change(given, *to, to->client.ask(method, target + wait, body), said);
}

// --- what arrives ---

/// A file that is sent, or a version that the host has; and what was typed with it.
struct arrival {
    std::string_view method;
    std::string target, file = {}, version = {}, manifest = {}, config = {};
    std::vector<std::string> grant = {};
    bool allow_downgrade = false;
};

/// What was typed and files that were named, which may be wrong.
tenon::result<arrival> arrival_of(const arguments& given, std::string_view method, std::string target) {
    arrival made{.method = method,
                 .target = std::move(target),
                 .grant = given.values("--grant"),
                 .allow_downgrade = given.has("--allow-downgrade")};
    if (given.has("--manifest")) {
        auto manifest = tenon::read_small_file(given.value("--manifest"), tenon::longest_manifest);
        if (!manifest) return std::move(manifest).error();
        made.manifest = *std::move(manifest);
    }
    if (given.has("--config")) {
        auto config = text_behind(given.value("--config"));
        if (!config) return std::move(config).error();
        if (auto read = json::parse(*config); !read)
            return tenon::fault{tenon::codes::invalid_params, "--config: " + read.error().message};
        made.config = *std::move(config);
    }
    return made;
}

tenon::result<client::answer> send(const arguments& given, const found_host& to, const arrival& what,
                                   std::string_view query, std::string_view step) {
    progress shown(given.has("--json"));
    const std::string target = what.target + std::string(query);
    if (what.file.empty()) {
        struct wanted {
            std::string version;
            std::vector<std::string> grant;
            bool allow_downgrade;
            std::optional<json> config;
            static constexpr auto describe() { return tenon::camel_case(); }
        };
        wanted body{what.version, what.grant, what.allow_downgrade, {}};
        if (!what.config.empty()) body.config = json::parse(what.config).value_or(json());
        return to.client.ask(what.method, target, tenon::to_json(body));
    }
    tenon::http::form form{.fields = {{"source", "local"}}, .files = {{"file", what.file}}};
    if (!what.manifest.empty()) form.fields.push_back({"manifest", what.manifest});
    if (!what.config.empty()) form.fields.push_back({"config", what.config});
    for (const std::string& one : what.grant) form.fields.push_back({"grant", one});
    if (what.allow_downgrade) form.fields.push_back({"allowDowngrade", "true"});
    return to.client.send(what.method, target, form, [&](std::uint64_t done, std::uint64_t all) {
        shown.tell(step, done, all);
        return true;
    });
}

void print_plan(const tenon::package_plan& plan) {
    for (const auto& one : plan.install) print_line({{"installs ", look::good}, one.id, " ", one.version});
    for (const auto& one : plan.update)
        print_line({{plan.downgrade ? "goes back " : "updates ", look::good},
                    one.id,
                    " ",
                    one.from,
                    " to ",
                    one.version});
    for (const auto& one : plan.keep)
        print_line({{"is there already: ", look::dim}, one.id, " ", one.version});
    if (!plan.trust.empty()) print_line({{"trust: ", look::dim}, plan.trust});
    for (const auto& one : plan.signers)
        print_line({{"signed by ", look::dim}, one.name.empty() ? one.key : one.name});
    for (const std::string& one : plan.notes) print_line({{"note: ", look::dim}, one});
    for (const std::string& one : plan.conflicts) print_line({{"conflict: ", look::bad}, one});
}

std::vector<std::string> all_of(const tenon::package_consent& asked) {
    std::vector<std::string> all = asked.permissions;
    all.insert(all.end(), asked.signers.begin(), asked.signers.end());
    return all;
}

/// "dev.example.moderator 1.2.0".
std::string what_arrives(const tenon::package_plan& plan) {
    for (const auto* const changes : {&plan.update, &plan.install})
        for (const auto& one : *changes) return one.id + " " + one.version;
    return "it";
}

/// Where a person answers: on stdin, or, where that has the configuration, on the terminal. Nothing: nobody is there.
std::optional<tenon::detail::descriptor> person_there(const arguments& given) {
    const bool is_taken = given.value("--config") == "-";
    tenon::detail::descriptor there(is_taken ? ::open("/dev/tty", O_RDONLY | O_CLOEXEC)
                                             : ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
    if (!there || ::isatty(there.get()) != 1) return std::nullopt;
    return there;
}

/// One line of what somebody types; nothing at its end.
std::optional<std::string> typed_line(int terminal) {
    std::string line;
    for (char letter = 0; ::read(terminal, &letter, 1) == 1;) {
        if (letter == '\n') return line;
        line += letter;
    }
    return std::nullopt;
}

/// A person is asked about everything that is unsigned; a program only where the host wants a word for it.
void ask_about_unsigned(const arrival& what, tenon::package_plan& plan) {
    constexpr std::string_view word = "unsigned";
    const bool is_new = !plan.install.empty() || !plan.update.empty();
    const auto has_it = [&](const std::vector<std::string>& list) {
        return std::find(list.begin(), list.end(), word) != list.end();
    };
    if (is_new && plan.trust == word && !has_it(what.grant) && !has_it(plan.consent.signers))
        plan.consent.signers.emplace_back(word);
}

/// Asks on a terminal; elsewhere says how it is agreed to.
bool agrees(const arguments& given, const tenon::package_consent& asked, int terminal) {
    if (given.has("--yes")) return true;
    for (const std::string& one : asked.permissions)
        std::cerr << line_text({"it asks for the permission ", one}, false);
    for (const std::string& one : asked.signers)
        std::cerr << line_text(
            {one == "unsigned" ? "nobody who is trusted signed it" : "it is signed by " + one}, false);
    if (terminal >= 0) {
        std::cerr << "agreed? (yes/no) " << std::flush;
        const auto typed = typed_line(terminal);
        if (!typed) std::cerr << '\n'; // nobody ended the line of the question
        else if (is_yes(*typed)) return true;
        complain("not agreed: nothing was done", exit_code::refused);
        return false;
    }
    std::string how;
    for (const std::string& one : all_of(asked)) how += " --grant " + one;
    complain("it needs consent:" + how + ", or --yes for all of it", exit_code::refused);
    return false;
}

/// What the file says that it is; nothing where that is for the host to say.
std::optional<tenon::package_manifest> manifest_of(const arrival& what) {
    if (!what.manifest.empty())
        return tenon::read_manifest(what.manifest, tenon::entry_rule::may_miss).manifest;
    auto opened = open_package_file(what.file);
    if (!opened) return std::nullopt;
    return std::move(opened->package.manifest);
}

int complain_of_age(const std::string& what, const std::string& than) {
    return complain(what + " is older than " + than + ": --allow-downgrade goes back all the same",
                    exit_code::refused);
}

/// The newest version that is here, where the file is older and not the active one: the host would refuse it once all of it
/// was sent. It knows more, and has the last word.
std::string newer_than(const found_host& to, const tenon::package_manifest& arriving) {
    const auto heard = to.client.ask("GET", package_path(arriving.id) + "/versions");
    if (!heard || heard->status != 200) return {};
    std::optional<tenon::package_version> newest;
    const json answer = json::parse(heard->body).value_or(json());
    for (const auto& one : answer["versions"].as<std::vector<tenon::package_version_view>>().value_or({})) {
        auto version = tenon::read_version(one.version);
        if (!version || (one.active && *version == arriving.version)) return {};
        if (!newest || *newest < *version) newest = *std::move(version);
    }
    return newest && arriving.version < *newest ? newest->text() : std::string();
}

/// Which file it is, and when it was written last.
using file_stamp = std::array<std::int64_t, 5>;
file_stamp stamp_of(const std::string& file) {
    struct stat state {};
    if (::stat(file.c_str(), &state) != 0) return {};
    return {static_cast<std::int64_t>(state.st_dev), static_cast<std::int64_t>(state.st_ino),
            static_cast<std::int64_t>(state.st_size), static_cast<std::int64_t>(state.st_mtim.tv_sec),
            static_cast<std::int64_t>(state.st_mtim.tv_nsec)};
}

/// First a dry run, which says what is asked for; then it is done.
int take_in(const arguments& given, arrival what) {
    const auto to = find_host(given);
    if (!to) return complain_of_address(to.error());
    const bool only_looks = given.has("--dry-run");
    const file_stamp looked_at = stamp_of(what.file);
    if (!what.file.empty()) {
        if (const auto there = tenon::file_source::open(what.file); !there)
            return complain(there.error().message, exit_code::no_input);
        const auto arriving = manifest_of(what);
        if (arriving && !only_looks && !what.allow_downgrade)
            if (const std::string newer = newer_than(*to, *arriving); !newer.empty())
                return complain_of_age(arriving->id + " " + arriving->version.text(),
                                       newer + ", which is here");
    }
    auto looked = send(given, *to, what, "?dryRun=true", "looking at it");
    if (!looked) return complain(looked.error(), *to);
    if (looked->status != 200) return complain(*looked, *to);
    auto plan = tenon::from_json<tenon::package_plan>(looked->body);
    if (!plan)
        return complain("the host's plan is not understood: " + plan.error().message, exit_code::unavailable);
    const int code = plan->conflicts.empty() ? exit_code::good : exit_code::refused;
    if (only_looks) {
        if (given.has("--json")) return print_json(looked->body), code;
        print_plan(*plan);
        for (const std::string& one : plan->consent.permissions)
            print_line({{"asks for ", look::warning}, one});
        for (const std::string& one : plan->consent.signers)
            print_line({{"needs consent to ", look::warning}, one});
        return code;
    }
    if (plan->downgrade && !what.allow_downgrade && plan->conflicts.size() == 1)
        return complain_of_age(what_arrives(*plan), "what was installed here");
    if (code != exit_code::good) return complain(plan->conflicts[0], code);
    const auto person = person_there(given);
    if (person) ask_about_unsigned(what, *plan);
    if (!plan->consent.empty()) {
        if (!agrees(given, plan->consent, person ? person->get() : -1)) return exit_code::refused;
        for (std::string& one : all_of(plan->consent)) what.grant.push_back(std::move(one));
    }
    if (stamp_of(what.file) != looked_at)
        return complain(what.file + ": it was changed after the host looked at it: nothing was done",
                        exit_code::refused);
    return finish_change(given, *to, send(given, *to, what, "?wait=0", "sending"));
}

/// For who is answered with nothing that is to be shown.
auto says(std::string what, std::string words) {
    return [what = std::move(what), words = std::move(words)](const json&) {
        print_line({what, {words, look::dim}});
        return exit_code::good;
    };
}

std::string body_of(const char* name, const std::string& value) {
    return tenon::to_json(std::map<std::string, std::string>{{name, value}});
}

} // namespace

int install_package(const arguments& given) {
    auto what = arrival_of(given, "POST", install_path);
    if (!what) return complain_of_words(what.error());
    what->file = given.words()[0];
    return take_in(given, *std::move(what));
}

int update_package(const arguments& given) {
    auto what = arrival_of(given, "PUT", package_path(given.words()[0]));
    if (!what) return complain_of_words(what.error());
    const std::string& named = given.words()[1];
    std::error_code ignored;
    // What is no file is a version that the host has, or should be one: of "1.2" the host says so.
    const bool is_version =
        !std::filesystem::exists(named, ignored) &&
        (tenon::read_version(named) || named.find_first_not_of("0123456789.") == named.npos);
    (is_version ? what->version : what->file) = named;
    return take_in(given, *std::move(what));
}

int roll_back_package(const arguments& given) {
    std::map<std::string, std::string> said;
    if (given.words().size() == 2) said["to"] = given.words()[1];
    if (given.has("--reason")) said["reason"] = given.value("--reason");
    return change(given, "POST", package_path(given.words()[0]) + "/rollback", tenon::to_json(said));
}
int remove_package(const arguments& given) {
    const std::string target = package_path(given.words()[0]);
    if (given.words().size() == 2)
        return change(given, "DELETE", target + "/versions/" + url_part(given.words()[1]), {},
                      [&](const auto&) { return " " + given.words()[1] + " is removed"; });
    return change(given, "DELETE", target + (given.has("--keep-data") ? "?keepData=true" : ""), {},
                  [](const auto&) { return " is removed"; });
}
int enable_package(const arguments& given) {
    return change(given, "POST", package_path(given.words()[0]) + "/enable");
}
int disable_package(const arguments& given) {
    return change(given, "POST", package_path(given.words()[0]) + "/disable");
}
int pin_package(const arguments& given) {
    return change(given, "PUT", package_path(given.words()[0]) + "/pin",
                  given.words().size() == 2 ? body_of("version", given.words()[1]) : "{}",
                  [](const auto& now) { return " is pinned to " + now.pinned; });
}
int unpin_package(const arguments& given) {
    return change(given, "DELETE", package_path(given.words()[0]) + "/pin", {},
                  [](const auto&) { return " is not pinned any more"; });
}

int list_packages(const arguments& given) {
    return ask(given, "GET", "/api/v1/packages", {}, [](const json& answer) {
        constexpr look head = look::bold;
        std::vector<row> rows{
            {{"PACKAGE", head}, {"VERSION", head}, {"STATE", head}, {"TRUST", head}, {"WHY", head}}};
        for (const auto& one : answer["packages"].as<std::vector<tenon::package_view>>().value_or({}))
            rows.push_back({one.id,
                            one.version + (one.pinned.empty() ? "" : " (pinned)"),
                            {std::string(name_of(one.state)),
                             one.state == tenon::package_state::broken ? look::bad : look::plain},
                            one.trust,
                            one.problem});
        print_table(rows);
        const auto store = answer["store"].as<tenon::package_store_view>().value_or({});
        for (const std::string& note : store.notes) print_line({{"store: ", look::warning}, note});
        return exit_code::good;
    });
}

int list_versions(const arguments& given) {
    return ask(given, "GET", package_path(given.words()[0]) + "/versions", {}, [](const json& answer) {
        std::vector<row> rows;
        for (const auto& one : answer["versions"].as<std::vector<tenon::package_version_view>>().value_or({}))
            rows.push_back({{one.version, one.active ? look::bold : look::plain},
                            one.active ? "active" : "",
                            one.pinned ? "pinned" : "",
                            one.trust,
                            bytes_words(one.size),
                            {ago(one.installed_at), look::dim},
                            one.held.empty() ? "" : "held: " + one.held});
        print_table(rows);
        return exit_code::good;
    });
}

int show_history(const arguments& given) {
    return ask(given, "GET", package_path(given.words()[0]) + "/history", {}, [&](const json& answer) {
        std::vector<row> rows;
        const std::string& name = given.words()[0]; // of one that is gone it is no name any more
        if (answer["history"].text() == "[]")
            return complain("nothing was done here with a package \"" + name +
                                "\"; what was done with one that is gone is found by its id" +
                                (name.find('.') == name.npos ? ", as dev.example." + name : ""),
                            exit_code::refused);
        for (const auto& one : answer["history"].as<std::vector<tenon::package_change_view>>().value_or({}))
            rows.push_back({{std::to_string(one.n), look::dim},
                            one.kind,
                            (one.from.empty() ? "" : one.from + " -> ") + one.to,
                            one.state,
                            one.actor,
                            {ago(one.started_at), look::dim},
                            one.reason});
        print_table(rows);
        return exit_code::good;
    });
}

// --- who may ---

int new_token(const arguments& given) {
    struct wanted {
        std::string name;
        std::vector<std::string> roles;
        std::optional<std::vector<std::string>> scope;
        std::optional<std::int64_t> expires_at;
        static constexpr auto describe() { return tenon::camel_case(); }
    };
    wanted made{given.words()[0], given.values("--role"), {}, {}};
    if (made.roles.empty())
        return complain("which role? --role viewer, operator, installer, publisher or admin",
                        exit_code::usage);
    if (given.has("--scope")) made.scope = given.values("--scope");
    if (given.has("--last-day")) {
        const auto day = tenon::read_last_day(given.value("--last-day"));
        if (!day) return complain("--last-day: " + day.error().message, exit_code::usage);
        made.expires_at = *day;
    }
    return ask(given, "POST", "/api/v1/access/tokens", tenon::to_json(made), [](const json& answer) {
        print_line({text_of(answer["token"])});
        std::cout.flush();
        std::cerr << "It is shown this once: the host keeps its digest alone.\n";
        return exit_code::good;
    });
}

int list_tokens(const arguments& given) {
    return ask(given, "GET", "/api/v1/access/tokens", {}, [](const json& answer) {
        std::vector<row> rows;
        for (const json_view one : answer["tokens"].as<std::vector<json_view>>().value_or({})) {
            const auto expires = one["expiresAt"].as<std::int64_t>().value_or(0);
            rows.push_back({{text_of(one["name"]), look::bold},
                            words_in(one["roles"]),
                            words_in(one["scope"]),
                            {ago(one["createdAt"].as<std::int64_t>().value_or(0)), look::dim},
                            expires == 0                 ? row::value_type("")
                            : expires <= wall_clock_ms() ? row::value_type("expired", look::warning)
                                                         : row::value_type("expires")});
        }
        print_table(rows);
        return exit_code::good;
    });
}

int revoke_token(const arguments& given) {
    const std::string& name = given.words()[0];
    return ask(given, "DELETE", "/api/v1/access/tokens/" + url_part(name), {}, says(name, " is revoked"));
}

namespace {

/// A key as it stands in a path, where '+' and '/' mean something.
std::string in_path(std::string key) {
    std::replace(key.begin(), key.end(), '+', '-');
    std::replace(key.begin(), key.end(), '/', '_');
    return key;
}

/// What was typed is the digest of one package, or a key or its file.
tenon::result<std::string> revocable_said(const std::string& what) {
    if (tenon::read_digest(what)) return what;
    const auto key = public_key_said(what);
    if (!key) return key.error();
    return key->text();
}

} // namespace

int trust_key(const arguments& given) {
    struct wanted {
        std::string key, name;
        std::optional<std::vector<std::string>> plugins;
        std::optional<std::string> not_after;
        static constexpr auto describe() { return tenon::camel_case(); }
    };
    const auto key = public_key_said(given.words()[0]);
    if (!key) return complain(key.error().message, exit_code::no_input);
    wanted made{key->text(), given.value("--name"), {}, {}};
    if (given.has("--plugins")) made.plugins = given.values("--plugins");
    if (given.has("--last-day")) made.not_after = given.value("--last-day");
    return ask(given, "POST", "/api/v1/trust/keys", tenon::to_json(made), says(key->text(), " is trusted"));
}

int forget_key(const arguments& given) {
    const auto key = public_key_said(given.words()[0]);
    if (!key) return complain(key.error().message, exit_code::no_input);
    return ask(given, "DELETE", "/api/v1/trust/keys/" + in_path(key->text()), {},
               says(key->text(), " is not trusted any more"));
}

int revoke_key(const arguments& given) {
    const auto what = revocable_said(given.words()[0]);
    if (!what) return complain(what.error().message, exit_code::no_input);
    std::map<std::string, std::string> said{{"what", *what}};
    if (given.has("--reason")) said["reason"] = given.value("--reason");
    return ask(given, "POST", "/api/v1/trust/revoked", tenon::to_json(said),
               says(*what, " is revoked: nothing of it is installed or started any more"));
}

int unrevoke_key(const arguments& given) {
    const auto what = revocable_said(given.words()[0]);
    if (!what) return complain(what.error().message, exit_code::no_input);
    return ask(given, "DELETE", "/api/v1/trust/revoked/" + in_path(*what), {},
               says(*what, " is not revoked any more"));
}

int list_trust(const arguments& given) {
    return ask(given, "GET", "/api/v1/trust/keys", {}, [](const json& answer) {
        std::vector<row> rows;
        for (const json_view one : answer["keys"].as<std::vector<json_view>>().value_or({})) {
            const std::string last = text_of(one["notAfter"]);
            rows.push_back({text_of(one["key"]),
                            {text_of(one["name"]), look::bold},
                            words_in(one["plugins"]),
                            last.empty() ? "" : "until " + last});
        }
        for (const json_view one : answer["revoked"].as<std::vector<json_view>>().value_or({}))
            rows.push_back({text_of(one["what"]), {"revoked", look::bad}, text_of(one["reason"])});
        print_table(rows);
        return exit_code::good;
    });
}

} // namespace reference
