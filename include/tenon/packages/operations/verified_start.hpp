#ifndef TENON_PACKAGES_OPERATIONS_VERIFIED_START_HPP
#define TENON_PACKAGES_OPERATIONS_VERIFIED_START_HPP

// What is started of a package, looked at just before it is: host::prepare_starts asks, and this answers.
//
//     sealed    the entry is an ELF file, and no other file of the package is one: it is copied while it is hashed, and the
//               copy is run. A WebAssembly module is given to its runner so.
//     checked   every file was hashed, and the program is run by its path: scripts, programs with libraries of their own,
//               and what no image could be made of. Between the two a process of the same user could change a file.
//
// A script is run by the runtime that its manifest names, and never by its own first line. Images are kept by tree: a
// later start hashes nothing. What is trusted is asked each time, so a revoked key stops the next start.
//
// It blocks while it hashes: for a worker thread, one at a time.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_files.hpp>
#include <tenon/packages/format/package_signature.hpp>
#include <tenon/packages/format/zip_reader.hpp>
#include <tenon/packages/rules/trust.hpp>
#include <tenon/packages/store/system_sealed_image.hpp>
#include <tenon/packages/store/system_store_folder.hpp>
#include <tenon/packages/store/system_tree.hpp>
#include <tenon/process/program_to_start.hpp>
#include <tenon/rules/options.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// One version of a package that is to be started, as the records have it.
struct package_to_start {
    std::string id = {}, version = {};
    digest tree = {};
    std::string tree_path = {}, data_path = {}; // whole paths
    std::string entry = {};                     // of its manifest, for this platform
    std::vector<std::string> args = {};         // the same
    std::string runtime = {};                   // that its manifest names, or empty
    bool by_path = false;                       // no image is made, for a debugger that wants a path
};

/// What a start asks of others.
struct start_questions {
    /// Whether it may be started by today's trust: judge_start().
    std::function<result<void>(const signed_files&)> judge;
    /// Where the runtime of scripts is, in a trusted folder.
    std::function<result<std::string>(const std::string& runtime)> runtime;
    /// The words before the path of a WebAssembly module.
    std::function<result<std::vector<std::string>>()> runner;
    /// Hears why something is not run sealed that could be.
    std::function<void(std::string_view)> say;
};

/// The images that are kept, and what was verified with them.
class sealed_images {
public:
    struct kept {
        std::shared_ptr<const program_image> image;
        bool is_module = false;
        std::uint64_t bytes = 0;
        std::string files_text;
        std::vector<package_signature> signatures;
    };

    explicit sealed_images(std::uint64_t largest = largest_image, std::uint64_t most = most_image_bytes)
        : largest_(largest), most_(most) {}

    bool has_room(std::uint64_t bytes) const noexcept { return bytes <= largest_ && bytes <= most_ - used_; }
    const kept* find(const digest& tree) const noexcept {
        const auto found = kept_.find(tree);
        return found == kept_.end() ? nullptr : &found->second;
    }
    const kept& keep(const digest& tree, kept one) {
        forget(tree);
        used_ += one.bytes;
        return kept_.emplace(tree, std::move(one)).first->second;
    }
    /// Of a tree that is not started any more. What runs from it runs on.
    void forget(const digest& tree) {
        const auto found = kept_.find(tree);
        if (found == kept_.end()) return;
        used_ -= found->second.bytes;
        kept_.erase(found);
    }

private:
    std::uint64_t largest_, most_, used_ = 0;
    std::map<digest, kept> kept_;
};

/// Where a package runs, and what it is told of itself.
inline void surround(plugin_options& options, const package_to_start& package) {
    options.command = {detail::join({package.tree_path, "/", package.entry})};
    options.command.insert(options.command.end(), package.args.begin(), package.args.end());
    options.directory = package.data_path;
    options.environment["TENON_PACKAGE"] = package.id;
    options.environment["TENON_VERSION"] = package.version;
    options.environment["TENON_DATA"] = package.data_path;
    // Python writes beside its sources, and root may: the next start would find a file that FILES does not list.
    options.environment["PYTHONDONTWRITEBYTECODE"] = "1";
}

