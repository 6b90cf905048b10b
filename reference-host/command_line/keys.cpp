// `tenon-host key ...`: files of keys, as minisign has them.

#include "command_line/keys.hpp"
#include "command_line/commands.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/screen.hpp"

#include <tenon/config/system_small_file.hpp>
#include <tenon/core/system_secret.hpp>
#include <tenon/json/encode.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

namespace reference {

namespace {

/// Faults of a file that is there already have their own code: what is in it may be worth more than what would be.
tenon::result<void> write_new_file(const std::string& path, const std::string& text, unsigned mode) {
    const tenon::detail::descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, static_cast<mode_t>(mode)));
    if (!file && errno == EEXIST)
        return tenon::fault{tenon::codes::invalid_params, path + " is there already, and stays as it is"};
    if (file && tenon::detail::wrote_all(file.get(), text)) return {};
    const tenon::fault why = tenon::detail::file_fault(path);
    if (file) ::unlink(path.c_str());
    return why;
}

/// Typed unseen on a terminal, else the first line of stdin.
tenon::result<std::string> ask_password(const std::string& file) {
    std::string typed;
    if (::isatty(STDIN_FILENO) != 1) {
        std::getline(std::cin, typed);
    } else {
        termios before{};
        if (::tcgetattr(STDIN_FILENO, &before) != 0)
            return tenon::fault{tenon::codes::unavailable, file + ": no password can be typed here"};
        termios unseen = before;
        unseen.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
        std::cerr << "password of " << safe(file) << ": " << std::flush; // what is typed from here on counts
        std::getline(std::cin, typed);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        std::cerr << '\n';
    }
    if (typed.ends_with('\r')) typed.pop_back();
    if (typed.empty())
        return tenon::fault{tenon::codes::invalid_params,
                            file + ": it has a password, and none was typed or came on stdin"};
    return typed;
}

std::string public_file_text(const tenon::public_key& key) {
    return "untrusted comment: minisign public key " + key.id() + "\n" + key.text() + "\n";
}

void warn_where_others_read(const std::string& path) {
    struct stat file {};
    if (::stat(path.c_str(), &file) == 0 && (file.st_mode & (S_IRGRP | S_IROTH)) != 0)
        std::cerr << line_text({"warning: ", path, ": others can read this secret key: chmod 600 ", path},
                               false);
}

} // namespace

tenon::result<tenon::secret_key> secret_key_in(const std::string& path) {
    const auto text = tenon::read_small_file(path, tenon::longest_signature);
    if (!text) return text.error();
    if (tenon::read_public_key(*text))
        return tenon::fault{tenon::codes::invalid_params,
                            path + ": it is the public half of a key, and the secret half signs" +
                                (path.ends_with(".pub") ? ": it is " + path.substr(0, path.size() - 4) +
                                                              ".key, where `key new` wrote both"
                                                        : "")};
    warn_where_others_read(path);
    tenon::result<std::string> password = std::string();
    if (tenon::has_password(*text)) password = ask_password(path);
    if (!password) return password.error();
    auto key = tenon::read_secret_key(*text, *password);
    if (!key) return tenon::fault{key.error().code, path + ": " + key.error().message};
    return key;
}

tenon::result<tenon::public_key> public_key_said(const std::string& file_or_key) {
    if (auto key = tenon::read_public_key(file_or_key)) return key;
    const auto text = tenon::read_small_file(file_or_key, tenon::longest_signature);
    if (!text) return text.error();
    if (auto key = tenon::read_public_key(*text)) return key;
    // Where the secret one lies, the public one is in it.
    if (auto key = tenon::read_secret_key(*text)) return warn_where_others_read(file_or_key), key->open;
    if (tenon::has_password(*text))
        return tenon::fault{tenon::codes::invalid_params,
                            file_or_key +
                                ": it is a secret key with a password, which hides the public one, too"};
    return tenon::fault{tenon::codes::invalid_params,
                        file_or_key + ": " + tenon::read_public_key(*text).error().message};
}

int new_key(const arguments& given) {
    std::array<unsigned char, 40> random{};
    if (!tenon::detail::random_bytes(random))
        return complain("the system has no random numbers", exit_code::refused);
    const auto key = tenon::make_secret_key({reinterpret_cast<const char*>(random.data()), random.size()});
    if (!key) return complain(key.error().message, exit_code::refused);
    const std::string secret = given.words()[0] + ".key", open = given.words()[0] + ".pub";
    const auto refused = [](const tenon::fault& why) {
        return complain(why.message,
                        why.code == tenon::codes::invalid_params ? exit_code::refused : exit_code::unwritten);
    };
    // The public one first: it is worth nothing alone.
    if (auto good = write_new_file(open, public_file_text(key->open), 0644); !good)
        return refused(good.error());
    if (auto good = write_new_file(secret, tenon::secret_key_text(*key), 0600); !good) {
        ::unlink(open.c_str());
        return refused(good.error());
    }
    print_table({{{"secret key", look::dim}, secret + ", for you alone"},
                 {{"public key", look::dim}, open},
                 {{"", look::dim}, key->open.text()}});
    return exit_code::good;
}

int show_key(const arguments& given) {
    const auto key = public_key_said(given.words()[0]);
    if (!key) return complain(key.error().message, exit_code::no_input);
    print_table({{{"id", look::dim}, key->id()}, {{"public key", look::dim}, key->text()}});
    return exit_code::good;
}

int list_keys(const arguments& given) {
    struct listed {
        std::string id, key, file;
        bool secret;
    };
    struct listing {
        std::vector<listed> keys;
    };
    const std::filesystem::path folder = given.words().empty() ? "." : given.words()[0];
    std::error_code failed;
    std::vector<std::filesystem::path> files;
    for (std::filesystem::directory_iterator each(folder, failed), end; !failed && each != end;
         each.increment(failed))
        files.push_back(each->path());
    if (failed) return complain(folder.string() + ": " + failed.message(), exit_code::no_input);
    std::sort(files.begin(), files.end());
    listing found;
    for (const std::filesystem::path& file : files) {
        const bool secret = file.extension() == ".key";
        if (!secret && file.extension() != ".pub") continue;
        const std::string name = file.lexically_normal().string();
        if (const auto key = public_key_said(name))
            found.keys.push_back({key->id(), key->text(), name, secret});
        else complain(key.error().message, exit_code::good);
    }
    if (given.has("--json")) return print_json(tenon::to_json(found)), exit_code::good;
    std::vector<row> rows;
    for (const listed& one : found.keys)
        rows.push_back({one.id, {one.key, look::dim}, one.file, {one.secret ? "secret" : "", look::warning}});
    print_table(rows);
    return exit_code::good;
}

} // namespace reference
