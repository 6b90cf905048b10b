#include <tenon/sandbox/landlock_rights.hpp>

#include <doctest/doctest.h>

#include <cstdint>

namespace {

using namespace tenon;
using namespace tenon::detail;

// What each version of the kernel takes, from its documentation.
struct known_rights {
    std::uint64_t files, network, scopes;
};
constexpr known_rights known[] = {{0, 0, 0},      {0x1FFF, 0, 0},  {0x3FFF, 0, 0}, {0x7FFF, 0, 0},
                                  {0x7FFF, 3, 0}, {0xFFFF, 3, 0},  {0xFFFF, 3, 3}, {0xFFFF, 3, 3},
                                  {0xFFFF, 3, 3}, {0x1'FFFF, 3, 3}};

} // namespace

TEST_CASE("X14: each version is told of all that it knows, and of nothing else") {
    for (int version = 0; version <= landlock::newest_version; ++version) {
        const auto all = landlock::handled_by({}, version);
        CHECK(all.files == known[version].files);
        CHECK(all.network == known[version].network);
        CHECK(all.scopes == known[version].scopes);
        sandbox_policy open{.unix_sockets = true};
        open.network.all = true;
        const auto fewer = landlock::handled_by(open, version);
        CHECK(fewer.files == (known[version].files & 0xFFFF));
        CHECK(fewer.network == 0);
        CHECK(fewer.scopes == (version >= 6 ? 2 : 0)); // signals
    }
}

TEST_CASE("a rule allows nothing that is not refused elsewhere, and a file nothing that is a folder's") {
    for (int version = 0; version <= landlock::newest_version; ++version) {
        const auto all = landlock::handled_by({}, version);
        for (const path_access access : {path_access::read, path_access::read_write, path_access::execute})
            for (const bool folder : {false, true}) {
                const std::uint64_t rights = landlock::granted(access, folder, all);
                CHECK((rights & ~all.files) == 0);
                CHECK((rights & landlock::read_file) == (version == 0 ? 0 : landlock::read_file));
                CHECK(((rights & landlock::execute) != 0) == (access == path_access::execute && version > 0));
                CHECK(((rights & landlock::write_file) != 0) ==
                      (access == path_access::read_write && version > 0));
                CHECK(((rights & landlock::truncate) != 0) ==
                      (access == path_access::read_write && version >= 3));
                CHECK((rights &
                       (landlock::make_block | landlock::make_character | landlock::control_device)) == 0);
                if (!folder) CHECK((rights & 0x3FF8) == 0);
            }
    }
}
