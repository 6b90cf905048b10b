#ifndef TENON_PACKAGES_FORMAT_PACKAGE_MANIFEST_HPP
#define TENON_PACKAGES_FORMAT_PACKAGE_MANIFEST_HPP

// plugin.json: what a plugin is, what it needs and what it asks for.
//
//     { "id": "dev.example.moderator", "version": "1.2.0", "entry": "bin/moderator", "permissions": ["users:kick"] }
//
// One table (manifest_rows, below) says of each field its name, the names that it has in other systems, how it is read,
// how it is written, and its schema. So what is read, what is written and what is published cannot differ.
//
// A field that is not known is a warning: a newer package can be installed by an older host. A `format` that is not known is an
// error: it says that this cannot be done.

#include <tenon/core/nearest_name.hpp>
#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/indented.hpp>
#include <tenon/json/schema_check.hpp>
#include <tenon/json/schema_flaws.hpp>
#include <tenon/json/value.hpp>
#include <tenon/json/writer.hpp>
#include <tenon/packages/format/manifest_finding.hpp>
#include <tenon/packages/format/manifest_values.hpp>
#include <tenon/packages/format/package_fault.hpp>
#include <tenon/packages/format/package_files.hpp>
#include <tenon/packages/format/package_version.hpp>
#include <tenon/packages/format/version_range.hpp>
#include <tenon/rules/calls/permissions.hpp>
#include <tenon/session/names.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

inline constexpr std::string_view manifest_name = "plugin.json";
inline constexpr std::size_t longest_manifest = std::size_t{256} << 10;
inline constexpr std::size_t deepest_manifest = 32;
/// The only one yet. A field that older hosts can leave out needs no other number.
inline constexpr int manifest_format = 1;

/// By what the entry is run, where it is no program of its own.
struct package_runtime {
    std::string name; // "node"
    version_range version;
};

struct package_author {
    std::string name, email, url;
};

/// How the entry is made out of sources. It is never run for what was uploaded.
struct package_build {
    std::vector<std::string> command, inputs, outputs;
    int timeout_ms = 600'000;
};

/// What is to be had of the machine, as it was written, or empty: "100m", "128Mi", "50Mi".
struct package_resources {
    std::string cpu, memory, disk;
    json limits; // the keys of `limits` in a host's configuration; null where there are none

    bool empty() const noexcept { return cpu.empty() && memory.empty() && disk.empty() && limits.is_null(); }
};

struct package_manifest {
    int format = manifest_format;
    std::string id, name;
    package_version version;
    std::map<std::string, std::string, std::less<>> entry; // by platform; "any" where one file is for all
    std::optional<package_runtime> runtime;
    std::vector<std::string> args;
    std::map<std::string, std::string> env;
    std::string type, category;
    std::vector<std::string> tags;
    std::string description;
    package_author author;
    std::string homepage, repository, documentation, license, icon;
    version_range host;
    std::vector<int> protocol = {1};
    bool speaks_mcp = false; // instead of the protocol
    std::string framing;     // "headers", "lines" or empty: as the host has it
    json mcp;                // an object, or null
    std::map<std::string, version_range, std::less<>> dependencies, optional_dependencies, conflicts; // by id
    std::vector<std::string> permissions;
    json config_schema, params_schema, default_config; // objects, or null
    package_resources resources;
    json sandbox; // an object, or null
    bool auto_start = true;
    int priority = 0;
    std::string swap; // "blue_green", "stop_first" or empty
    int data_format = 1;
    std::optional<package_version> minimum_safe;
    std::optional<package_build> build;
    std::vector<std::string> files; // and folders, that belong into the package besides
    json custom;                    // an object that is the author's own, or null

    /// The file that is run there, or nothing.
    std::string entry_for(std::string_view platform) const {
        const auto place = entry.find(platform);
        if (place != entry.end()) return place->second;
        const auto any = entry.find("any");
        return any == entry.end() ? std::string() : any->second;
    }
};

struct manifest_reading {
    std::optional<package_manifest> manifest; // where there is no error
    std::vector<manifest_finding> findings;

    /// The first error, and how many more there are.
    fault why(std::string_view file = manifest_name) const;
};

enum class entry_rule { required, may_miss };

/// `may_miss`: of a manifest that comes beside a single program, which is the entry.
manifest_reading read_manifest(std::string_view json_text, entry_rule entry = entry_rule::required);
/// As it stands in a package: what is as it would be anyway is left out. Ends in a newline.
std::string manifest_text(const package_manifest& manifest);
/// JSON Schema (draft 7) of plugin.json with the names that manifest_text() writes.
std::string manifest_schema();

/// Where this program was compiled for: "linux-x86_64".
constexpr std::string_view this_platform() noexcept;

constexpr std::string_view this_platform() noexcept {
#if defined(__linux__)
#define TENON_PLATFORM_SYSTEM "linux-"
#elif defined(__APPLE__)
#define TENON_PLATFORM_SYSTEM "macos-"
#elif defined(__FreeBSD__)
#define TENON_PLATFORM_SYSTEM "freebsd-"
#elif defined(_WIN32)
#define TENON_PLATFORM_SYSTEM "windows-"
#else
#define TENON_PLATFORM_SYSTEM "other-"
#endif
#if defined(__x86_64__) || defined(_M_X64)
    return TENON_PLATFORM_SYSTEM "x86_64";
#elif defined(__aarch64__) || defined(_M_ARM64)
    return TENON_PLATFORM_SYSTEM "aarch64";
#elif defined(__i386__)
    return TENON_PLATFORM_SYSTEM "i686";
#elif defined(__arm__)
    return TENON_PLATFORM_SYSTEM "arm";
#elif defined(__riscv) && __riscv_xlen == 64
    return TENON_PLATFORM_SYSTEM "riscv64";
#elif defined(__powerpc64__)
    return TENON_PLATFORM_SYSTEM "ppc64";
#elif defined(__s390x__)
    return TENON_PLATFORM_SYSTEM "s390x";
#else
    return TENON_PLATFORM_SYSTEM "other";
#endif
#undef TENON_PLATFORM_SYSTEM
}

