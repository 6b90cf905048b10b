// Reads the file's own keys. The other keys are read by the floors that they are for.

#include "settings/settings.hpp"

#include "settings/packages.hpp"
#include "settings/yaml.hpp"

#include <tenon/config/config_reader.hpp>
#include <tenon/config/system_small_file.hpp>
#include <tenon/config/system_trusted.hpp>
#include <tenon/config/variables.hpp>
#include <tenon/process/system_program.hpp>
#include <tenon/web/address.hpp>
#include <tenon/transport/asio.hpp>

#include <asio/ip/address.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace reference {

namespace {

constexpr std::size_t most_bytes = std::size_t{4} << 20;
constexpr std::size_t most_plugins = 1'000;

tenon::fault wrong(std::string words) { return {tenon::codes::invalid_params, std::move(words)}; }

tenon::result<std::string> json_text(const std::string& path) {
    auto text = tenon::read_small_file(path, most_bytes);
    if (!text) return text;
    const auto ends = [&](std::string_view end) { return path.size() >= end.size() && path.ends_with(end); };
    if (ends(".yaml") || ends(".yml")) return json_of_yaml(*text, most_bytes);
    if (text->starts_with("\xEF\xBB\xBF")) text->erase(0, 3);
    return text;
}

bool is_in_path(const std::string& program) {
    const std::string found = tenon::detail::find_program(program, variable("PATH").value_or(""));
    return !found.empty() && tenon::detail::may_execute(found);
}

/// What came from a variable into a plugin's environment or configuration is never shown. The file as it was written says
/// where that is.
void keep_secrets(tenon::json_view written, const std::string& plugin, settings& into) {
    for (const auto* key : {"env", "config"}) {
        auto read = tenon::expand_variables(written[key], variable);
        if (!read) continue;
        for (const std::string& value : read->values)
            if (is_secret(value)) into.secrets[plugin].push_back(value);
        into.references[plugin].merge(read->references);
    }
}

/// A plugin with a `runtime` is known to the host, and not started where the runtime or its own program is missing. Says
/// which is missing, or nothing.
std::string what_is_missing(const tenon::plugin_config& plugin) {
    if (plugin.runtime.empty()) return {};
    if (!is_in_path(plugin.runtime)) return "there is no " + plugin.runtime;
    if (plugin.options.command.empty() || plugin.options.command[0][0] != '/') return {};
    const std::string& program = plugin.options.command[0];
    return tenon::detail::may_execute(program) ? "" : "there is no " + program;
}

void read_plugins(tenon::json_view list, const std::vector<tenon::json_view>& written, settings& into,
                  tenon::mistakes& wrong) {
    const tenon::program_places& places = into.places;
    if (written.size() > most_plugins)
        return wrong.add("plugins", "expected at most 1000, got " + std::to_string(written.size()));
    auto plugins = tenon::detail::read_plugin_configs(list, "plugins", wrong);
    for (std::size_t at = 0; at < plugins.size(); ++at) {
        if (!plugins[at]) continue;
        tenon::plugin_config& plugin = into.plugins.emplace_back(std::move(*plugins[at]));
        tenon::plugin_options& options = plugin.options;
        if (!options.command.empty() && options.command[0].find('/') != std::string::npos)
            options.command[0] = full_path(options.command[0], places.base);
        if (!options.directory.empty()) options.directory = full_path(options.directory, places.base);
        if (options.sandbox)
            for (tenon::sandbox_path& one : options.sandbox->filesystem)
                one.path = full_path(one.path, places.base);
        keep_secrets(written[at], options.name, into);
        const auto& secrets = into.secrets[options.name];
        options.logs.secrets.insert(options.logs.secrets.end(), secrets.begin(), secrets.end());
        into.written[options.name] = tenon::json(written[at]["config"]);
        if (const std::string why = what_is_missing(plugin); !why.empty()) {
            plugin.enabled = false;
            into.missing[options.name] = why;
        } else if (!options.command.empty()) {
            auto program = tenon::trusted_program(options.command[0], places);
            if (program) options.command[0] = std::move(*program);
            else wrong.add("plugins[" + std::to_string(at) + "].command", program.error().message);
        }
    }
}

/// Compared with the Host header as a whole: no scheme, no path, no pattern.
void check_hosts(const std::vector<std::string>& hosts, tenon::mistakes& wrong) {
    const auto may_stand = [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
               std::string_view(".-_:[]").find(byte) != std::string_view::npos;
    };
    for (std::size_t at = 0; at < hosts.size(); ++at)
        if (hosts[at].empty() || !std::all_of(hosts[at].begin(), hosts[at].end(), may_stand))
            wrong.add("hosts[" + std::to_string(at) + "]",
                      "expected a name like \"chat.example.org\" or \"chat.example.org:8080\", got \"" +
                          tenon::detail::quotable(hosts[at]) + "\"");
}

} // namespace