namespace detail {

inline constexpr std::string_view elf_begins = "\177ELF", module_begins{"\0asm", 4};

inline bool is_library_name(std::string_view path) noexcept {
    return path.ends_with(".so") || path.find(".so.") != std::string_view::npos;
}

inline result<std::vector<package_signature>> read_signatures_in(const std::string& tree_path) {
    std::vector<package_signature> all;
    const descriptor folder = open_folder(-1, join({tree_path, "/", signatures_folder}));
    if (!folder && errno == ENOENT) return all;
    if (!folder) return disk_fault(signatures_folder);
    auto names = names_in(folder.get());
    if (!names) return std::move(names).error();
    if (names->size() > most_signatures)
        return package_fault(package_code::unverified,
                             join({signatures_folder, ": expected at most ", digits(most_signatures)}));
    for (const std::string& name : *names) {
        auto text = read_file(folder.get(), name, longest_signature);
        if (!text) return std::move(text).error();
        auto read = read_signature(*text);
        if (!read)
            return package_fault(package_code::unverified,
                                 join({signatures_folder, name, ": ", read.error().message}));
        all.push_back(*std::move(read));
    }
    return all;
}

/// Sees the bytes of all files while they are hashed: what the entry is, and an image of it while that may be run.
class entry_watch {
public:
    entry_watch(const package_to_start& package, const sealed_images& images)
        : package_(package), images_(images) {}
    entry_watch(const entry_watch&) = delete;
    entry_watch& operator=(const entry_watch&) = delete;

    zip_reader::sink sink_for(const package_file& file) {
        const bool is_entry = file.path == package_.entry;
        has_other_ = has_other_ || (!is_entry && is_library_name(file.path));
        return [this, is_entry, size = file.size,
                begun = false](std::string_view bytes) mutable -> result<void> {
            if (!std::exchange(begun, true)) {
                if (is_entry) begin_entry(bytes, size);
                else has_other_ = has_other_ || bytes.starts_with(elf_begins);
            }
            if (!is_entry || !maker_) return {};
            if (auto good = maker_->add(bytes); !good) give_up(std::move(good.error().message));
            return {};
        };
    }
    /// Once all was seen; null where there is none.
    std::shared_ptr<const program_image> image() {
        // With libraries beside it, it needs its folder: that is no trouble, but how the package is made.
        if (is_program_ && has_other_) maker_.reset();
        if (!maker_) return nullptr;
        auto sealed = maker_->seal();
        maker_.reset();
        if (sealed) return *std::move(sealed);
        give_up(std::move(sealed.error().message));
        return nullptr;
    }
    bool is_program() const noexcept { return is_program_; }
    bool is_module() const noexcept { return is_module_; }
    const std::string& trouble() const noexcept { return trouble_; }

private:
    void begin_entry(std::string_view bytes, std::uint64_t size) {
        is_program_ = bytes.starts_with(elf_begins);
        is_module_ = bytes.starts_with(module_begins);
        if ((!is_program_ && !is_module_) || package_.by_path) return;
        if (!images_.has_room(size))
            return give_up(join({"there is no room for an image of its ", digits(size), " bytes"}));
        auto made = image_maker::begin(join({package_.id, "-", package_.version}));
        if (!made) return give_up(std::move(made.error().message));
        maker_.emplace(*std::move(made));
    }
    void give_up(std::string why) {
        maker_.reset();
        trouble_ = std::move(why);
    }

