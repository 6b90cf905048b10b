// expect: tenon: a struct that is executed says which command it is, by `static constexpr auto command = "greet"`
// names: greet

#include <tenon/host.hpp>

struct greet {
    std::string who;
};

int main() {
    asio::io_context io;
    tenon::host host(io);
    host.execute<std::string>(greet{"Bo"}, [](const tenon::result<std::string>&) {});
}