namespace detail {

// ---- reading -----------------------------------------------------------------------------------------------------
// Each is handed the value where it stands and the manifest into which it goes.

using manifest_take = void (*)(manifest_values& in, std::string_view path, std::string_view value,
                               package_manifest& to);

template <auto Read, auto Member>
void take_as(manifest_values& in, std::string_view path, std::string_view value, package_manifest& to) {
    (in.*Read)(path, value, to.*Member);
}
template <auto Member>
inline constexpr manifest_take take_one_line = take_as<&manifest_values::line, Member>;
template <auto Member>
inline constexpr manifest_take take_any_text = take_as<&manifest_values::any_text, Member>;
template <auto Member>
inline constexpr manifest_take take_link = take_as<&manifest_values::link, Member>;
template <auto Member>
inline constexpr manifest_take take_texts = take_as<&manifest_values::texts, Member>;
template <auto Member>
inline constexpr manifest_take take_object = take_as<&manifest_values::object, Member>;
template <auto Member>
inline constexpr manifest_take take_range = take_as<&manifest_values::range_value, Member>;
template <auto Member, int Least, int Most>
void take_integer(manifest_values& in, std::string_view path, std::string_view value, package_manifest& to) {
    in.integer(path, value, Least, Most, to.*Member);
}
template <auto Member>
void take_word(manifest_values& in, std::string_view path, std::string_view value, package_manifest& to,
               std::string_view one, std::string_view other) {
    std::string written;
    if (!in.line(path, value, written)) return;
    if (written == one || written == other) to.*Member = std::move(written);
    else in.refuse(path, join({"expected \"", one, "\" or \"", other, "\", got \"", written, "\""}));
}

inline void take_id(manifest_values& in, std::string_view path, std::string_view value,
                    package_manifest& to) {
    std::string written;
    if (!in.line(path, value, written)) return;
    if (const auto flaw = flaw_of_own_id(written); flaw.empty()) to.id = std::move(written);
    else {
        const std::string small = lower_case(written);
        in.refuse(path, join({"\"", written, "\": ", flaw}),
                  flaw_of_own_id(small).empty()
                      ? join({"write \"", small, "\""})
                      : join({"what is not published is \"", local_id(written), "\""}));
    }
}
/// A name that another system took for an id: a word is enough there.
inline void take_word_as_id(manifest_values& in, std::string_view path, std::string_view value,
                            package_manifest& to) {
    std::string written;
    if (!in.line(path, value, written)) return;
    to.id = flaw_of_own_id(written).empty() ? written : local_id(written);
    if (to.id.empty())
        in.refuse(path, join({"\"", written, "\" is no id: expected a letter or a digit in it"}));
    else if (to.id != written)
        in.found.note(path, join({"\"", written, "\" becomes the id \"", to.id, "\""}));
}
inline void take_name(manifest_values& in, std::string_view path, std::string_view value,
                      package_manifest& to) {
    std::string written;
    if (!in.line(path, value, written)) return;
    to.name = is_plugin_name(written) ? written : plain_plugin_name(written);
    if (to.name.empty()) in.refuse(path, join({"\"", written, "\" is no name: expected ", a_plugin_name}));
    else if (to.name != written)
        in.found.warn(path, join({"\"", written, "\" becomes \"", to.name, "\""}),
                      join({"a name is ", a_plugin_name}));
}
inline constexpr manifest_take take_version = take_as<&manifest_values::version, &package_manifest::version>;

/// "linux-amd64" is what others call "linux-x86_64".
inline std::string platform_of(std::string_view written) {
    constexpr std::pair<std::string_view, std::string_view> others[] = {
        {"-amd64", "-x86_64"}, {"-x64", "-x86_64"}, {"-arm64", "-aarch64"}};
    std::string plain = lower_case(written);
    for (const auto& [theirs, ours] : others)
        if (plain.ends_with(theirs)) plain.replace(plain.size() - theirs.size(), theirs.size(), ours);
    if (plain.starts_with("darwin-")) plain.replace(0, 6, "macos");
    return plain;
}
inline void take_entry(manifest_values& in, std::string_view path, std::string_view value,
                       package_manifest& to) {
    const auto take = [&](std::string_view at, std::string_view platform, std::string_view file) {
        std::string read;
        if (!in.path_value(at, file, read)) return;
        if (is_shared_library(read)) in.refuse(at, join({"\"", read, "\": ", no_shared_library}));
        else to.entry.insert_or_assign(std::string(platform), std::move(read));
    };
    to.entry.clear();
    if (kind_of(value.front()) != json_kind::object) return take(path, "any", value);
    const std::size_t before = in.found.errors();
    in.each_member(path, value, [&](std::string_view at, std::string_view written, std::string_view file) {
        const std::string platform = platform_of(written);
        if (is_platform(platform)) take(at, platform, file);
        else in.refuse(at, "expected a platform, as in \"linux-x86_64\", or \"any\"");
    });
    if (to.entry.empty() && in.found.errors() == before) in.refuse(path, "it names no file");
}
inline void take_runtime(manifest_values& in, std::string_view path, std::string_view value,
                         package_manifest& to) {
    package_runtime read;
    if (kind_of(value.front()) == json_kind::string) {
        if (!in.line(path, value, read.name)) return;
    } else {
        in.each_member(path, value, [&](std::string_view at, std::string_view name, std::string_view inner) {
            if (name == "name") in.line(at, inner, read.name);
            else if (name == "version") in.range_value(at, inner, read.version);
            else in.found.warn(at, "is not known");
        });
    }
    // It is looked for by this name: it must not lead anywhere.
    if (!is_plugin_name(read.name) && read.name.find('+') == std::string::npos)
        in.refuse(path, "expected the name of a program, as in \"node\" or {\"name\": \"node\", \"version\": "
                        "\">=18\"}");
    else to.runtime = std::move(read);
}
inline void take_env(manifest_values& in, std::string_view path, std::string_view value,
                     package_manifest& to) {
    to.env.clear();
    in.each_member(path, value, [&](std::string_view at, std::string_view name, std::string_view inner) {
        std::string read;
        if (name.empty() || name.find('=') != name.npos || name.find('\0') != name.npos)
            in.refuse(at, "expected the name of a variable, without '=' and NUL");
        else if (name.starts_with("TENON_") || name.starts_with("LD_"))
            in.refuse(at, "a package may not set this variable");
        else if (in.any_text(at, inner, read)) to.env.insert_or_assign(std::string(name), std::move(read));
    });
}

inline constexpr std::string_view plugin_types[] = {
    "provider", "filter", "handler",  "notifier", "source",    "build",       "test",  "deploy",
    "security", "notify", "approval", "storage",  "analytics", "integration", "custom"};

inline void take_type(manifest_values& in, std::string_view path, std::string_view value,
                      package_manifest& to) {
    if (!in.line(path, value, to.type)) return;
    for (const std::string_view known : plugin_types)
        if (to.type == known) return;
    in.found.warn(path, join({"\"", to.type, "\" is no type that is known", or_meant(to.type, plugin_types)}),
                  "custom is for what is none of them");
}
inline void take_tags(manifest_values& in, std::string_view path, std::string_view value,
                      package_manifest& to) {
    to.tags.clear();
    in.each_element(path, value, [&](std::string_view at, std::string_view inner) {
        std::string read;
        if (!in.line(at, inner, read)) return;
        if (read.empty() || read.size() > 64 || to.tags.size() == 32)
            in.refuse(at, "expected at most 32 tags of 1 to 64 bytes");
        else to.tags.push_back(std::move(read));
    });
}
inline void take_author(manifest_values& in, std::string_view path, std::string_view value,
                        package_manifest& to) {
    if (kind_of(value.front()) != json_kind::object) return void(in.line(path, value, to.author.name));
    in.each_member(path, value, [&](std::string_view at, std::string_view name, std::string_view inner) {
        if (name == "name") in.line(at, inner, to.author.name);
        else if (name == "email") in.line(at, inner, to.author.email);
        else if (name == "url") in.link(at, inner, to.author.url);
        else in.found.warn(at, "is not known");
    });
}
inline void take_icon(manifest_values& in, std::string_view path, std::string_view value,
                      package_manifest& to) {
    std::string written;
    if (!in.line(path, value, written)) return;
    if (written.starts_with("https://") || written.starts_with("http://") || flaw_of_path(written).empty())
        to.icon = std::move(written);
    else in.found.warn(path, "it is left out", "expected a file in the package, or an address with https://");
}

/// "1.0.0" of a system that says so: from this version on.
inline void take_least_host(manifest_values& in, std::string_view path, std::string_view value,
                            package_manifest& to) {
    std::string written;
    if (!in.line(path, value, written)) return;
    const bool bare = !written.empty() && written[0] >= '0' && written[0] <= '9';
    if (in.range(path, bare ? join({">=", written}) : written, to.host))
        in.found.warn(path, join({"is held against the version of this host, as ", to.host.text()}));
}
inline void take_protocol(manifest_values& in, std::string_view path, std::string_view value,
                          package_manifest& to) {
    if (kind_of(value.front()) == json_kind::string) {
        std::string written;
        if (in.line(path, value, written) && !(to.speaks_mcp = written == "mcp"))
            in.refuse(path, "expected numbers, as in [1], or \"mcp\"");
        return;
    }
    to.protocol.clear();
    bool ours = false;
    const auto take = [&](std::string_view at, std::string_view inner) {
        int read = 0;
        if (!in.integer(at, inner, 1, 1'000, read)) return;
        ours = ours || read == 1;
        to.protocol.push_back(read);
    };
    const std::size_t before = in.found.errors();
    if (kind_of(value.front()) == json_kind::number) take(path, value);
    else in.each_element(path, value, take);
    if (!ours && in.found.errors() == before)
        in.refuse(path, "this host speaks protocol 1, and the plugin does not");
}
/// "1.0.0" is the version of an interface that others compile against. Here it is spoken.
inline void take_abi_version(manifest_values& in, std::string_view path, std::string_view value,
                             package_manifest& to) {
    std::string written;
    if (!in.line(path, value, written)) return;
    if (written != "1" && !written.starts_with("1."))
        in.found.warn(path, join({"\"", written, "\" says nothing here: it is taken for protocol 1"}));
    to.protocol = {1};
}
inline void take_framing(manifest_values& in, std::string_view path, std::string_view value,
                         package_manifest& to) {
    take_word<&package_manifest::framing>(in, path, value, to, "headers", "lines");
}
inline void take_swap(manifest_values& in, std::string_view path, std::string_view value,
                      package_manifest& to) {
    take_word<&package_manifest::swap>(in, path, value, to, "blue_green", "stop_first");
}

/// {"dev.example.a": ">=1.0"}, or as others write it: ["a", "b>=1.0"].
template <auto Member>
void take_ranges(manifest_values& in, std::string_view path, std::string_view value, package_manifest& to) {
    auto& ranges = to.*Member;
    ranges.clear();
    const auto add = [&](std::string_view at, std::string_view named, std::string_view range) {
        std::string id(named);
        if (const auto flaw = flaw_of_own_id(id); !flaw.empty()) {
            id = local_id(named);
            if (flaw_of_own_id(id).size() != 0 || !is_plugin_name(named))
                return void(in.refuse(at, join({"\"", beginning_of(named, 128), "\" is no id: ", flaw})));
            in.found.note(at, join({"\"", named, "\" is taken for the id \"", id, "\""}));
        }
        version_range read;
        if (!in.range(at, range, read)) return;
        if (!ranges.try_emplace(id, std::move(read)).second)
            in.refuse(at, join({"\"", id, "\" is there twice"}));
    };
    if (kind_of(value.front()) == json_kind::array) {
        in.each_element(path, value, [&](std::string_view at, std::string_view inner) {
            std::string written;
            if (!in.line(at, inner, written)) return;
            const std::string_view all = trimmed(written);
            const std::size_t end = all.find_first_of("<>=^~@ ");
            std::string_view range = end == all.npos ? "*" : trimmed(all.substr(end));
            if (range.starts_with('@')) range.remove_prefix(1);
            add(at, all.substr(0, end), range);
        });
        return;
    }
    in.each_member(path, value, [&](std::string_view at, std::string_view named, std::string_view inner) {
        std::string range;
        if (in.line(at, inner, range)) add(at, named, range);
    });
}

inline void add_permission(manifest_values& in, std::string_view path, std::string written,
                           package_manifest& to) {
    if (!is_grant(written)) {
        // "read_users" of another system asks for users:read.
        const std::size_t parted = written.find('_');
        std::string ours = parted == std::string::npos
                               ? std::string()
                               : join({std::string_view(written).substr(parted + 1), ":",
                                       std::string_view(written).substr(0, parted)});
        if (!is_permission(ours))
            return void(in.refuse(path, join({"\"", beginning_of(written, 128),
                                              "\": expected \"scope:verb\", as in \"users:kick\""})));
        in.found.warn(path, join({"\"", written, "\" becomes \"", ours, "\""}),
                      "what a plugin may do is said as scope:verb");
        written = std::move(ours);
    }
    for (const std::string& asked : to.permissions)
        if (asked == written) return in.found.warn(path, "it is there twice");
    to.permissions.push_back(std::move(written));
}
/// ["users:kick"], or as others write it: {"read_users": true, "write_config": false}.
inline void take_permissions(manifest_values& in, std::string_view path, std::string_view value,
                             package_manifest& to) {
    to.permissions.clear();
    if (kind_of(value.front()) == json_kind::object) {
        in.each_member(path, value, [&](std::string_view at, std::string_view name, std::string_view inner) {
            bool asked = false;
            if (in.boolean(at, inner, asked) && asked) add_permission(in, at, std::string(name), to);
        });
        return;
    }
    in.each_element(path, value, [&](std::string_view at, std::string_view inner) {
        if (std::string read; in.line(at, inner, read)) add_permission(in, at, std::move(read), to);
    });
}

/// What of `limits` in a host's configuration a manifest may lower, and from where on.
inline constexpr std::pair<std::string_view, std::uint64_t> manifest_limits[] = {
    {"addressSpaceBytes", 1}, {"cpuSeconds", 1}, {"openFiles", 4}, {"coreBytes", 0}};

inline void take_limits(manifest_values& in, std::string_view path, std::string_view value, json& to) {
    if (!in.object(path, value, to)) return;
    in.each_member(path, value, [&](std::string_view at, std::string_view name, std::string_view inner) {
        for (const auto& [known, least] : manifest_limits) {
            if (name != known) continue;
            const auto number = from_json<std::uint64_t>(inner);
            if (!number || *number < least)
                in.refuse(at, join({"expected a whole number from ", digits(least), " on"}));
            return;
        }
        in.found.warn(at, "is not known");
    });
}
inline void take_resources(manifest_values& in, std::string_view path, std::string_view value,
                           package_manifest& to) {
    const auto quantity = [&](std::string_view at, std::string_view inner, std::string& into) {
        std::string written;
        if (kind_of(inner.front()) == json_kind::number) written = inner;
        else if (!in.line(at, inner, written)) return;
        if (std::uint64_t size = 0; read_quantity(written, size)) into = std::move(written);
        else
            in.refuse(at, join({"\"", beginning_of(written, 64),
                                "\": expected a quantity, as in \"100m\" of a processor or \"128Mi\""}));
    };
    in.each_member(path, value, [&](std::string_view at, std::string_view name, std::string_view inner) {
        if (name == "cpu") quantity(at, inner, to.resources.cpu);
        else if (name == "memory") quantity(at, inner, to.resources.memory);
        else if (name == "disk") quantity(at, inner, to.resources.disk);
        else if (name == "limits") take_limits(in, at, inner, to.resources.limits);
        else in.found.warn(at, "is not known");
    });
}
/// Nothing confines plugins yet, and who reads the field must not believe that something does.
inline constexpr std::string_view not_confined =
    "hosts do not confine plugins yet: what it says is not enforced";

inline void take_sandbox(manifest_values& in, std::string_view path, std::string_view value,
                         package_manifest& to) {
    if (in.object(path, value, to.sandbox)) in.found.warn(path, std::string(not_confined));
}
inline void take_auto_start(manifest_values& in, std::string_view path, std::string_view value,
                            package_manifest& to) {
    in.boolean(path, value, to.auto_start);
}
inline void take_minimum_safe(manifest_values& in, std::string_view path, std::string_view value,
                              package_manifest& to) {
    if (package_version read; in.version(path, value, read)) to.minimum_safe = std::move(read);
}
inline void take_build(manifest_values& in, std::string_view path, std::string_view value,
                       package_manifest& to) {
    package_build read;
    const auto paths = [&](std::string_view at, std::string_view inner, std::vector<std::string>& into) {
        in.each_element(at, inner, [&](std::string_view place, std::string_view element) {
            if (std::string file; in.path_value(place, element, file)) into.push_back(std::move(file));
        });
    };
    in.each_member(path, value, [&](std::string_view at, std::string_view name, std::string_view inner) {
        if (name == "command") in.texts(at, inner, read.command);
        else if (name == "inputs") paths(at, inner, read.inputs);
        else if (name == "outputs") paths(at, inner, read.outputs);
        else if (name == "timeoutMs") in.integer(at, inner, 1, 86'400'000, read.timeout_ms);
        else in.found.warn(at, "is not known");
    });
    if (read.command.empty() || read.command[0].empty())
        in.refuse(join({path, ".command"}),
                  "expected a program and its arguments, as in [\"make\", \"all\"]; there is no shell");
    to.build = std::move(read);
}

inline void take_files(manifest_values& in, std::string_view path, std::string_view value,
                       package_manifest& to) {
    to.files.clear();
    in.each_element(path, value, [&](std::string_view at, std::string_view inner) {
        std::string written;
        if (!in.line(at, inner, written)) return;
        // "src/" is the folder src.
        if (written.size() > 1 && written.ends_with('/')) written.pop_back();
        if (written.starts_with("./")) written.erase(0, 2);
        if (const auto flaw = flaw_of_path(written); flaw.empty()) to.files.push_back(std::move(written));
        else
            in.refuse(at, join({"\"", beginning_of(written, longest_package_path), "\": ", flaw}),
                      "expected a file or a folder beside plugin.json, as in \"words\"");
    });
}

/// Known, and said elsewhere or by nobody: no mistake.
inline void take_nothing(manifest_values& in, std::string_view path, std::string_view, package_manifest&) {
    in.found.note(path, "is not needed: the plugin says it itself when it connects");
}
inline void take_schema_address(manifest_values&, std::string_view, std::string_view, package_manifest&) {}

// ---- writing -----------------------------------------------------------------------------------------------------
// Each writes its member with its name, or nothing where the field is as it would be without it.

using manifest_put = void (*)(json_writer& out, std::string_view name, const package_manifest& from);

inline void put_text(json_writer& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.key(name);
    out.string(value);
}
inline void put_texts(json_writer& out, std::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) return;
    out.key(name);
    encode(out, values);
}
inline void put_json(json_writer& out, std::string_view name, const json& value) {
    if (value.is_null()) return;
    out.key(name);
    out.raw(value.text());
}

template <auto Member>
void put_line(json_writer& out, std::string_view name, const package_manifest& from) {
    put_text(out, name, from.*Member);
}
template <auto Member>
void put_list(json_writer& out, std::string_view name, const package_manifest& from) {
    put_texts(out, name, from.*Member);
}
template <auto Member>
void put_object(json_writer& out, std::string_view name, const package_manifest& from) {
    put_json(out, name, from.*Member);
}
template <auto Member, int Otherwise>
void put_integer(json_writer& out, std::string_view name, const package_manifest& from) {
    if (from.*Member == Otherwise) return;
    out.key(name);
    out.integer(from.*Member);
}
template <auto Member>
void put_ranges(json_writer& out, std::string_view name, const package_manifest& from) {
    if ((from.*Member).empty()) return;
    out.key(name);
    out.begin_object();
    for (const auto& [id, range] : from.*Member) put_text(out, id, range.text());
    out.end_object();
}
inline void put_version(json_writer& out, std::string_view name, const package_manifest& from) {
    put_text(out, name, from.version.text());
}
inline void put_minimum_safe(json_writer& out, std::string_view name, const package_manifest& from) {
    if (from.minimum_safe) put_text(out, name, from.minimum_safe->text());
}
inline void put_entry(json_writer& out, std::string_view name, const package_manifest& from) {
    if (from.entry.size() == 1 && from.entry.begin()->first == "any")
        return put_text(out, name, from.entry.begin()->second);
    if (from.entry.empty()) return;
    out.key(name);
    encode(out, from.entry);
}
inline void put_runtime(json_writer& out, std::string_view name, const package_manifest& from) {
    if (!from.runtime) return;
    out.key(name);
    out.begin_object();
    put_text(out, "name", from.runtime->name);
    if (from.runtime->version.text() != "*") put_text(out, "version", from.runtime->version.text());
    out.end_object();
}
inline void put_env(json_writer& out, std::string_view name, const package_manifest& from) {
    if (from.env.empty()) return;
    out.key(name);
    encode(out, from.env);
}
inline void put_author(json_writer& out, std::string_view name, const package_manifest& from) {
    const package_author& author = from.author;
    if (author.email.empty() && author.url.empty()) return put_text(out, name, author.name);
    out.key(name);
    out.begin_object();
    put_text(out, "name", author.name);
    put_text(out, "email", author.email);
    put_text(out, "url", author.url);
    out.end_object();
}
inline void put_host(json_writer& out, std::string_view name, const package_manifest& from) {
    if (from.host.text() != "*") put_text(out, name, from.host.text());
}
inline void put_protocol(json_writer& out, std::string_view name, const package_manifest& from) {
    if (from.speaks_mcp) return put_text(out, name, "mcp");
    if (from.protocol == std::vector<int>{1}) return;
    out.key(name);
    encode(out, from.protocol);
}
inline void put_resources(json_writer& out, std::string_view name, const package_manifest& from) {
    if (from.resources.empty()) return;
    out.key(name);
    out.begin_object();
    put_text(out, "cpu", from.resources.cpu);
    put_text(out, "memory", from.resources.memory);
    put_text(out, "disk", from.resources.disk);
    put_json(out, "limits", from.resources.limits);
    out.end_object();
}
inline void put_auto_start(json_writer& out, std::string_view name, const package_manifest& from) {
    if (from.auto_start) return;
    out.key(name);
    out.boolean(false);
}
inline void put_build(json_writer& out, std::string_view name, const package_manifest& from) {
    if (!from.build) return;
    out.key(name);
    out.begin_object();
    put_texts(out, "command", from.build->command);
    put_texts(out, "inputs", from.build->inputs);
    put_texts(out, "outputs", from.build->outputs);
    if (from.build->timeout_ms != package_build().timeout_ms) {
        out.key("timeoutMs");
        out.integer(from.build->timeout_ms);
    }
    out.end_object();
}
inline void put_nothing(json_writer&, std::string_view, const package_manifest&) {}

// ---- the table ---------------------------------------------------------------------------------------------------

/// A name that a field has elsewhere, and how it is read there if it differs.
struct manifest_alias {
    std::string_view name;
    manifest_take take = nullptr;
};

struct manifest_row {
    std::string_view name, about; // about: for people who write one; empty: the schema does not have it
    std::string_view schema;      // its members, without braces
    manifest_take take;
    manifest_put put;
    std::array<manifest_alias, 3> aliases = {};
};

inline constexpr std::string_view schema_of_text = R"("type":"string")",
                                  schema_of_object = R"("type":"object")",
                                  schema_of_texts = R"("type":"array","items":{"type":"string"})",
                                  schema_of_link = R"("type":"string","pattern":"^https?://")",
                                  schema_of_version = R"("type":"string","maxLength":128)",
                                  schema_of_ranges =
                                      R"("type":"object","additionalProperties":{"type":"string"})";

inline constexpr manifest_row manifest_rows[] = {
    {"$schema", {}, {}, take_schema_address, put_nothing},
    {"format", "The format of this file.", R"("type":"integer","const":1)",
     take_integer<&package_manifest::format, 1, 1'000'000>, put_integer<&package_manifest::format, 1>},
    {"id",
     "Who made it and what it is, as a reversed domain: dev.example.moderator.",
     R"("type":"string","minLength":3,"maxLength":128,"pattern":"^[a-z0-9]+((_{1,2}|-+)[a-z0-9]+)*(\\.[a-z0-9]+((_{1,2}|-+)[a-z0-9]+)*)+$")",
     take_id,
     put_line<&package_manifest::id>,
     {{{"plugin_no", take_word_as_id}}}},
    {"name", "What it is called in a host. Without one it is the last part of the id.",
     R"("type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")", take_name,
     put_line<&package_manifest::name>},
    {"version", "Its version, by semver 2.0.0: 1.2.3.", schema_of_version, take_version, put_version},
    {"entry",
     "The file that is run: one, or one for each platform.",
     R"("anyOf":[{"type":"string"},{"type":"object","minProperties":1,"additionalProperties":{"type":"string"}}])",
     take_entry,
     put_entry,
     {{{"binary"}, {"entryPoint"}, {"entry_point"}}}},
    {"runtime", "By what the entry is run, if it is no program of its own.",
     R"("anyOf":[{"type":"string"},{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"version":{"type":"string"}}}])",
     take_runtime, put_runtime},
    {"args", "Arguments of the program.", schema_of_texts, take_texts<&package_manifest::args>,
     put_list<&package_manifest::args>},
    {"env", "Variables of its environment. They are public: no secrets.", schema_of_ranges, take_env,
     put_env},
    {"type",
     "What kind of plugin it is.",
     R"("type":"string","examples":["provider","filter","handler","notifier","source","build","test","deploy","security","notify","approval","storage","analytics","integration","custom"])",
     take_type,
     put_line<&package_manifest::type>,
     {{{"pluginType"}, {"plugin_type"}}}},
    {"category", "Under what it is listed.", schema_of_text, take_one_line<&package_manifest::category>,
     put_line<&package_manifest::category>},
    {"tags", "Words to find it by.",
     R"("type":"array","maxItems":32,"items":{"type":"string","minLength":1,"maxLength":64})", take_tags,
     put_list<&package_manifest::tags>},
    {"description", "What it does, in a sentence.", schema_of_text,
     take_any_text<&package_manifest::description>, put_line<&package_manifest::description>},
    {"author", "Who made it.",
     R"("anyOf":[{"type":"string"},{"type":"object","properties":{"name":{"type":"string"},"email":{"type":"string"},"url":{"type":"string"}}}])",
     take_author, put_author},
    {"homepage",
     "Its page.",
     schema_of_link,
     take_link<&package_manifest::homepage>,
     put_line<&package_manifest::homepage>,
     {{{"website"}}}},
    {"repository", "Where its sources are.", schema_of_link, take_link<&package_manifest::repository>,
     put_line<&package_manifest::repository>},
    {"documentation", "Where it is explained.", schema_of_link, take_link<&package_manifest::documentation>,
     put_line<&package_manifest::documentation>},
    {"license", "Under what terms it is given, by its SPDX name.", schema_of_text,
     take_one_line<&package_manifest::license>, put_line<&package_manifest::license>},
    {"icon", "A picture: a file in the package, or an address.", schema_of_text, take_icon,
     put_line<&package_manifest::icon>},
    {"host",
     "Which versions of the host will do, as a range.",
     schema_of_text,
     take_range<&package_manifest::host>,
     put_host,
     {{{"minVersion", take_least_host}, {"min_host_version", take_least_host}}}},
    {"protocol",
     "Which versions of the protocol it speaks, or \"mcp\".",
     R"("anyOf":[{"type":"integer","minimum":1},{"type":"array","items":{"type":"integer","minimum":1}},{"const":"mcp"}])",
     take_protocol,
     put_protocol,
     {{{"abi_version", take_abi_version}}}},
    {"framing", "How its messages are parted.", R"("enum":["headers","lines"])", take_framing,
     put_line<&package_manifest::framing>},
    {"mcp", "How the server is asked, where the protocol is \"mcp\".", schema_of_object,
     take_object<&package_manifest::mcp>, put_object<&package_manifest::mcp>},
    {"dependencies", "Packages that have to be there, each by its id and a range of versions.",
     schema_of_ranges, take_ranges<&package_manifest::dependencies>,
     put_ranges<&package_manifest::dependencies>},
    {"optionalDependencies",
     "Packages that may be there, and then in these versions.",
     schema_of_ranges,
     take_ranges<&package_manifest::optional_dependencies>,
     put_ranges<&package_manifest::optional_dependencies>,
     {{{"optional-dependencies"}, {"optional_dependencies"}}}},
    {"conflicts", "Packages that must not be there.", schema_of_ranges,
     take_ranges<&package_manifest::conflicts>, put_ranges<&package_manifest::conflicts>},
    {"permissions", "What it asks the host for, as scope:verb. Nothing is granted without consent.",
     schema_of_texts, take_permissions, put_list<&package_manifest::permissions>},
    {"configSchema",
     "JSON Schema of its configuration.",
     schema_of_object,
     take_object<&package_manifest::config_schema>,
     put_object<&package_manifest::config_schema>,
     {{{"config_schema"}}}},
    {"paramsSchema",
     "JSON Schema of what it is called with.",
     schema_of_object,
     take_object<&package_manifest::params_schema>,
     put_object<&package_manifest::params_schema>,
     {{{"params_schema"}}}},
    {"defaultConfig",
     "Its configuration where nothing else is said.",
     schema_of_object,
     take_object<&package_manifest::default_config>,
     put_object<&package_manifest::default_config>,
     {{{"default_config"}, {"config"}}}},
    {"resources", "What it needs of the machine.",
     R"("type":"object","properties":{"cpu":{"type":["string","number"]},"memory":{"type":["string","number"]},"disk":{"type":["string","number"]},"limits":{"type":"object"}})",
     take_resources, put_resources},
    {"sandbox", "What of the system it may touch. Hosts do not enforce it yet.", schema_of_object,
     take_sandbox, put_object<&package_manifest::sandbox>},
    {"autoStart",
     "Whether it is started with the host.",
     R"("type":"boolean")",
     take_auto_start,
     put_auto_start,
     {{{"auto_start"}}}},
    {"priority", "Added to its place among those that decide about an event.", R"("type":"integer")",
     take_integer<&package_manifest::priority, -1'000'000, 1'000'000>,
     put_integer<&package_manifest::priority, 0>},
    {"swap", "How another version takes its place.", R"("enum":["blue_green","stop_first"])", take_swap,
     put_line<&package_manifest::swap>},
    {"dataFormat",
     "The format of its data: another number where older versions cannot read it.",
     R"("type":"integer","minimum":1)",
     take_integer<&package_manifest::data_format, 1, 1'000'000>,
     put_integer<&package_manifest::data_format, 1>,
     {{{"data_format"}}}},
    {"minimumSafe",
     "No version before this one should be gone back to.",
     schema_of_version,
     take_minimum_safe,
     put_minimum_safe,
     {{{"minimum_safe"}}}},
    {"build", "How the entry is made out of sources. There is no shell.",
     R"("type":"object","required":["command"],"properties":{"command":{"type":"array","minItems":1,"items":{"type":"string"}},"inputs":{"type":"array","items":{"type":"string"}},"outputs":{"type":"array","items":{"type":"string"}},"timeoutMs":{"type":"integer","minimum":1,"maximum":86400000}})",
     take_build, put_build},
    {"files",
     "What else belongs into the package: files and folders, beside plugin.json, entry, icon, build.outputs, "
     "README.md "
     "and LICENSE*.",
     schema_of_texts, take_files, put_list<&package_manifest::files>},
    {"custom", "What is the author's own.", schema_of_object, take_object<&package_manifest::custom>,
     put_object<&package_manifest::custom>},
    {"capabilities", {}, {}, take_nothing, put_nothing, {{{"routes"}, {"events"}, {"commands"}}}},
};

/// The row of a name, and how it is read under it.
struct manifest_place {
    const manifest_row* row = nullptr;
    manifest_take take = nullptr;
};

inline manifest_place place_of(std::string_view name) noexcept {
    for (const manifest_row& row : manifest_rows) {
        if (row.name == name) return {&row, row.take};
        for (const manifest_alias& alias : row.aliases)
            if (!alias.name.empty() && alias.name == name)
                return {&row, alias.take == nullptr ? row.take : alias.take};
    }
    return {};
}

inline std::string or_field_meant(std::string_view name) {
    std::array<std::string_view, std::size(manifest_rows)> known;
    for (std::size_t at = 0; at < known.size(); ++at) known[at] = manifest_rows[at].name;
    const std::string_view meant = nearest_name(name, known);
    return meant.empty() ? std::string() : join({"did you mean \"", meant, "\"?"});
}

/// Paths under /api/v1/plugins that would be taken for a plugin of that name.
inline constexpr std::string_view reserved_names[] = {"install", "metrics",    "updates", "validate-manifest",
                                                      "resolve", "discovered", "list"};
/// What is wrong with a plugin's name that no plugin can have for that, or nothing.
inline std::string flaw_of_reserved_name(std::string_view name) {
    if (std::find(std::begin(reserved_names), std::end(reserved_names), name) == std::end(reserved_names))
        return {};
    return join({"\"", name, "\" is the host's own word"});
}

inline void read_members(manifest_values& in, std::string_view checked, package_manifest& to,
                         std::map<std::string_view, std::string>& given) {
    // What an alias says counts only where the field's own name is not there, wherever in the text it stands.
    struct member {
        std::string name;
        std::string_view value;
    };
    std::vector<member> members;
    in.each_member({}, checked, [&](std::string_view, std::string_view name, std::string_view value) {
        members.push_back({std::string(name), value});
    });
    for (const bool aliases : {false, true})
        for (const auto& [name, value] : members) {
            const manifest_place place = place_of(name);
            if (place.row == nullptr) {
                const std::string_view at = name.empty() ? std::string_view("\"\"") : std::string_view(name);
                if (aliases && !in.found.full())
                    in.found.warn(at, "is not known, and is left out", or_field_meant(name));
                continue;
            }
            if ((place.row->name != name) != aliases || value == "null") continue;
            const auto [before, first] = given.try_emplace(place.row->name, name);
            if (!first && !place.row->about.empty()) {
                in.found.warn(name, join({"is not looked at, because \"", before->second, "\" says it"}));
                continue;
            }
            if (aliases && !place.row->about.empty())
                in.found.note(name, join({"is read as \"", place.row->name, "\""}));
            place.take(in, name, value, to);
        }
}

/// What a field cannot say alone.
inline void judge_whole(manifest_values& in, package_manifest& to, entry_rule entry,
                        const std::map<std::string_view, std::string>& given) {
    const auto said = [&](std::string_view name) { return given.contains(name); };
    if (!said("id")) {
        if (!said("name")) in.refuse("id", "is missing", "as in \"dev.example.moderator\"");
        else if (!to.name.empty()) {
            to.id = local_id(to.name);
            in.found.note("id", join({"is missing: it is \"", to.id, "\""}));
        }
    }
    if (!said("name") && !to.id.empty()) {
        to.name = to.id.substr(to.id.rfind('.') + 1);
        if (!is_plugin_name(to.name))
            in.refuse("name",
                      join({"is missing, and the last part of the id is none: expected ", a_plugin_name}));
    }
    if (std::string flaw = flaw_of_reserved_name(to.name); !flaw.empty())
        in.refuse("name", std::move(flaw), "take another name");
    // Who asks for a plugin says either, and a token's scope has ids: a package kept another one's id from its owner.
    if (to.name != to.id && flaw_of_own_id(to.name).empty())
        in.refuse("name", join({"\"", to.name, "\" is the id of another package"}),
                  "take a name without a dot");
    if (!said("version")) in.refuse("version", "is missing", "as in \"1.0.0\"");
    if (!said("entry") && entry == entry_rule::required)
        in.refuse("entry", "is missing", "it is the file that is run, as in \"bin/moderator\"");
    if (to.dependencies.contains(to.id)) in.refuse("dependencies", "it cannot need itself");
    if (to.minimum_safe && to.version < *to.minimum_safe)
        in.refuse("minimumSafe",
                  join({to.minimum_safe->text(), " is after this version, ", to.version.text()}));
    const std::size_t before = in.found.errors();
    for (const auto& [schema, name] : {std::pair{&to.config_schema, std::string_view("configSchema")},
                                       std::pair{&to.params_schema, std::string_view("paramsSchema")}})
        if (!schema->is_null())
            for (schema_flaw& one : flaws_of_schema(schema->view(), name))
                in.found.add(one.breaks_it ? finding_level::error : finding_level::warning, one.path,
                             std::move(one.words));
    if (!to.config_schema.is_null() && in.found.errors() == before) {
        const json_view config = to.default_config.view();
        const json nothing = json::parse("{}").value_or({});
        const auto faults = check_schema(to.config_schema.view(), config.is_null() ? nothing.view() : config,
                                         {.root = "defaultConfig"});
        if (!faults) in.refuse("configSchema", faults.error().message);
        else if (!config.is_null())
            for (const schema_fault& one : *faults)
                in.found.warn(one.path, one.words, "the configuration is held against configSchema");
    }
}

} // namespace detail

inline manifest_reading read_manifest(std::string_view text, entry_rule entry) {
    using namespace detail;
    manifest_reading reading;
    manifest_values in;
    const auto ended = [&]() -> manifest_reading& {
        reading.findings = in.found.take();
        return reading;
    };
    if (text.size() > longest_manifest) {
        in.refuse({},
                  join({"expected at most ", digits(longest_manifest), " bytes, got ", digits(text.size())}));
        return ended();
    }
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3); // Windows' editors put it there
    json_reader checking(text);
    std::string_view whole;
    if (!checking.read_slice(whole) || !checking.finish()) {
        in.refuse({}, join({"it is no JSON: ", checking.error().message}));
        return ended();
    }
    if (json_depth(whole) > deepest_manifest) {
        in.refuse({}, join({"expected at most ", digits(deepest_manifest),
                            " levels of arrays and objects, got ", digits(json_depth(whole))}));
        return ended();
    }
    if (!in.is(json_kind::object, {}, whole)) return ended();