std::optional<std::string> variable(const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
}

bool is_secret(std::string_view value) { return value.size() >= 4; }

std::string full_path(std::string_view path, std::string_view folder) {
    const char* home = std::getenv("HOME");
    std::filesystem::path full(path);
    if (home != nullptr && (path == "~" || path.substr(0, 2) == "~/"))
        full = std::filesystem::path(home) / path.substr(path.size() > 1 ? 2 : 1);
    std::string clean = (std::filesystem::path(folder) / full).lexically_normal().string();
    if (clean.size() > 1 && clean.back() == '/') clean.pop_back();
    return clean;
}

tenon::result<void> check_listen(const std::string& listen, const std::string& admin_token) {
    const auto at = tenon::http::split_address(listen);
    const std::string name(at ? at->host : "");
    asio::error_code none;
    const asio::ip::address address = asio::ip::make_address(name, none);
    if (name != "localhost" && none)
        return wrong("listen: expected an address like \"127.0.0.1:8080\" or \"[::1]:8080\", got \"" +
                     tenon::detail::quotable(listen) + "\"");
    if (name == "localhost" || address.is_loopback() || admin_token.size() >= 16) return {};
    return wrong("listen: others can reach " + listen +
                 ", so there has to be an adminToken of at least 16 characters");
}

std::string data_warning(const settings& of) {
    const auto good = tenon::try_small_files(of.data + "/config");
    if (good) return {};
    return "data: " + good.error().message +
           ": what is set by page, command line or plugin is lost when the host ends";
}

tenon::result<void> check_store_folder(const settings& of) {
    std::error_code ignored;
    if (!of.packages || std::filesystem::is_directory(of.packages->store.folder, ignored)) return {};
    const auto good = tenon::try_small_files(of.packages->store.folder);
    if (!good) return tenon::fault{good.error().code, "packages.store: " + good.error().message};
    return {};
}

tenon::result<settings> read_settings(const std::string& path) {
    settings read;
    std::error_code ignored;
    read.file = full_path(path, std::filesystem::current_path(ignored).string());
    const std::string folder = std::filesystem::path(read.file).parent_path().string();
    auto text = json_text(read.file);
    if (!text) return text.error();
    const auto written = tenon::parse_config(*text);
    if (!written) return wrong(written.error().message);
    const auto expanded = tenon::expand_variables(written->view(), variable);
    if (!expanded) return expanded.error();

    read.socket = "~/.tenon/runtime.sock";
    tenon::config_reader in(expanded->value.view());
    in.text("listen", read.listen);
    in.text_or_null("adminToken", read.admin_token);
    in.texts("hosts", read.hosts);
    in.text("socket", read.socket);
    in.each_pattern("decisionTimeoutMs", read.decision_timeout, read.decision_timeouts,
                    [](tenon::config_reader& from, std::string_view key, tenon::milliseconds& wait) {
                        from.wait(key, wait);
                        if (wait.count() == 0) from.refuse(key, "expected at least 1 ms, got 0");
                    });
    in.text_or_null("data", read.data);
    tenon::program_places& places = read.places;
    places = {.plugins = {"./plugins"}, .base = folder};
    const bool named_dirs = in.has("pluginDirs");
    places.remark = in.has("trustedDirs") ? ""
                    : named_dirs
                        ? "; trustedDirs is not in the file, and is what pluginDirs says"
                        : "; neither trustedDirs nor pluginDirs is in the file: both are ./plugins beside it";
    in.texts("pluginDirs", places.plugins);
    places.trusted = places.plugins;
    in.texts("trustedDirs", places.trusted);
    for (auto* list : {&places.plugins, &places.trusted})
        for (std::string& each : *list) each = full_path(each, folder);
    auto packages = read_packages(in);
    read.packages_written = std::string(expanded->value["packages"].text());
    const tenon::json_view plugins = in.any("plugins");
    tenon::mistakes wrong = in.take_mistakes();
    check_hosts(read.hosts, wrong);
    const auto as_written = (*written)["plugins"].as<std::vector<tenon::json_view>>().value_or({});
    read_plugins(plugins, as_written, read, wrong);
    if (auto good = check_listen(read.listen, read.admin_token); !good) wrong.add_new(good.error().message);
    if (auto good = wrong.finish(); !good) return good.error();
    read.socket = full_path(read.socket, folder);
    if (read.data.empty()) read.data = (std::filesystem::path(read.socket).parent_path() / "data").string();
    read.data = full_path(read.data, folder);
    if (packages) {
        std::string& store = packages->store.folder;
        store = store.empty() ? read.data + "/packages" : full_path(store, folder);
        trust_places(*packages, places);
        // Nobody named ./plugins: a newcomer has none.
        if (!named_dirs) packages->missing_plugin_dirs = tenon::missing_dirs::empty;
        read.packages = std::make_shared<const tenon::package_options>(*std::move(packages));
    }
    return read;
}

} // namespace reference
