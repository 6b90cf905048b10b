// `tenon-host run`: all rooms together, until a signal ends it.

#include "command_line/commands.hpp"

#include "chat/paths.hpp"
#include "command_line/admin_file.hpp"
#include "command_line/catalogue.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/screen.hpp"
#include "command_line/words.hpp"
#include "page/page.hpp"
#include "settings/keeper.hpp"

#include <tenon/package_admin.hpp>
#include <tenon/config/config_warnings.hpp>
#include <tenon/config/system_trusted.hpp>
#include <tenon/rules/option_words.hpp>
#include <tenon/config/system_file_watch.hpp>
#include <tenon/host/clocks.hpp>
#include <tenon/host/system_log_writer.hpp>
#include <tenon/process/system_described.hpp>
#include <tenon/process/system_surroundings.hpp>

#include <asio/signal_set.hpp>

#include <csignal>
#include <filesystem>
#include <iostream>

#include <unistd.h>

namespace reference {

namespace {

int exit_code_of(const tenon::fault& wrong) {
    return wrong.code == tenon::codes::invalid_params ? exit_code::configuration : exit_code::no_input;
}

/// Each mistake on a line of its own.
int complain_about(std::string_view file, const tenon::fault& wrong) {
    for (const std::string& one : tenon::mistakes::lines_of(wrong.message))
        std::cerr << line_text({file, ": ", one}, false);
    return exit_code_of(wrong);
}

tenon::host_offer what_is_offered() {
    tenon::host_offer offer;
    const tenon::host_catalogue known = catalogue_here();
    for (const auto& service : known.services)
        if (!service.permission.empty()) offer.permissions.push_back(service.permission);
    for (const auto& event : known.events) offer.events.push_back(event.type);
    return offer;
}

class running {
public:
    /// Made before the file is read: from now on no change of it is missed.
    running(const std::string& file, bool quiet)
        : quiet_(quiet), signals_(io_, SIGINT, SIGTERM, SIGHUP), host_(io_, {}), chat_(host_),
          web_(io_, paths_),
          keeper_(
              host_, [this](tenon::log_level level, std::string words) { say(level, std::move(words)); },
              [this] { tell_configuration(); },
              [this](std::string_view plugin) { return package_named(plugin); }),
          watch_(io_.get_executor(), file, [this] { reload("the file has changed"); }) {}

    int run(settings first, std::string listen_in_file) {
        settings_ = std::move(first);
        listen_in_file_ = std::move(listen_in_file);
        if (auto good = host_.listen(settings_.socket); !good)
            return complain(good.error().message, exit_code::unavailable);
        look_on();
        if (auto good = keep_packages(); !good)
            return complain(good.error().message, tenon::code_of(good.error()) == tenon::package_code::busy
                                                      ? exit_code::unavailable
                                                      : exit_code_of(good.error()));
        if (auto good = open_to_others(); !good)
            return complain(good.error().message, exit_code::unavailable);
        tell_configuration({});
        keeper_.apply(settings_, [this] {
            if (!ending_) chat_.opened(web_.address());
        });
        if (packages_) packages_->start_enabled();
        await_signals();
        io_.run();
        return exit_code::good;
    }

private:
    tenon::result<void> open_to_others() {
        std::string token = settings_.admin_token;
        if (token.empty()) {
            auto made = tenon::http::make_token();
            if (!made) return made.error();
            token = *made;
        }
        paths_.guarded_by(tenon::http::guard(token, settings_.hosts));
        if (auto good = web_.listen(settings_.listen); !good) return good;
        const bool known = !settings_.admin_token.empty(); // it was configured, so it need not be shown
        const admin_file file{.address = web_.address(), .token = known ? "" : token, .pid = ::getpid()};
        if (auto good = write_admin_file(settings_.socket, file); !good) return good.error();
        paths_.add({"GET", "/", tenon::http::access::open}, show_page);
        add_chat_paths(paths_, chat_, host_);
        tenon::admin_settings plugins{
            .enabled = [this](std::string_view plugin) { return keeper_.enabled(plugin); },
            .enable = [this](const std::string& plugin, bool on,
                             auto done) { keeper_.enable(plugin, on, std::move(done)); },
            .keep_config = [this](const std::string& plugin,
                                  const tenon::json& config) { return keeper_.keep_config(plugin, config); },
            .config_in_file = [this](std::string_view plugin) { return keeper_.config_in_file(plugin); },
            .config_set_here = [this](std::string_view plugin) { return keeper_.config_set_here(plugin); },
            .config_trouble = [this](std::string_view plugin) { return keeper_.config_trouble(plugin); },
            .forget_config = [this](const std::string& plugin) { return keeper_.forget_config(plugin); },
            .secrets = [this](std::string_view plugin) { return keeper_.secrets(plugin); }};
        const auto may_install = [places = settings_.places](const std::string& path) {
            return tenon::trusted_program(path, places);
        };
        if (!packages_) tenon::add_admin_paths(paths_, host_, std::move(plugins));
        else
            tenon::add_package_paths(paths_, host_, *packages_, std::move(plugins),
                                     {.trusted_file = may_install});
        std::cout << "http://" << web_.address() << '/' << (known ? "" : "#token=" + token) << std::endl;
        return {};
    }

