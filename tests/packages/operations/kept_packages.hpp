#ifndef TENON_TESTS_PACKAGES_KEPT_PACKAGES_HPP
#define TENON_TESTS_PACKAGES_KEPT_PACKAGES_HPP

// A host that keeps packages, and archives that are made for it: their program is tests/fixtures/misbehaving, which does
// what the words in `args` say.

#include "../../host/misbehaving.hpp"
#include "../../scratch_folder.hpp"

#include <tenon/packages.hpp>

#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::tests {

inline std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline secret_key key_of(char letter) { return make_secret_key(std::string(40, letter)).value(); }

/// What an archive is made of.
struct package_wish {
    std::string id = "dev.example.tool", name = "tool", version = "1.0.0";
    std::vector<std::string> args = {"good"};
    std::string more = {}; // members of the manifest, each with a comma before it
    std::vector<secret_key> signers = {};
    std::string program = {}; // its bytes; the fixture where there are none

    std::string manifest() const {
        return detail::join({R"({"id":")", id, R"(","name":")", name, R"(","version":")", version,
                             R"(","entry":"bin/tool","args":)", to_json(args), more, "}"});
    }
    std::string build() const {
        package_builder builder;
        REQUIRE(builder.add("plugin.json", manifest()));
        REQUIRE(builder.add("bin/tool", program.empty() ? bytes_of(fixture("misbehaving")) : program, true));
        for (const secret_key& key : signers) REQUIRE(builder.sign(key, "made for a test"));
        auto built = builder.build();
        REQUIRE_MESSAGE(built, built.error().message);
        return *std::move(built);
    }
};

class kept_packages {
public:
    explicit kept_packages(package_options given = any_policy()) : options(std::move(given)) {
        options.store.folder = folder / "store";
        options.plugins.stop = {{stop_action::ask, milliseconds{2'000}},
                                {stop_action::kill, milliseconds{0}}};
        options.plugins.restart = {.enabled = false};
        options.plugins.health_interval = milliseconds{0};
        open();
    }
    ~kept_packages() { manager.reset(); }

    static package_options any_policy() {
        return {.trust = {.policy = trust_policy::any, .keys = {}, .revoked = {}}};
    }
    static package_options trusting(const std::vector<secret_key>& keys) {
        package_options made;
        for (const secret_key& key : keys) made.trust.keys.push_back({.key = key.open, .name = "a test"});
        return made;
    }

    /// As a host does that begins. What runs of the one before is stopped.
    void open() {
        manager.reset();
        run.reset();
        run = std::make_unique<running_host>();
        auto opened = package_manager::open(run->host, options);
        REQUIRE_MESSAGE(opened, opened.error().message);
        manager = *std::move(opened);
        manager->start_enabled();
    }

    std::string file_of(const package_wish& wish) {
        return folder.write(detail::join({wish.id, "-", wish.version, "-", detail::digits(++files_)}),
                            wish.build(), 0600);
    }
    result<package_view> install(const package_wish& wish, plan_request plan = {}) {
        return install({.source = {.file = file_of(wish), .origin = "path"}, .plan = std::move(plan)});
    }
    result<package_view> install(install_request request) {
        return run->until<result<package_view>>(
            [&](auto done) { manager->install(std::move(request), done); });
    }
    template <class Verb>
    result<package_view> ask(Verb verb, package_request request) {
        return run->until<result<package_view>>(
            [&](auto done) { (manager.get()->*verb)(std::move(request), done); });
    }
    result<package_view> update(package_request r) {
        return run->until<result<package_view>>([&](auto done) { manager->update(std::move(r), done); });
    }
    result<package_view> rollback(package_request r) {
        return run->until<result<package_view>>([&](auto done) { manager->rollback(std::move(r), done); });
    }
    result<package_view> uninstall(package_request r) {
        return run->until<result<package_view>>([&](auto done) { manager->uninstall(std::move(r), done); });
    }
    result<package_view> enable(package_request r) {
        return run->until<result<package_view>>([&](auto done) { manager->enable(std::move(r), done); });
    }
    result<package_view> disable(package_request r) {
        return run->until<result<package_view>>([&](auto done) { manager->disable(std::move(r), done); });
    }
    result<package_view> configure(package_request r) {
        return run->until<result<package_view>>([&](auto done) { manager->configure(std::move(r), done); });
    }
    result<package_view> pin(package_request r) {
        return run->until<result<package_view>>([&](auto done) { manager->pin(std::move(r), done); });
    }
    result<package_view> remove_version(package_request r) {
        return run->until<result<package_view>>(
            [&](auto done) { manager->remove_version(std::move(r), done); });
    }
    result<package_plan> plan(install_request r) {
        return run->until<result<package_plan>>([&](auto done) { manager->plan(std::move(r), done); });
    }
    /// "install 1.0.0 done, update 1.1.0 rolled_back", the oldest first.
    std::string history(std::string_view package) {
        auto rows = run->until<result<std::vector<package_change_view>>>(
            [&](auto done) { manager->history(package, 100, done); });
        REQUIRE(rows);
        std::string all;
        for (auto row = rows->rbegin(); row != rows->rend(); ++row)
            detail::append(all,
                           detail::join({all.empty() ? "" : ", ", row->kind, " ", row->to, " ", row->state}));
        return all;
    }
    /// "1.1.0 1.0.0", the newest first.
    std::string versions(std::string_view package) const {
        std::string all;
        for (const package_version_view& one : manager->versions(package))
            detail::append(all, detail::join({all.empty() ? "" : " ", one.version}));
        return all;
    }
    std::string echo(const std::string& plugin) {
        auto said = run->until<result<tests::echo>>([&](auto done) {
            run->host.call<tests::echo>(plugin, "plugin/execute", command_of{"echo", {"hello"}}, {}, done);
        });
        return said ? said->text : said.error().message;
    }

    scratch_folder folder;
    package_options options;
    std::unique_ptr<running_host> run;
    std::unique_ptr<package_manager> manager;

private:
    std::uint64_t files_ = 0;
};

/// What came of it, in short: "1.0.0 ready", "needs_consent: ...".
inline std::string told(const result<package_view>& outcome) {
    if (outcome) {
        constexpr const char* words[] = {" stopped", " ready", " broken"};
        return outcome->version + words[outcome->status] +
               (outcome->problem.empty() ? "" : ": " + outcome->problem);
    }
    const auto code = code_of(outcome.error());
    return std::string(code ? word_of(*code) : std::string_view("?")) + ": " + outcome.error().message;
}

} // namespace tenon::tests

#endif
