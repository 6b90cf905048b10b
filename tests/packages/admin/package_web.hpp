#ifndef TENON_TESTS_PACKAGES_PACKAGE_WEB_HPP
#define TENON_TESTS_PACKAGES_PACKAGE_WEB_HPP

// A host with packages and their administration over HTTP, in a thread of its own, and clients that say any bytes to it.
// What may be installed by its path lies below the folder `files`.

#include "../../http/raw_client.hpp"
#include "../operations/kept_packages.hpp"

#include <tenon/config/system_trusted.hpp>
#include <tenon/package_admin.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace tenon::tests {

using http::raw_client;
using answer = raw_client::answer;

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

class package_web : public loop_thread {
public:
    explicit package_web(package_options given = kept_packages::any_policy(),
                         package_admin_settings more = {}) {
        std::filesystem::create_directory(folder / "files");
        given.store.folder = folder / "store";
        given.plugins.stop = {{stop_action::ask, milliseconds{2'000}}, {stop_action::kill, milliseconds{0}}};
        given.plugins.restart = {.enabled = false};
        given.plugins.health_interval = milliseconds{0};
        const program_places places{.trusted = {folder / "files"}};
        more.trusted_file = [places](const std::string& path) { return trusted_program(path, places); };
        options_ = std::move(given);
        settings_ = std::move(more);
        open();
    }
    ~package_web() { close(); }

    /// `first` is done before there are paths.
    void open(const std::function<void(package_manager&)>& first = {}) {
        there([this, &first] {
            host_.emplace(io);
            auto opened = package_manager::open(*host_, options_);
            REQUIRE_MESSAGE(opened, opened.error().message);
            manager_ = *std::move(opened);
            if (first) first(*manager_);
            manager_->start_enabled();
            paths_.emplace(http::guard(token));
            web_.emplace(io, *paths_);
            REQUIRE(web_->listen("127.0.0.1:0"));
            address = web_->address();
            add_package_paths(*paths_, *host_, *manager_, {}, settings_);
        });
    }
    void close() {
        there([this] {
            web_.reset();
            paths_.reset();
            manager_.reset();
            host_.reset();
        });
    }

    void reopen(package_options other) {
        other.store.folder = options_.store.folder;
        other.plugins = options_.plugins;
        options_ = std::move(other);
        open();
    }

    raw_client client() const { return raw_client(address); }
    std::string head(std::string_view who, std::string_view method, std::string_view target,
                     std::string_view body = {}, std::string_view more = {}) const {
        const std::string about = body.empty()
                                      ? std::string()
                                      : detail::join({"Content-Type: application/json\r\nContent-Length: ",
                                                      std::to_string(body.size()), "\r\n"});
        return detail::join({method, " ", target, " HTTP/1.1\r\nHost: ", address, "\r\n",
                             who.empty() ? "" : "Authorization: Bearer ", who, who.empty() ? "" : "\r\n",
                             about, more, "\r\n", body});
    }
    /// As who has this token; with an empty one, nobody.
    answer ask(std::string_view who, std::string_view method, std::string_view target,
               std::string_view body = {}, std::string_view more = {}) const {
        raw_client one = client();
        one.say(head(who, method, target, body, more));
        return one.hear(method != "HEAD");
    }
    answer admin(std::string_view method, std::string_view target, std::string_view body = {}) const {
        return ask(token, method, target, body);
    }
    /// A token of its own with these roles and this scope.
    std::string token_for(const std::string& name, const std::string& roles,
                          const std::string& scope = {}) const {
        const answer made = admin("POST", "/api/v1/access/tokens",
                                  detail::join({R"({"name":")", name, R"(","roles":)", roles,
                                                scope.empty() ? "" : R"(,"scope":)", scope, "}"}));
        REQUIRE_MESSAGE(made.status == 201, made.body);
        return member(made, "token");
    }

    std::string file_of(const package_wish& wish) {
        return folder.write(
            detail::join({"files/", wish.id, "-", wish.version, "-", std::to_string(++files_)}), wish.build(),
            0600);
    }
    /// The body of an installation. `more`: members, each with a comma before it.
    static std::string by_path(const std::string& path, std::string_view more = {}) {
        return detail::join({R"({"source":"path","path":)", to_json(path), more, "}"});
    }
    answer install(const package_wish& wish, std::string_view more = {}, std::string_view query = {}) {
        return admin("POST", detail::join({"/api/v1/plugins/install", query}), by_path(file_of(wish), more));
    }

    static json body_of(const answer& heard) { return json::parse(heard.body).value_or(json()); }
    static std::string member(const answer& heard, std::string_view name) {
        return body_of(heard)[name].as<std::string>().value_or("");
    }
    static std::int64_t number(const answer& heard, std::string_view name) {
        return body_of(heard)[name].as<std::int64_t>().value_or(-1);
    }

    /// What an administrator is told there, once it says this.
    bool says_soon(std::string_view target, std::string_view part) const {
        return soon([&] { return has(admin("GET", target).body, part); });
    }
    /// Files that were sent go when their exchange does: behind the answer.
    bool keeps_no_upload() const {
        return soon([&] { return std::filesystem::is_empty(folder / "store/staging"); });
    }

    tenon::host& host() { return *host_; } // these two within there() alone
    package_manager& packages() { return *manager_; }
    std::vector<http::endpoint> endpoints() const { return paths_->endpoints(); }

    inline static const std::string token = "Tok-3f9c81d2b7";
    scratch_folder folder;
    std::string address;

private:
    template <class Holds>
    static bool soon(Holds holds) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!holds()) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return true;
    }

    package_options options_;
    package_admin_settings settings_;
    std::optional<tenon::host> host_;
    std::unique_ptr<package_manager> manager_;
    std::optional<http::router> paths_;
    std::optional<http::server> web_;
    std::uint64_t files_ = 0;
};

} // namespace tenon::tests

#endif