    /// What look_on() says of starts and configurations holds for plugins that are no packages.
    tenon::result<void> keep_packages() {
        if (!settings_.packages) return {};
        tenon::package_options options = *settings_.packages;
        options.is_reserved = [this](std::string_view plugin) { return keeper_.in_file(plugin); };
        std::error_code ignored; // the store says what is wrong
        std::filesystem::create_directories(std::filesystem::path(options.store.folder).parent_path(),
                                            ignored);
        auto opened = tenon::package_manager::open(host_, std::move(options));
        if (!opened) return std::move(opened).error();
        packages_ = *std::move(opened);
        operations_.emplace(packages_->watch_operations());
        await_operations();
        return {};
    }

    std::string package_named(std::string_view plugin) const {
        const tenon::installed_package* const found = packages_ ? packages_->installed(plugin) : nullptr;
        return found != nullptr && found->record.name == plugin ? found->record.id : std::string();
    }

    /// A plugin of the file may have waited for a package to go.
    void await_operations() {
        operations_->next([this](const tenon::result<tenon::watched<tenon::package_operation>>& next) {
            if (!next) return;
            if (keeper_.is_name_free()) reload("a package is gone whose name the file has");
            await_operations();
        });
    }

    void look_on() {
        host_.on_log([this](const tenon::log_record& record) {
            if (!quiet_ || record.level >= tenon::log_level::warn) log_.write(record);
        });
        host_.on_change([this](const tenon::state_change& change) {
            using enum tenon::plugin_state;
            const bool bad = change.to == backoff || change.to == failed;
            if (!bad && change.to != ready && change.to != stopped && change.to != blocked) return;
            std::string words = "is " + std::string(words_of(change.to));
            if (change.to != ready && !change.reason.text.empty()) words += ": " + change.reason.text;
            say(bad ? tenon::log_level::warn : tenon::log_level::info, std::move(words), change.plugin);
        });
        host_.on_save_config([this](const std::string& plugin, const tenon::json& set) {
            return keeper_.keep_members(plugin, set);
        });
        host_.prepare_starts([this](const tenon::plugin_options& options, const tenon::start_ready& ready) {
            ready(keeper_.prepare_start(options));
        });
    }

    /// To everybody who reads the log. A plugin's changes of state have a stream of their own.
    void say(tenon::log_level level, const std::string& words) { host_.note(level, words); }
    void say(tenon::log_level level, std::string words, std::string plugin) {
        if (quiet_ && level < tenon::log_level::warn) return;
        log_.write({.unix_ms = tenon::detail::wall_clock_ms(),
                    .level = level,
                    .plugin = std::move(plugin),
                    .message = std::move(words)});
    }

    /// `mistakes`: in the file as it is now.
    void tell_configuration(std::vector<std::string> mistakes) {
        configuration_.file = settings_.file;
        configuration_.unix_ms = tenon::detail::wall_clock_ms();
        configuration_.good = true; // one that is bad once more counts once more
        mistakes_ = std::move(mistakes);
        tell_configuration();
    }
    /// Also of a file that is used something may not hold, where a plugin does not take it.
    void tell_configuration() {
        const bool was_good = configuration_.good;
        tenon::mistakes all;
        for (const std::string& one : mistakes_.empty() ? keeper_.refusals() : mistakes_) all.add(one);
        configuration_.mistakes = tenon::mistakes::lines_of(all.text());
        configuration_.good = all.none();
        configuration_.partly = !all.none() && mistakes_.empty();
        if (!configuration_.good) {
            configuration_.refused += was_good;
            configuration_.last_mistake = configuration_.mistakes.front();
            configuration_.last_mistake_unix_ms = configuration_.unix_ms;
        }
        host_.tell_configuration(configuration_);
    }

