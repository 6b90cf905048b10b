// K6: between looking at a package and running it, nothing that was not looked at is run.

#include "../../host/misbehaving.hpp"

#include "../store/store_fixture.hpp"

#include <tenon/packages/operations/verified_start.hpp>

#include <sys/mman.h>

namespace {

using namespace tenon;
using namespace tenon::tests;

std::string bytes_of_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A package with its tree in a folder, as a store puts it.
struct tree_on_disk {
    scratch_folder folder;
    std::vector<made_file> content;
    package_to_start package{.id = "dev.example.tool", .version = "1.0.0"};
    sealed_images images;
    start_questions ask;
    int judged = 0;
    bool revoked = false;
    std::vector<std::string> said;

    explicit tree_on_disk(std::string entry) {
        package.entry = std::move(entry);
        package.data_path = folder.path().string();
        ask.judge = [this](const signed_files& given) -> result<void> {
            ++judged;
            CHECK(given.id == package.id);
            CHECK(digest_of(given.text).value() == package.tree);
            if (!revoked) return {};
            return package_fault(package_code::policy, "the key was revoked");
        };
        ask.runtime = [](const std::string& name) -> result<std::string> {
            if (name == "sh") return std::string("/bin/sh");
            return fault{codes::permission_denied, name + " lies in no trusted directory"};
        };
        ask.runner = [] { return result<std::vector<std::string>>(std::vector<std::string>{"/bin/cat"}); };
        ask.say = [this](std::string_view words) { said.emplace_back(words); };
    }
    ~tree_on_disk() { open_up(); }
    /// Sorted.
    void add(std::string path, std::string bytes, bool executable = false) {
        content.push_back({std::move(path), std::move(bytes), executable});
    }
    void put() {
        const made_package made = make_package(package.id, package.version, content);
        std::filesystem::create_directory(folder / "staging");
        std::filesystem::create_directory(folder / "trees");
        detail::erasing going{-1};
        const detail::descriptor staging = detail::open_folder(-1, folder / "staging"),
                                 trees = detail::open_folder(-1, folder / "trees");
        const auto good = detail::put_tree(staging.get(), going, trees.get(), folder / "trees",
                                           made.content(), made.giver(), {});
        REQUIRE_MESSAGE(good, good.error().message);
        package.tree = made.tree;
        package.tree_path = folder / "trees/" + made.tree.text();
    }
    std::string path_of(const std::string& path) const { return package.tree_path + "/" + path; }
    /// For who changes what nobody should.
    void open_up() {
        std::error_code ignored;
        if (package.tree_path.empty()) return;
        std::filesystem::permissions(package.tree_path, std::filesystem::perms(0700), ignored);
        for (std::filesystem::recursive_directory_iterator at(package.tree_path, ignored), end; at != end;
             at.increment(ignored))
            if (at->is_directory())
                std::filesystem::permissions(at->path(), std::filesystem::perms(0700), ignored);
    }
    /// In its place, so that nothing but its bytes differs.
    void overwrite(const std::string& path, const std::string& bytes) {
        const auto modes = std::filesystem::status(path_of(path)).permissions();
        std::filesystem::permissions(path_of(path), std::filesystem::perms(0600));
        std::ofstream(path_of(path), std::ios::binary) << bytes;
        std::filesystem::permissions(path_of(path), modes);
    }
    result<program_to_start> verify() {
        if (package.tree_path.empty()) put();
        return verify_start(package, ask, images);
    }
    program_to_start must_verify() {
        auto start = verify();
        REQUIRE_MESSAGE(start, start.error().message);
        return *std::move(start);
    }
};

std::string why(const result<program_to_start>& start) {
    return start ? "it was started" : start.error().message;
}

std::string output_of(const program_to_start& start) {
    auto made = must_launch({.command = start.command,
                             .image = start.image ? start.image->number() : -1,
                             .given = start.given ? start.given->number() : -1});
    made.input.reset();
    std::string said = read_all(made.output.get());
    detail::reap(made.pid);
    return said;
}

TEST_CASE("K6: a lone program is sealed, and what is done to its file then is not run") {
    tree_on_disk tree("bin/tool");
    tree.package.args = {"verified"};
    tree.add("bin/tool", bytes_of_file("/bin/echo"), true);
    tree.add("plugin.json", "{}");
    const auto start = tree.must_verify();
    CHECK(start.level == start_level::sealed);
    SUBCASE("another file gets its name") {
        tree.open_up();
        tree.folder.write("other", "#!/bin/sh\necho changed\n", 0500);
        std::filesystem::rename(tree.folder / "other", tree.path_of("bin/tool"));
    }
    SUBCASE("it is overwritten in its place") { tree.overwrite("bin/tool", "#!/bin/sh\necho changed\n"); }
    SUBCASE("it is gone") {
        tree.open_up();
        std::filesystem::remove(tree.path_of("bin/tool"));
    }
    CHECK(output_of(start) == "verified\n");
    CHECK(output_of(tree.must_verify()) == "verified\n"); // of the image that is kept
    CHECK(tree.judged == 2);
    tree.images.forget(tree.package.tree);
    CHECK(why(tree.verify()).starts_with("tree ")); // and not without it
}

TEST_CASE("K6: nobody writes into a sealed image, through whichever descriptor") {
    tree_on_disk tree("tool");
    tree.add("tool", bytes_of_file("/bin/true"), true);
    const auto start = tree.must_verify();
    REQUIRE(start.image);
    const int file = start.image->number();
    CHECK(::pwrite(file, "x", 1, 0) < 0);
    CHECK(::ftruncate(file, 0) != 0);
    const detail::descriptor again(::open(start.image->path().c_str(), O_RDWR | O_CLOEXEC));
    if (again) { // root may open what nobody may write
        CHECK(::pwrite(again.get(), "x", 1, 0) < 0);
        CHECK(::ftruncate(again.get(), 0) != 0);
        CHECK(::ftruncate(again.get(), 1 << 20) != 0);
        CHECK(::mmap(nullptr, 4'096, PROT_READ | PROT_WRITE, MAP_SHARED, again.get(), 0) == MAP_FAILED);
    }
    CHECK(::fcntl(file, F_ADD_SEALS, F_SEAL_WRITE) != 0);
    CHECK((::fcntl(file, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(file > 2);
}

TEST_CASE(
    "K6: a program with a library beside it is checked at each start, and a changed library stops that") {
    tree_on_disk tree("tool");
    tree.package.args = {"checked"};
    tree.add("lib/part.so", "not even ELF");
    tree.add("tool", bytes_of_file("/bin/echo"), true);
    const auto start = tree.must_verify();
    CHECK(start.level == start_level::checked);
    CHECK(!start.image);
    CHECK(start.command == std::vector<std::string>{tree.path_of("tool"), "checked"});
    CHECK(output_of(start) == "checked\n");
    CHECK(tree.said.empty());
    tree.overwrite("lib/part.so", "not even elf");
    CHECK(why(tree.verify()).ends_with("\"lib/part.so\": its bytes were changed"));
}

TEST_CASE("K6: a script is run by a trusted runtime alone, and not when it was changed") {
    tree_on_disk tree("main.sh");
    tree.add("main.sh", "#!/no/such/interpreter\necho script\n");
    CHECK(why(tree.verify()).find("names no runtime for it") != std::string::npos);
    tree.package.runtime = "perl";
    CHECK(why(tree.verify()) == "perl lies in no trusted directory");
    tree.package.runtime = "sh";
    const auto start = tree.must_verify();
    CHECK(start.level == start_level::checked);
    CHECK(output_of(start) == "script\n");
    tree.overwrite("main.sh", "#!/no/such/interpreter\necho wicked\n");
    CHECK(why(tree.verify()).ends_with("\"main.sh\": its bytes were changed"));
}

TEST_CASE("K6: a WebAssembly module is handed to its runner sealed") {
    tree_on_disk tree("tool.wasm");
    const std::string module("\0asm and the rest", 17);
    tree.add("tool.wasm", module);
    const auto start = tree.must_verify();
    CHECK(start.level == start_level::sealed);
    REQUIRE(start.given);
    CHECK(!start.image);
    tree.overwrite("tool.wasm", "another module");
    CHECK(output_of(start) == module);
    CHECK(output_of(tree.must_verify()) == module);
}

TEST_CASE("what is revoked does not start, though its image is kept") {
    tree_on_disk tree("tool");
    tree.add("tool", bytes_of_file("/bin/true"), true);
    CHECK(tree.verify());
    tree.revoked = true;
    CHECK(why(tree.verify()) == "the key was revoked");
}

TEST_CASE("where there is no room for an image the program is run checked, and that is said") {
    tree_on_disk tree("tool");
    const std::string bytes = bytes_of_file("/bin/true");
    tree.add("tool", bytes, true);
    SUBCASE("it is too large") { tree.images = sealed_images(bytes.size() - 1); }
    SUBCASE("others have the room") { tree.images = sealed_images(largest_image, bytes.size() - 1); }
    const auto start = tree.must_verify();
    CHECK(start.level == start_level::checked);
    CHECK(!start.image);
    REQUIRE(tree.said.size() == 1);
    CHECK(tree.said[0] ==
          "dev.example.tool is run checked and not sealed: there is no room for an image of its " +
              std::to_string(bytes.size()) + " bytes");
}

TEST_CASE("a debugger may have a path, and a tree of another version or without its entry is refused") {
    tree_on_disk tree("tool");
    tree.add("plain", bytes_of_file("/bin/true"));
    tree.add("tool", bytes_of_file("/bin/true"), true);
    tree.package.by_path = true;
    CHECK(tree.must_verify().level == start_level::checked);
    CHECK(tree.said.empty());
    tree.package.version = "2.0.0";
    CHECK(why(tree.verify()) == "dev.example.tool: FILES is of dev.example.tool 1.0.0");
    tree.package.version = "1.0.0";
    tree.package.entry = "other";
    CHECK(why(tree.verify()) == "entry: \"other\" is not a file of the package");
    tree.package.entry = "plain";
    CHECK(why(tree.verify()) == "entry: \"plain\" is a program, and not marked x in FILES");
    tree.open_up();
    std::filesystem::create_directory(tree.path_of("signatures"));
    std::ofstream(tree.path_of("signatures/X.minisig")) << "nonsense";
    std::filesystem::permissions(tree.path_of("signatures/X.minisig"), std::filesystem::perms(0400));
    for (const char* folder : {"signatures", ""})
        std::filesystem::permissions(tree.path_of(folder), std::filesystem::perms(0500));
    CHECK(why(tree.verify()).starts_with("signatures/X.minisig: "));
}

TEST_CASE("a plugin that is started sealed is told of itself, comes again when it was killed, and stops") {
    tree_on_disk tree("bin/tool");
    tree.package.args = {"good"};
    tree.add("bin/tool", bytes_of_file(fixture("misbehaving")), true);
    tree.put();
    running_host run;
    run.host.prepare_starts([&](const plugin_options&, const start_ready& ready) { ready(tree.verify()); });
    plugin_options options = misbehaving("tool", {"good"});
    surround(options, tree.package);
    REQUIRE(run.start(options));
    CHECK(run.status("tool").start_level == start_level::sealed);
    const std::string process = "/proc/" + std::to_string(*run.status("tool").pid);
    CHECK(std::filesystem::read_symlink(process + "/exe") == "/memfd:dev.example.tool-1.0.0 (deleted)");
    CHECK(std::filesystem::read_symlink(process + "/cwd") == tree.folder.path());
    const std::string environment = '\0' + read_file(process + "/environ");
    for (const std::string& entry :
         {std::string("TENON_PACKAGE=dev.example.tool"), std::string("TENON_VERSION=1.0.0"),
          "TENON_DATA=" + tree.folder.path().string(), std::string("PYTHONDONTWRITEBYTECODE=1")})
        CHECK(environment.find('\0' + entry + '\0') != std::string::npos);
    tree.overwrite("bin/tool", "changed");

    ::kill(*run.status("tool").pid, SIGKILL);
    REQUIRE(run.wait_for([&] { return run.status("tool").generation == 2; }));
    REQUIRE(run.wait_for([&] { return run.status("tool").state == plugin_state::ready; }));
    CHECK(run.until<result<void>>([&](auto done) { run.host.restart("tool", done); }));
    CHECK(run.execute<tests::echo>("echo", tests::echo{"text"}).value().text == "text");
    CHECK(run.stop("tool"));
    CHECK(run.status("tool").last_exit->text == "exit code 0");
}

} // namespace
