// expect: tenon: a service must return a type that can be described

#include <tenon/rules/calls/services.hpp>

class closed {
public:
    explicit closed(int value) : value_(value) {}

private:
    int value_;
};
struct kick {
    std::string user;
};

int main() {
    tenon::detail::services services;
    return services.provide("x", "", [](const kick&) { return closed(1); }) ? 0 : 1;
}