    void reload(std::string why) {
        if (ending_) return;
        auto next = read_settings(settings_.file);
        if (!next) {
            const auto mistakes = tenon::mistakes::lines_of(next.error().message);
            for (const std::string& one : mistakes) say(tenon::log_level::warn, one);
            say(tenon::log_level::warn, settings_.file + " cannot be used: everything stays as it was");
            return tell_configuration(mistakes);
        }
        tell_configuration({});
        say(tenon::log_level::info, why + ": " + settings_.file);
        const auto needs_a_start = [&](std::string_view key, bool differs) {
            if (differs)
                say(tenon::log_level::warn,
                    std::string(key) + " is another one: it holds from the next start of the host");
        };
        needs_a_start("listen", next->listen != listen_in_file_);
        needs_a_start("adminToken", next->admin_token != settings_.admin_token);
        needs_a_start("hosts", next->hosts != settings_.hosts);
        needs_a_start("socket", next->socket != settings_.socket);
        needs_a_start("packages", next->packages_written != settings_.packages_written);
        keeper_.apply(std::move(*next));
    }

    void await_signals() {
        signals_.async_wait([this](const asio::error_code& error, int number) {
            if (error) return;
            if (number == SIGHUP) reload("SIGHUP");
            if (number != SIGHUP) end(number == SIGINT ? "SIGINT" : "SIGTERM");
            await_signals();
        });
    }

    /// The second time it takes the next step of every stop at once.
    void end(const char* reason) {
        say(tenon::log_level::info, ending_ ? "hurrying" : "ending");
        // While the socket is still held: the next host's file is not there yet.
        if (!std::exchange(ending_, true)) {
            remove_admin_file(settings_.socket, ::getpid());
            chat_.closing(reason);
        }
        web_.close();
        host_.shutdown([this](const tenon::result<void>&) { io_.stop(); });
    }

    settings settings_;
    tenon::configuration_status configuration_;
    std::vector<std::string> mistakes_; // in the file, which cannot be used then
    std::string listen_in_file_;        // --listen goes before it
    bool quiet_, ending_ = false;
    tenon::log_writer log_;
    asio::io_context io_{1};
    asio::signal_set signals_; // before the host: also while that ends a signal does not kill this
    tenon::host host_;
    chat chat_;
    std::unique_ptr<tenon::package_manager> packages_; // goes before the host, and after who asks for them
    std::optional<tenon::watch<tenon::package_operation>> operations_;
    tenon::http::router paths_;
    tenon::http::server web_; // behind what it asks: it goes first
    keeper keeper_;
    tenon::file_watch watch_;
};

} // namespace

int run_host(const arguments& given) {
    std::error_code ignored;
    const std::string file = full_path(given.value("--config", "tenon-host.json"),
                                       std::filesystem::current_path(ignored).string());
    tenon::mend_surroundings();
    running whole(file, given.has("--quiet"));
    auto read = read_settings(file);
    if (!read) return complain_about(file, read.error());
    const std::string listen_in_file = read->listen;
    if (given.has("--listen")) {
        read->listen = given.value("--listen");
        if (auto good = check_listen(read->listen, read->admin_token); !good)
            return complain(good.error().message, exit_code::usage);
    }
    return whole.run(std::move(*read), listen_in_file);
}

/// What is wrong with the plugins' own configurations, by what their programs say of themselves; one a line.
tenon::result<void> check_own_configs(const std::vector<tenon::plugin_config>& plugins) {
    std::string all;
    for (const tenon::plugin_config& plugin : plugins)
        if (const auto good = tenon::check_described_config(plugin.options); !good)
            all += (all.empty() ? "" : "\n") + plugin.options.name + ": " + good.error().message;
    if (all.empty()) return {};
    return tenon::fault{tenon::codes::invalid_params, std::move(all)};
}

int check_file(const arguments& given) {
    const std::string& file = given.words()[0];
    auto read = read_settings(file);
    if (read)
        if (auto good = check_own_configs(read->plugins); !good) read = good.error();
    if (read)
        if (auto good = check_store_folder(*read); !good) read = good.error();
    const auto complaints =
        read ? std::vector<std::string>() : tenon::mistakes::lines_of(read.error().message);
    const auto missing = read ? read->missing : decltype(settings::missing)();
    auto warnings =
        read ? tenon::config_warnings(read->plugins, what_is_offered()) : std::vector<std::string>();
    if (const std::string lost = read ? data_warning(*read) : ""; !lost.empty()) warnings.push_back(lost);
    if (given.has("--json")) {
        struct verdict {
            bool good;
            std::string complaint;
            std::vector<std::string> complaints, warnings;
            std::map<std::string, std::string, std::less<>> missing;
        };
        print_json(tenon::to_json(verdict{read.has_value(), complaints.empty() ? "" : complaints[0],
                                          complaints, warnings, missing}));
    } else if (!read) {
        complain_about(file, read.error());
    } else {
        for (const std::string& one : warnings) print_line({"warning: ", one});
        for (const auto& [plugin, why] : missing) print_line({plugin, " would not be started: ", why});
        print_line({file, " is good: ", count_words(read->plugins.size(), "plugin")});
    }
    return read ? exit_code::good : exit_code_of(read.error());
}

} // namespace reference
