// expect: tenon: a struct that is published says which event it is, by `static constexpr auto event = "message.incoming"`
// names: said

#include <tenon/host.hpp>

struct said {
    std::string who;
};

int main() {
    asio::io_context io;
    tenon::host host(io);
    host.publish(said{"Bo"});
}
