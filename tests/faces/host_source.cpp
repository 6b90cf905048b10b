// The inside of the host's side, compiled in one file of a program.

#define TENON_COMPILED

#include <tenon/host.hpp>
#include <tenon/host_source.hpp>

#include "embedder.hpp"

int main(int argc, char**) {
    if (argc == 1) return 0;
    asio::io_context io;
    tenon::host host(io);
    faces::embed(host);
    return tenon::metrics_text(host.status()).empty() ? 1 : 0;
}
