// What packages cost a host: opening 1,000 of them beside none, installing one of 10 MB beside what everybody has for that (unzip,
// sha256sum, sync of the same files), round by round, and what 16 installs at once do to the events that a plugin
// decides.
//
//     bench_packages LISTENER [--limits]      with --limits it fails beyond the goals that it prints

#include <tenon/host.hpp>
#include <tenon/packages.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace tenon;
namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

namespace {

constexpr double most_times = 3, most_opening_ms = 1'000, most_list_ms = 20, most_mib = 20,
                 most_held_up_ms = 5;

double since(steady::time_point begin) {
    return std::chrono::duration<double, std::milli>(steady::now() - begin).count();
}
double at(double part, std::vector<double>& all) {
    const auto place = all.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(all.size() - 1));
    std::nth_element(all.begin(), place, all.end());
    return *place;
}
double median(std::vector<double> all) { return at(0.5, all); }

[[noreturn]] void fail(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::_Exit(1);
}
template <class T>
T must(result<T> done) {
    if (!done) fail(done.error().message);
    return *std::move(done);
}
void must(result<void> done) {
    if (!done) fail(done.error().message);
}

// ---- Packages ----------------------------------------------------------------------------------------------------------

/// Half as large when packed, as programs are.
std::string like_a_program(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 16);
    return bytes;
}
std::string large_package(const std::string& name, unsigned seed) {
    package_builder package;
    must(package.add("plugin.json", R"({"id":"dev.example.)" + name + R"(","name":")" + name +
                                        R"(","version":"1.0.0","entry":"bin/run"})"));
    must(package.add("bin/run", like_a_program(4'000'000, seed), true));
    for (unsigned number = 0; number < 20; ++number)
        must(package.add("lib/part" + std::to_string(number), like_a_program(300'000, seed + number + 1)));
    return must(package.build());
}
void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}
/// As a manifest is that somebody took care of.
std::string usual_manifest(const std::string& name) {
    return R"({"id":"dev.example.)" + name + R"(","name":")" + name +
           R"(","version":"1.0.0","description":"Counts what is said in a room, and stops who says too much","entry":"bin/run",
"author":{"name":"Example Corp","email":"plugins@example.com"},"license":"MIT","homepage":"https://example.com/plugins",
"type":"moderation","tags":["chat","limits"],"autoStart":false,"permissions":["users:read","config:write"],
"configSchema":{"type":"object","properties":{"limit":{"type":"integer","minimum":1,"description":"Messages in a minute"},
"words":{"type":"array","items":{"type":"string"}}}},"defaultConfig":{"limit":10,"words":[]}})";
}

// ---- A host ------------------------------------------------------------------------------------------------------------

package_options options_of(const std::string& folder) {
    package_options options;
    options.store.folder = folder;
    options.trust.policy = trust_policy::any;
    return options;
}

struct keeping_host {
    explicit keeping_host(const std::string& folder)
        : manager(must(package_manager::open(host, options_of(folder)))) {}
    ~keeping_host() { manager.reset(); }

    template <class Condition>
    void wait_for(Condition condition) {
        while (!condition()) {
            io.restart();
            io.run_one();
        }
    }
    template <class Result, class Start>
    Result until(Start start) {
        const auto outcome = std::make_shared<std::optional<Result>>();
        start([outcome](Result result) { outcome->emplace(std::move(result)); });
        wait_for([&] { return outcome->has_value(); });
        return std::move(**outcome);
    }
    /// A copy of the archive, as an upload is.
    install_request uploaded(const std::string& archive) {
        const std::string staged = must(
            until<result<std::string>>([&](auto done) { manager->stage(fs::file_size(archive), done); }));
        fs::copy_file(archive, staged);
        return {.source = {.file = staged, .origin = "upload", .staged = true}, .plan = {.enable = false}};
    }

    asio::io_context io;
    tenon::host host{io};
    std::unique_ptr<package_manager> manager;
};

// ---- An install beside unzip ---------------------------------------------------------------------------------------------

