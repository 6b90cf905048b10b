// What it costs to start a program of 4 MB verified: hashed and copied into a sealed image the first time, from the kept
// image later, beside a start by its path. Until the program is there, and until it has ended.
//
//     bench_sealed [--limits FIRST LATER]     fails if the median of a start takes so many ms more than one by path
//
// The three are measured in turn, so that what else the machine does meets all of them.

#include <tenon/packages/operations/verified_start.hpp>
#include <tenon/process/system_launcher.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace tenon;

constexpr std::size_t rounds = 101, program_bytes = 4'000'000;

std::string bytes_of_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

[[noreturn]] void fail(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(2);
}

/// A package of one program: /bin/true, with so many bytes behind it that nothing reads.
struct tree {
    std::filesystem::path folder;
    package_to_start package{.id = "dev.example.tool", .version = "1.0.0", .entry = "tool"};
    start_questions ask;

    tree() {
        std::string name = (std::filesystem::temp_directory_path() / "tenon-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) fail("no folder for the program");
        folder = name;
        std::string bytes = bytes_of_file("/bin/true");
        bytes.resize(std::max(bytes.size(), program_bytes), 'x');
        package_files files;
        files.id = package.id;
        files.version = *read_version(package.version);
        files.files.push_back({"tool", digest_of(bytes).value(), bytes.size(), true});
        package.tree = digest_of(files.text()).value();
        package.tree_path = package.data_path = folder.string();
        write("tool", bytes, 0500);
        write("FILES", files.text(), 0400);
        std::filesystem::permissions(folder, std::filesystem::perms(0500));
        ask.judge = [](const signed_files&) { return result<void>(); };
    }
    ~tree() {
        std::filesystem::permissions(folder, std::filesystem::perms(0700));
        std::filesystem::remove_all(folder);
    }
    void write(const char* name, const std::string& bytes, unsigned mode) const {
        std::ofstream(folder / name, std::ios::binary) << bytes;
        std::filesystem::permissions(folder / name, static_cast<std::filesystem::perms>(mode));
    }
};

void run(const std::vector<std::string>& command, const program_image* image) {
    const auto made = detail::launch({.command = command, .image = image == nullptr ? -1 : image->number()});
    if (!made) fail(made.error().message);
    detail::reap(made->pid);
}

void run_verified(const tree& one, sealed_images& images) {
    const auto start = verify_start(one.package, one.ask, images);
    if (!start) fail(start.error().message);
    if (start->level != start_level::sealed) fail("no image can be made here");
    run(start->command, start->image.get());
}

struct row {
    const char* name;
    std::vector<double> milliseconds = {};

    template <class What>
    void measure(const What& what) {
        const auto begin = std::chrono::steady_clock::now();
        what();
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
        milliseconds.push_back(took.count());
    }
    double at(std::size_t percent) {
        std::sort(milliseconds.begin(), milliseconds.end());
        return milliseconds[milliseconds.size() * percent / 100];
    }
};

} // namespace

int main(int argc, char** argv) {
    const bool limited = argc == 4 && std::string_view(argv[1]) == "--limits";
    const tree one;
    row by_path{"by path"}, first{"sealed, first"}, later{"sealed, later"};
    sealed_images kept;
    for (std::size_t round = 0; round <= rounds; ++round) {
        by_path.measure([&] { run({(one.folder / "tool").string()}, nullptr); });
        sealed_images fresh;
        first.measure([&] { run_verified(one, fresh); });
        later.measure([&] { run_verified(one, kept); });
        if (round == 0) // it made the kept image
            for (row* const each : {&by_path, &first, &later}) each->milliseconds.clear();
    }
    std::printf("%-14s %10s %10s   of %zu starts of a program of 4 MB\n", "", "median", "p90", rounds);
    for (row* const each : {&by_path, &first, &later})
        std::printf("%-14s %7.2f ms %7.2f ms\n", each->name, each->at(50), each->at(90));
    const double first_more = first.at(50) - by_path.at(50), later_more = later.at(50) - by_path.at(50);
    std::printf("the first costs %.2f ms more, a later one %.2f ms\n", first_more, later_more);
    return limited && (first_more > std::atof(argv[2]) || later_more > std::atof(argv[3])) ? 1 : 0;
}
