// expect: tenon: async_call, async_emit and async_execute need an event loop: #include <tenon/asio.hpp>

#include <tenon.hpp>

struct nothing {};
void ask(const tenon::host_link& host) { host.async_call("users/find", nothing{}); }