bool compare_install(const std::string& scratch) {
    const std::string archive = scratch + "/large.zip";
    write(archive, large_package("large", 1));
    const std::string command =
        "cd " + scratch +
        " && unzip -q large.zip -d unzipped && find unzipped -type f -exec sha256sum {} + >/dev/null"
        " && find unzipped -exec sync {} +";
    std::vector<double> ours, theirs, ratios;
    for (int round = 0; round < 9; ++round) {
        auto begin = steady::now();
        if (std::system(command.c_str()) != 0) fail("unzip, sha256sum or sync is missing");
        theirs.push_back(since(begin));
        keeping_host one(scratch + "/store" + std::to_string(round));
        auto request = one.uploaded(archive);
        begin = steady::now();
        must(one.until<result<package_view>>(
            [&](auto done) { one.manager->install(std::move(request), done); }));
        ours.push_back(since(begin));
        ratios.push_back(ours.back() / theirs.back());
        fs::remove_all(scratch + "/unzipped");
    }
    const double ratio = median(ratios);
    std::printf("10 MB in 22 files: installed in %.1f ms, unzip + sha256sum + sync %.1f ms: %.2f times "
                "(goal: at most %.0f)\n",
                median(ours), median(theirs), ratio, most_times);
    return ratio <= most_times;
}

// ---- 1,000 packages beside none ------------------------------------------------------------------------------------------

/// What they are unpacked to is not looked at when a store is opened, only that it is there.
void fill(const std::string& folder, int packages) {
    const auto store = must(package_store::open(options_of(folder).store, 1));
    auto changes = must(store->records().begin());
    for (int number = 0; number < packages; ++number) {
        const std::string name = "number" + std::to_string(number), text = usual_manifest(name);
        version_record version;
        version.id = "dev.example." + name;
        version.version = "1.0.0";
        version.tree = must(digest_of(text));
        version.manifest = must(json::parse(text));
        version.trust = "unsigned";
        package_record record;
        record.id = version.id;
        record.name = name;
        record.state = number % 2 == 0 ? package_state::enabled : package_state::disabled;
        record.active = "1.0.0";
        record.granted = {"users:read", "config:write"};
        fs::create_directory(folder + "/trees/" + version.tree.text());
        must(changes.put(version));
        must(changes.put(record));
    }
    must(changes.commit());
    must(store->committed());
}