    // The format first: of another one nothing else is sure.
    package_manifest read;
    std::string_view name, format;
    for (checked_members all(whole); all.next(name, format);)
        if (name == "format" && in.integer("format", format, 1, 1'000'000, read.format) &&
            read.format > manifest_format) {
            in.refuse(
                "format",
                join({"it is of format ", digits(static_cast<std::uint64_t>(read.format)),
                      ", and this host knows up to ", digits(static_cast<std::uint64_t>(manifest_format))}),
                "a newer host can read it");
            return ended();
        }
    in.found = {};

    std::map<std::string_view, std::string> given; // by field: the name that was read
    read_members(in, whole, read, given);
    judge_whole(in, read, entry, given);
    if (in.found.errors() == 0) reading.manifest = std::move(read);
    return ended();
}

inline fault manifest_reading::why(std::string_view file) const {
    const manifest_finding* first = nullptr;
    std::size_t more = 0;
    for (const manifest_finding& one : findings) {
        if (one.severity != finding_level::error) continue;
        if (first == nullptr) first = &one;
        else ++more;
    }
    if (first == nullptr) return {codes::internal_error, "the manifest is good"};
    std::string said = detail::join({file, ": ", first->sentence()});
    if (more != 0) said += detail::join({"; and ", detail::digits(more), " more"});
    return package_fault(package_code::manifest, std::move(said));
}

inline std::string manifest_text(const package_manifest& manifest) {
    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    for (const detail::manifest_row& row : detail::manifest_rows) row.put(out, row.name, manifest);
    out.end_object();
    return indented_json(buffer.view());
}

inline std::string manifest_schema() {
    byte_buffer buffer;
    json_writer out(buffer);
    out.begin_object();
    out.key("$schema");
    out.string("http://json-schema.org/draft-07/schema#");
    out.key("title");
    out.string("plugin.json of a package for tenon");
    out.key("type");
    out.string("object");
    out.key("required");
    out.raw(R"(["id","version","entry"])");
    out.key("properties");
    out.begin_object();
    for (const detail::manifest_row& row : detail::manifest_rows) {
        if (row.about.empty()) continue;
        out.key(row.name);
        out.begin_object();
        out.key("description");
        out.string(row.about);
        buffer.append(',');
        buffer.append(row.schema);
        out.end_object();
    }
    out.end_object();
    out.end_object();
    return indented_json(buffer.view());
}

} // namespace tenon

#endif