    const package_to_start& package_;
    const sealed_images& images_;
    std::optional<image_maker> maker_;
    std::string trouble_; // why there is no image
    bool is_program_ = false, is_module_ = false;
    bool has_other_ = false; // a file of machine code beside the entry
};

/// What the signatures of an unpacked version are worth by today's trust: what its start would say, before anything is
/// stopped for it.
inline result<trust_verdict> judge_tree(const std::string& tree_path, std::string_view id, const digest& tree,
                                        const trust_settings& settings, std::string_view admitted_as) {
    const descriptor top = open_folder(-1, tree_path);
    if (!top) return disk_fault(tree_path);
    auto text = read_file(top.get(), std::string(files_name), longest_files);
    if (!text) return std::move(text).error();
    auto signatures = read_signatures_in(tree_path);
    if (!signatures) return std::move(signatures).error();
    return judge_start({.id = id, .text = *text, .tree = tree, .signatures = *signatures}, settings,
                       admitted_as);
}

inline result<program_to_start> start_by(const package_to_start& package, const start_questions& ask,
                                         std::shared_ptr<const program_image> image, bool is_program,
                                         bool is_module) {
    program_to_start start;
    start.level = image ? start_level::sealed : start_level::checked;
    std::string path = join({package.tree_path, "/", package.entry});
    if (is_program) {
        start.image = std::move(image);
    } else if (is_module) {
        auto words = ask.runner();
        if (!words) return std::move(words).error();
        start.command = *std::move(words);
        if (image) path = image->path();
        start.given = std::move(image);
    } else {
        if (package.runtime.empty())
            return package_fault(package_code::manifest,
                                 join({"entry: \"", package.entry,
                                       "\" is neither a program nor a WebAssembly module, and its manifest "
                                       "names no runtime for it"}));
        auto runtime = ask.runtime(package.runtime);
        if (!runtime) return std::move(runtime).error();
        start.command.push_back(*std::move(runtime));
    }
    start.command.push_back(std::move(path));
    start.command.insert(start.command.end(), package.args.begin(), package.args.end());
    return start;
}

} // namespace detail

inline result<program_to_start> verify_start(const package_to_start& package, const start_questions& ask,
                                             sealed_images& images) {
    using namespace detail;
    const auto judged = [&](std::string_view text, const std::vector<package_signature>& signatures) {
        return ask.judge({.id = package.id, .text = text, .tree = package.tree, .signatures = signatures});
    };
    if (const auto* const kept = package.by_path ? nullptr : images.find(package.tree)) {
        if (auto good = judged(kept->files_text, kept->signatures); !good) return std::move(good).error();
        return start_by(package, ask, kept->image, !kept->is_module, kept->is_module);
    }
    entry_watch watch(package, images);
    auto files = check_tree(package.tree_path, package.tree,
                            [&](const package_file& file) { return watch.sink_for(file); });
    if (!files) return std::move(files).error();
    const auto unverified = [&](std::string_view what) {
        return package_fault(package_code::unverified, join({package.id, ": ", what}));
    };
    if (files->id != package.id || files->version.text() != package.version)
        return unverified(join({"FILES is of ", files->id, " ", files->version.text()}));
    std::string text = files->text();
    auto signatures = read_signatures_in(package.tree_path);
    if (!signatures) return std::move(signatures).error();
    if (auto good = judged(text, *signatures); !good) return std::move(good).error();

    const package_file* const entry = files->find(package.entry);
    if (entry == nullptr)
        return package_fault(package_code::manifest,
                             join({"entry: \"", package.entry, "\" is not a file of the package"}));
    if (watch.is_program() && !entry->executable)
        return package_fault(package_code::manifest, join({"entry: \"", package.entry,
                                                           "\" is a program, and not marked x in FILES"}));
    auto image = watch.image();
    if (!watch.trouble().empty() && ask.say)
        ask.say(join({package.id, " is run checked and not sealed: ", watch.trouble()}));
    if (image)
        images.keep(package.tree, {.image = image,
                                   .is_module = watch.is_module(),
                                   .bytes = entry->size,
                                   .files_text = std::move(text),
                                   .signatures = *std::move(signatures)});
    return start_by(package, ask, std::move(image), watch.is_program(), watch.is_module());
}

} // namespace tenon

#endif