double resident_mib() {
    std::ifstream statm("/proc/self/statm");
    long all = 0, resident = 0;
    statm >> all >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

struct opening {
    double ms = 0, mib = 0, list_ms = 0, find_ms = 0;
};

/// In a process of its own: what another one left in memory would count otherwise.
opening open_once(const std::string& folder, std::size_t packages) {
    int ends[2] = {};
    if (::pipe(ends) != 0) fail("no pipe");
    const ::pid_t pid = ::fork();
    if (pid == 0) {
        opening found;
        const double before = resident_mib();
        auto begin = steady::now();
        keeping_host one(folder);
        one.manager->start_enabled();
        one.io.poll();
        found.ms = since(begin);
        found.mib = resident_mib() - before;
        begin = steady::now();
        const auto all = one.manager->list();
        found.list_ms = since(begin);
        if (all.size() != packages) fail("other packages");
        for (const package_view& each : all)
            if (each.state == package_state::broken) fail("broken packages");
        begin = steady::now();
        for (const package_view& each : all)
            if (!one.manager->find(each.name)) fail("not found");
        found.find_ms = since(begin) / static_cast<double>(std::max<std::size_t>(1, packages));
        std::_Exit(::write(ends[1], &found, sizeof found) == sizeof found ? 0 : 1);
    }
    opening found;
    if (::read(ends[0], &found, sizeof found) != sizeof found) fail("it was not opened");
    ::waitpid(pid, nullptr, 0);
    ::close(ends[0]);
    ::close(ends[1]);
    return found;
}

bool compare_opening(const std::string& scratch) {
    const std::string many = scratch + "/thousand", none = scratch + "/none";
    fill(many, 1'000);
    fill(none, 0);
    open_once(many, 1'000); // makes the folders for their data
    open_once(none, 0);
    std::vector<double> ms, none_ms, mib, none_mib, list_ms, find_ms;
    for (int round = 0; round < 15; ++round) {
        const opening with = open_once(many, 1'000), without = open_once(none, 0);
        ms.push_back(with.ms);
        mib.push_back(with.mib);
        list_ms.push_back(with.list_ms);
        find_ms.push_back(with.find_ms);
        none_ms.push_back(without.ms);
        none_mib.push_back(without.mib);
    }
    const double more_ms = median(ms) - median(none_ms), more_mib = median(mib) - median(none_mib);
    std::printf("1,000 packages beside none: opened in %.1f ms beside %.1f ms (goal: at most %.0f more), "
                "%.1f MiB more (goal: at "
                "most %.0f)\n",
                median(ms), median(none_ms), most_opening_ms, more_mib, most_mib);
    std::printf("all of them listed in %.2f ms (goal: at most %.0f), one found in %.4f ms\n", median(list_ms),
                most_list_ms, median(find_ms));
    return more_ms <= most_opening_ms && more_mib <= most_mib && median(list_ms) <= most_list_ms;
}

// ---- Events while packages are installed -----------------------------------------------------------------------------------

struct message {
    static constexpr auto event = "message.incoming";
    std::string content, from_uid, to_uid;
};

/// Decides an event every 2 ms until `enough`; how long each took from when it was due, in ms.
template <class Enough>
std::vector<double> decide(keeping_host& one, Enough enough) {
    constexpr auto pause = std::chrono::milliseconds(2);
    const message said{"hello to all of you", "u1", "u2"};
    std::vector<double> took;
    for (auto due = steady::now(); !enough(took); due = std::max(due + pause, steady::now())) {
        asio::steady_timer timer(one.io, due);
        bool is_due = false;
        timer.async_wait([&](const std::error_code&) { is_due = true; });
        one.wait_for([&] { return is_due; });
        bool decided = false;
        one.host.decide(said, decide_options{}, [&](const decision<message>& made) {
            if (made.stopped()) fail("it was stopped");
            decided = true;
        });
        one.wait_for([&] { return decided; });
        took.push_back(since(due));
    }
    return took;
}

bool compare_events(const std::string& scratch, const std::string& listener) {
    constexpr unsigned at_once = 16;
    keeping_host one(scratch + "/busy");
    plugin_options plugin{.name = "listener", .command = {listener}};
    must(one.until<result<void>>([&](auto done) { one.host.start(plugin, done); }));
    std::vector<double> before, during, more;
    for (unsigned round = 0; round < 5; ++round) {
        std::vector<install_request> uploads;
        for (unsigned number = 0; number < at_once; ++number) {
            const std::string name = "large" + std::to_string(round * at_once + number),
                              archive = scratch + "/" + name + ".zip";
            write(archive, large_package(name, (round * at_once + number) * 100));
            uploads.push_back(one.uploaded(archive));
            fs::remove(archive);
        }
        auto quiet = decide(one, [](const auto& took) { return took.size() == 2'000; });
        unsigned ended = 0;
        for (install_request& upload : uploads)
            one.manager->install(std::move(upload), [&](const result<package_view>& done) {
                if (!done) fail(done.error().message);
                ++ended;
            });
        auto busy = decide(one, [&](const auto&) { return ended == at_once; });
        more.push_back(at(0.99, busy) - at(0.99, quiet));
        before.insert(before.end(), quiet.begin(), quiet.end());
        during.insert(during.end(), busy.begin(), busy.end());
    }
    std::printf("a decision: p50 %.2f ms, p99 %.2f ms; while 16 packages of 10 MB are installed (%zu "
                "decisions): p50 %.2f ms, "
                "p99 %.2f ms, the longest %.2f ms; p99 %.2f ms more (goal: at most %.0f)\n",
                at(0.5, before), at(0.99, before), during.size(), at(0.5, during), at(0.99, during),
                at(1, during), median(more), most_held_up_ms);
    return median(more) <= most_held_up_ms;
}

} // namespace

int main(int count, char** arguments) {
    if (count < 2) return 64;
    const bool limits = count > 2 && std::strcmp(arguments[2], "--limits") == 0;
    const std::string listener = fs::absolute(arguments[1]).string();
    if (std::system("command -v unzip sha256sum sync >/dev/null") != 0) {
        std::puts("skipped: unzip, sha256sum or sync is missing");
        return 77;
    }
    std::string scratch = "tenon-bench-XXXXXX"; // here: /tmp is often no disk
    if (::mkdtemp(scratch.data()) == nullptr) return 1;
    scratch = fs::canonical(scratch).string();
    const bool opened = compare_opening(scratch); // first: what it forks has no threads then
    const bool installed = compare_install(scratch);
    const bool decided = compare_events(scratch, listener);
    if (std::system(("chmod -R u+w " + scratch).c_str()) == 0) fs::remove_all(scratch);
    return !limits || (opened && installed && decided) ? 0 : 1;
}
