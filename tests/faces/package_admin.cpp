// A host with packages, and their administration.

#include <tenon/package_admin.hpp>

#include "embedder.hpp"

int main(int argc, char**) {
    if (argc == 1) return 0;
    asio::io_context io;
    tenon::host host(io);
    faces::embed(host);
    auto packages = tenon::package_manager::open(host, {.store = {.folder = "/var/lib/chat/packages"}});
    if (!packages) return 1;
    tenon::http::router paths;
    tenon::add_package_paths(paths, host, **packages);
    tenon::http::server web(io, paths);
    return web.listen("127.0.0.1:0") ? 0 : 1;
}
