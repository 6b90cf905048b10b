// A host that keeps packages.

#include <tenon/packages.hpp>

#include "embedder.hpp"

int main(int argc, char** argv) {
    if (argc == 1) return 0;
    asio::io_context io;
    tenon::host host(io);
    faces::embed(host);
    auto packages = tenon::package_manager::open(host, {.store = {.folder = argv[1]}});
    if (!packages) return 1;
    (*packages)->start_enabled();
    (*packages)->install({.source = {.file = argv[2], .origin = "path"}},
                         [](const tenon::result<tenon::package_view>&) {});
    (*packages)->rollback({.package = argv[3]}, [](const tenon::result<tenon::package_view>&) {});
    return static_cast<int>((*packages)->list().size());
}
