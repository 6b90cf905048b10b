// expect: tenon: a service takes (const Params&), then const tenon::caller& if it wants to know who asks, then a tenon::service_reply<T> by value if it answers later

#include <tenon/rules/calls/services.hpp>

struct kick {
    std::string user;
};

int main() {
    tenon::detail::services services;
    return services.provide("x", "", [](kick& wanted) { wanted.user.clear(); }) ? 0 : 1;
}
