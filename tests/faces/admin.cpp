// A host and its administration.

#include <tenon/admin.hpp>

#include "embedder.hpp"

int main(int argc, char**) {
    if (argc == 1) return 0;
    asio::io_context io;
    tenon::host host(io);
    faces::embed(host);
    tenon::http::router paths;
    tenon::http::server web(io, paths);
    tenon::add_admin_paths(paths, host);
    return web.listen("127.0.0.1:0") ? 0 : 1;
}
