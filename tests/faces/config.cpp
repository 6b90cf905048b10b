// A host's plugins from a file.

#include <tenon/config.hpp>

#include "embedder.hpp"

int main(int argc, char** argv) {
    if (argc == 1) return 0;
    asio::io_context io;
    tenon::host host(io);
    faces::embed(host);
    const auto file = tenon::parse_config(argv[1]);
    if (!file) return 1;
    const auto next = tenon::read_plugin_configs(file->view());
    if (!next) return 1;
    tenon::apply(host, tenon::plan_changes({}, *next), [](const auto&) {});
    return 0;
}
