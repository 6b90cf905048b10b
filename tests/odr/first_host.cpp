// One of two translation units of one program that include the host's single header; the other one includes the
// plugin's as well. A function that is not inline does not link.

#include <tenon/host.hpp>

std::size_t count_plugins_there();

int main() {
    asio::io_context io;
    tenon::host host(io);
    const bool good = host.add({.name = "one", .command = {"/bin/true"}}).has_value();
    return good && host.status().plugins.size() == 1 && count_plugins_there() == 0 ? 0 : 1;
}
