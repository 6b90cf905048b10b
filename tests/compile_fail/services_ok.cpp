// Every form that a service may have.

#include <tenon/rules/calls/services.hpp>

struct kick {
    std::string user;
};

void kick_them(const kick&) {}

int main() {
    tenon::detail::services services;
    bool good = true;
    const auto take = [&](const tenon::result<void>& outcome) { good = good && outcome; };
    take(services.provide("a", "", [](const kick&) { return 1; }));
    take(services.provide("b", "", [](kick) { return tenon::result<int>(1); }));
    take(services.provide("c", "", [](const kick&, const tenon::caller& from) { return from.plugin; }));
    take(services.provide("d", "", [](const kick&, tenon::caller) {}));
    take(services.provide("e", "", [](const kick&, tenon::service_reply<int> answer) { answer.reply(1); }));
    take(services.provide(
        "f", "", [count = 0](const kick&, const tenon::caller&, tenon::service_reply<void> answer) mutable {
            ++count;
            answer.reply();
        }));
    take(services.provide("g", "", kick_them));
    take(services.provide("h", "", &kick_them));
    take(services.provide("i", "", [](tenon::json_view any) { return tenon::json(any); }));
    return good ? 0 : 1;
}
