// expect: tenon: a service is a function, or a callable with one call operator that is no template

#include <tenon/rules/calls/services.hpp>

int main() {
    tenon::detail::services services;
    return services.provide("x", "", [](const auto&) { return 1; }) ? 0 : 1;
}
