// The other one: see first_host.cpp.

#include <tenon.hpp>
#include <tenon/host.hpp>

std::size_t count_plugins_there();
std::size_t count_plugins_there() {
    asio::io_context io;
    tenon::host host(io);
    return host.status().plugins.size();
}
