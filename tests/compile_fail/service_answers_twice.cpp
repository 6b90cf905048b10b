// expect: tenon: a service that takes a service_reply answers through that and returns nothing

#include <tenon/rules/calls/services.hpp>

struct kick {
    std::string user;
};

int main() {
    tenon::detail::services services;
    return services.provide("x", "", [](const kick&, tenon::service_reply<int>) { return 1; }) ? 0 : 1;
}
